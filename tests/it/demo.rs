//! The demo shop: the same everywhere, consistent in itself, and quiet.

use crate::support::{App, Backend, both};
use chrono::{NaiveDateTime, TimeDelta, Timelike};
use diesel::prelude::*;
use std::{collections::BTreeMap, num::NonZeroU32, time::Duration};
use tidings_base::{
    db::{
        Conn, DbError, Id, Url, migrate,
        schema::{
            audiences, channels, contact_tags, contacts, deliveries, journey_entries, journeys, members, orders,
            sandbox_messages, schedule_tasks, schedules, tags,
        },
        sql::Sql,
    },
    web::Role,
    zones,
};
use tidings_campaigns::{
    journeys::JourneyStatus,
    schedules::{Draft, Frequency, ScheduleStatus, TaskStatus, Timing, seed},
};

const TAIPEI: chrono_tz::Tz = chrono_tz::Asia::Taipei;

fn load(conn: &mut Conn, now: NaiveDateTime) -> Result<(), DbError> {
    tidings::demo::load(conn, "nobody signs in with this", now, TAIPEI)
}

/// The shop as it is now; answers when that was.
async fn opened(app: &App) -> NaiveDateTime {
    let now = app.clock.now();
    app.db.write(move |conn| load(conn, now)).await.unwrap();
    now
}

both! {
    async fn today_names_runs_and_broadcasts_as_they_come(app: App) {
        opened(&app).await;
        let today = app.as_(Role::Marketer).await.get("/").await;
        let times = today.attributes("ol.coming time", "datetime");
        assert_eq!(times.len(), 6, "{times:?}");
        assert!(times.is_sorted(), "{times:?}");
        assert!(today.attributes("ol.coming a", "href").iter().any(|href| href.starts_with("/broadcasts/")));
    }

    /// Every list has something of every kind to show.
    async fn every_status_is_there(app: App) {
        let now = opened(&app).await;
        let (journeys, schedules, tasks, figures) = app.read(move |conn| {
            let mut sql = Sql::new("select ");
            sql.append(tidings_campaigns::journeys::status_sql(now)).push(" as word, count(*) as n from journeys j group by 1");
            let journeys: Vec<Word> = sql.load(conn)?;
            let schedules: Vec<Word> = Sql::new("select status as word, count(*) as n from schedules group by 1").load(conn)?;
            let tasks: Vec<Word> = Sql::new("select status as word, count(*) as n from schedule_tasks group by 1").load(conn)?;
            let figures: Vec<Word> = Sql::new(
                "select 'members' as word, count(*) as n from members union all select 'contacts', count(*) from contacts \
                 union all select 'strangers', count(*) from contacts where member_id is null \
                 union all select 'bound', count(*) from members where salesperson_id is not null \
                 union all select 'without contact', count(*) from members m \
                   where not exists (select 1 from contacts c where c.member_id = m.id) \
                 union all select 'none', count(*) from contacts where consent = 'none' \
                 union all select 'withdrawn', count(*) from contacts where consent = 'withdrawn' \
                 union all select 'blocked', count(*) from contacts where unreachable = 'blocked' \
                 union all select 'live', count(*) from channels where connector <> 'sandbox' \
                 union all select 'kinds', count(distinct kind) from channels \
                 union all select 'audiences', count(*) from audiences \
                 union all select 'of members', count(*) from audiences where kind is null",
            ).load(conn)?;
            Ok((journeys, schedules, tasks, figures))
        }).await;
        for status in JourneyStatus::ALL {
            assert!(of(&journeys, status.word()) > 0, "no journey is {status}");
        }
        for status in ScheduleStatus::ALL {
            assert!(of(&schedules, status.word()) > 0, "no schedule is {status}");
        }
        for status in TaskStatus::ALL.iter().filter(|status| **status != TaskStatus::Running) {
            assert!(of(&tasks, status.word()) > 0, "no task is {status}");
        }
        assert_eq!(of(&figures, "members"), 2_000);
        assert_eq!((of(&figures, "without contact"), of(&figures, "live"), of(&figures, "kinds")), (0, 0, 5));
        assert_eq!(of(&figures, "of members"), 2);
        for (what, least, most) in [
            ("contacts", 4_000, 5_000),
            ("strangers", 50, 400),
            ("bound", 100, 300),
            ("none", 100, 900),
            ("withdrawn", 50, 400),
            ("blocked", 20, 300),
            ("audiences", 10, 20),
        ] {
            assert!((least..=most).contains(&of(&figures, what)), "{what}: {}", of(&figures, what));
        }
    }

    /// Every figure is what its rows say, and nothing contradicts anything.
    async fn figures_agree(app: App) {
        let now = opened(&app).await;
        let wrong = app.read(move |conn| {
            let mut wrong = Vec::new();
            for (what, sql) in CONTRADICTIONS {
                let mut count = Sql::new("select count(*) as n from ");
                for (place, part) in sql.split("{now}").enumerate() {
                    if place > 0 {
                        count.bind(now);
                    }
                    count.push(part);
                }
                let n = count.count(conn)?;
                if n > 0 {
                    wrong.push((*what, n));
                }
            }
            Ok(wrong)
        }).await;
        assert_eq!(wrong, []);
    }

    /// Whoever loads it and watches for a day sees nothing happen.
    async fn nothing_is_due_within_a_day(app: App) {
        let now = opened(&app).await;
        let tomorrow = now + TimeDelta::days(1);
        let due = app.read(move |conn| {
            let mut tasks = Sql::new("select count(*) as n from schedule_tasks where status in ('waiting', 'running') and due_at <= ");
            let mut people = Sql::new("select count(*) as n from journey_entries where due_at <= ");
            let mut cohorts = Sql::new("select count(*) as n from journey_cohorts where due_at <= ");
            Ok([tasks.bind(tomorrow).count(conn)?, people.bind(tomorrow).count(conn)?, cohorts.bind(tomorrow).count(conn)?])
        }).await;
        assert_eq!(due, [0, 0, 0]);
        let before = app.read(shop).await;
        app.settle().await;
        app.advance(TimeDelta::hours(23)).await;
        assert_same(&before, &app.read(shop).await);
    }

    /// Another machine, another day's program, another database: the same shop.
    async fn it_is_the_same_everywhere(app: App) {
        let now = opened(&app).await;
        let here = app.read(shop).await;
        let mut there = migrate::open(&Url::Sqlite(":memory:".into())).unwrap();
        migrate::up(&mut there).unwrap();
        load(&mut there, now).unwrap();
        assert_same(&here, &shop(&mut there).unwrap());
    }

    /// What a visitor does first: a schedule for the next minute, for one of the large audiences.
    async fn a_first_schedule_goes_out(app: App) {
        opened(&app).await;
        for (journey, audience) in [("每週新品上架", "近 90 天有互動"), ("雙週電子報", "願意收到電子報")] {
            let now = app.clock.now();
            let task = app.db.write(move |conn| {
                let at = zones::local(TAIPEI, now) + TimeDelta::minutes(2);
                let timing = Timing {
                    frequency: Frequency::Once,
                    every: NonZeroU32::MIN,
                    starts_on: at.date(),
                    ends_on: None,
                    at: at.time().with_second(0).and_then(|at| at.with_nanosecond(0)).unwrap(),
                };
                let draft = Draft {
                    name: "第一個排程".to_owned(),
                    journey_id: journeys::table.filter(journeys::name.eq(journey)).select(journeys::id).first(conn)?,
                    audience_id: audiences::table.filter(audiences::name.eq(audience)).select(audiences::id).first(conn)?,
                    timing,
                };
                let by: Id = tidings_base::db::schema::people::table.select(tidings_base::db::schema::people::id).first(conn)?;
                let id = seed::publish(conn, &draft, TAIPEI, &by, now)?;
                let task = schedule_tasks::table.filter(schedule_tasks::schedule_id.eq(id)).select(schedule_tasks::id);
                Ok::<Id, DbError>(task.first(conn)?)
            }).await.unwrap();
            app.advance(TimeDelta::minutes(3)).await;
            // The account's rate spreads them over some seconds of the machine's time.
            let all = async {
                while app.read(|conn| Sql::new(UNSETTLED).count(conn)).await > 0 {
                    app.settle().await;
                }
            };
            tokio::time::timeout(Duration::from_secs(60), all).await.expect("messages are left over");
            let came: (String, i64, i64, i64) = app.read(move |conn| {
                let (status, entered): (String, i64) =
                    schedule_tasks::table.find(&task).select((schedule_tasks::status, schedule_tasks::entered)).first(conn)?;
                let mut sent = Sql::new("select count(*) as n from deliveries d join dispatches s on s.id = d.dispatch_id where d.state = 'sent' and s.cohort = ");
                let mut received = Sql::new("select count(*) as n from sandbox_messages where direction = 'out' and at >= ");
                Ok((status, entered, sent.bind(&task).count(conn)?, received.bind(now).count(conn)?))
            }).await;
            let (status, entered, sent, received) = came;
            assert_eq!(status, "done", "{journey}");
            assert!((300..=1_400).contains(&entered), "{journey}: {entered} entered");
            assert!(sent * 100 >= entered * 95, "{journey}: {sent} of {entered} sent");
            assert_eq!(sent, received, "{journey}");
        }
    }
}

/// A shop that has people of its own stays as it is.
#[test]
fn it_is_never_loaded_into_a_database_that_has_data() {
    crate::support::run(Backend::Sqlite, |app| async move {
        let settings = tidings_base::settings::Settings::read(std::iter::empty(), None).unwrap();
        app.person(&[tidings_base::web::Role::Admin]).await;
        assert!(!tidings::startup::demo(&app.db, &app.clock, &settings).await.unwrap());
        let members = app.read(|conn| members::table.count().get_result::<i64>(conn)).await;
        assert_eq!(members, 0);
    });
}

const UNSETTLED: &str = "select count(*) as n from deliveries where state = 'pending'";

#[derive(diesel::QueryableByName)]
struct Word {
    #[diesel(sql_type = diesel::sql_types::Text)]
    word: String,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn of(words: &[Word], word: &str) -> i64 {
    words.iter().find(|found| found.word == word).map_or(0, |found| found.n)
}

/// What must not be, and the rows that would show it.
const CONTRADICTIONS: &[(&str, &str)] = &[
    (
        "a member's figures",
        "members m where order_count <> (select count(*) from orders o where o.member_id = m.id and o.status = 'completed') \
         or total_spent <> (select coalesce(sum(total), 0) from orders o where o.member_id = m.id and o.status = 'completed')",
    ),
    (
        "an order before its member joined",
        "orders o join members m on m.id = o.member_id where o.placed_at < m.created_at",
    ),
    ("something that has not happened yet", "events where at > {now}"),
    ("an order of tomorrow", "orders where placed_at > {now}"),
    (
        "an interaction of tomorrow",
        "contacts where last_interaction_at > {now} or subscribed_at > {now} or consent_at > {now}",
    ),
    (
        "an interaction before the beginning",
        "contacts where last_interaction_at < subscribed_at or last_inbound_at < subscribed_at",
    ),
    ("a message without interaction", "contacts where last_inbound_at > last_interaction_at"),
    (
        "a consent that its history does not have",
        "contacts c where consent <> 'none' and not exists (select 1 from consents h where h.contact_id = c.id \
         and h.state = c.consent and h.at = c.consent_at and h.source = c.consent_source)",
    ),
    (
        "a consent older than its history",
        "contacts c join consents h on h.contact_id = c.id where h.at > c.consent_at or c.consent = 'none'",
    ),
    (
        "a dispatch's figures",
        "dispatches d where pending <> 0 or cancelled <> 0 or unknown <> 0 \
         or people <> (select count(*) from deliveries x where x.dispatch_id = d.id) \
         or sent <> (select count(*) from deliveries x where x.dispatch_id = d.id and x.state = 'sent') \
         or failed <> (select count(*) from deliveries x where x.dispatch_id = d.id and x.state = 'failed') \
         or left_out <> (select count(*) from deliveries x where x.dispatch_id = d.id and x.state = 'left_out') \
         or delivered <> (select count(*) from deliveries x where x.dispatch_id = d.id and x.delivered_at is not null) \
         or read <> (select count(*) from deliveries x where x.dispatch_id = d.id and x.read_at is not null)",
    ),
    ("a dispatch that is not done", "dispatches where status <> 'done' or accepting or finished_at is null"),
    (
        "a delivery that is not settled",
        "deliveries where state not in ('sent', 'failed', 'left_out') or settled_at is null",
    ),
    (
        "a message that the sandbox did not get, or got twice",
        "deliveries d left join (select reference, count(*) as n from sandbox_messages group by reference) s \
         on s.reference = d.id where d.parts_sent <> coalesce(s.n, 0)",
    ),
    (
        "a phone's figures",
        "contacts c left join sandbox_phones p on p.contact_id = c.id left join (select channel_id, identity, \
         count(*) as received, max(at) as last_at from sandbox_messages where direction = 'out' \
         group by channel_id, identity) m on m.channel_id = c.channel_id and m.identity = c.identity \
         where coalesce(p.received, 0) <> coalesce(m.received, 0) or p.last_at <> m.last_at",
    ),
    (
        "somebody written to before they came",
        "deliveries d join contacts c on c.id = d.contact_id where d.created_at < c.subscribed_at",
    ),
    (
        "somebody written to who did not want it",
        "deliveries d join contacts c on c.id = d.contact_id where d.state = 'sent' and c.consent = 'withdrawn' and c.consent_at < d.sent_at",
    ),
    (
        "a task's figures",
        "schedule_tasks t where entered <> (select count(*) from journey_entries e where e.task_id = t.id) \
         or left_out <> (select coalesce(sum(people), 0) from schedule_task_left_out l where l.task_id = t.id)",
    ),
    (
        "a schedule's figures",
        "schedules s where total <> (select count(*) from schedule_tasks t where t.schedule_id = s.id) \
         or remaining <> (select count(*) from schedule_tasks t where t.schedule_id = s.id and t.status = 'waiting') \
         or (next_at is null) <> (remaining = 0)",
    ),
    (
        "a cohort's figures",
        "journey_cohorts h where not complete or entered <> (select count(*) from journey_entries e where e.cohort_id = h.id) \
         or finished <> (select count(*) from journey_entries e where e.cohort_id = h.id and e.ended_at is not null) \
         or (closed_at is null) <> (finished < entered) or lease_until is not null",
    ),
    (
        "somebody at a message that is over",
        "journey_entries where ended_at is null and (due_at is null or state not in ('ready', 'waiting'))",
    ),
    ("work that was left", "slices"),
    ("events that wait", "inbound_events"),
];

/// All that a visitor can see of the shop, without the keys of its rows.
type Shop = BTreeMap<&'static str, Vec<String>>;

fn shop(conn: &mut Conn) -> QueryResult<Shop> {
    type At = NaiveDateTime;
    let mut shop = Shop::new();
    let accounts = contacts::table.inner_join(channels::table.on(channels::id.eq(contacts::channel_id)));
    let rows: Vec<(String, String, String, Option<String>, String, At, Option<At>, Option<At>, Option<String>)> =
        accounts
            .select((
                channels::name,
                contacts::identity,
                contacts::name,
                contacts::last_known_name,
                contacts::consent,
                contacts::subscribed_at,
                contacts::last_interaction_at,
                contacts::last_inbound_at,
                contacts::unreachable,
            ))
            .load(conn)?;
    shop.insert("contacts", lines(rows));
    let rows: Vec<(String, String, Option<String>, Option<String>, Option<String>, i64, i64, Option<At>)> =
        members::table
            .select((
                members::number,
                members::name,
                members::birthday,
                members::city,
                members::phone,
                members::order_count,
                members::total_spent,
                members::last_order_at,
            ))
            .load(conn)?;
    shop.insert("members", lines(rows));
    let rows: Vec<(String, At, i64, String)> =
        orders::table.select((orders::number, orders::placed_at, orders::total, orders::status)).load(conn)?;
    shop.insert("orders", lines(rows));
    let tagged = contact_tags::table
        .inner_join(tags::table.on(tags::id.eq(contact_tags::tag_id)))
        .inner_join(contacts::table.on(contacts::id.eq(contact_tags::contact_id)));
    let rows: Vec<(String, String, At)> =
        tagged.select((contacts::identity, tags::name, contact_tags::at)).load(conn)?;
    shop.insert("tags", lines(rows));
    let sent = deliveries::table.inner_join(contacts::table.on(contacts::id.eq(deliveries::contact_id)));
    let rows: Vec<(String, String, Option<String>, Option<At>, Option<At>)> = sent
        .select((contacts::identity, deliveries::state, deliveries::reason, deliveries::sent_at, deliveries::read_at))
        .load(conn)?;
    shop.insert("deliveries", lines(rows));
    let rows: Vec<(String, String, String, At)> = sandbox_messages::table
        .select((sandbox_messages::identity, sandbox_messages::direction, sandbox_messages::body, sandbox_messages::at))
        .load(conn)?;
    shop.insert("messages", lines(rows));
    let inside = journey_entries::table
        .inner_join(journeys::table.on(journeys::id.eq(journey_entries::journey_id)))
        .inner_join(contacts::table.on(contacts::id.eq(journey_entries::contact_id)));
    let rows: Vec<(String, String, At, String, Option<At>, Option<At>)> = inside
        .select((
            journeys::name,
            contacts::identity,
            journey_entries::entered_at,
            journey_entries::state,
            journey_entries::due_at,
            journey_entries::ended_at,
        ))
        .load(conn)?;
    shop.insert("entries", lines(rows));
    let runs = schedule_tasks::table.inner_join(schedules::table.on(schedules::id.eq(schedule_tasks::schedule_id)));
    let rows: Vec<(String, At, String, Option<String>, i64, i64)> = runs
        .select((
            schedules::name,
            schedule_tasks::due_at,
            schedule_tasks::status,
            schedule_tasks::reason,
            schedule_tasks::entered,
            schedule_tasks::left_out,
        ))
        .load(conn)?;
    shop.insert("tasks", lines(rows));
    let rows: Vec<(String, At)> = tidings_base::db::schema::events::table
        .select((tidings_base::db::schema::events::kind, tidings_base::db::schema::events::at))
        .load(conn)?;
    shop.insert("events", lines(rows));
    Ok(shop)
}

fn lines(rows: Vec<impl std::fmt::Debug>) -> Vec<String> {
    let mut lines: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
    lines.sort();
    lines
}

/// Says the first lines that differ, not all ten thousand.
fn assert_same(one: &Shop, other: &Shop) {
    for (what, lines) in one {
        let others = &other[what];
        let differ = lines.iter().zip(others).find(|(a, b)| a != b);
        assert_eq!(differ, None, "{what}");
        assert_eq!(lines.len(), others.len(), "{what}");
    }
}
