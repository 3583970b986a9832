//! Writing out packs: each person's own row, as it would stand had it been there from the beginning, but of the
//! member that the contact is of now.

use super::{
    control,
    door::{begin_sending, stretch},
    finish::{self, Moved},
    packs::{Exploded, Other, PackState, bad, exploded, missing},
    slice::unreadable,
};
use crate::dispatch::{DispatchStatus, Origin};
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{
        Conn, Id, IdRange,
        sql::{Keep, Sql},
    },
    jobs::Claim,
};

/// Packs written out in one transaction.
const TOGETHER: i64 = 4;

/// How long what is known of people may wait for those who are still to be sent to.
const PATIENCE: TimeDelta = TimeDelta::seconds(60);

/// Whoever is still to be sent to comes first.
const FIRST: &str = " order by case when p.state in ('waiting', 'spilled') then 0 else 1 end, p.id";

/// Whose packs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// Of dispatches that somebody follows, who writes them out with what they need themselves.
    Followed,
    /// Of all others.
    Others,
}

/// When something is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Product time.
    pub now: NaiveDateTime,
    /// Machine time.
    pub machine: NaiveDateTime,
}

impl From<&Claim> for Moment {
    fn from(terms: &Claim) -> Self {
        Self { now: terms.now, machine: terms.machine }
    }
}

/// A pack that was written out: deliveries after the one id up to the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unpacked {
    pub after_id: String,
    pub last_id: String,
    pub people: i64,
    /// Whether what became of them is known.
    pub settled: bool,
    /// When they were chosen; product time.
    pub chosen_at: NaiveDateTime,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    delivery_ids: String,
    #[diesel(sql_type = BigInt)]
    people: i64,
    #[diesel(sql_type = Text)]
    state: PackState,
    #[diesel(sql_type = Timestamp)]
    created_at: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    called_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    due_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Text>)]
    others: Option<String>,
}

/// A dispatch with packs that can be written out now, if there is one but `except` these: first one whose people are
/// still to be sent to.
pub fn to_unpack(conn: &mut Conn, whose: Whose, except: &[Id], at: Moment) -> QueryResult<Option<Id>> {
    #[derive(QueryableByName)]
    struct Of {
        #[diesel(sql_type = Text)]
        dispatch_id: Id,
    }
    let mut sql = Sql::new("select p.dispatch_id");
    sql.append(packs_of(whose)).push(" and ").append(is_ripe(at));
    if !except.is_empty() {
        sql.push(" and p.dispatch_id not in (").bind_all(except).push(")");
    }
    sql.push(FIRST).push(" limit 1");
    Ok(sql.load::<Of>(conn)?.into_iter().next().map(|row| row.dispatch_id))
}

/// How many packs are to be written out, whenever that can be.
pub fn packs_waiting(conn: &mut Conn, whose: Whose) -> QueryResult<i64> {
    let mut sql = Sql::new("select count(*) as n");
    sql.append(packs_of(whose)).push(" and p.state <> 'waiting'").count(conn)
}

/// ` from packs p join dispatches d … where …`
fn packs_of(whose: Whose) -> Sql {
    let mut sql = Sql::new(" from packs p join dispatches d on d.id = p.dispatch_id where d.origin ");
    sql.push(match whose {
        Whose::Followed => "in (",
        Whose::Others => "not in (",
    });
    sql.bind_all(Origin::ALL.iter().filter(|origin| origin.is_followed()).map(|origin| origin.word())).push(")");
    sql
}

/// Writes out some packs of the dispatch that can be; none says that there are none. Whoever follows the dispatch
/// does what follows in the same transaction: nobody is told of these people.
pub fn unpack(conn: &mut Conn, dispatch: &Id, at: Moment) -> QueryResult<Vec<Unpacked>> {
    let Some(of) = finish::lock(conn, dispatch)? else { return Ok(Vec::new()) };
    let cancelled = of.status == DispatchStatus::Cancelled;
    let mut sql = Sql::new(
        "select p.id, p.delivery_ids, p.people, p.state, p.created_at, p.called_at, p.due_at, p.others from packs p \
         join dispatches d on d.id = p.dispatch_id where p.dispatch_id = ",
    );
    sql.bind(dispatch).push(" and ").append(is_ripe(at)).push(FIRST).push(" limit ").bind(TOGETHER);
    sql.push(match conn {
        Conn::Pg(_) => " for no key update of p skip locked",
        Conn::Sqlite(_) => "",
    });
    let packs: Vec<Row> = sql.keep(Keep::Everywhere).load(conn)?;
    if packs.is_empty() {
        return Ok(Vec::new());
    }
    let ids = || packs.iter().map(|pack| &pack.id);
    let people: i64 = packs.iter().map(|pack| pack.people).sum();
    if insert(conn, ids())? as i64 != people {
        return Err(missing(&packs[0].id));
    }
    let mut unpacked = Vec::new();
    for pack in &packs {
        let (after_id, last_id) = IdRange::reach(&pack.delivery_ids, pack.people);
        let settled = match pack.state {
            PackState::Sent | PackState::LeftOut => {
                tell_apart(conn, pack)?;
                true
            }
            PackState::Waiting | PackState::Spilled if pack.called_at.is_some() => {
                resume(conn, dispatch, &of.channel_id, pack)?;
                begin_sending(conn, dispatch, at.now)?;
                false
            }
            PackState::Waiting | PackState::Spilled if cancelled => {
                let mut which = Sql::new("state = 'pending' and id > ");
                which.bind(after_id.as_str()).push(" and id <= ").bind(last_id.as_str());
                let cancelled = control::call_off(conn, which, at.now)? as i64;
                Moved { pending: -cancelled, cancelled, ..Moved::default() }.apply(conn, dispatch)?;
                true
            }
            PackState::Waiting | PackState::Spilled => {
                stretch(conn, dispatch, &after_id, &last_id)?;
                // A release that knows no packs may have seen nobody in it any more.
                begin_sending(conn, dispatch, at.now)?;
                false
            }
        };
        unpacked.push(Unpacked { after_id, last_id, people: pack.people, settled, chosen_at: pack.created_at });
    }
    let mut sql = Sql::new("delete from packs where id in (");
    sql.bind_all(ids()).push(")").keep(Keep::Everywhere).execute(conn)?;
    finish::finish(conn, dispatch, at.now)?;
    Ok(unpacked)
}

/// Whether the pack `p` of the dispatch `d` can be written out: nobody will call it as it is, or what came of it is
/// known and nobody is still to be sent to, who comes first.
fn is_ripe(at: Moment) -> Sql {
    let long_ago = at.now - PATIENCE;
    let mut sql = Sql::new("(p.state = 'spilled' or (p.state <> 'waiting' and (p.created_at <= ");
    sql.bind(long_ago).push(
        " or (not d.accepting and not exists (select 1 from packs w join dispatches x on x.id = w.dispatch_id \
         where w.state = 'waiting' and x.status in ('sending', 'scheduled'))))) or (p.state = 'waiting' and p.hand is null \
         and (d.status not in ('sending', 'scheduled') or p.created_at <= ",
    );
    // Whoever held it is gone: the call may have been made.
    sql.bind(long_ago).push(")) or (p.hand is not null and p.lease_until < ").bind(at.machine).push("))");
    sql
}

/// Inserts everybody's delivery; answers how many.
fn insert<'a>(conn: &mut Conn, packs: impl Iterator<Item = &'a Id>) -> QueryResult<usize> {
    let Exploded { join, place } = exploded(conn);
    let mut sql = Sql::new(
        "insert into deliveries (id, dispatch_id, channel_id, contact_id, member_id, entry_id, state, missed, reason, \
         parts_sent, attempts, begun, waits, due_at, created_at, sent_at, settled_at, slice_id, batch_id) select ",
    );
    sql.push(&IdRange::nth_sql("p.delivery_ids", &format!("({place})")));
    sql.push(", p.dispatch_id, p.channel_id, c.id, c.member_id, ");
    sql.push(&IdRange::nth_sql("p.entry_ids", &format!("({place})")));
    let is = |state: PackState, then: &str, otherwise: &str| {
        format!(", case when p.state = '{state}' then {then} else {otherwise} end")
    };
    sql.push(", case p.state when 'sent' then 'sent' when 'left_out' then 'left_out' else 'pending' end");
    sql.push(&is(PackState::LeftOut, "'left_out'", "''")).push(", p.reason");
    sql.push(&is(PackState::Sent, "1", "0")).push(&is(PackState::Sent, "1", "0")).push(", 0, ").bind(false);
    sql.push(", ").bind(DateTime::UNIX_EPOCH.naive_utc()).push(", p.created_at");
    sql.push(&is(PackState::Sent, "p.settled_at", "null")).push(", p.settled_at");
    // Of a call that was made and not taken, those who were in it stay together.
    sql.push(", case when p.called_at is not null and p.state <> 'sent' then p.id end");
    sql.push(&is(PackState::LeftOut, "null", "p.id")).push(" from packs p").push(join).push(" where p.id in (");
    sql.bind_all(packs).push(") order by p.id, ").push(place).keep(Keep::OnSqlite);
    sql.execute(conn)
}

/// Those of whom there is more to keep than that they were in a call that was taken.
fn tell_apart(conn: &mut Conn, pack: &Row) -> QueryResult<()> {
    let Some(others) = &pack.others else { return Ok(()) };
    let others: Vec<Other> = serde_json::from_str(others).map_err(unreadable)?;
    let mut rows = Vec::with_capacity(others.len());
    for Other { place, state, reason, detail, vendor_id, receipt } in others {
        let word = |word: &str| Some(word.to_owned());
        let delivery = IdRange::nth(&pack.delivery_ids, place).map_err(bad)?;
        let reason = reason.and_then(|reason| word(reason.word()));
        rows.push([
            word(delivery.as_str()),
            word(state.word()),
            word(state.missed()),
            reason,
            detail,
            vendor_id,
            receipt,
        ]);
    }
    let mut sql = Sql::new("with other (delivery, state, missed, reason, detail, vendor_id, receipt) as (select ");
    sql.push("value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 from ");
    sql.bind_rows(rows).push(
        ") update deliveries set state = other.state, missed = other.missed, reason = other.reason, detail = other.detail, \
         vendor_id = other.vendor_id, receipt = other.receipt, parts_sent = case when other.state = 'sent' then 1 else 0 end, \
         sent_at = case when other.state = 'sent' then sent_at end from other where deliveries.id = other.delivery",
    );
    sql.execute(conn).map(drop)
}

/// A slice for people whose call was made, or may have been: it goes on from there. It has the pack's id, and so has
/// the call.
fn resume(conn: &mut Conn, dispatch: &Id, channel: &Id, pack: &Row) -> QueryResult<()> {
    let mut sql =
        Sql::new("insert into slices (id, dispatch_id, channel_id, called_at, due_at, epoch, begun) values (");
    sql.bind(&pack.id).push(", ").bind(dispatch).push(", ").bind(channel).push(", ").bind(pack.called_at);
    sql.push(", ").bind(pack.due_at.unwrap_or(DateTime::UNIX_EPOCH.naive_utc())).push(", 0, ");
    // An answer says that somebody got on with it.
    sql.bind(i64::from(pack.due_at.is_none())).push(")");
    sql.execute(conn)?;
    // What was answered for good has no words any more.
    let mut sql = Sql::new("update batches set slice_id = id where payload is not null and id = ");
    sql.bind(&pack.id);
    sql.execute(conn).map(drop)
}
