//! A shop on LINE with many people, put straight into the database.

use crate::vendor;
use chrono::{NaiveDateTime, NaiveTime, TimeDelta, Timelike};
use chrono_tz::UTC;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Timestamp},
};
use serde_json::json;
use std::{num::NonZeroU32, time::Duration};
use tidings_base::{
    clock::Clock,
    db::{Conn, Db, Id, Url, migrate, sql::Sql},
    people::{self, NewPerson},
    secret::Secret,
};
use tidings_campaigns::{
    broadcasts,
    journeys::{self, Action, Flow, NewJourney, Period, ReEntry, Spot, Step, Trigger},
    schedules::{Draft, Frequency, Timing, seed},
};
use tidings_customers::{
    audiences::{self, NewAudience, Rule},
    channels::{self, ChannelKind, Connector, NewChannel},
};
use tidings_sending::{
    channels::connection,
    dispatch::{self, Begins, NewDispatch, Origin},
    messages::Content,
};

pub(crate) struct Shop {
    url: Url,
    db: Db,
    pub(crate) channel: Id,
    audience: Id,
    person: Id,
    /// `TIDINGS_SECRET_KEY`.
    pub(crate) key: String,
}

/// No account's rate stands in the way.
const RATE: i64 = 1_000_000;

pub(crate) fn open(url: &Url, people: usize) -> Shop {
    let key = "7".repeat(64);
    let secret = Secret::from_hex(&key).expect("a key");
    let mut conn = migrate::open(url).expect("a database");
    migrate::up(&mut conn).expect("every migration");
    let now = Clock::real().now();
    let (channel, audience, person) = fill(&mut conn, &secret, people, now).expect("a shop");
    // As its own housekeeping leaves it after a while: a shop does not send in the minute in which it is made.
    if let Url::Postgres(_) = url {
        Sql::new("vacuum analyze").execute(&mut conn).expect("a database in order");
    }
    let db = Db::open(url, 2).expect("a database");
    Shop { url: url.clone(), db, channel, audience, person, key }
}

fn fill(conn: &mut Conn, secret: &Secret, people: usize, now: NaiveDateTime) -> QueryResult<(Id, Id, Id)> {
    let account = NewChannel {
        kind: ChannelKind::Line,
        connector: Connector::Live,
        name: "本店官方帳號",
        rate_per_second: RATE,
        failure_share: 0.0,
    };
    let channel = channels::add(conn, &account, now)?;
    let secrets = json!({"access_token": "the-channel-access-token", "channel_secret": "secret"});
    connection::save(conn, secret, &channel, &json!({}), &secrets, now).expect("secrets can be kept");
    for from in (0..people).step_by(500) {
        let mut sql = Sql::new(
            "insert into contacts (id, channel_id, identity, name, consent, subscribed_at, source, created_at, version) values ",
        );
        for n in from..people.min(from + 500) {
            sql.push(if n == from { "(" } else { ", (" }).bind(Id::new()).push(", ").bind(&channel).push(", ");
            sql.bind(vendor::identity(n)).push(", ").bind(format!("王小明 {n}")).push(", 'granted', ").bind(now);
            sql.push(", 'import', ").bind(now).push(", 1)");
        }
        sql.execute(conn)?;
    }
    let everybody = NewAudience {
        name: "所有顧客".into(),
        description: String::new(),
        kind: Some(ChannelKind::Line),
        rule: Rule::everybody(),
    };
    let audience = audiences::add(conn, &everybody, None, now)?;
    let owner = NewPerson { email: "owner@shop.test", name: "店長", password_hash: "none", roles: &[] };
    let person = people::add(conn, &owner, now)?;
    Ok((channel, audience, person))
}

impl Shop {
    pub(crate) fn connection(&self) -> Conn {
        migrate::peek(&self.url).expect("a database")
    }

    /// A dispatch without people, for rows by hand.
    pub(crate) fn dispatch(&self) -> Id {
        let new = NewDispatch {
            channel_id: &self.channel,
            name: "by hand",
            origin: Origin::Broadcast,
            origin_id: &Id::new(),
            origin_step: &Id::new(),
            cohort: "",
            content: &Content::text(crate::SAME),
            begins: Begins::Released,
        };
        let mut conn = migrate::open(&self.url).expect("a database");
        dispatch::open(&mut conn, &new, Clock::real().now()).expect("a dispatch")
    }

    /// A broadcast of words of their own to everybody, to go out at once.
    pub(crate) fn broadcast(&self) -> Id {
        let now = Clock::real().now();
        let planted = broadcasts::seed::Planted {
            name: "週年慶",
            channel_id: &self.channel,
            audience: Some((&self.audience, "所有顧客")),
            content: Content::text(crate::PERSONAL),
            created_at: now,
            by: &self.person,
            then: broadcasts::seed::Then::Waits(now + TimeDelta::milliseconds(500)),
        };
        let mut conn = migrate::open(&self.url).expect("a database");
        broadcasts::seed::plant(&mut conn, &planted, UTC).expect("a broadcast")
    }

    /// A journey that sends this text, and a schedule that runs it once, in a moment; answers the journey.
    pub(crate) fn publish(&self, text: &str) -> Id {
        let mut conn = migrate::open(&self.url).expect("a database");
        let now = Clock::real().now();
        let name = format!("週年慶 {now}");
        let new = NewJourney {
            name: &name,
            channel_id: &self.channel,
            trigger: Trigger::System,
            period: Period::default(),
            re_entry: ReEntry::Always,
        };
        let journey = journeys::create(&mut conn, &new, UTC, None, now).expect("a journey");
        let mut flow = Flow::default();
        flow.insert(&Spot::First, Step::new(Action::Send { content: Content::text(text) })).expect("room for a step");
        let draft = journeys::draft(&mut conn, &journey, UTC).expect("its draft").id;
        journeys::save_flow(&mut conn, &draft, &flow).expect("saved");
        let found = journeys::find(&mut conn, &journey).expect("a journey").expect("this journey");
        assert!(journeys::publish(&mut conn, &found, &draft, UTC, now).expect("published"));

        let at = now + TimeDelta::seconds(90);
        let timing = Timing {
            frequency: Frequency::Once,
            every: NonZeroU32::MIN,
            starts_on: at.date(),
            ends_on: None,
            at: NaiveTime::from_hms_opt(at.hour(), at.minute(), 0).expect("a time"),
        };
        let draft = Draft { name, journey_id: journey.clone(), audience_id: self.audience.clone(), timing };
        seed::publish(&mut conn, &draft, UTC, &self.person, now).expect("a schedule");
        // A schedule knows minutes; a bench does not wait for one.
        let mut sql = Sql::new("update schedule_tasks set due_at = ");
        sql.bind(now + TimeDelta::seconds(1)).push(" where status = 'waiting'");
        sql.execute(&mut conn).expect("a task");
        journey
    }

    /// Waits until the dispatch is done.
    pub(crate) async fn finished(&self, journey: &Id, people: usize) -> Took {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let id = journey.clone();
            let done: Done = self
                .db
                .read(move |conn| done(conn, &id).map_err(tidings_base::db::DbError::from))
                .await
                .expect("an answer");
            let (Some(from), Some(to), Some(end)) = (done.due_at, done.settled_at, done.finished_at) else { continue };
            if done.sent as usize == people {
                let since = |at: NaiveDateTime| (at - from).to_std().expect("sending takes time");
                return Took { recorded: since(to), written: since(end) };
            }
        }
    }

    /// Bytes that a database outside the program wrote to its log since it was started.
    pub(crate) fn written(&self) -> u64 {
        let mut conn = match &self.url {
            Url::Sqlite(_) => return 0,
            Url::Postgres(_) => migrate::peek(&self.url).expect("a database"),
        };
        let sql = Sql::new("select cast(wal_bytes as bigint) as n from pg_stat_wal");
        sql.count(&mut conn).expect("its figures").unsigned_abs()
    }
}

/// Both from the task's time.
#[derive(Clone, Copy)]
pub(crate) struct Took {
    /// To the last recorded answer.
    pub(crate) recorded: Duration,
    /// Until everybody has a row of their own, which says so.
    pub(crate) written: Duration,
}

#[derive(QueryableByName)]
struct Done {
    #[diesel(sql_type = BigInt)]
    sent: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    due_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    settled_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    finished_at: Option<NaiveDateTime>,
}

fn done(conn: &mut Conn, journey: &Id) -> QueryResult<Done> {
    let mut sql = Sql::new(
        "select coalesce(d.sent, 0) as sent, t.due_at, d.finished_at, case when d.status = 'done' then (select max(settled_at) from deliveries x \
         where x.dispatch_id = d.id) end as settled_at from schedule_tasks t join schedules s on s.id = t.schedule_id \
         left join journey_versions v on v.journey_id = s.journey_id \
         left join dispatches d on d.origin = 'journey' and d.origin_id = v.id where s.journey_id = ",
    );
    sql.bind(journey);
    sql.first(conn)
}
