//! Recording what came of a slice's calls, as far as it is known, in one transaction with the
//! figures, the contacts it says something about, and the state of dispatch and account.

use super::{
    batches, control,
    finish::{self, Moved},
    health, news, packs,
    slice::{Held, Loaded, members, still_ours},
};
use crate::{
    channels::{Mark, Stop},
    dispatch::{
        DeliveryState, DispatchStatus, PauseReason, Reason,
        outcome::{BatchAnswer, Outcome, To},
    },
};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::{QueryResult, QueryableByName, sql_types::BigInt};
use std::collections::HashMap;
use tidings_base::db::{
    Conn, Id,
    sql::{Keep, Sql},
};
use tidings_customers::{
    consent::{self, Consent, Source},
    events::{self, Event, EventKind},
};

/// What is to be recorded.
#[derive(Clone, Default, Debug)]
pub(in crate::dispatch) struct Record {
    pub(in crate::dispatch) outcomes: Vec<Outcome>,
    pub(in crate::dispatch) batches: Vec<BatchAnswer>,
    pub(in crate::dispatch) marks: Vec<(Id, Mark)>,
    pub(in crate::dispatch) stop: Option<(PauseReason, String)>,
    /// Calls that were answered in earnest, and those that were not.
    pub(in crate::dispatch) healthy: i64,
    pub(in crate::dispatch) failing: i64,
    /// How long open batches wait.
    pub(in crate::dispatch) wait: Option<TimeDelta>,
    /// Whether nothing more will come of this run of the slice.
    pub(in crate::dispatch) last: bool,
}

/// Both clocks.
#[derive(Clone, Copy, Debug)]
pub(in crate::dispatch) struct Times {
    pub(in crate::dispatch) now: NaiveDateTime,
    pub(in crate::dispatch) machine: NaiveDateTime,
    /// Until when the slice is ours if its calls go on; machine time.
    pub(in crate::dispatch) until: NaiveDateTime,
}

/// Records; answers false, and changes nothing, if the lease was lost.
pub(in crate::dispatch) fn record(
    conn: &mut Conn,
    held: &Held,
    loaded: &Loaded,
    record: &Record,
    at: Times,
) -> QueryResult<bool> {
    if !loaded.packs.is_empty() {
        return packs::record(conn, held, loaded, record, at);
    }
    let dispatch = finish::lock(conn, &loaded.dispatch)?.ok_or(diesel::NotFound)?;
    let mut sql = Sql::new("select count(*) as n from slices where id = ");
    sql.bind(&held.id).append(still_ours("", held)).keep(Keep::Everywhere);
    if sql.count(conn)? == 0 {
        return Ok(false);
    }
    let cancelled = dispatch.status == DispatchStatus::Cancelled;
    write(conn, loaded, &record.outcomes, cancelled, at)?;
    batches::answered(conn, held, &loaded.dispatch, &record.batches)?;
    for (contact, mark) in &record.marks {
        apply_mark(conn, contact, *mark, at.now)?;
    }
    if let Some((reason, detail)) = &record.stop {
        control::hold(conn, &loaded.dispatch, *reason, detail)?;
    }
    health::note(conn, &loaded.account, record.healthy, record.failing, record.detail(), at.machine)?;
    if record.last {
        leave(conn, held, loaded, record.wait, at.machine)?;
    } else {
        let mut sql = Sql::new("update slices set lease_until = ");
        sql.bind(at.until).push(" where id = ").bind(&held.id).keep(Keep::Everywhere);
        sql.execute(conn)?;
    }
    finish::finish(conn, &loaded.dispatch, at.now)?;
    Ok(true)
}

impl Record {
    /// A stop of the vendor, to be recorded.
    pub(in crate::dispatch) fn stopped(stop: &Stop) -> Option<(PauseReason, String)> {
        Some((stop.reason.into(), stop.detail.clone()))
    }

    /// What the account's trouble is called, if it has any.
    pub(super) fn detail(&self) -> &str {
        self.batches
            .iter()
            .map(|batch| batch.detail.as_str())
            .chain(self.outcomes.iter().filter_map(|outcome| match &outcome.to {
                To::Again { detail, .. } | To::Unknown { detail } | To::Failed { detail, .. } => Some(detail.as_str()),
                To::Sent { .. } | To::NextPart | To::LeftOut { .. } | To::Cancelled | To::Freed { .. } => None,
            }))
            .find(|detail| !detail.is_empty())
            .unwrap_or_default()
    }
}

/// What a delivery's row will be, but for the vendor's own ids.
#[derive(PartialEq, Eq, Hash)]
struct Next<'a> {
    state: DeliveryState,
    reason: Option<Reason>,
    detail: &'a str,
    parts: i64,
    attempts: i64,
    begun: i64,
    due_at: NaiveDateTime,
    keep_batch: bool,
}

impl<'a> Next<'a> {
    fn of(to: &'a To, cancelled: bool, machine: NaiveDateTime) -> Self {
        let row = Next {
            state: DeliveryState::Pending,
            reason: None,
            detail: "",
            parts: 0,
            attempts: 0,
            begun: 0,
            due_at: chrono::DateTime::UNIX_EPOCH.naive_utc(),
            keep_batch: false,
        };
        match to {
            To::Sent { .. } => Next { state: DeliveryState::Sent, parts: 1, attempts: 1, keep_batch: true, ..row },
            To::Failed { reason, detail } => Next {
                state: DeliveryState::Failed,
                reason: Some(*reason),
                detail,
                attempts: 1,
                keep_batch: true,
                ..row
            },
            To::LeftOut { reason } => Next { state: DeliveryState::LeftOut, reason: Some(*reason), ..row },
            To::Unknown { detail } => Next {
                state: DeliveryState::Unknown,
                reason: Some(Reason::AnswerLost),
                detail,
                attempts: 1,
                keep_batch: true,
                ..row
            },
            To::Cancelled => Next { state: DeliveryState::Cancelled, reason: Some(Reason::DispatchCancelled), ..row },
            // Whatever would be sent later is cancelled with its dispatch.
            To::NextPart if cancelled => {
                Next { state: DeliveryState::Cancelled, reason: Some(Reason::DispatchCancelled), parts: 1, ..row }
            }
            To::Again { .. } | To::Freed { .. } if cancelled => {
                Next { state: DeliveryState::Cancelled, reason: Some(Reason::DispatchCancelled), ..row }
            }
            To::NextPart => Next { parts: 1, ..row },
            To::Again { wait, detail } => {
                Next { reason: Some(Reason::Later), detail, attempts: 1, due_at: machine + *wait, ..row }
            }
            To::Freed { begun } => Next { begun: *begun, ..row },
        }
    }
}

/// Somebody and the names that the vendor gave the message.
struct Named<'a> {
    delivery: &'a Id,
    vendor_id: Option<&'a str>,
    receipt: Option<&'a str>,
}

impl<'a> Named<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        let (vendor_id, receipt) = match &outcome.to {
            To::Sent { vendor_id, receipt } => (vendor_id.as_deref(), receipt.as_deref()),
            To::NextPart
            | To::Failed { .. }
            | To::LeftOut { .. }
            | To::Cancelled
            | To::Unknown { .. }
            | To::Again { .. }
            | To::Freed { .. } => (None, None),
        };
        Self { delivery: &outcome.delivery, vendor_id, receipt }
    }
}

/// One statement for all who end alike; nobody is settled twice. Whoever is waited for is told of.
pub(super) fn write(
    conn: &mut Conn,
    loaded: &Loaded,
    outcomes: &[Outcome],
    cancelled: bool,
    at: Times,
) -> QueryResult<()> {
    let mut alike: HashMap<Next<'_>, Vec<Named<'_>>> = HashMap::new();
    for outcome in outcomes {
        alike.entry(Next::of(&outcome.to, cancelled, at.machine)).or_default().push(Named::of(outcome));
    }
    let mut moved = Moved::default();
    for (next, people) in alike {
        for some in people.chunks(500) {
            let changed = end(&next, some, loaded, at.now).execute(conn)? as i64;
            moved.pending -= changed;
            moved.add(next.state, changed);
        }
    }
    if loaded.origin.is_followed() {
        let settled = |outcome: &&Outcome| Next::of(&outcome.to, cancelled, at.machine).state.is_settled();
        news::tell(conn, &loaded.dispatch, outcomes.iter().filter(settled).map(|outcome| &outcome.delivery))?;
    }
    moved.apply(conn, &loaded.dispatch)
}

fn end(next: &Next<'_>, people: &[Named<'_>], loaded: &Loaded, now: NaiveDateTime) -> Sql {
    let named = people.iter().any(|person| person.vendor_id.is_some() || person.receipt.is_some());
    let mut sql = Sql::default();
    if named {
        let name = |name: Option<&str>| name.map(str::to_owned);
        sql.push("with outcome (delivery, vendor_id, receipt) as (select value ->> 0, value ->> 1, value ->> 2 from ");
        sql.bind_rows(
            people
                .iter()
                .map(|person| [Some(person.delivery.to_string()), name(person.vendor_id), name(person.receipt)]),
        );
        sql.push(") ");
    }
    let detail = (!next.detail.is_empty()).then(|| next.detail.to_owned());
    let settled = next.state.is_settled().then_some(now);
    sql.push("update deliveries set slice_id = null, state = ").bind(next.state.word()).push(", missed = ");
    sql.bind(next.state.missed()).push(", waits = ").bind(!next.state.is_settled()).push(", reason = ");
    sql.bind(next.reason.map(|reason| reason.word().to_owned())).push(", detail = ").bind(detail).push(", begun = ");
    sql.bind(next.begun).push(", due_at = ").bind(next.due_at).push(", settled_at = ").bind(settled);
    sql.push(", sent_at = ").bind(settled.filter(|_| next.state == DeliveryState::Sent));
    sql.push(", parts_sent = parts_sent + ").bind(next.parts);
    if next.parts > 0 && !next.state.is_settled() {
        // The next part has all its attempts.
        sql.push(", attempts = 0");
    } else {
        sql.push(", attempts = attempts + ").bind(next.attempts);
    }
    if !next.keep_batch {
        sql.push(", batch_id = null");
    }
    if named {
        sql.push(", vendor_id = outcome.vendor_id, receipt = outcome.receipt from outcome where deliveries.id = outcome.delivery");
    } else if let Some(everybody) = loaded.everybody(people.len()) {
        sql.push(" where ").append(everybody);
    } else {
        sql.push(" where id in (").bind_all(people.iter().map(|person| person.delivery)).push(")");
    }
    sql.push(" and state = 'pending' and not waits").keep(Keep::OnSqlite);
    sql
}

/// What the vendor told about a contact counts from now on.
pub(in crate::dispatch) fn apply_mark(
    conn: &mut Conn,
    contact: &Id,
    mark: Mark,
    now: NaiveDateTime,
) -> QueryResult<()> {
    let word = match mark {
        Mark::Blocked => "blocked",
        Mark::Gone => "gone",
        Mark::OptedOut => {
            let change = consent::Change {
                contact_id: contact,
                to: Consent::Withdrawn,
                source: Source::Channel,
                by: None,
                at: now,
            };
            return consent::change(conn, &change).map(drop);
        }
    };
    // A follow from before is no news any more, however late it comes.
    let mut sql =
        Sql::new("update contacts set version = version + 1, follow_changed_at = case when follow_changed_at > ");
    sql.bind(now).push(" then follow_changed_at else ").bind(now).push(" end, unreachable = ");
    sql.bind(word).push(" where unreachable is null and id = ").bind(contact);
    if sql.execute(conn)? > 0 {
        events::record(conn, &Event::of(EventKind::Left, now).contact(contact).detail(word))?;
    }
    Ok(())
}

/// Lets go of the slice: it is gone when nobody is left in it, else it waits for its next call.
fn leave(
    conn: &mut Conn,
    held: &Held,
    loaded: &Loaded,
    wait: Option<TimeDelta>,
    machine: NaiveDateTime,
) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Left {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let mut sql = Sql::new("select count(*) as n from deliveries where ");
    sql.append(members("", &held.id, loaded.range.as_ref())).keep(Keep::OnSqlite);
    let Left { n } = sql.first(conn)?;
    let mut sql = if n == 0 {
        Sql::new("delete from slices where id = ")
    } else {
        let mut sql = Sql::new("update slices set owner = null, lease_until = null, begun = 0, due_at = ");
        sql.bind(machine + wait.unwrap_or_default()).push(" where id = ");
        sql
    };
    sql.bind(&held.id).keep(Keep::Everywhere);
    sql.execute(conn).map(drop)
}
