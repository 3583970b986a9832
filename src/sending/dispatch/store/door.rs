//! The door: opening a dispatch, adding people, closing it, and telling what became of them.

use super::{
    control,
    decide::{Decision, People},
    finish::{self, Moved},
    news, packs,
    slice::unreadable,
};
use crate::{
    dispatch::{DispatchStatus, Origin, plan::people_per_call},
    messages::Content,
};
use chrono::NaiveDateTime;
use diesel::{QueryResult, prelude::*};
use tidings_base::{
    db::{
        Conn, Id, IdRange,
        schema::dispatches,
        sql::{Keep, Sql},
    },
    each_backend,
};
use tidings_customers::channels;

/// What a dispatch is made of.
#[derive(Clone, Debug)]
pub struct NewDispatch<'a> {
    /// The account that it goes out over.
    pub channel_id: &'a Id,
    /// What people call it: the journey's name, say.
    pub name: &'a str,
    pub origin: Origin,
    pub origin_id: &'a Id,
    pub origin_step: &'a Id,
    /// Who came in together; with the three before it, what makes the dispatch one of its kind.
    pub cohort: &'a str,
    pub content: &'a Content,
    pub begins: Begins,
}

/// When people of a dispatch may be written to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Begins {
    /// As they come in.
    AtOnce,
    /// Once all of them are in it and it is [`release`]d.
    Released,
}

/// How many people were added, and how.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Added {
    pub pending: i64,
    pub left_out: i64,
    /// The dispatch had been cancelled.
    pub cancelled: i64,
}

/// The dispatch of this origin, step and cohort; made and opened for sending if there is none.
/// `now` is product time.
pub fn open(conn: &mut Conn, new: &NewDispatch<'_>, now: NaiveDateTime) -> QueryResult<Id> {
    let key = |id: &Id| id.clone();
    let row = (
        dispatches::id.eq(Id::new()),
        dispatches::channel_id.eq(key(new.channel_id)),
        dispatches::name.eq(new.name),
        dispatches::origin.eq(new.origin),
        dispatches::origin_id.eq(key(new.origin_id)),
        dispatches::origin_step.eq(key(new.origin_step)),
        dispatches::cohort.eq(new.cohort),
        dispatches::content.eq(new.content.to_json()),
        (
            dispatches::status.eq(match new.begins {
                Begins::AtOnce => DispatchStatus::Sending,
                Begins::Released => DispatchStatus::Scheduled,
            }),
            dispatches::accepting.eq(true),
            dispatches::people.eq(0),
            dispatches::pending.eq(0),
            dispatches::sent.eq(0),
            dispatches::failed.eq(0),
            dispatches::left_out.eq(0),
            dispatches::cancelled.eq(0),
            dispatches::unknown.eq(0),
            dispatches::delivered.eq(0),
            dispatches::read.eq(0),
            dispatches::bounced.eq(0),
        ),
        dispatches::created_at.eq(now),
        dispatches::version.eq(1),
    );
    each_backend!(conn, c => diesel::insert_into(dispatches::table).values(&row).on_conflict_do_nothing().execute(c))?;
    opened(conn, new)?.ok_or(diesel::NotFound)
}

/// The dispatch of this origin, step and cohort, if there is one.
pub(super) fn opened(conn: &mut Conn, new: &NewDispatch<'_>) -> QueryResult<Option<Id>> {
    dispatches::table
        .filter(dispatches::origin.eq(new.origin))
        .filter(dispatches::origin_id.eq(new.origin_id))
        .filter(dispatches::origin_step.eq(new.origin_step))
        .filter(dispatches::cohort.eq(new.cohort))
        .select(dispatches::id)
        .first(conn)
        .optional()
}

/// Freezes people into the dispatch: one statement that makes a delivery for each of them and decides
/// who is left out and why. Call it for at most 200,000 people at a time: others want to write too.
///
/// Of two contacts of one member, the last active one gets it; for that, callers keep others from adding to
/// the same dispatch at the same time (a cohort or a broadcast is held). `now` is product time.
///
/// # Errors
/// [`diesel::NotFound`] if there is no such dispatch; a violation of a unique key, and nothing done, if
/// somebody is in it already, by the entry or without one by the contact; an error of reading, if its content
/// is not one that this release knows.
pub fn add(conn: &mut Conn, dispatch: &Id, people: People, now: NaiveDateTime) -> QueryResult<Added> {
    let before = finish::read(conn, dispatch)?.ok_or(diesel::NotFound)?;
    let kind = channels::find(conn, &before.channel_id)?.ok_or(diesel::NotFound)?.kind;
    let content: String = dispatches::table.find(dispatch).select(dispatches::content).first(conn)?;
    let content = Content::from_json(&content).map_err(unreadable)?;
    let ids = IdRange::new();
    let packed = packs::any(conn, dispatch)?;
    let decided = Decision { dispatch, channel: &before.channel_id, kind, packed, now }.of(conn, people);
    let added =
        freeze(dispatch, &before.channel_id, &ids, people_per_call(kind, &content), decided, now).execute(conn)?;

    // Only now: nobody sees the new rows yet, and those who record what was sent need not wait for them.
    let at = finish::lock(conn, dispatch)?.ok_or(diesel::NotFound)?;
    let mut left_out = Sql::new("select count(*) as n from deliveries where missed = 'left_out' and dispatch_id = ");
    left_out.bind(dispatch).push(" and ").append(ids.holds("id")).keep(Keep::OnSqlite);
    let mut moved = Moved { people: added as i64, left_out: left_out.count(conn)?, ..Moved::default() };
    if at.status == DispatchStatus::Cancelled {
        let mut which = Sql::new("state = 'pending' and ");
        which.append(ids.holds("id"));
        moved.cancelled = control::call_off(conn, which, now)? as i64;
    }
    moved.pending = moved.people - moved.left_out - moved.cancelled;
    if moved.pending == 1 {
        // Nobody to share a call with: the first one to one person is made without a row.
        let mut alone = Sql::new("update deliveries set batch_id = null where batch_id is not null and ");
        alone.append(ids.holds("id")).keep(Keep::OnSqlite).execute(conn)?;
    }
    moved.apply(conn, dispatch)?;
    if at.origin.is_followed() && moved.people > moved.pending {
        news::tell_range(conn, dispatch, &ids.first(), &ids.last())?;
    }
    if moved.pending > 0 {
        stretch(conn, dispatch, &ids.first(), &ids.last())?;
        begin_sending(conn, dispatch, now)?;
    }
    finish::finish(conn, dispatch, now)?;
    Ok(Added { pending: moved.pending, left_out: moved.left_out, cancelled: moved.cancelled })
}

/// Says that the dispatch sends, unless it waits for something or was cancelled.
pub(super) fn begin_sending(conn: &mut Conn, dispatch: &Id, now: NaiveDateTime) -> QueryResult<()> {
    let mut sql =
        Sql::new("update dispatches set status = 'sending', finished_at = null, started_at = coalesce(started_at, ");
    sql.bind(now).push(") where status in ('sending', 'done', 'failed') and id = ").bind(dispatch);
    sql.execute(conn).map(drop)
}

/// Keeps that those with the ids after the one up to the other who are to be sent to are waiting for a worker.
pub(super) fn stretch(conn: &mut Conn, dispatch: &Id, after: &str, last: &str) -> QueryResult<()> {
    let mut sql = Sql::new("insert into stretches (id, dispatch_id, after_id, last_id) values (");
    sql.bind(Id::new()).push(", ").bind(dispatch).push(", ").bind(after).push(", ").bind(last).push(")");
    sql.keep(Keep::Everywhere).execute(conn).map(drop)
}

/// Lets a dispatch that waited for all of its people go: nobody more will come, and the sending
/// begins. Does nothing to one that was cancelled meanwhile.
pub fn release(conn: &mut Conn, dispatch: &Id, now: NaiveDateTime) -> QueryResult<()> {
    finish::lock(conn, dispatch)?;
    let mut sql =
        Sql::new("update dispatches set version = version + 1, status = 'sending', started_at = coalesce(started_at, ");
    sql.bind(now).push(") where status = 'scheduled' and id = ").bind(dispatch);
    sql.execute(conn)?;
    close(conn, dispatch, now)
}

/// Says that no more people will come; the dispatch ends when everybody in it is settled. People
/// who are added all the same are sent to.
pub fn close(conn: &mut Conn, dispatch: &Id, now: NaiveDateTime) -> QueryResult<()> {
    finish::lock(conn, dispatch)?;
    diesel::update(dispatches::table.find(dispatch)).set(dispatches::accepting.eq(false)).execute(conn)?;
    finish::finish(conn, dispatch, now)
}

/// Where people share calls, each row says from the beginning in which: so many rows need not be written
/// again before the call. Nothing is a call before it has a row of its own.
fn freeze(dispatch: &Id, channel: &Id, ids: &IdRange, people_per_call: usize, decided: Sql, now: NaiveDateTime) -> Sql {
    let mut sql = Sql::new(
        "insert into deliveries (id, dispatch_id, channel_id, contact_id, member_id, entry_id, waits, missed, state, reason, \
         parts_sent, attempts, begun, due_at, created_at, batch_id, settled_at) select ",
    );
    const ORDER: &str = "contact_id, entry_id";
    sql.append(ids.next(ORDER)).push(", ").bind(dispatch).push(", ").bind(channel);
    sql.push(", contact_id, member_id, entry_id, ")
        .bind(false)
        .push(", case when reason is null then '' else 'left_out' end");
    sql.push(", case when reason is null then 'pending' else 'left_out' end, reason, 0, 0, 0, ");
    // Nothing makes a fresh delivery wait, whatever the clocks show.
    sql.bind(chrono::DateTime::UNIX_EPOCH.naive_utc()).push(", ").bind(now);
    if people_per_call > 1 {
        sql.push(", case when reason is null then ");
        sql.append(IdRange::new().shared("reason is null", ORDER, people_per_call as i64)).push(" end");
    } else {
        sql.push(", null");
    }
    sql.push(", case when reason is not null then ").bind(now).push(" end from (").append(decided).push(") people");
    sql
}
