//! The door: opening a dispatch, adding people, closing it, and telling what became of them.

use super::{
    finish::{self, Moved, StateCount},
    news,
};
use crate::{
    channels::window,
    dispatch::{DeliveryState, DispatchStatus, Origin},
    messages::Content,
};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::{QueryResult, prelude::*};
use tidings_base::{
    db::{Conn, Id, schema::dispatches, sql::Sql},
    each_backend,
};
use tidings_customers::{
    channels::{self, ChannelKind},
    consent::Consent,
};
use uuid::Uuid;

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
    dispatches::table
        .filter(dispatches::origin.eq(new.origin))
        .filter(dispatches::origin_id.eq(new.origin_id))
        .filter(dispatches::origin_step.eq(new.origin_step))
        .filter(dispatches::cohort.eq(new.cohort))
        .select(dispatches::id)
        .first(conn)
}

/// Freezes people into the dispatch: one statement that makes a delivery for each of `people` (a
/// `select contact_id, entry_id …` without values that are not bound) and decides who is left out
/// and why. Who is in it already, by the entry or without one by the contact, is passed over, so
/// that it may run again. Call it for at most 200,000 people at a time: others want to write too.
///
/// Of two contacts of one member, the last active one gets it. `now` is product time.
///
/// # Errors
/// [`diesel::NotFound`] if there is no such dispatch.
pub fn add(conn: &mut Conn, dispatch: &Id, people: Sql, now: NaiveDateTime) -> QueryResult<Added> {
    let at = finish::lock(conn, dispatch)?.ok_or(diesel::NotFound)?;
    let kind = channels::find(conn, &at.channel_id)?.ok_or(diesel::NotFound)?.kind;
    let ids = IdRange::new();
    let sendable = match at.status {
        DispatchStatus::Cancelled => DeliveryState::Cancelled,
        DispatchStatus::Scheduled
        | DispatchStatus::Sending
        | DispatchStatus::Paused
        | DispatchStatus::Done
        | DispatchStatus::Failed => DeliveryState::Pending,
    };
    let decided = decided(conn, dispatch, &at.channel_id, kind, people, now);
    freeze(dispatch, &at.channel_id, sendable, &ids, decided, now).execute(conn)?;

    let mut counts = Sql::new("select state, count(*) as n from deliveries where id > ");
    counts.bind(ids.first()).push(" and id < ").bind(ids.last()).push(" group by state");
    let mut moved = Moved::default();
    for StateCount { state, n } in counts.load(conn)? {
        moved.people += n;
        moved.add(state, n);
    }
    moved.apply(conn, dispatch)?;
    if at.origin.is_followed() && moved.people > moved.pending {
        news::tell_range(conn, dispatch, &ids.first(), &ids.last())?;
    }
    if moved.pending > 0 {
        stretch(conn, dispatch, &ids)?;
        let mut sql = Sql::new(
            "update dispatches set status = 'sending', finished_at = null, started_at = coalesce(started_at, ",
        );
        sql.bind(now).push(") where status in ('sending', 'done', 'failed') and id = ").bind(dispatch);
        sql.execute(conn)?;
    }
    finish::finish(conn, dispatch, now)?;
    Ok(Added { pending: moved.pending, left_out: moved.left_out, cancelled: moved.cancelled })
}

/// Keeps that those who were added and are to be sent to are waiting for a worker.
fn stretch(conn: &mut Conn, dispatch: &Id, ids: &IdRange) -> QueryResult<()> {
    let mut sql = Sql::new("insert into stretches (id, dispatch_id, after_id, last_id) values (");
    sql.bind(Id::new()).push(", ").bind(dispatch).push(", ").bind(ids.first()).push(", ").bind(ids.last()).push(")");
    sql.execute(conn).map(drop)
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

/// Ids for rows that the database makes by itself: UUIDv7s of one moment whose last seven digits
/// count, so that one statement on both databases can give them, they sort in the order they were
/// made, and what a statement made can be counted.
struct IdRange(String);

impl IdRange {
    fn new() -> Self {
        // The moment is that of an ordinary id; the 46 bits after it are drawn, because two ids of
        // one moment differ in their last bits only.
        let (moment, drawn) = (Id::new().to_string(), Uuid::new_v4().to_string());
        Self(format!("{}7{}", &moment[..14], &drawn[15..29]))
    }

    /// An expression for the next id, counting in `order`.
    fn next(&self, order: &str) -> Sql {
        let mut sql = Sql::default();
        sql.bind(self.0.as_str());
        sql.push(&format!(" || cast({} + row_number() over (order by {order}) as text)", Self::ZERO));
        sql
    }

    fn first(&self) -> String {
        format!("{}{}", self.0, Self::ZERO)
    }

    fn last(&self) -> String {
        format!("{}{}", self.0, Self::MOST)
    }

    /// Seven digits, and seven digits still after adding as many rows as a statement may have.
    const ZERO: i64 = 1_000_000;
    const MOST: i64 = 9_999_999;
}

fn freeze(
    dispatch: &Id,
    channel: &Id,
    sendable: DeliveryState,
    ids: &IdRange,
    decided: Sql,
    now: NaiveDateTime,
) -> Sql {
    let mut sql = Sql::new(
        "insert into deliveries (id, dispatch_id, channel_id, contact_id, member_id, entry_id, waits, missed, state, reason, \
         parts_sent, attempts, begun, due_at, created_at, settled_at) select ",
    );
    sql.append(ids.next("contact_id, entry_id")).push(", ").bind(dispatch).push(", ").bind(channel);
    sql.push(", contact_id, member_id, entry_id, ").bind(false).push(", case when reason is null then ");
    sql.bind(sendable.missed()).push(" else 'left_out' end, case when reason is null then ");
    sql.bind(sendable.word()).push(" else 'left_out' end, ");
    if sendable == DeliveryState::Cancelled {
        sql.push("coalesce(reason, 'dispatch_cancelled')");
    } else {
        sql.push("reason");
    }
    // Nothing makes a fresh delivery wait, whatever the clocks show.
    sql.push(", 0, 0, 0, ").bind(chrono::DateTime::UNIX_EPOCH.naive_utc()).push(", ").bind(now);
    sql.push(", case when reason is not null");
    if sendable != DeliveryState::Pending {
        sql.push(" or true");
    }
    sql.push(" then ").bind(now).push(" end from (").append(decided);
    // `where true` keeps SQLite from reading `on` as a join's.
    sql.push(") people where true on conflict do nothing");
    sql
}

/// People with the reason they are left out for, null for those who get it.
pub(super) fn decided(
    conn: &Conn,
    dispatch: &Id,
    channel: &Id,
    kind: ChannelKind,
    people: Sql,
    now: NaiveDateTime,
) -> Sql {
    // Among those who could get it, the contacts of a member stand in a row by their last activity;
    // the same contact with two entries has one place and gets both.
    let mut ranked = Sql::new("select contact_id, entry_id, member_id, reason, dense_rank() over (partition by ");
    ranked.push("coalesce(member_id, contact_id), case when reason is null then 0 else 1 end order by coalesce(last_interaction_at, ");
    ranked.bind(chrono::DateTime::UNIX_EPOCH.naive_utc()).push(") desc, contact_id) as place from judged");

    let mut sql = Sql::new("with asked as materialized (");
    sql.append(people).push("), judged as materialized (").append(reasons(conn, channel, kind, now)).push(
        ") select contact_id, entry_id, member_id, case when reason is not null then reason when place > 1 or contact_id in (",
    );
    sql.append(held(conn, dispatch, channel)).push(") then 'duplicate' end as reason from (");
    sql.append(ranked).push(") ranked");
    sql
}

/// Those of the contacts `judged` whose member is in the dispatch already by another contact of the
/// account. By the contacts, and among what those were sent since the dispatch was opened: to go through the
/// dispatch itself takes the longer the more are in it.
fn held(conn: &Conn, dispatch: &Id, channel: &Id) -> Sql {
    // The planners know nothing yet of tables that are young: these words leave them one way to go.
    let (others, sent, end) = match conn {
        Conn::Sqlite(_) => (
            " cross join contacts o indexed by contacts_member on o.member_id = j.member_id and o.id <> j.contact_id \
             and o.channel_id || '' = ",
            " cross join deliveries x indexed by deliveries_contact where x.contact_id = o.id",
            "",
        ),
        Conn::Pg(_) => (
            " cross join lateral (select o.id from contacts o where o.member_id = j.member_id and o.id <> j.contact_id \
             and o.channel_id || '' = ",
            " offset 0) o cross join lateral (select 1 from deliveries x where x.contact_id = o.id",
            " limit 1) x where j.member_id is not null",
        ),
    };
    let mut sql = Sql::new("select j.contact_id from judged j");
    sql.push(others).bind(channel).push(sent);
    sql.push(" and x.id > ").bind(first_possible(dispatch)).push(" and x.dispatch_id || '' = ");
    sql.bind(dispatch).push(" and x.state <> 'left_out'").push(end);
    sql
}

/// No delivery of the dispatch has an id before this: ids begin with the time they were made, here by a
/// machine whose clock may be an hour behind that of the one that opened the dispatch.
fn first_possible(dispatch: &Id) -> String {
    /// What the first eight digits count, in milliseconds.
    const TICK: i64 = 1 << 16;
    let opened = u32::from_str_radix(&dispatch.as_str()[..8], 16).unwrap_or(0);
    format!("{:08x}", opened.saturating_sub((TimeDelta::hours(1).num_milliseconds() / TICK) as u32 + 1))
}

/// The people `asked` about with the reason that lies with the contact alone.
fn reasons(conn: &Conn, channel: &Id, kind: ChannelKind, now: NaiveDateTime) -> Sql {
    // One way to go again: each person's own row by its key, never through the whole account.
    let mut sql = Sql::new("select p.contact_id, p.entry_id, c.member_id, c.last_interaction_at, ");
    match conn {
        Conn::Sqlite(_) => {
            sql.append(reason(kind, now)).push(" as reason from asked p cross join contacts c on c.id = p.contact_id");
            sql.push(" and c.channel_id || '' = ").bind(channel);
        }
        Conn::Pg(_) => {
            sql.push("c.reason from asked p cross join lateral (select c.member_id, c.last_interaction_at, ");
            sql.append(reason(kind, now)).push(" as reason from contacts c where c.id = p.contact_id");
            sql.push(" and c.channel_id = ").bind(channel).push(" limit 1) c");
        }
    }
    sql
}

/// Why the contact `c` gets nothing, null if it does.
fn reason(kind: ChannelKind, now: NaiveDateTime) -> Sql {
    let mut sql = Sql::new(
        "case when c.consent = 'withdrawn' then 'withdrawn' when c.unreachable = 'blocked' then 'blocked' \
         when c.unreachable is not null then 'gone' when c.consent not in (",
    );
    sql.bind_all(Consent::allowing(kind).map(Consent::word)).push(") then 'no_consent'");
    if let Some(open) = window(kind) {
        sql.push(" when c.last_inbound_at is null or c.last_inbound_at <= ").bind(now - open);
        sql.push(" then 'outside_window'");
    }
    sql.push(" end");
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_by_the_database_are_ids() {
        assert_ne!(IdRange::new().0, IdRange::new().0);
        let range = IdRange::new();
        for n in [1, 200_000, 8_999_998] {
            let id = format!("{}{}", range.0, IdRange::ZERO + n);
            assert_eq!(id.parse::<Id>().unwrap().as_str(), id);
            assert!(range.first() < id && id < range.last());
            assert_eq!(id.parse::<Uuid>().unwrap().get_version_num(), 7);
        }
    }

    #[test]
    fn ids_after_the_dispatch_are_possible_even_from_a_late_clock() {
        let dispatch: Id = "01a20288-b665-73fe-8fc5-42efae1f2403".parse().unwrap();
        let first = first_possible(&dispatch);
        assert_eq!(first, "01a20251");
        let (hour, tick) = (60 * 60 * 1000_u64, 1_u64 << 16);
        assert!((0x01a2_0288_u64 - 0x01a2_0251) * tick > hour);
        assert!(first.as_str() < dispatch.as_str());
    }

    #[test]
    fn a_window_of_a_day_is_looked_at_where_there_is_one() {
        let now = chrono::DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::days(2);
        let text = |kind| reason(kind, now).text();
        assert!(text(ChannelKind::WhatsApp).contains("outside_window"));
        assert!(!text(ChannelKind::Line).contains("outside_window"));
    }
}
