//! What events do to deliveries and contacts, in sets where they come in crowds.

use super::{
    finish::{self, Moved},
    person,
};
use crate::channels::{About, InboundEvent, What};
use chrono::NaiveDateTime;
use diesel::{QueryResult, QueryableByName, prelude::*, sql_types::Text};
use std::collections::{BTreeMap, HashMap};
use tidings_base::db::{Conn, Id, schema::inbound_events, sql::Sql};
use tidings_customers::channels::{self, ChannelAccount};

/// A stored event and the account it came to.
#[derive(Clone, Debug)]
pub(in crate::dispatch) struct Read {
    pub(in crate::dispatch) id: Id,
    pub(in crate::dispatch) account: ChannelAccount,
    pub(in crate::dispatch) body: String,
    pub(in crate::dispatch) begun: i64,
}

/// The rows of one claim.
pub(in crate::dispatch) fn read(conn: &mut Conn, owner: &str) -> QueryResult<Vec<Read>> {
    let accounts: HashMap<Id, ChannelAccount> =
        channels::all(conn)?.into_iter().map(|account| (account.id.clone(), account)).collect();
    let rows: Vec<(Id, Id, String, i64)> = inbound_events::table
        .filter(inbound_events::owner.eq(owner))
        .order(inbound_events::id)
        .select((inbound_events::id, inbound_events::channel_id, inbound_events::body, inbound_events::begun))
        .load(conn)?;
    let read = |(id, channel, body, begun): (Id, Id, String, i64)| {
        Some(Read { id, account: accounts.get(&channel)?.clone(), body, begun })
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Marks rows as done, or as failed with what went wrong. Answers false, and nothing should take
/// effect, if the lease was lost: somebody else works on them.
pub(in crate::dispatch) fn finish(
    conn: &mut Conn,
    owner: &str,
    done: &[Id],
    problems: &[(Id, String)],
) -> QueryResult<bool> {
    let mut changed = 0;
    if !done.is_empty() {
        let mut sql =
            Sql::new("update inbound_events set status = 'done', owner = null, lease_until = null where owner = ");
        sql.bind(owner).push(" and id in (").bind_all(done).push(")");
        changed = sql.execute(conn)?;
        if changed == 0 {
            return Ok(false);
        }
        if changed < done.len() {
            // Part of a claim is never taken away; if it were, all is done over.
            return Err(diesel::result::Error::RollbackTransaction);
        }
    }
    for (id, problem) in problems {
        let mut sql =
            Sql::new("update inbound_events set status = 'failed', owner = null, lease_until = null, problem = ");
        sql.bind(problem.as_str()).push(" where owner = ").bind(owner).push(" and id = ").bind(id);
        sql.execute(conn)?;
    }
    Ok(changed > 0)
}

/// A stored row and the events in it.
pub(in crate::dispatch) struct Understood {
    pub(in crate::dispatch) id: Id,
    pub(in crate::dispatch) account: ChannelAccount,
    pub(in crate::dispatch) events: Vec<InboundEvent>,
}

/// Lets events take effect. `now` is product time.
pub(in crate::dispatch) fn apply(conn: &mut Conn, received: Vec<Understood>, now: NaiveDateTime) -> QueryResult<()> {
    let mut told = Told::default();
    let mut people = Vec::new();
    for row in &received {
        let channel = &row.account.id;
        for event in row.events.iter().cloned() {
            match &event.what {
                What::Accepted { about } => told.accepted.push((channel.clone(), event.clone(), about.clone())),
                What::Delivered { about } => told.delivered.push((channel.clone(), event.clone(), about.clone())),
                What::Read { about } => told.read.push((channel.clone(), event.clone(), about.clone())),
                What::Bounced { about, .. } => told.bounced.push((channel.clone(), event.clone(), about.clone())),
                What::Message { .. }
                | What::Unsent { .. }
                | What::Pressed
                | What::Follow
                | What::Unfollow
                | What::OptOut
                | What::OptIn => people.push((row, event)),
                What::Other { .. } => {}
            }
        }
    }
    told.apply(conn, now)?;
    people.sort_by_key(|(_, event)| event.at);
    for (row, event) in people {
        person::did(conn, &row.account, &row.id, &event, now)?;
    }
    Ok(())
}

type About1 = (Id, InboundEvent, About);

/// Events about messages, by what they tell.
#[derive(Default)]
struct Told {
    accepted: Vec<About1>,
    delivered: Vec<About1>,
    read: Vec<About1>,
    bounced: Vec<About1>,
}

/// When something happened to which delivery: the earliest time counts.
type Times = BTreeMap<Id, NaiveDateTime>;

impl Told {
    fn apply(self, conn: &mut Conn, now: NaiveDateTime) -> QueryResult<()> {
        let accepted = resolve(conn, self.accepted)?;
        let delivered = resolve(conn, self.delivered)?;
        let read = resolve(conn, self.read)?;
        let mut bounced: BTreeMap<Id, (NaiveDateTime, String)> = BTreeMap::new();
        for (channel, event, about) in self.bounced {
            let detail = if let What::Bounced { detail, .. } = &event.what { detail.clone() } else { String::new() };
            for (id, at) in resolve(conn, vec![(channel, event, about)])? {
                bounced.insert(id, (at, detail.clone()));
            }
        }
        // A read message was delivered, whether or not its receipt came.
        let mut arrived = read.clone();
        for (id, at) in delivered {
            arrived.entry(id).and_modify(|known| *known = (*known).min(at)).or_insert(at);
        }
        let all: Vec<&Id> = accepted.keys().chain(arrived.keys()).chain(bounced.keys()).collect();
        if all.is_empty() {
            return Ok(());
        }
        let dispatches = lock_dispatches(conn, &all)?;
        let mut moved: BTreeMap<Id, Moved> = BTreeMap::new();
        settle_unknown(conn, accepted.iter().chain(arrived.iter()).map(|(id, at)| (id, *at)), now, &mut moved)?;
        time(conn, "delivered_at", &arrived, &mut moved, |moved| moved.delivered += 1)?;
        time(conn, "read_at", &read, &mut moved, |moved| moved.read += 1)?;
        for (id, (at, detail)) in bounced {
            bounce(conn, &id, at, &detail, now, &mut moved)?;
        }
        for dispatch in dispatches {
            if let Some(moved) = moved.get(&dispatch) {
                moved.apply(conn, &dispatch)?;
            }
        }
        Ok(())
    }
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    id: Id,
}

/// Which deliveries the events are about.
fn resolve(conn: &mut Conn, events: Vec<About1>) -> QueryResult<Times> {
    let mut times = Times::new();
    for (channel, event, about) in events {
        let mut sql = Sql::new("select id from deliveries where channel_id = ");
        sql.bind(&channel);
        match about {
            About::Delivery(id) => {
                keep_earliest(&mut times, id, event.at);
                continue;
            }
            About::Message(vendor_id) => sql.push(" and vendor_id = ").bind(vendor_id),
            About::Until(until) => {
                sql.push(" and contact_id in (select id from contacts where channel_id = ").bind(&channel);
                sql.push(" and identity = ")
                    .bind(event.identity.as_str())
                    .push(") and read_at is null and sent_at <= ")
                    .bind(until)
            }
        };
        for Found { id } in sql.load(conn)? {
            keep_earliest(&mut times, id, event.at);
        }
    }
    Ok(times)
}

fn keep_earliest(times: &mut Times, id: Id, at: NaiveDateTime) {
    times.entry(id).and_modify(|known| *known = (*known).min(at)).or_insert(at);
}

/// The dispatches of these deliveries, in order and held.
fn lock_dispatches(conn: &mut Conn, deliveries: &[&Id]) -> QueryResult<Vec<Id>> {
    let mut sql = Sql::new("select distinct dispatch_id as id from deliveries where id in (");
    sql.bind_all(deliveries.iter().copied()).push(") order by dispatch_id");
    let dispatches: Vec<Id> = sql.load::<Found>(conn)?.into_iter().map(|found| found.id).collect();
    for dispatch in &dispatches {
        finish::lock(conn, dispatch)?;
    }
    Ok(dispatches)
}

#[derive(QueryableByName)]
struct Changed {
    #[diesel(sql_type = Text)]
    dispatch_id: Id,
}

fn values<'a>(times: impl Iterator<Item = (&'a Id, NaiveDateTime)>) -> Option<Sql> {
    let mut sql = Sql::new("with told (delivery, at) as (values ");
    let mut any = false;
    for (id, at) in times {
        sql.push(if any { ", (" } else { "(" }).bind(id).push(", ").bind(at).push(")");
        any = true;
    }
    sql.push(") update deliveries set ");
    any.then_some(sql)
}

/// Whatever arrived, or was said to be accepted, was sent.
fn settle_unknown<'a>(
    conn: &mut Conn,
    times: impl Iterator<Item = (&'a Id, NaiveDateTime)>,
    now: NaiveDateTime,
    moved: &mut BTreeMap<Id, Moved>,
) -> QueryResult<()> {
    let Some(mut sql) = values(times) else { return Ok(()) };
    sql.push("state = 'sent', missed = '', reason = null, detail = null, sent_at = told.at, settled_at = ").bind(now);
    sql.push(" from told where id = told.delivery and state = 'unknown' returning dispatch_id");
    for Changed { dispatch_id } in sql.load(conn)? {
        let moved = moved.entry(dispatch_id).or_default();
        moved.unknown -= 1;
        moved.sent += 1;
    }
    Ok(())
}

/// Writes a time that is not there yet. A delivery in hand has it too: the vendor may be quicker
/// than our record.
fn time(
    conn: &mut Conn,
    column: &str,
    times: &Times,
    moved: &mut BTreeMap<Id, Moved>,
    count: impl Fn(&mut Moved),
) -> QueryResult<()> {
    let Some(mut sql) = values(times.iter().map(|(id, at)| (id, *at))) else { return Ok(()) };
    sql.push(&format!("{column} = told.at from told where id = told.delivery and {column} is null "));
    sql.push("and state in ('pending', 'sent', 'unknown') returning dispatch_id");
    for Changed { dispatch_id } in sql.load(conn)? {
        count(moved.entry(dispatch_id).or_default());
    }
    Ok(())
}

/// A message that was taken did not arrive: a time beside the state, but for one whose answer was
/// lost, which has failed.
fn bounce(
    conn: &mut Conn,
    id: &Id,
    at: NaiveDateTime,
    detail: &str,
    now: NaiveDateTime,
    moved: &mut BTreeMap<Id, Moved>,
) -> QueryResult<()> {
    let mut sql = Sql::new("update deliveries set state = 'failed', missed = 'failed', reason = 'refused', detail = ");
    sql.bind(detail).push(", settled_at = ").bind(now).push(" where state = 'unknown' and id = ").bind(id);
    sql.push(" returning dispatch_id");
    for Changed { dispatch_id } in sql.load(conn)? {
        let moved = moved.entry(dispatch_id).or_default();
        moved.unknown -= 1;
        moved.failed += 1;
    }
    let mut sql = Sql::new("update deliveries set bounced_at = ");
    sql.bind(at)
        .push(", detail = ")
        .bind(detail)
        .push(" where bounced_at is null and delivered_at is null and state in ('pending', 'sent') and id = ");
    sql.bind(id).push(" returning dispatch_id");
    for Changed { dispatch_id } in sql.load(conn)? {
        moved.entry(dispatch_id).or_default().bounced += 1;
    }
    Ok(())
}
