//! The shop that schedules are tested in.

use crate::support::{App, Filled, Shown, Visitor};
use chrono::{Days, NaiveDateTime, TimeZone};
use chrono_tz::Asia::Taipei;
use diesel::prelude::*;
use tidings_base::db::{Conn, Id, schema::schedule_tasks, sql::Sql};
use tidings_campaigns::{
    journeys::{self, Action, Flow, NewJourney, Period, ReEntry, Spot, Step, Trigger},
    schedules::TaskStatus,
};
use tidings_customers::{
    audiences::{self, NewAudience, Rule},
    channels::{self, ChannelKind, Connector, NewChannel},
};
use tidings_sending::messages::Content;

/// A shop on LINE: an account with people, an audience of all of them, a running journey that says
/// one thing.
#[derive(Clone)]
pub(super) struct Shop {
    pub(super) channel: Id,
    pub(super) audience: Id,
    pub(super) journey: Id,
}

pub(super) const PEOPLE: i64 = 7;

impl Shop {
    pub(super) async fn open(app: &App) -> Self {
        Self::with(app, ChannelKind::Line, ReEntry::Always).await
    }

    pub(super) async fn with(app: &App, kind: ChannelKind, re_entry: ReEntry) -> Self {
        let now = app.clock.now();
        app.write(move |conn| Self::add(conn, kind, re_entry, now)).await
    }

    pub(super) fn add(conn: &mut Conn, kind: ChannelKind, re_entry: ReEntry, now: NaiveDateTime) -> QueryResult<Self> {
        let account = NewChannel {
            kind,
            connector: Connector::Sandbox,
            name: "本店官方帳號",
            rate_per_second: 500,
            failure_share: 0.0,
        };
        let channel = channels::add(conn, &account, now)?;
        people(conn, &channel, 1, PEOPLE, now)?;
        let everybody = NewAudience {
            name: "所有顧客".into(),
            description: String::new(),
            kind: Some(kind),
            rule: Rule::everybody(),
        };
        let audience = audiences::add(conn, &everybody, None, now)?;
        let journey = journey(conn, "新品上市旅程", &channel, re_entry, now)?;
        Ok(Self { channel, audience, journey })
    }
}

/// Contacts with the numbers `from` to `to`, all of whom may be written to.
pub(super) fn people(conn: &mut Conn, channel: &Id, from: i64, to: i64, now: NaiveDateTime) -> QueryResult<()> {
    for n in from..=to {
        let id = Id::new();
        let mut sql = Sql::new(
            "insert into contacts (id, channel_id, identity, name, consent, subscribed_at, source, created_at, version) values (",
        );
        sql.bind(&id)
            .push(", ")
            .bind(channel)
            .push(", ")
            .bind(format!("U{n:05}"))
            .push(", ")
            .bind(format!("王小明 {n}"));
        sql.push(", 'granted', ").bind(now).push(", 'import', ").bind(now).push(", 1)");
        sql.execute(conn)?;
    }
    Ok(())
}

/// A running journey that sends one text.
pub(super) fn journey(
    conn: &mut Conn,
    name: &str,
    channel: &Id,
    re_entry: ReEntry,
    now: NaiveDateTime,
) -> QueryResult<Id> {
    let new = NewJourney { name, channel_id: channel, trigger: Trigger::System, period: Period::default(), re_entry };
    let id = journeys::create(conn, &new, Taipei, None, now)?;
    let mut flow = Flow::default();
    flow.insert(&Spot::First, Step::new(Action::Send { content: Content::text("新品到了") })).unwrap();
    let draft = journeys::draft(conn, &id, Taipei)?.id;
    journeys::save_flow(conn, &draft, &flow)?;
    let journey = journeys::find(conn, &id)?.unwrap();
    assert!(journeys::publish(conn, &journey, &draft, Taipei, now)?);
    Ok(id)
}

/// The form of a new schedule with everything but the time.
pub(super) async fn form(who: &Visitor, shop: &Shop) -> Filled {
    let page = who.get("/schedules/new").await;
    assert_eq!(page.status, 200, "{}", page.html);
    page.form("/schedules")
        .set("name", "每週新品通知")
        .set("journey", shop.journey.as_str())
        .set("audience", shop.audience.as_str())
}

/// With the button pressed that publishes.
pub(super) fn pressed(form: Filled) -> Filled {
    form.add("do", "publish")
}

/// Today in the shop.
pub(super) fn today(app: &App) -> chrono::NaiveDate {
    Taipei.from_utc_datetime(&app.clock.now()).date_naive()
}

/// Moves the clock to this time of the shop.
pub(super) async fn at(app: &App, text: &str) {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    let to = Taipei.from_local_datetime(&local).unwrap().naive_utc();
    app.clock.advance(to - app.clock.now());
}

/// Publishes daily runs at ten for `days` days from tomorrow; answers the schedule's id.
pub(super) async fn publish_daily(app: &App, who: &Visitor, shop: &Shop, days: u64) -> Id {
    let start = today(app) + Days::new(1);
    let end = start + Days::new(days - 1);
    let page = pressed(
        form(who, shop)
            .await
            .set("frequency", "periodic")
            .set("every", "1")
            .set("unit", "days")
            .set("time", "10:00")
            .set("start", &start.to_string())
            .set("end", &end.to_string()),
    )
    .submit()
    .await;
    published(&page)
}

/// The id in the address of a schedule's tasks.
pub(super) fn published(page: &Shown) -> Id {
    assert_eq!(page.status, 200, "{}", page.text());
    let id = page.path.strip_prefix("/schedules/").and_then(|rest| rest.strip_suffix("/tasks"));
    id.unwrap_or_else(|| panic!("not the tasks of a schedule: {} {}", page.path, page.text())).parse().unwrap()
}

/// The tasks of a schedule by their time in the shop.
pub(super) async fn tasks(app: &App, schedule: &Id) -> Vec<(String, TaskStatus)> {
    let schedule = schedule.clone();
    let rows: Vec<(NaiveDateTime, TaskStatus)> = app
        .read(move |conn| {
            schedule_tasks::table
                .filter(schedule_tasks::schedule_id.eq(schedule))
                .select((schedule_tasks::due_at, schedule_tasks::status))
                .order(schedule_tasks::due_at)
                .load(conn)
        })
        .await;
    let shown = |at: NaiveDateTime| Taipei.from_utc_datetime(&at).format("%Y-%m-%d %H:%M").to_string();
    rows.into_iter().map(|(at, status)| (shown(at), status)).collect()
}

/// The form with these values typed in, and the button pressed that publishes.
pub(super) fn typed(form: Filled, values: &[(&str, &str)]) -> Filled {
    pressed(values.iter().fold(form, |form, (name, value)| form.set(name, value)))
}

/// How many schedules there are.
pub(super) async fn schedules(app: &App) -> i64 {
    app.read(|conn| Sql::new("select count(*) as n from schedules").count(conn)).await
}

/// A number from the database.
pub(super) async fn number(app: &App, sql: &'static str) -> i64 {
    app.read(move |conn| Sql::new(sql).count(conn)).await
}

/// Changes something as another tab would.
pub(super) async fn meanwhile(app: &App, sql: &'static str, id: &Id) {
    let id = id.clone();
    app.write(move |conn| {
        let mut statement = Sql::new(sql);
        statement.bind(&id);
        statement.execute(conn)
    })
    .await;
}

/// Where the task of this day is cancelled.
pub(super) async fn task_link(who: &Visitor, schedule: &Id, day: &str) -> String {
    let page = who.get(&format!("/schedules/{schedule}/tasks")).await;
    let labels = page.attributes("td.actions a", "aria-label");
    let at =
        labels.iter().position(|label| label.contains(day)).unwrap_or_else(|| panic!("no task on {day}: {labels:?}"));
    page.attributes("td.actions a", "href")[at].clone()
}

/// Many contacts at once.
pub(super) fn many(conn: &mut Conn, channel: &Id, number: i64) -> QueryResult<()> {
    for from in (0..number).step_by(500) {
        let to = (from + 500).min(number);
        let now = chrono::DateTime::UNIX_EPOCH.naive_utc();
        let mut sql = Sql::new(
            "insert into contacts (id, channel_id, identity, name, consent, subscribed_at, source, created_at, version) values ",
        );
        for n in from..to {
            sql.push(if n == from { "(" } else { ", (" }).bind(Id::new()).push(", ").bind(channel).push(", ");
            sql.bind(format!("V{n:06}"))
                .push(", '王小明', 'granted', ")
                .bind(now)
                .push(", 'import', ")
                .bind(now)
                .push(", 1)");
        }
        sql.execute(conn)?;
    }
    Ok(())
}
