//! Schedules from their form to the people who entered.

use crate::support::{App, Filled, Shown, Visitor, both};
use chrono::{Days, NaiveDateTime, TimeZone};
use chrono_tz::Asia::Taipei;
use diesel::prelude::*;
use tidings_base::{
    db::{Conn, Id, schema::schedule_tasks, sql::Sql},
    web::Role,
};
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
struct Shop {
    channel: Id,
    audience: Id,
    journey: Id,
}

const PEOPLE: i64 = 7;

impl Shop {
    async fn open(app: &App) -> Self {
        Self::with(app, ChannelKind::Line, ReEntry::Always).await
    }

    async fn with(app: &App, kind: ChannelKind, re_entry: ReEntry) -> Self {
        let now = app.clock.now();
        app.write(move |conn| {
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
        })
        .await
    }
}

/// Contacts with the numbers `from` to `to`, all of whom may be written to.
fn people(conn: &mut Conn, channel: &Id, from: i64, to: i64, now: NaiveDateTime) -> QueryResult<()> {
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
fn journey(conn: &mut Conn, name: &str, channel: &Id, re_entry: ReEntry, now: NaiveDateTime) -> QueryResult<Id> {
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
async fn form(who: &Visitor, shop: &Shop) -> Filled {
    let page = who.get("/schedules/new").await;
    assert_eq!(page.status, 200, "{}", page.html);
    page.form("/schedules")
        .set("name", "每週新品通知")
        .set("journey", shop.journey.as_str())
        .set("audience", shop.audience.as_str())
}

/// With the button pressed that publishes.
fn pressed(form: Filled) -> Filled {
    form.add("do", "publish")
}

/// Today in the shop.
fn today(app: &App) -> chrono::NaiveDate {
    Taipei.from_utc_datetime(&app.clock.now()).date_naive()
}

/// Moves the clock to this time of the shop.
async fn at(app: &App, text: &str) {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    let to = Taipei.from_local_datetime(&local).unwrap().naive_utc();
    app.clock.advance(to - app.clock.now());
}

/// Publishes daily runs at ten for `days` days from tomorrow; answers the schedule's id.
async fn publish_daily(app: &App, who: &Visitor, shop: &Shop, days: u64) -> Id {
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
fn published(page: &Shown) -> Id {
    assert_eq!(page.status, 200, "{}", page.text());
    let id = page.path.strip_prefix("/schedules/").and_then(|rest| rest.strip_suffix("/tasks"));
    id.unwrap_or_else(|| panic!("not the tasks of a schedule: {} {}", page.path, page.text())).parse().unwrap()
}

/// The tasks of a schedule by their time in the shop.
async fn tasks(app: &App, schedule: &Id) -> Vec<(String, TaskStatus)> {
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

both! {
    async fn a_schedule_is_published_runs_and_ends(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 2).await;
        assert_eq!(
            tasks(&app, &id).await,
            [("2027-03-02 10:00".to_owned(), TaskStatus::Waiting), ("2027-03-03 10:00".to_owned(), TaskStatus::Waiting)]
        );
        let list = who.get("/schedules").await;
        assert!(list.says("每週新品通知") && list.says("排程中") && list.says("剩 2／共 2 次"), "{}", list.text());
        assert!(list.says("每 1 天") && list.says("2027/03/02 – 2027/03/03") && list.says("2027/03/02（二）10:00"));

        at(&app, "2027-03-02 10:00").await;
        app.settle().await;
        let page = who.get(&format!("/schedules/{id}/tasks")).await;
        assert!(page.says("進行中") && page.says("已完成") && page.says("待執行"), "{}", page.text());
        let rows = page.all("tbody tr");
        assert!(rows[0].contains("2027/03/03") && rows[1].contains("2027/03/02"), "{rows:?}");
        let cells = page.all("tbody tr:nth-child(2) td.num");
        assert_eq!(cells, [PEOPLE.to_string(), PEOPLE.to_string(), "0".into(), "0".into()], "{}", page.text());

        at(&app, "2027-03-03 10:01").await;
        app.settle().await;
        let list = who.get("/schedules").await;
        assert!(list.says("已結束") && list.says("無剩餘任務") && list.says("剩 0／共 2 次"), "{}", list.text());
        let actions = list.all(".menu-panel a");
        assert!(actions.contains(&"查看所有任務".to_owned()) && actions.contains(&"複製".to_owned()), "{actions:?}");
        assert!(!actions.contains(&"編輯".to_owned()) && !actions.contains(&"取消剩餘任務".to_owned()), "{actions:?}");
    }
}
