//! A slice in hand: reading it, and the last look before its calls.

use crate::{
    dispatch::{
        DispatchStatus, Origin, finish,
        plan::{Found, OpenBatch, Person, Planned},
    },
    messages::{Content, Words},
};
use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::db::{Conn, Id, sql::Sql};
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

/// What a slice is and whom it goes over.
#[derive(Clone, Debug)]
pub(in crate::dispatch) struct Loaded {
    pub(in crate::dispatch) dispatch: Id,
    pub(in crate::dispatch) account: ChannelAccount,
    pub(in crate::dispatch) found: Found,
}

/// Reads the slice; nothing if it is not ours any more.
pub(in crate::dispatch) fn load(conn: &mut Conn, held: &Held) -> QueryResult<Option<Loaded>> {
    let mut sql =
        Sql::new("select s.dispatch_id, s.channel_id, s.called_at, d.status, d.origin, d.content from slices s ");
    sql.push("join dispatches d on d.id = s.dispatch_id where s.id = ").bind(&held.id).append(still_ours("s.", held));
    let Some(head) = sql.load::<Head>(conn)?.into_iter().next() else { return Ok(None) };
    let account = channels::find(conn, &head.channel_id)?.ok_or(diesel::NotFound)?;
    let found = Found {
        status: head.status,
        kind: account.kind,
        trial: head.origin == Origin::Test,
        content: Content::from_json(&head.content).map_err(unreadable)?,
        called: head.called_at.is_some(),
        begun: held.begun,
        people: people(conn, &held.id)?,
        open: open_batches(conn, &held.id)?,
    };
    Ok(Some(Loaded { dispatch: head.dispatch_id, account, found }))
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = Text)]
    dispatch_id: Id,
    #[diesel(sql_type = Text)]
    channel_id: Id,
    #[diesel(sql_type = Nullable<Timestamp>)]
    called_at: Option<NaiveDateTime>,
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
fn people(conn: &mut Conn, slice: &Id) -> QueryResult<Vec<Person>> {
    let mut sql = Sql::new(
        "select d.id as delivery, c.id as contact, c.identity, c.name, c.last_known_name, c.consent, c.unreachable, \
         c.last_inbound_at, d.attempts, d.parts_sent, d.batch_id as batch from deliveries d join contacts c on c.id = d.contact_id \
         where d.state = 'claimed' and d.slice_id = ",
    );
    sql.bind(slice).push(" order by d.id");
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

#[derive(QueryableByName)]
struct BatchRow {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    retry_key: String,
    #[diesel(sql_type = Nullable<Text>)]
    payload: Option<String>,
    #[diesel(sql_type = Timestamp)]
    first_called_at: NaiveDateTime,
    #[diesel(sql_type = BigInt)]
    calls: i64,
    #[diesel(sql_type = Nullable<Text>)]
    answer: Option<String>,
}

fn open_batches(conn: &mut Conn, slice: &Id) -> QueryResult<Vec<OpenBatch>> {
    let mut sql =
        Sql::new("select id, retry_key, payload, first_called_at, calls, answer from batches where slice_id = ");
    sql.bind(slice).push(" order by id");
    let batch = |row: BatchRow| {
        Ok(OpenBatch {
            words: Words::from_json(row.payload.as_deref().unwrap_or_default()).map_err(unreadable)?,
            id: row.id,
            retry_key: row.retry_key,
            first_called_at: row.first_called_at,
            calls: row.calls,
            // Without an answer the call was lost; it says `later` only if no call was.
            uncertain: row.answer.as_deref() != Some("later"),
        })
    };
    sql.load(conn)?.into_iter().map(batch).collect()
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
/// still ours and its dispatch and account still going; the keys and who is in their calls are
/// written down. `machine` is machine time.
pub(in crate::dispatch) fn begin(
    conn: &mut Conn,
    held: &Held,
    loaded: &Loaded,
    calls: &[Planned],
    machine: NaiveDateTime,
) -> QueryResult<Begin> {
    let at = finish::lock(conn, &loaded.dispatch)?;
    let mut sql = Sql::new("update slices set called_at = ");
    sql.bind(machine).push(" where id = ").bind(&held.id).append(still_ours("", held));
    sql.push(" and lease_until > ").bind(machine);
    if sql.execute(conn)? == 0 {
        return Ok(Begin::Lost);
    }
    let account = channels::find(conn, &loaded.account.id)?;
    let going = at.is_some_and(|at| at.status == DispatchStatus::Sending)
        && account
            .is_some_and(|account| account.status.is_connected() && account.status != channels::ChannelStatus::Paused);
    if !going {
        let mut sql = Sql::new("update slices set called_at = ");
        sql.bind(loaded.found.called.then_some(machine)).push(" where id = ").bind(&held.id);
        sql.execute(conn)?;
        return Ok(Begin::Held);
    }
    write_keys(conn, held, loaded, calls, machine)?;
    Ok(Begin::Go)
}

fn write_keys(
    conn: &mut Conn,
    held: &Held,
    loaded: &Loaded,
    calls: &[Planned],
    machine: NaiveDateTime,
) -> QueryResult<()> {
    let keyed = || calls.iter().filter_map(|call| call.key.as_ref().map(|key| (key, call)));
    let again: Vec<&Id> = keyed().filter(|(key, _)| key.calls > 0).map(|(key, _)| &key.batch).collect();
    if !again.is_empty() {
        // From here on an answer that does not come is a lost one.
        let mut sql = Sql::new("update batches set calls = calls + 1, answer = null where id in (");
        sql.bind_all(again).push(")");
        sql.execute(conn)?;
    }
    let fresh: Vec<_> = keyed().filter(|(key, _)| key.calls == 0).collect();
    for some in fresh.chunks(100) {
        let mut sql = Sql::new(
            "insert into batches (id, dispatch_id, slice_id, retry_key, payload, people, first_called_at, calls) values ",
        );
        let mut members = Sql::new("with chosen (batch, delivery) as (values ");
        let mut first = true;
        for (n, (key, call)) in some.iter().enumerate() {
            sql.push(if n == 0 { "(" } else { ", (" }).bind(&key.batch).push(", ").bind(&loaded.dispatch).push(", ");
            sql.bind(&held.id).push(", ").bind(key.retry_key.as_str()).push(", ").bind(call.words.to_json()).push(", ");
            sql.bind(call.people.len() as i64).push(", ").bind(machine).push(", 1)");
            for place in &call.people {
                members.push(if first { "(" } else { ", (" }).bind(&key.batch).push(", ");
                members.bind(&loaded.found.people[*place].delivery).push(")");
                first = false;
            }
        }
        sql.execute(conn)?;
        members.push(") update deliveries set batch_id = chosen.batch from chosen where id = chosen.delivery");
        members.execute(conn)?;
    }
    Ok(())
}

/// ` and …`: nobody claimed the slice after us.
pub(super) fn still_ours(prefix: &str, held: &Held) -> Sql {
    let mut sql = Sql::new(&format!(" and {prefix}owner = "));
    sql.bind(held.owner.as_str()).push(&format!(" and {prefix}epoch = ")).bind(held.epoch);
    sql
}

fn unreadable(e: serde_json::Error) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(e.into())
}
