//! Recording what came of a slice's calls, as far as it is known, in one transaction with the
//! figures, the contacts it says something about, and the state of dispatch and account.

use super::{
    finish::{self, Moved},
    health,
    slice::{Held, Loaded, still_ours},
};
use crate::{
    channels::{Mark, Stop},
    dispatch::{
        DeliveryState, DispatchStatus, PauseReason, Reason,
        outcome::{BatchAnswer, Outcome, To},
    },
};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Text},
};
use tidings_base::db::{Conn, Id, sql::Sql};
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
}

/// Records; answers false, and changes nothing, if the lease was lost.
pub(in crate::dispatch) fn record(
    conn: &mut Conn,
    held: &Held,
    loaded: &Loaded,
    record: &Record,
    at: Times,
) -> QueryResult<bool> {
    let dispatch = finish::lock(conn, &loaded.dispatch)?.ok_or(diesel::NotFound)?;
    let mut sql = Sql::new("select count(*) as n from slices where id = ");
    sql.bind(&held.id).append(still_ours("", held));
    if sql.count(conn)? == 0 {
        return Ok(false);
    }
    let cancelled = dispatch.status == DispatchStatus::Cancelled;
    for outcomes in record.outcomes.chunks(500) {
        write(conn, held, loaded, outcomes, cancelled, at)?;
    }
    for batch in &record.batches {
        answer(conn, batch)?;
    }
    for (contact, mark) in &record.marks {
        apply_mark(conn, contact, *mark, at.now)?;
    }
    if let Some((reason, detail)) = &record.stop {
        stop(conn, &loaded.dispatch, *reason, detail)?;
    }
    health::note(conn, &loaded.account, record.healthy, record.failing, record.detail(), at.machine)?;
    if record.last {
        leave(conn, held, record.wait, at.machine)?;
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
    fn detail(&self) -> &str {
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

/// A delivery's row as it will be.
struct Next<'a> {
    state: DeliveryState,
    reason: Option<Reason>,
    detail: &'a str,
    vendor_id: Option<&'a str>,
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
            vendor_id: None,
            parts: 0,
            attempts: 0,
            begun: 0,
            due_at: chrono::DateTime::UNIX_EPOCH.naive_utc(),
            keep_batch: false,
        };
        match to {
            To::Sent { vendor_id } => Next {
                state: DeliveryState::Sent,
                vendor_id: vendor_id.as_deref(),
                parts: 1,
                attempts: 1,
                keep_batch: true,
                ..row
            },
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

#[derive(QueryableByName)]
struct Written {
    #[diesel(sql_type = Text)]
    state: DeliveryState,
}

/// One statement for all of them; only rows that are still in this slice change.
fn write(
    conn: &mut Conn,
    held: &Held,
    loaded: &Loaded,
    outcomes: &[Outcome],
    cancelled: bool,
    at: Times,
) -> QueryResult<()> {
    let mut sql = Sql::new(
        "with outcome (delivery, state, reason, detail, vendor_id, parts, attempts, begun, due_at, keep_batch) as (values ",
    );
    for (n, outcome) in outcomes.iter().enumerate() {
        let next = Next::of(&outcome.to, cancelled, at.machine);
        let detail = (!next.detail.is_empty()).then(|| next.detail.to_owned());
        sql.push(if n == 0 { "(" } else { ", (" })
            .bind(&outcome.delivery)
            .push(", ")
            .bind(next.state.word())
            .push(", ");
        sql.bind(next.reason.map(|reason| reason.word().to_owned())).push(", ").bind(detail).push(", ");
        sql.bind(next.vendor_id.map(str::to_owned)).push(", ").bind(next.parts).push(", ").bind(next.attempts);
        sql.push(", ").bind(next.begun).push(", ").bind(next.due_at).push(", ").bind(next.keep_batch).push(")");
    }
    sql.push(
        ") update deliveries set state = outcome.state, reason = outcome.reason, detail = outcome.detail, \
         vendor_id = coalesce(outcome.vendor_id, deliveries.vendor_id), parts_sent = parts_sent + outcome.parts, \
         attempts = case when outcome.parts > 0 and outcome.state = 'pending' then 0 else deliveries.attempts + outcome.attempts end, \
         begun = outcome.begun, due_at = outcome.due_at, slice_id = null, \
         batch_id = case when outcome.keep_batch then batch_id end, sent_at = case when outcome.state = 'sent' then ",
    );
    sql.bind(at.now).push(" end, settled_at = case when outcome.state <> 'pending' then ").bind(at.now);
    sql.push(" end from outcome where deliveries.id = outcome.delivery and deliveries.state = 'claimed' and deliveries.slice_id = ");
    sql.bind(&held.id).push(" returning deliveries.state");
    let mut moved = Moved::default();
    for Written { state } in sql.load(conn)? {
        moved.claimed -= 1;
        moved.add(state, 1);
    }
    moved.apply(conn, &loaded.dispatch)
}

fn answer(conn: &mut Conn, batch: &BatchAnswer) -> QueryResult<()> {
    let mut sql = Sql::new("update batches set answer = ");
    sql.bind(batch.answer)
        .push(", answer_detail = ")
        .bind(Some(batch.detail.clone()).filter(|detail| !detail.is_empty()));
    sql.push(", vendor_request_id = coalesce(").bind(batch.request_id.clone()).push(", vendor_request_id)");
    if !batch.open {
        // What was said is needed no more: the dispatch has it.
        sql.push(", slice_id = null, payload = null");
    }
    sql.push(" where id = ").bind(&batch.batch);
    sql.execute(conn).map(drop)
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
    let mut sql = Sql::new("update contacts set version = version + 1, unreachable = ");
    sql.bind(word).push(" where unreachable is null and id = ").bind(contact);
    if sql.execute(conn)? > 0 {
        events::record(conn, &Event::of(EventKind::Left, now).contact(contact).detail(word))?;
    }
    Ok(())
}

fn stop(conn: &mut Conn, dispatch: &Id, reason: PauseReason, detail: &str) -> QueryResult<()> {
    let mut sql =
        Sql::new("update dispatches set status = 'paused', version = version + 1, paused_by = null, pause_reason = ");
    sql.bind(reason.word())
        .push(", pause_detail = ")
        .bind(detail)
        .push(" where status = 'sending' and id = ")
        .bind(dispatch);
    sql.execute(conn).map(drop)
}

/// Lets go of the slice: it is gone when nobody is left in it, else it waits for its next call.
fn leave(conn: &mut Conn, held: &Held, wait: Option<TimeDelta>, machine: NaiveDateTime) -> QueryResult<()> {
    #[derive(QueryableByName)]
    struct Left {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let mut sql = Sql::new("select count(*) as n from deliveries where state = 'claimed' and slice_id = ");
    sql.bind(&held.id);
    let Left { n } = sql.first(conn)?;
    let mut sql = if n == 0 {
        Sql::new("delete from slices where id = ")
    } else {
        let mut sql = Sql::new("update slices set owner = null, lease_until = null, begun = 0, due_at = ");
        sql.bind(machine + wait.unwrap_or_default()).push(" where id = ");
        sql
    };
    sql.bind(&held.id);
    sql.execute(conn).map(drop)
}
