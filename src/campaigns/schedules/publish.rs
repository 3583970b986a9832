//! Publishing and editing: everything is looked at again in the transaction that does it, whatever
//! the form showed.

use super::{
    draft::{Draft, Refusal, runs},
    fit,
    store::{self, Change, Schedule, Stopped},
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, DbError, Id},
    web::{CurrentUser, Message},
};

/// Publishes `draft`; answers where its tasks are to be seen.
pub(super) fn publish(
    conn: &mut Conn,
    draft: &Draft,
    zone: Tz,
    by: &CurrentUser,
    now: NaiveDateTime,
) -> Result<String, Stopped> {
    let runs = allowed(conn, draft, None, zone, now)?;
    let id = store::publish(conn, &Change { draft, runs: &runs, zone, now }, &by.id)?;
    let detail = Message::new("schedules.audit.published").with("n", runs.len());
    record(conn, Action::Published, &id, &draft.name, Some(detail), by, now)?;
    Ok(tasks_of(&id))
}

/// Gives the schedule `id` another draft, if it is still of the version that the edit started from.
pub(super) fn update(
    conn: &mut Conn,
    id: &Id,
    version: i64,
    draft: &Draft,
    by: &CurrentUser,
    now: NaiveDateTime,
) -> Result<String, Stopped> {
    let before = store::find(conn, id)?.filter(|schedule| schedule.version == version).ok_or(Stopped::Changed)?;
    if !before.status.can_change() {
        return Err(Stopped::Changed);
    }
    let zone = before.zone;
    let runs = allowed(conn, draft, Some(&before), zone, now)?;
    if !store::replace(conn, &before, &Change { draft, runs: &runs, zone, now })? {
        return Err(Stopped::Changed);
    }
    let detail = Message::new("schedules.audit.changed").with("n", before.remaining).with("m", runs.len());
    record(conn, Action::Changed, id, &draft.name, Some(detail), by, now)?;
    Ok(tasks_of(id))
}

/// Everything beyond the fields themselves that keeps `draft` from being published.
pub(super) fn refusals(
    conn: &mut Conn,
    draft: &Draft,
    editing: Option<&Schedule>,
    zone: Tz,
    now: NaiveDateTime,
) -> Result<Vec<Refusal>, DbError> {
    match allowed(conn, draft, editing, zone, now) {
        Ok(_) | Err(Stopped::Changed) => Ok(Vec::new()),
        Err(Stopped::Refused(refusals)) => Ok(refusals),
        Err(Stopped::Db(e)) => Err(e),
    }
}

/// Where the tasks of a schedule are to be seen.
pub(super) fn tasks_of(id: &Id) -> String {
    format!("/schedules/{id}/tasks")
}

/// A line of the audit trail about a schedule.
pub(super) fn record(
    conn: &mut Conn,
    action: Action,
    id: &Id,
    name: &str,
    detail: Option<Message>,
    by: &CurrentUser,
    now: NaiveDateTime,
) -> Result<(), DbError> {
    let entry = Entry { action, noun: Noun::Schedule, id: id.as_str(), name, detail };
    Ok(audit::record(conn, by, now, &entry)?)
}

/// The runs that a draft makes, without those cancelled by hand.
fn allowed(
    conn: &mut Conn,
    draft: &Draft,
    editing: Option<&Schedule>,
    zone: Tz,
    now: NaiveDateTime,
) -> Result<Vec<NaiveDateTime>, Stopped> {
    let mut refused = Vec::new();
    let journey = store::journey_side(conn, &draft.journey_id, now)?.map(|(_, side)| side);
    refused.extend(fit::journey(journey).map(Refusal::Unfit));
    let audience = store::audience_side(conn, &draft.audience_id)?;
    let kind = journey.map(|side| side.kind).or_else(|| audience.and_then(|side| side.kind));
    let unfit = match kind {
        Some(kind) => fit::audience(audience, kind),
        None => audience.is_none().then_some(fit::Unfit::AudienceGone),
    };
    refused.extend(unfit.map(Refusal::Unfit));
    let mut runs = runs(&draft.timing, zone, now).map_err(|why| refused.push(why)).unwrap_or_default();
    if let (Some(schedule), false) = (editing, runs.is_empty()) {
        let cancelled = store::cancelled_times(conn, &schedule.id, now)?;
        runs.retain(|at| !cancelled.contains(at));
        if runs.is_empty() {
            refused.push(Refusal::AllCancelled);
        }
    }
    if refused.is_empty() { Ok(runs) } else { Err(Stopped::Refused(refused)) }
}
