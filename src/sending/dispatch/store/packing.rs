//! Freezing people who share calls: those of one call are one row, a *pack*, until it is known what became of
//! the call. A message to everybody is out before each person's own row is written.

use super::{
    decide::{Decision, People},
    door::{Added, NewDispatch, add, begin_sending, open, opened},
    finish::{self, Moved},
    packs::{PackState, any},
    slice::unreadable,
};
use crate::{
    dispatch::{DispatchStatus, Reason, plan::people_per_call},
    messages::Content,
};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::{
    QueryResult, QueryableByName,
    prelude::*,
    sql_types::{Nullable, Text},
};
use tidings_base::db::{
    Conn, Id, IdRange,
    schema::dispatches,
    sql::{Keep, Sql},
};
use tidings_customers::channels::{self, ChannelKind};

/// Rows of fewer people are written as quickly as a pack of them.
const WORTH: usize = 50;

/// Whether people of packs have entries, for which somebody waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Entries {
    None,
    New,
}

/// People who are left out for the same reason, or for none.
#[derive(QueryableByName)]
struct Alike {
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<Reason>,
    /// Their keys, parted by spaces: thousands of rows would take longer than all the rest.
    #[diesel(sql_type = Text)]
    contacts: String,
}

impl Alike {
    /// In order, so that a pack reaches from one key to another.
    fn contacts(&self) -> Vec<&str> {
        let mut contacts: Vec<&str> = self.contacts.split(' ').collect();
        contacts.sort_unstable();
        contacts
    }
}

/// As [`open`] and [`add`], of the contacts ` from contacts c … where …`, where they share calls and
/// are many; does nothing, and answers none, where they are not. Each of them gets a new entry, which whoever follows
/// the dispatch inserts when the packs are written out. `now` is product time.
///
/// # Errors
/// As of [`add`]; here it is the caller who sees to it that nobody is in the dispatch already.
pub fn pack(conn: &mut Conn, new: &NewDispatch<'_>, people: Sql, now: NaiveDateTime) -> QueryResult<Option<Added>> {
    let found = opened(conn, new)?;
    let into = match &found {
        Some(dispatch) => Aim::at(conn, dispatch)?,
        None => Some(Aim::new(conn, new.channel_id, new.content)?),
    };
    let Some(into) = into else { return Ok(None) };
    let Some(chosen) = choose(conn, found.as_ref(), &into, people, now)? else { return Ok(None) };
    let dispatch = match found {
        Some(dispatch) => dispatch,
        None => open(conn, new, now)?,
    };
    put(conn, &dispatch, &into, &chosen, Entries::New, now).map(Some)
}

/// As [`add`], of the contacts ` from contacts c … where …`, to a dispatch that nobody follows: where they share calls and
/// are many, packed.
pub fn add_together(conn: &mut Conn, dispatch: &Id, people: Sql, now: NaiveDateTime) -> QueryResult<Added> {
    if let Some(into) = Aim::at(conn, dispatch)?
        && let Some(chosen) = choose(conn, Some(dispatch), &into, people.clone(), now)?
    {
        return put(conn, dispatch, &into, &chosen, Entries::None, now);
    }
    add(conn, dispatch, People::Contacts(people), now)
}

/// How long a release that knows no packs may go on beside this one after their table was made.
const SIDE_BY_SIDE: TimeDelta = TimeDelta::days(1);

/// Whether every process may be expected to know packs.
fn are_known(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<bool> {
    let mut sql = Sql::new("select count(*) as n from settings where name = 'dispatch.packs' and changed_at > ");
    sql.bind(now - SIDE_BY_SIDE).keep(Keep::Everywhere);
    Ok(sql.count(conn)? == 0)
}

/// Where people are packed.
struct Aim {
    channel: Id,
    kind: ChannelKind,
    people_per_call: usize,
}

impl Aim {
    fn new(conn: &mut Conn, channel: &Id, content: &Content) -> QueryResult<Self> {
        let account = channels::find(conn, channel)?.ok_or(diesel::NotFound)?;
        Ok(Self { channel: account.id, kind: account.kind, people_per_call: people_per_call(account.kind, content) })
    }

    /// At the dispatch, unless it is one whose people are better seen than quick: it does not go on as it is.
    fn at(conn: &mut Conn, dispatch: &Id) -> QueryResult<Option<Self>> {
        let at = finish::read(conn, dispatch)?.ok_or(diesel::NotFound)?;
        match at.status {
            DispatchStatus::Scheduled | DispatchStatus::Sending | DispatchStatus::Done => {}
            DispatchStatus::Paused | DispatchStatus::Failed | DispatchStatus::Cancelled => return Ok(None),
        }
        let content: String = dispatches::table.find(dispatch).select(dispatches::content).first(conn)?;
        Self::new(conn, &at.channel_id, &Content::from_json(&content).map_err(unreadable)?).map(Some)
    }
}

/// The people; none, if those who are not left out are too few to be packed.
fn choose(
    conn: &mut Conn,
    dispatch: Option<&Id>,
    into: &Aim,
    people: Sql,
    now: NaiveDateTime,
) -> QueryResult<Option<Vec<Alike>>> {
    if into.people_per_call == 1 || !are_known(conn, now)? {
        return Ok(None);
    }
    let packed = dispatch.map_or(Ok(false), |dispatch| any(conn, dispatch))?;
    let dispatch = dispatch.cloned().unwrap_or_else(Id::new);
    let decision = Decision { dispatch: &dispatch, channel: &into.channel, kind: into.kind, packed, now };
    let mut sql = Sql::new("select reason, string_agg(contact_id, ' ') as contacts from (");
    sql.append(decision.of(conn, People::Contacts(people))).push(") people group by reason").keep(Keep::OnSqlite);
    let alike: Vec<Alike> = sql.load(conn)?;
    let enough = alike.iter().any(|some| some.reason.is_none() && some.contacts().len() >= WORTH);
    Ok(enough.then_some(alike))
}

fn put(
    conn: &mut Conn,
    dispatch: &Id,
    into: &Aim,
    chosen: &[Alike],
    entries: Entries,
    now: NaiveDateTime,
) -> QueryResult<Added> {
    let mut added = Added::default();
    for alike in chosen {
        let contacts = alike.contacts();
        match alike.reason {
            None => added.pending += contacts.len() as i64,
            Some(_) => added.left_out += contacts.len() as i64,
        }
        for some in contacts.chunks(into.people_per_call) {
            insert(conn, dispatch, &into.channel, some, alike.reason, entries, now)?;
        }
    }
    // As in `add`, only now. Whoever cancelled or paused it meanwhile has the packs written out.
    finish::lock(conn, dispatch)?;
    let Added { pending, left_out, .. } = added;
    Moved { people: pending + left_out, pending, left_out, ..Moved::default() }.apply(conn, dispatch)?;
    begin_sending(conn, dispatch, now)?;
    Ok(added)
}

fn insert(
    conn: &mut Conn,
    dispatch: &Id,
    channel: &Id,
    contacts: &[&str],
    reason: Option<Reason>,
    entries: Entries,
    now: NaiveDateTime,
) -> QueryResult<()> {
    let (Some(first), Some(last)) = (contacts.first(), contacts.last()) else { return Ok(()) };
    let state = if reason.is_some() { PackState::LeftOut } else { PackState::Waiting };
    let entry_ids = match entries {
        Entries::None => None,
        Entries::New => Some(IdRange::new().prefix().to_owned()),
    };
    let mut sql = Sql::new(
        "insert into packs (id, dispatch_id, channel_id, delivery_ids, entry_ids, first_contact, last_contact, people, \
         state, reason, created_at, settled_at, contacts) values (",
    );
    sql.bind(Id::new()).push(", ").bind(dispatch).push(", ").bind(channel).push(", ");
    sql.bind(IdRange::new().prefix()).push(", ").bind(entry_ids).push(", ").bind(*first).push(", ").bind(*last);
    sql.push(", ").bind(contacts.len() as i64).push(", ").bind(state.word()).push(", ");
    sql.bind(reason.map(|reason| reason.word().to_owned())).push(", ").bind(now).push(", ");
    sql.bind(reason.map(|_| now)).push(", ");
    sql.bind(serde_json::to_string(contacts).expect("keys can be written")).push(")").keep(Keep::Everywhere);
    sql.execute(conn).map(drop)
}
