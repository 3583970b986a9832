//! The shop that suffers: a journey over LINE that a schedule starts, a broadcast over LINE, and one
//! by mail, all of them due at once.

use super::plan::Plan;
use crate::support::{
    line::{SECRET, TOKEN},
    smtp::Smtp,
};
use chrono::{NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Asia::Taipei;
use serde_json::json;
use std::num::NonZeroU32;
use tidings_base::{
    db::{Conn, DbError, Id, sql::Sql},
    people::{self, NewPerson},
    secret::Secret,
    web::Role,
};
use tidings_campaigns::{
    broadcasts,
    journeys::{self, Action, Flow, NewJourney, Period, ReEntry, Spot, Step, Trigger, Unit, Wait},
    schedules::{Draft, Frequency, Timing, seed},
};
use tidings_customers::{
    audiences::{self, NewAudience, Rule},
    channels::{self, ChannelKind, Connector, NewChannel},
};
use tidings_sending::{
    channels::{
        connection,
        mail::{Secrets, Security, Settings},
    },
    messages::Content,
};

/// `TIDINGS_SECRET_KEY`.
pub(super) const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// What each message says, so that a vendor's record can be told apart. The first two are the
/// journey's.
pub(super) const FIRST: &str = "第一則";
pub(super) const SECOND: &str = "第二則";
pub(super) const BROADCAST: &str = "週年慶";
pub(super) const MAIL: &str = "電子報";

/// How long people wait between the messages of the journey.
const WAIT_MINUTES: u32 = 10;

pub(super) struct Shop {
    /// The broadcast over LINE.
    pub(super) broadcast: Id,
}

/// The identity of person `n` on LINE.
pub(super) fn on_line(n: usize) -> String {
    format!("U{n:032x}")
}

/// The address of person `n`.
pub(super) fn by_mail(n: usize) -> String {
    format!("customer{n}@example.com")
}

pub(super) fn fill(conn: &mut Conn, plan: &Plan, smtp: &Smtp, now: NaiveDateTime) -> Result<Shop, DbError> {
    let number = plan.people;
    let owner = NewPerson { email: "boss@shop.test", name: "店長", password_hash: "none", roles: &[Role::Admin] };
    let owner = people::add(conn, &owner, now)?;
    let line = account(conn, ChannelKind::Line, now)?;
    let secret = Secret::from_hex(KEY).unwrap();
    let secrets = json!({"access_token": TOKEN, "channel_secret": SECRET});
    connection::save(conn, &secret, &line, &json!({}), &secrets, now).unwrap();
    contacts(conn, &line, (0..number).map(on_line), now)?;
    let mail = account(conn, ChannelKind::Email, now)?;
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: smtp.address.port(),
        security: Security::None,
        user: String::new(),
        sender_name: "樹屋選物".to_owned(),
        sender_address: "news@shop.example".to_owned(),
        postal_address: "106 台北市大安區和平東路一段 1 號".to_owned(),
    };
    connection::save(conn, &secret, &mail, &settings, &Secrets { password: String::new() }, now).unwrap();
    contacts(conn, &mail, (0..number).map(by_mail), now)?;

    schedule(conn, &line, &owner, plan.alike, now)?;
    let soon = now + TimeDelta::seconds(1);
    let send = |conn: &mut Conn, name: &str, channel: &Id, content: Content| {
        let created_at = now - TimeDelta::minutes(1);
        let then = broadcasts::seed::Then::Waits(soon);
        let planted = broadcasts::seed::Planted {
            name,
            channel_id: channel,
            audience: None,
            content,
            created_at,
            by: &owner,
            then,
        };
        broadcasts::seed::plant(conn, &planted, Taipei)
    };
    let broadcast = send(conn, BROADCAST, &line, Content::text(BROADCAST))?;
    let letter = Content { subject: Some(MAIL.to_owned()), ..Content::text(format!("{{{{name|貴賓}}}}，{MAIL}")) };
    send(conn, MAIL, &mail, letter)?;
    Ok(Shop { broadcast })
}

fn account(conn: &mut Conn, kind: ChannelKind, now: NaiveDateTime) -> Result<Id, DbError> {
    let new =
        NewChannel { kind, connector: Connector::Live, name: kind.word(), rate_per_second: 2_000, failure_share: 0.0 };
    Ok(channels::add(conn, &new, now)?)
}

fn contacts(
    conn: &mut Conn,
    channel: &Id,
    identities: impl Iterator<Item = String>,
    now: NaiveDateTime,
) -> Result<(), DbError> {
    for (n, identity) in identities.enumerate() {
        let mut sql = Sql::new(
            "insert into contacts (id, channel_id, identity, name, consent, subscribed_at, source, created_at, version) values (",
        );
        sql.bind(Id::new()).push(", ").bind(channel).push(", ").bind(identity).push(", ").bind(format!("王 {n}"));
        sql.push(", 'granted', ").bind(now).push(", 'import', ").bind(now).push(", 1)");
        sql.execute(conn)?;
    }
    Ok(())
}

/// A message, ten minutes, another message; started once, a moment ago.
fn schedule(conn: &mut Conn, line: &Id, owner: &Id, alike: bool, now: NaiveDateTime) -> Result<(), DbError> {
    let new = NewJourney {
        name: "新品上市旅程",
        channel_id: line,
        trigger: Trigger::System,
        period: Period::default(),
        re_entry: ReEntry::Always,
    };
    let journey = journeys::create(conn, &new, Taipei, None, now)?;
    let first = if alike { FIRST.to_owned() } else { format!("{{{{name|貴賓}}}}，{FIRST}") };
    let mut flow = Flow::default();
    let steps = [
        Action::Send { content: Content::text(first) },
        Action::Wait(Wait::For { amount: WAIT_MINUTES, unit: Unit::Minutes }),
        Action::Send { content: Content::text(SECOND) },
    ];
    for action in steps.into_iter().rev() {
        flow.insert(&Spot::First, Step::new(action)).unwrap();
    }
    let draft = journeys::draft(conn, &journey, Taipei)?.id;
    journeys::save_flow(conn, &draft, &flow)?;
    let found = journeys::find(conn, &journey)?.unwrap();
    assert!(journeys::publish(conn, &found, &draft, Taipei, now)?);

    let everybody = NewAudience {
        name: "所有顧客".into(),
        description: String::new(),
        kind: Some(ChannelKind::Line),
        rule: Rule::everybody(),
    };
    let audience_id = audiences::add(conn, &everybody, None, now)?;
    let due = Taipei.from_utc_datetime(&(now - TimeDelta::minutes(1))).naive_local();
    let timing = Timing {
        frequency: Frequency::Once,
        every: NonZeroU32::MIN,
        starts_on: due.date(),
        ends_on: None,
        at: due.time(),
    };
    let draft = Draft { name: "到期了".into(), journey_id: journey, audience_id, timing };
    seed::publish(conn, &draft, Taipei, owner, now - TimeDelta::hours(1))?;
    Ok(())
}
