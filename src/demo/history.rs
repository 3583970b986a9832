//! What happened until now. The journeys' own functions are called as if it were then, one moment
//! after another, so that every row is what it would be had the shop run all the time; only the
//! vendors' part is written in bulk (see `sent`).

use super::{
    audiences::Audiences,
    calendar::Calendar,
    people::Staff,
    schedules::{Lost, Published},
    sent, store,
};
use chrono::{NaiveDateTime, TimeDelta};
use std::collections::HashMap;
use tidings_base::{
    db::{Conn, DbError, Id},
    jobs::{self, Claim, Due},
};
use tidings_campaigns::{
    journeys::{self, COHORTS, Entering, HAS_WORK, Turn, Turned},
    schedules::{
        TaskStatus,
        seed::{Past, Reason, Unfit},
    },
};
use tidings_customers::audiences::Lens;

/// More people than the shop has: everybody is moved at once.
const EVERYBODY: i64 = 100_000;
/// How many deliveries are followed in a statement.
const FOLLOWED: i64 = 1_000;

/// Lets everything happen that was due until now; answers what came of each task.
pub(super) fn replay(
    conn: &mut Conn,
    calendar: &Calendar,
    audiences: &Audiences,
    schedules: &[Published],
    staff: &Staff,
) -> Result<HashMap<Id, Past>, DbError> {
    let by_id: HashMap<&Id, &Published> = schedules.iter().map(|published| (&published.id, published)).collect();
    let mut past = HashMap::new();
    let mut tasks = store::tasks_until(conn, calendar.now)?.into_iter().peekable();
    loop {
        let people = next_move(conn)?.filter(|at| *at <= calendar.now);
        match tasks.next_if(|(_, _, at)| people.is_none_or(|people| *at <= people)) {
            Some((task, schedule, at)) => {
                let schedule = by_id[&schedule];
                let came = match schedule.plan.lost(calendar, at) {
                    Some(lost) => lost.past(staff),
                    None => enter(conn, calendar, audiences, schedule, &task, at)?,
                };
                past.insert(task, came);
            }
            None => match people {
                Some(at) => go_on(conn, calendar, at)?,
                None => return Ok(past),
            },
        }
    }
}

impl Lost {
    fn past(self, staff: &Staff) -> Past {
        let (status, reason, by) = match self {
            Self::Late => (TaskStatus::Skipped, Some(Reason::Late), None),
            Self::Paused => (TaskStatus::Skipped, Some(Reason::Unfit(Unfit::JourneyPaused)), None),
            Self::Broke => (TaskStatus::Failed, Some(Reason::Poison), None),
            Self::Cancelled => (TaskStatus::Cancelled, None, Some(staff.marketer.name.to_owned())),
        };
        Past { status, reason, entered: 0, left_out: Vec::new(), by }
    }
}

/// Lets the audience of that moment in, as far as it was there then.
fn enter(
    conn: &mut Conn,
    calendar: &Calendar,
    audiences: &Audiences,
    schedule: &Published,
    task: &Id,
    at: NaiveDateTime,
) -> Result<Past, DbError> {
    let journey = journeys::find(conn, &schedule.journey_id)?.ok_or(diesel::NotFound)?;
    let lens = Lens { now: at, zone: calendar.zone };
    let mut audience = audiences.find(conn, schedule.plan.audience)?.predicate(&lens);
    // What is known of people is what is known now: those who came, or changed their mind, since
    // then are passed over.
    audience.push(" and c.created_at <= ").bind(at).push(" and (c.consent_at is null or c.consent_at <= ");
    audience.bind(at).push(")");
    let now = at + TimeDelta::milliseconds(310);
    let entering = Entering {
        journey: &journey,
        task_id: task,
        audience,
        after: None,
        slice: EVERYBODY,
        slice_together: None,
        now,
    };
    let Ok(entered) = journeys::enter(conn, &entering)? else { return Err(DbError::Query(diesel::NotFound)) };
    send(conn, calendar, now)?;
    Ok(Past {
        status: TaskStatus::Done,
        reason: None,
        entered: entered.entered,
        left_out: entered.left_out.into_iter().collect(),
        by: None,
    })
}

/// When somebody inside is next to be moved.
fn next_move(conn: &mut Conn) -> Result<Option<NaiveDateTime>, DbError> {
    let long_ago = chrono::DateTime::UNIX_EPOCH.naive_utc();
    Ok(match jobs::next_due(conn, COHORTS, HAS_WORK, &terms(long_ago))? {
        Some(Due::At(at) | Due::AtMachine(at)) => Some(at),
        Some(Due::Now) => Some(long_ago),
        None => None,
    })
}

/// Moves whoever is due at `at`.
fn go_on(conn: &mut Conn, calendar: &Calendar, at: NaiveDateTime) -> Result<(), DbError> {
    let terms = terms(at);
    for claimed in jobs::claim(conn, COHORTS, HAS_WORK, &terms)? {
        let turn =
            Turn { cohort_id: claimed.id, owner: terms.owner.clone(), until: terms.until, now: at, slice: EVERYBODY };
        while journeys::advance(conn, &turn)? == Turned::Moved {}
    }
    send(conn, calendar, at)
}

/// Sends what was brought about at `at`, and lets people go on who waited for it.
fn send(conn: &mut Conn, calendar: &Calendar, at: NaiveDateTime) -> Result<(), DbError> {
    if let Some(settled) = sent::send(conn, calendar, at + TimeDelta::milliseconds(450))? {
        while journeys::follow(conn, FOLLOWED, settled)? > 0 {}
    }
    Ok(())
}

/// A claim of one cohort at that moment.
fn terms(at: NaiveDateTime) -> Claim {
    Claim { owner: Id::new().to_string(), now: at, machine: at, until: at + TimeDelta::seconds(30), limit: 1 }
}
