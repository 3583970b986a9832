//! Packs in hand: claimed, read and called; [`answers`] settles them. A pack gets one call; if that is not taken, or
//! anybody in it must not be called, it is *spilled*: its people become rows, which know every way a call can go.

mod answers;

pub(super) use answers::{Other, record};

use super::{
    batches,
    candidates::Candidate,
    finish,
    record::Times,
    slice::{Begin, Held, Loaded, unreadable},
};
use crate::{
    dispatch::{
        DispatchStatus, Origin,
        plan::{Found, Pack, Person, Planned},
    },
    messages::Content,
};
use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{Nullable, Text, Timestamp},
};
use std::collections::HashMap;
use tidings_base::{
    db::{
        Conn, Id, IdRange,
        sql::{Keep, Sql},
    },
    jobs::Claim,
    text_enum,
};
use tidings_customers::{channels, consent::Consent};

/// Packs of a hand, at most: calls made together.
const IN_A_HAND: i64 = 8;

text_enum! {
    /// How a pack stands.
    pub(super) enum PackState {
        /// To be called, or in a hand.
        Waiting = "waiting",
        /// Its call was taken.
        Sent = "sent",
        /// Its people are to become rows that are sent to.
        Spilled = "spilled",
        /// Nobody in it gets anything.
        LeftOut = "left_out",
    }
}

/// Whether anybody of the dispatch is in a pack.
pub(super) fn any(conn: &mut Conn, dispatch: &Id) -> QueryResult<bool> {
    let mut sql = Sql::new("select count(*) as n from (select 1 from packs where dispatch_id = ");
    sql.bind(dispatch).push(" limit 1) as one").keep(Keep::Everywhere);
    Ok(sql.count(conn)? > 0)
}

/// How many people of the dispatch have no rows of their own yet.
pub fn packed_in(conn: &mut Conn, dispatch: &Id) -> QueryResult<i64> {
    let mut this = Sql::default();
    this.bind(dispatch);
    packed(conn, this)
}

/// How many people of these `dispatches`, a query of their ids, have no rows of their own yet.
pub fn packed(conn: &mut Conn, dispatches: Sql) -> QueryResult<i64> {
    let mut sql = Sql::new("select cast(coalesce(sum(people), 0) as bigint) as n from packs where dispatch_id in (");
    sql.append(dispatches).push(")").count(conn)
}

/// A condition: the contact `contact`, an expression of SQL, is in the pack `p`.
pub(super) fn holds(conn: &Conn, contact: &str) -> String {
    let find = match conn {
        Conn::Pg(_) => "strpos",
        Conn::Sqlite(_) => "instr",
    };
    format!("p.first_contact <= {contact} and p.last_contact >= {contact} and {find}(p.contacts, {contact}) > 0")
}

/// A condition: the contact `contact`, an expression of SQL, which stands after the one key up to the other, is in a
/// pack of one of the `dispatches`, a query of their ids.
pub fn in_packs_of(conn: &Conn, contact: &str, dispatches: Sql, after: Option<&Id>, last: &Id) -> Sql {
    let mut sql = Sql::new(contact);
    sql.push(match conn {
        Conn::Sqlite(_) => {
            " in (select j.value from packs p cross join json_each(p.contacts) j where p.dispatch_id in ("
        }
        Conn::Pg(_) => " in (select json_array_elements_text(p.contacts::json) from packs p where p.dispatch_id in (",
    });
    sql.append(dispatches).push(") and p.first_contact <= ").bind(last);
    if let Some(after) = after {
        sql.push(" and p.last_contact > ").bind(after);
    }
    sql.push(")");
    sql
}

/// How the contacts `c` of the packs `p` are joined to them, and an expression for their place in the pack, from 0.
pub(super) struct Exploded {
    pub(super) join: &'static str,
    pub(super) place: &'static str,
}

pub(super) fn exploded(conn: &Conn) -> Exploded {
    match conn {
        Conn::Sqlite(_) => Exploded {
            join: " cross join json_each(p.contacts) j cross join contacts c on c.id = j.value",
            place: "j.key",
        },
        // Its planner knows nothing of how many are in an array, and would go through all contacts.
        Conn::Pg(_) => Exploded {
            join: " cross join lateral json_array_elements_text(p.contacts::json) with ordinality j (value, key) \
                   cross join lateral (select * from contacts o where o.id = j.value limit 1) c",
            place: "j.key - 1",
        },
    }
}

/// Makes packs of the dispatch ours, as a hand of this id, as many as `calls` allow; answers how many.
pub(super) fn take(conn: &mut Conn, candidate: &Candidate, hand: &Id, calls: i64, terms: &Claim) -> QueryResult<i64> {
    let mut sql = Sql::new("with chosen as materialized (select id from packs where dispatch_id = ");
    sql.bind(&candidate.id).push(" and state = 'waiting' and hand is null order by id limit ");
    sql.bind(calls.clamp(1, IN_A_HAND)).push(super::skip_locked(conn)).push(") update packs set hand = ").bind(hand);
    sql.push(", owner = ").bind(terms.owner.as_str()).push(", lease_until = ").bind(terms.until);
    sql.push(" where hand is null and id in (select id from chosen)").keep(Keep::Everywhere);
    Ok(sql.execute(conn)? as i64)
}

#[derive(QueryableByName)]
struct Head {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    dispatch_id: Id,
    #[diesel(sql_type = Text)]
    channel_id: Id,
    #[diesel(sql_type = Text)]
    delivery_ids: String,
    #[diesel(sql_type = Text)]
    contacts: String,
    #[diesel(sql_type = Text)]
    status: DispatchStatus,
    #[diesel(sql_type = Text)]
    origin: Origin,
    #[diesel(sql_type = Text)]
    content: String,
}

#[derive(QueryableByName)]
struct Member {
    #[diesel(sql_type = Text)]
    contact: Id,
    #[diesel(sql_type = Text)]
    identity: String,
    #[diesel(sql_type = Text)]
    consent: Consent,
    #[diesel(sql_type = Nullable<Text>)]
    unreachable: Option<String>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    last_inbound_at: Option<NaiveDateTime>,
}

/// Reads the hand; nothing if there is none of this id that is ours.
pub(super) fn load(conn: &mut Conn, held: &Held) -> QueryResult<Option<Loaded>> {
    let mut sql = Sql::new(
        "select p.id, p.dispatch_id, p.channel_id, p.delivery_ids, p.contacts, d.status, d.origin, d.content from packs p \
         join dispatches d on d.id = p.dispatch_id where p.hand = ",
    );
    sql.bind(&held.id).push(" and p.owner = ").bind(held.owner.as_str()).push(" order by p.id").keep(Keep::Everywhere);
    let heads: Vec<Head> = sql.load(conn)?;
    let Some(head) = heads.first() else { return Ok(None) };
    let account = channels::find(conn, &head.channel_id)?.ok_or(diesel::NotFound)?;
    let content = Content::from_json(&head.content).map_err(unreadable)?;

    let contacts: Vec<Vec<Id>> =
        heads.iter().map(|head| serde_json::from_str(&head.contacts)).collect::<Result<_, _>>().map_err(unreadable)?;
    let mut members = members(conn, &contacts)?;
    let mut people = Vec::with_capacity(members.len());
    let mut packs = Vec::new();
    for (head, contacts) in heads.iter().zip(contacts) {
        let from = people.len();
        for (place, contact) in contacts.into_iter().enumerate() {
            let Some(member) = members.remove(&contact) else { return Err(missing(&head.id)) };
            people.push(Person {
                delivery: IdRange::nth(&head.delivery_ids, place).map_err(bad)?,
                contact,
                identity: member.identity,
                // Nothing that is said to all of them names anybody.
                name: String::new(),
                last_known_name: None,
                consent: member.consent,
                unreachable: member.unreachable,
                last_inbound_at: member.last_inbound_at,
                attempts: 0,
                parts_sent: 0,
                batch: Some(head.id.clone()),
            });
        }
        packs.push(Pack { id: head.id.clone(), people: from..people.len() });
    }
    let found = Found {
        status: head.status,
        kind: account.kind,
        trial: head.origin == Origin::Test,
        content,
        called_at: None,
        begun: held.begun,
        people,
        open: Vec::new(),
        made: Vec::new(),
    };
    Ok(Some(Loaded { dispatch: head.dispatch_id.clone(), origin: head.origin, range: None, packs, account, found }))
}

/// What is to be known of these contacts now, by their keys. Where they stand close together, all between the first and
/// the last of them are read, which takes a quarter of the time.
fn members(conn: &mut Conn, contacts: &[Vec<Id>]) -> QueryResult<HashMap<Id, Member>> {
    let all = || contacts.iter().flatten();
    let most = 2 * all().count();
    let (Some(first), Some(last)) = (all().min(), all().max()) else { return Ok(HashMap::new()) };
    let mut sql = Sql::new(MEMBERS);
    sql.push(" between ").bind(first).push(" and ").bind(last).push(" order by c.id limit ").bind(most as i64 + 1);
    let mut members: Vec<Member> = sql.keep(Keep::OnSqlite).load(conn)?;
    if members.len() > most {
        // As in `Told::is_about`: PostgreSQL gets them as a value.
        let (before, after) = match conn {
            Conn::Pg(_) => (" = any(array(", "))"),
            Conn::Sqlite(_) => (" in (", ")"),
        };
        let mut sql = Sql::new(MEMBERS);
        sql.push(before).bind_all(all()).push(after).keep(Keep::OnSqlite);
        members = sql.load(conn)?;
    }
    Ok(members.into_iter().map(|member| (member.contact.clone(), member)).collect())
}

const MEMBERS: &str =
    "select c.id as contact, c.identity, c.consent, c.unreachable, c.last_inbound_at from contacts c where c.id";

/// As [`slice::begin`](super::slice::begin), of a hand.
pub(super) fn begin(conn: &mut Conn, held: &Held, loaded: &Loaded, calls: &[Planned], at: Times) -> QueryResult<Begin> {
    let dispatch = finish::read(conn, &loaded.dispatch)?;
    let account = channels::find(conn, &loaded.account.id)?;
    if !super::slice::is_going(dispatch.as_ref(), account.as_ref()) {
        return Ok(Begin::Held);
    }
    let packs: Vec<&Id> = calls.iter().filter_map(|call| call.key.as_ref().map(|key| &key.batch)).collect();
    let mut sql = Sql::new("update packs set called_at = ");
    sql.bind(at.machine).push(", lease_until = ").bind(at.until);
    sql.append(ours(held)).push(" and lease_until > ").bind(at.machine).push(" and id in (");
    sql.bind_all(packs.iter().copied()).push(")").keep(Keep::OnSqlite);
    if sql.execute(conn)? < packs.len() {
        // Some may have been taken for lost: none of them is called.
        let mut sql = Sql::new("update packs set called_at = null");
        sql.append(ours(held)).execute(conn)?;
        return Ok(Begin::Lost);
    }
    batches::begin(conn, held, loaded, calls)?;
    Ok(Begin::Go)
}

/// ` where …`: the packs of the hand, while nobody took them for lost.
fn ours(held: &Held) -> Sql {
    let mut sql = Sql::new(" where hand = ");
    sql.bind(&held.id).push(" and owner = ").bind(held.owner.as_str());
    sql
}

pub(super) fn missing(pack: &Id) -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError(format!("not everybody of the pack {pack} is a contact").into())
}

pub(super) fn bad(e: impl std::fmt::Display) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(e.to_string().into())
}
