//! Claiming: a slice whose lease ran out or whose time to be called again has come, else a new one,
//! cut from the dispatch that has waited longest, as its account's rate allows. All times here are
//! machine time.

use super::{
    candidates::{self, Candidate, SLICES_OF_AN_ACCOUNT},
    finish, packs,
    slice::{Range, Reach, members},
};
use crate::{
    channels::capabilities,
    dispatch::{DispatchStatus, plan::people_per_call, rate},
    messages::Content,
};
use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use std::collections::HashMap;
use tidings_base::{
    db::{
        Conn, Id,
        sql::{Keep, Sql},
    },
    jobs::{Claim, Claimed, Due, Load},
};
use tidings_customers::channels::{ChannelKind, ChannelStatus};

/// Calls of one slice, all at the same moment, where the vendor has no retry keys: this many deliveries
/// a crash can leave unknown.
const CALLS: i64 = 64;

/// Calls of one slice over an account whose vendor has retry keys: made again they are taken once, so
/// that a crash costs nothing. At most a quarter second's worth of the account's rate all the same.
const CALLS_WITH_KEYS: i64 = 256;

/// A delivery whose slices were lost this often is cut alone, so that it takes nobody with it.
const SUSPECT: i64 = 2;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = BigInt)]
    epoch: i64,
    #[diesel(sql_type = BigInt)]
    begun: i64,
    #[diesel(sql_type = Nullable<Text>)]
    after_id: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    last_id: Option<String>,
}

/// Slices, none if there is nothing to do or no call is free: of the dispatch that has waited longest
/// first, and of each one before a second of any.
pub(in crate::dispatch) fn claim(conn: &mut Conn, terms: &Claim) -> QueryResult<Vec<Claimed>> {
    let mut claimed = Vec::new();
    let is_enough = |claimed: &Vec<Claimed>| claimed.len() as i64 >= terms.limit;
    while !is_enough(&claimed)
        && let Some(slice) = take_over(conn, terms)?
    {
        claimed.push(slice);
    }
    if is_enough(&claimed) {
        return Ok(claimed);
    }
    let ready = |(candidate, at)| (at <= terms.machine).then_some(candidate);
    let mut candidates: Vec<Candidate> = candidates::find(conn, terms)?.into_iter().filter_map(ready).collect();
    let mut cut_here: HashMap<Id, i64> = HashMap::new();
    while !candidates.is_empty() {
        let mut may_have_more = Vec::new();
        for candidate in candidates {
            if is_enough(&claimed) {
                return Ok(claimed);
            }
            let here = cut_here.entry(candidate.channel_id.clone()).or_default();
            if candidate.in_hand + *here < SLICES_OF_AN_ACCOUNT
                && let Some(slice) = cut(conn, &candidate, terms)?
            {
                claimed.push(slice);
                *here += 1;
                may_have_more.push(candidate);
            }
        }
        candidates = may_have_more;
    }
    Ok(claimed)
}

/// When [`claim`] has something to do next.
pub(in crate::dispatch) fn next(conn: &mut Conn, terms: &Claim) -> QueryResult<Option<Due>> {
    #[derive(QueryableByName)]
    struct Next {
        #[diesel(sql_type = Nullable<Timestamp>)]
        at: Option<NaiveDateTime>,
    }
    let mut sql = Sql::new(
        "select min(case when s.lease_until is not null and s.lease_until > s.due_at then s.lease_until else s.due_at end) as at ",
    );
    sql.append(slices_to_take_over(terms.machine)).keep(Keep::Everywhere);
    let slice = sql.first::<Next>(conn)?.at;
    let cut = candidates::find(conn, terms)?.into_iter().map(|(_, ready_at)| ready_at).min();
    let at = [slice, cut].into_iter().flatten().min();
    Ok(at.map(|at| if at <= terms.machine { Due::Now } else { Due::AtMachine(at) }))
}

/// How much there is to send: slices in hand, and people who are not settled.
pub(in crate::dispatch) fn load(conn: &mut Conn, terms: &Claim) -> QueryResult<Load> {
    let mut running = Sql::new("select (select count(*) from slices where owner is not null and lease_until >= ");
    running.bind(terms.machine).push(") + (select count(distinct hand) from packs where lease_until >= ");
    running.bind(terms.machine).push(") as n");
    let waiting =
        Sql::new("select cast(coalesce(sum(pending), 0) as bigint) as n from dispatches where status = 'sending'");
    let later = Sql::new(
        "select cast(coalesce(sum(pending), 0) as bigint) as n from dispatches where status in ('scheduled', 'paused')",
    );
    Ok(Load {
        running: running.count(conn)?,
        waiting: waiting.count(conn)?,
        waited: super::figures::waits_since(conn, terms.machine)?.map(|since| terms.now - since),
        later: later.count(conn)?,
    })
}

/// `from … where …`: slices that may be worked on, whatever their time. A cancelled dispatch's are
/// wound up; a paused one's wait.
fn slices_to_take_over(machine: NaiveDateTime) -> Sql {
    let mut sql = Sql::new(
        "from slices s join dispatches d on d.id = s.dispatch_id join channels c on c.id = s.channel_id \
         left join channel_health h on h.channel_id = c.id where (d.status = 'cancelled' or (d.status <> 'paused' and ",
    );
    sql.append(account_is_open(machine)).push("))");
    sql
}

/// Whether the account `c` with the health `h` may be called: an account in trouble may be tried
/// when its breaker lets it.
fn account_is_open(machine: NaiveDateTime) -> Sql {
    let mut sql =
        Sql::new("(c.status = 'ready' or (c.status = 'trouble' and (h.open_until is null or h.open_until <= ");
    sql.bind(machine).push(")))");
    sql
}

fn take_over(conn: &mut Conn, terms: &Claim) -> QueryResult<Option<Claimed>> {
    let lock = match conn {
        Conn::Pg(_) => " for no key update of s skip locked",
        Conn::Sqlite(_) => "",
    };
    let mut sql = Sql::new("with chosen as materialized (select s.id ");
    sql.append(slices_to_take_over(terms.machine)).push(" and s.due_at <= ").bind(terms.machine);
    sql.push(" and (s.lease_until is null or s.lease_until < ").bind(terms.machine);
    sql.push(") order by s.due_at, s.id limit 1").push(lock);
    sql.push(") update slices set begun = begun + 1, epoch = epoch + 1, owner = ").bind(terms.owner.as_str());
    sql.push(", lease_until = ")
        .bind(terms.until)
        .push(" where id in (select id from chosen) returning id, epoch, begun, after_id, last_id")
        .keep(Keep::Everywhere);
    let Some(row) = sql.load::<Row>(conn)?.into_iter().next() else { return Ok(None) };
    // It does not wait for free calls: who takes over pays afterwards.
    let mut sql = Sql::new(
        "select c.id as channel_id, c.kind, c.rate_per_second, c.rate_reserved_until, m.calls, m.people from slices s \
         join channels c on c.id = s.channel_id cross join (select count(distinct coalesce(batch_id, id)) as calls, \
         count(*) as people from deliveries where ",
    );
    let range = row.after_id.zip(row.last_id).map(|(after, last)| Range { after, last });
    sql.append(members("", &row.id, range.as_ref())).push(") m where s.id = ").bind(&row.id);
    let owed: Owed = sql.first(conn)?;
    let calls = owed.calls * weight(owed.kind, owed.people > owed.calls);
    let until = rate::reserve(owed.rate_reserved_until, terms.machine, calls, owed.rate_per_second);
    reserve(conn, &owed.channel_id, until)?;
    Ok(Some(Claimed { id: row.id, epoch: row.epoch, begun: row.begun }))
}

#[derive(QueryableByName)]
struct Owed {
    #[diesel(sql_type = Text)]
    channel_id: Id,
    #[diesel(sql_type = BigInt)]
    rate_per_second: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    rate_reserved_until: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    calls: i64,
    #[diesel(sql_type = BigInt)]
    people: i64,
    #[diesel(sql_type = Text)]
    kind: ChannelKind,
}

fn reserve(conn: &mut Conn, channel: &Id, until: NaiveDateTime) -> QueryResult<()> {
    let mut sql = Sql::new("update channels set rate_reserved_until = ");
    sql.bind(until).push(" where id = ").bind(channel).keep(Keep::Everywhere);
    sql.execute(conn).map(drop)
}

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = Text)]
    kind: ChannelKind,
    #[diesel(sql_type = Text)]
    status: ChannelStatus,
    #[diesel(sql_type = BigInt)]
    rate_per_second: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    rate_reserved_until: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    content: String,
}

/// Cuts a slice: reserves calls of the account's rate, and makes that many deliveries (or, where
/// many share a call, a call's worth) ours.
fn cut(conn: &mut Conn, candidate: &Candidate, terms: &Claim) -> QueryResult<Option<Claimed>> {
    let lock = match conn {
        Conn::Pg(_) => " for no key update of c skip locked",
        Conn::Sqlite(_) => "",
    };
    let mut sql =
        Sql::new("select c.kind, c.status, c.rate_per_second, c.rate_reserved_until, d.content from channels c ");
    sql.push("join dispatches d on d.channel_id = c.id where d.id = ").bind(&candidate.id).push(lock);
    sql.keep(Keep::Everywhere);
    let Some(account) = sql.load::<Account>(conn)?.into_iter().next() else { return Ok(None) };
    let at = finish::lock(conn, &candidate.id)?;
    let still = at.is_some_and(|at| at.status == DispatchStatus::Sending);
    if !still || !rate::is_free(account.rate_reserved_until, terms.machine) {
        return Ok(None);
    }

    // Whoever works on it says that it cannot be read.
    let people_per_call =
        Content::from_json(&account.content).map_or(1, |content| people_per_call(account.kind, &content) as i64);
    let calls = match account.status {
        ChannelStatus::Ready => {
            let has_keys = capabilities(account.kind).key_life.is_some();
            rate::block(account.rate_per_second).min(if has_keys { CALLS_WITH_KEYS } else { CALLS })
        }
        // Does it work again? One call tells.
        ChannelStatus::Trouble => 1,
        ChannelStatus::Paused | ChannelStatus::Disconnected => return Ok(None),
    };
    let slice = Id::new();
    let most = calls.max(people_per_call);
    let mut begun = 0;
    let mut range = None;
    let each = weight(account.kind, people_per_call > 1);
    let pay = |conn: &mut Conn, calls: i64| {
        let until = rate::reserve(account.rate_reserved_until, terms.machine, calls * each, account.rate_per_second);
        reserve(conn, &candidate.channel_id, until)
    };
    if people_per_call > 1 {
        let packs = packs::take(conn, candidate, &slice, calls / each, terms)?;
        if packs > 0 {
            pay(conn, packs)?;
            was_cut(conn, &candidate.id, terms)?;
            return Ok(Some(Claimed { id: slice, epoch: 1, begun: 1 }));
        }
    }
    // Whoever was tried before has waited longest.
    let mut people = take_waiting(conn, candidate, &slice, terms.machine, most, false)?;
    if people == 0
        && let Some((cut, its)) = take_stretch(conn, &candidate.id, most)?
    {
        (range, people) = (Some(cut), its);
    }
    if people == 0 {
        people = take_waiting(conn, candidate, &slice, terms.machine, 1, true)?;
        begun = SUSPECT;
    }
    if people == 0 {
        // The end of a stretch may be found only now.
        finish::finish(conn, &candidate.id, terms.now)?;
        return Ok(None);
    }
    pay(conn, (people + people_per_call - 1) / people_per_call)?;

    let mut sql = Sql::new(
        "insert into slices (id, dispatch_id, channel_id, due_at, owner, epoch, lease_until, begun, after_id, last_id) values (",
    );
    sql.bind(&slice).push(", ").bind(&candidate.id).push(", ").bind(&candidate.channel_id).push(", ");
    sql.bind(terms.machine).push(", ").bind(terms.owner.as_str()).push(", 1, ").bind(terms.until).push(", ");
    sql.bind(begun + 1).push(", ").bind(range.as_ref().map(|range| range.after.clone())).push(", ");
    sql.bind(range.map(|range| range.last)).push(")").keep(Keep::Everywhere);
    sql.execute(conn)?;
    was_cut(conn, &candidate.id, terms)?;
    Ok(Some(Claimed { id: slice, epoch: 1, begun: begun + 1 }))
}

/// It was this dispatch's turn.
fn was_cut(conn: &mut Conn, dispatch: &Id, terms: &Claim) -> QueryResult<()> {
    let mut sql = Sql::new("update dispatches set last_cut_at = ");
    sql.bind(terms.machine).push(" where id = ").bind(dispatch).keep(Keep::Everywhere);
    sql.execute(conn).map(drop)
}

/// What a call counts as against the account's rate.
fn weight(kind: ChannelKind, shared: bool) -> i64 {
    if shared { capabilities(kind).shared_call_weight } else { 1 }
}

/// Makes at most `most` of those who were given back, or are to be tried again by now, part of the slice;
/// answers how many. Those whose slices were lost before are taken apart from the others.
fn take_waiting(
    conn: &mut Conn,
    candidate: &Candidate,
    slice: &Id,
    machine: NaiveDateTime,
    most: i64,
    suspect: bool,
) -> QueryResult<i64> {
    // Materialised, because PostgreSQL may otherwise run the choice more than once and pass the limit.
    let mut sql = Sql::new("with chosen as materialized (select id from deliveries where dispatch_id = ");
    sql.bind(&candidate.id).push(" and waits and due_at <= ").bind(machine).push(" and begun ");
    sql.push(if suspect { ">= " } else { "< " }).bind(SUSPECT).push(" order by due_at, id limit ").bind(most);
    sql.push(super::skip_locked(conn)).push(") update deliveries set waits = ").bind(false).push(", slice_id = ");
    sql.bind(slice).push(" where waits and id in (select id from chosen)").keep(Keep::OnSqlite);
    Ok(sql.execute(conn)? as i64)
}

#[derive(QueryableByName)]
struct Stretch {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    after_id: String,
    #[diesel(sql_type = Text)]
    last_id: String,
}

/// Cuts at most `most` people off the dispatch's first stretch; answers from where to where, and how
/// many. No row of theirs changes.
fn take_stretch(conn: &mut Conn, dispatch: &Id, most: i64) -> QueryResult<Option<(Range, i64)>> {
    loop {
        let mut sql = Sql::new("select id, after_id, last_id from stretches where dispatch_id = ");
        sql.bind(dispatch).push(" order by after_id limit 1").keep(Keep::Everywhere);
        let Some(stretch) = sql.load::<Stretch>(conn)?.into_iter().next() else { return Ok(None) };
        let mut waiting = Sql::new("d.state = 'pending' and d.id > ");
        waiting.bind(stretch.after_id.as_str()).push(" and d.id <= ").bind(stretch.last_id.as_str());
        let Reach { last, people } = Reach::of(conn, waiting, most)?;
        let mut sql = match &last {
            Some(last) if people == most => {
                let mut sql = Sql::new("update stretches set after_id = ");
                sql.bind(last.as_str());
                sql
            }
            _ => Sql::new("delete from stretches"),
        };
        sql.push(" where id = ").bind(&stretch.id).keep(Keep::Everywhere);
        sql.execute(conn)?;
        if let Some(last) = last {
            return Ok(Some((Range { after: stretch.after_id, last }, people)));
        }
    }
}
