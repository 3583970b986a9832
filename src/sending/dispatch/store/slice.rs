//! A slice in hand: reading it, and the last look before its calls.

use super::{batches, finish, packs, record};
use crate::{
    dispatch::{
        DispatchStatus, Origin,
        outcome::Outcome,
        plan::{Found, Pack, Person, Planned},
    },
    messages::Content,
};
use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::db::{
    Conn, Id,
    sql::{Keep, Sql},
};
use tidings_customers::{
    channels::{self, ChannelAccount},
    consent::Consent,
};

/// A slice that is ours while the lease lasts.
#[derive(Clone, Debug)]
pub(in crate::dispatch) struct Held {
    pub(in crate::dispatch) id: Id,
    pub(in crate::dispatch) owner: String,
    pub(in crate::dispatch) epoch: i64,
    pub(in crate::dispatch) begun: i64,
}

/// The ids of the deliveries of a slice that was cut from a stretch: those after the first, up to the
/// last. They are of one [`add`](super::door::add), so that nobody else's lie between them.
#[derive(Clone, Debug)]
pub(in crate::dispatch) struct Range {
    pub(in crate::dispatch) after: String,
    pub(in crate::dispatch) last: String,
}

/// How far so many deliveries reach.
#[derive(QueryableByName)]
pub(super) struct Reach {
    /// The id of the last of them, if there are any.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) last: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub(super) people: i64,
}

impl Reach {
    /// Of the first `most` deliveries `d` of which `which` holds.
    pub(super) fn of(conn: &mut Conn, which: Sql, most: i64) -> QueryResult<Self> {
        let mut sql = Sql::new("select max(id) as last, count(*) as people from (select d.id from deliveries d where ");
        sql.append(which).push(" order by d.id limit ").bind(most).push(") as reached").keep(Keep::OnSqlite);
        sql.first(conn)
    }
}

/// What a slice is and whom it goes over.
#[derive(Clone, Debug)]
pub(in crate::dispatch) struct Loaded {
    pub(in crate::dispatch) dispatch: Id,
    pub(in crate::dispatch) origin: Origin,
    /// Where it was cut from a stretch; the others' deliveries name their slice.
    pub(in crate::dispatch) range: Option<Range>,
    /// Where it is a hand of packs, which have no rows for its people.
    pub(in crate::dispatch) packs: Vec<Pack>,
    pub(in crate::dispatch) account: ChannelAccount,
    pub(in crate::dispatch) found: Found,
}

impl Loaded {
    /// A condition on deliveries that are not settled and wait for nothing: they are these, where there are as
    /// many `people` of them as in all of the slice and it is a range. To name each of them takes longer.
    pub(super) fn everybody(&self, people: usize) -> Option<Sql> {
        let range = self.range.as_ref().filter(|_| people == self.found.people.len());
        range.map(|range| within("", range))
    }
}

/// Reads the slice, or the hand of packs; nothing if it is not ours any more.
pub(in crate::dispatch) fn load(conn: &mut Conn, held: &Held) -> QueryResult<Option<Loaded>> {
    let mut sql = Sql::new(
        "select s.dispatch_id, s.channel_id, s.called_at, s.after_id, s.last_id, d.status, d.origin, d.content from slices s ",
    );
    sql.push("join dispatches d on d.id = s.dispatch_id where s.id = ").bind(&held.id).append(still_ours("s.", held));
    sql.keep(Keep::Everywhere);
    let Some(head) = sql.load::<Head>(conn)?.into_iter().next() else { return packs::load(conn, held) };
    let account = channels::find(conn, &head.channel_id)?.ok_or(diesel::NotFound)?;
    let range = head.after_id.zip(head.last_id).map(|(after, last)| Range { after, last });
    let people = people(conn, &held.id, range.as_ref())?;
    let found = Found {
        status: head.status,
        kind: account.kind,
        trial: head.origin == Origin::Test,
        content: Content::from_json(&head.content).map_err(unreadable)?,
        called_at: head.called_at,
        begun: held.begun,
        open: batches::open(conn, &held.id)?,
        made: batches::made(conn, people.iter().filter_map(|person| person.batch.as_ref()))?,
        people,
    };
    Ok(Some(Loaded { dispatch: head.dispatch_id, origin: head.origin, range, packs: Vec::new(), account, found }))
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = Text)]
    dispatch_id: Id,
    #[diesel(sql_type = Text)]
    channel_id: Id,
    #[diesel(sql_type = Nullable<Timestamp>)]
    called_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Text>)]
    after_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    last_id: Option<String>,
    #[diesel(sql_type = Text)]
    status: DispatchStatus,
    #[diesel(sql_type = Text)]
    origin: Origin,
    #[diesel(sql_type = Text)]
    content: String,
}

#[derive(QueryableByName)]
struct PersonRow {
    #[diesel(sql_type = Text)]
    delivery: Id,
    #[diesel(sql_type = Text)]
    contact: Id,
    #[diesel(sql_type = Text)]
    identity: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    last_known_name: Option<String>,
    #[diesel(sql_type = Text)]
    consent: Consent,
    #[diesel(sql_type = Nullable<Text>)]
    unreachable: Option<String>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    last_inbound_at: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    attempts: i64,
    #[diesel(sql_type = BigInt)]
    parts_sent: i64,
    #[diesel(sql_type = Nullable<Text>)]
    batch: Option<Id>,
}

/// In the order of the deliveries, so that a call that is made again names them in the same order.
fn people(conn: &mut Conn, slice: &Id, range: Option<&Range>) -> QueryResult<Vec<Person>> {
    let mut sql = Sql::new(
        "select d.id as delivery, c.id as contact, c.identity, c.name, c.last_known_name, c.consent, c.unreachable, \
         c.last_inbound_at, d.attempts, d.parts_sent, d.batch_id as batch from deliveries d join contacts c on c.id = d.contact_id \
         where ",
    );
    sql.append(members("d.", slice, range)).push(" order by d.id").keep(Keep::OnSqlite);
    let person = |row: PersonRow| Person {
        delivery: row.delivery,
        contact: row.contact,
        identity: row.identity,
        name: row.name,
        last_known_name: row.last_known_name,
        consent: row.consent,
        unreachable: row.unreachable,
        last_inbound_at: row.last_inbound_at,
        attempts: row.attempts,
        parts_sent: row.parts_sent,
        batch: row.batch,
    };
    Ok(sql.load(conn)?.into_iter().map(person).collect())
}

/// Which deliveries are in the slice and not settled.
pub(super) fn members(prefix: &str, slice: &Id, range: Option<&Range>) -> Sql {
    let mut sql = Sql::new(&format!("{prefix}state = 'pending' and not {prefix}waits and "));
    match range {
        Some(range) => sql.append(within(prefix, range)),
        None => sql.push(prefix).push("slice_id = ").bind(slice),
    };
    sql
}

/// Which deliveries of the range are in its slice, or were: settled or given back since.
fn within(prefix: &str, Range { after, last }: &Range) -> Sql {
    // Who was given back and taken into another slice is not of this one any more. No index is of those
    // without a slice: one by another condition would lead SQLite to more than the range.
    let mut sql = Sql::new(&format!("{prefix}slice_id is null and {prefix}id > "));
    sql.bind(after.as_str()).push(&format!(" and {prefix}id <= ")).bind(last.as_str());
    sql
}

/// What the last look says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::dispatch) enum Begin {
    /// The calls may be made now.
    Go,
    /// The lease is lost: somebody else works on it.
    Lost,
    /// The dispatch or its account was stopped meanwhile.
    Held,
}

/// The last look before the calls, to be committed to disk before the first of them: the slice is
/// still ours and its dispatch and account still going; the keys, who is in their calls, and what was
/// decided without a call are written down, so that whoever is left in the slice was called.
pub(in crate::dispatch) fn begin(
    conn: &mut Conn,
    held: &Held,
    loaded: &Loaded,
    calls: &[Planned],
    outcomes: &[Outcome],
    at: record::Times,
) -> QueryResult<Begin> {
    if !loaded.packs.is_empty() {
        return packs::begin(conn, held, loaded, calls, at);
    }
    // The commit waits for the disk, and so would everybody who records what came of other slices. Whoever
    // stops the dispatch at this moment stops it after this slice.
    let dispatch =
        if outcomes.is_empty() { finish::read(conn, &loaded.dispatch)? } else { finish::lock(conn, &loaded.dispatch)? };
    let mut sql = Sql::new("update slices set called_at = ");
    sql.bind(at.machine).push(", lease_until = ").bind(at.until).push(" where id = ").bind(&held.id);
    sql.append(still_ours("", held)).push(" and lease_until > ").bind(at.machine).keep(Keep::Everywhere);
    if sql.execute(conn)? == 0 {
        return Ok(Begin::Lost);
    }
    let account = channels::find(conn, &loaded.account.id)?;
    if !is_going(dispatch.as_ref(), account.as_ref()) {
        let mut sql = Sql::new("update slices set called_at = ");
        sql.bind(loaded.found.called_at).push(" where id = ").bind(&held.id);
        sql.execute(conn)?;
        return Ok(Begin::Held);
    }
    if !outcomes.is_empty() {
        record::write(conn, loaded, outcomes, false, at)?;
    }
    batches::begin(conn, held, loaded, calls)?;
    Ok(Begin::Go)
}

/// Whether nobody stopped the dispatch or its account.
pub(super) fn is_going(dispatch: Option<&finish::Dispatch>, account: Option<&ChannelAccount>) -> bool {
    dispatch.is_some_and(|dispatch| dispatch.status == DispatchStatus::Sending)
        && account
            .is_some_and(|account| account.status.is_connected() && account.status != channels::ChannelStatus::Paused)
}

/// ` and …`: nobody claimed the slice after us.
pub(super) fn still_ours(prefix: &str, held: &Held) -> Sql {
    let mut sql = Sql::new(&format!(" and {prefix}owner = "));
    sql.bind(held.owner.as_str()).push(&format!(" and {prefix}epoch = ")).bind(held.epoch);
    sql
}

pub(super) fn unreadable(e: serde_json::Error) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(e.into())
}
