//! What a journey has handed to dispatch and what is still on its way there.

use chrono::NaiveDateTime;
use diesel::{prelude::*, sql_types::Text};
use tidings_base::db::{Conn, Id, sql::Sql};
use tidings_sending::dispatch::{self, DispatchStatus, PauseReason};

/// Holds back what is not sent yet, in the name of whoever paused the journey.
pub(super) fn hold(conn: &mut Conn, journey_id: &Id, by: &str) -> QueryResult<()> {
    for id in of(conn, journey_id, "d.status = ", DispatchStatus::Sending.word())? {
        dispatch::pause(conn, &id, by)?;
    }
    Ok(())
}

/// Lets go on what a person held back; what a vendor's answer paused stays.
pub(super) fn release(conn: &mut Conn, journey_id: &Id, now: NaiveDateTime) -> QueryResult<()> {
    for id in of(conn, journey_id, "d.status = 'paused' and d.pause_reason = ", PauseReason::Person.word())? {
        dispatch::resume(conn, &id, now)?;
    }
    Ok(())
}

/// Calls off what is not sent yet.
pub(super) fn call_off(conn: &mut Conn, journey_id: &Id, now: NaiveDateTime) -> QueryResult<()> {
    for status in [DispatchStatus::Sending, DispatchStatus::Paused] {
        for id in of(conn, journey_id, "d.status = ", status.word())? {
            dispatch::cancel(conn, &id, now)?;
        }
    }
    Ok(())
}

/// How many people a person's pause holds a message back from.
pub(super) fn held_back(conn: &mut Conn, journey_id: &Id) -> QueryResult<i64> {
    let mut sql = Sql::new(
        "select cast(coalesce(sum(d.pending), 0) as bigint) as n from journey_versions v join dispatches d \
         on d.origin = 'journey' and d.origin_id = v.id where d.status = 'paused' and d.pause_reason = 'person' and v.journey_id = ",
    );
    sql.bind(journey_id);
    sql.count(conn)
}

/// Whether anybody inside is at a message, or was until a moment ago.
pub(super) fn are_awaited(conn: &mut Conn, journey_id: &Id) -> QueryResult<bool> {
    let mut sql = Sql::new(
        "select count(*) as n from journey_versions v join dispatches d on d.origin = 'journey' and d.origin_id = v.id where ",
    );
    sql.push(dispatch::AWAITED).push(" and v.journey_id = ").bind(journey_id);
    Ok(sql.count(conn)? > 0)
}

/// The dispatches of a journey of which `condition` holds for `word`, in the order of their keys.
fn of(conn: &mut Conn, journey_id: &Id, condition: &str, word: &str) -> QueryResult<Vec<Id>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        id: Id,
    }
    let mut sql = Sql::new(
        "select d.id from journey_versions v join dispatches d on d.origin = 'journey' and d.origin_id = v.id where ",
    );
    sql.push(condition).bind(word).push(" and v.journey_id = ").bind(journey_id).push(" order by d.id");
    Ok(sql.load(conn)?.into_iter().map(|row: Row| row.id).collect())
}
