//! What happens when a broadcast's time comes: it is decided whether it goes out, and its people are
//! frozen into its dispatch, a slice at a time; then the dispatch is let go.
//!
//! Each slice commits its deliveries together with how far it reached, so that a process may die
//! anywhere and the next one goes on; nobody is in it twice.

use super::{
    model::{Problem, Who},
    store::{self, Broadcast, Hand},
};
use chrono::NaiveDateTime;
use std::time::Duration;
use tidings_base::{
    crash,
    db::{Conn, DbError},
    jobs::{BEGUN_MOST, Claimed, Failure, Slice, Work},
    workspace,
};
use tidings_customers::{
    audiences,
    channels::{self, ChannelAccount},
};
use tidings_sending::{
    channels::{Connect, Quota},
    dispatch::{self, Begins, NewDispatch, Origin, People},
};

/// How many people of the account a transaction looks at.
const SLICE: i64 = 5_000;

/// How long the vendor may take to say what is left of its quota; without an answer it goes out, and
/// the vendor itself refuses what does not fit.
const ASKING: Duration = Duration::from_secs(5);

/// Starts the broadcasts of a claim.
pub(super) async fn run(work: Work, slice: Slice, connect: Connect) -> Result<(), Failure> {
    for claimed in slice.rows {
        if let Err(e) = one(&work, claimed.clone(), &connect).await {
            // A busy database is no fault of the broadcast's.
            if e.is_busy() {
                work.db.write(move |conn| store::forgive(conn, &claimed).map_err(DbError::from)).await?;
            }
            return Err(e.into());
        }
    }
    Ok(())
}

async fn one(work: &Work, claimed: Claimed, connect: &Connect) -> Result<(), DbError> {
    let (row, now) = (claimed.clone(), work.clock.now());
    let Some(account) = work.db.write(move |conn| begin(conn, &row, now)).await? else { return Ok(()) };
    crash::point("broadcasts.begun");
    let mut more = true;
    while more {
        let (row, now, until) = (claimed.clone(), work.clock.now(), work.clock.machine() + work.lease);
        more = work.db.write_repeatable(move |conn| add(conn, &row, Rows::Late, now, until)).await?;
        crash::point("broadcasts.added");
    }
    let quota = quota(work, &account, connect).await;
    let now = work.clock.now();
    work.db.write(move |conn| release(conn, &claimed, quota, now)).await?;
    work.wake.kind(dispatch::SEND);
    crash::point("broadcasts.released");
    Ok(())
}

/// All of it in one transaction, as if its time had been `at`: for a shop that is made up.
pub(super) fn begin_at(conn: &mut Conn, claimed: &Claimed, at: NaiveDateTime) -> Result<(), DbError> {
    begin(conn, claimed, at)?;
    while add(conn, claimed, Rows::AtOnce, at, at)? {}
    release(conn, claimed, None, at)
}

/// Decides whether it goes out; answers the account if it does.
fn begin(conn: &mut Conn, claimed: &Claimed, now: NaiveDateTime) -> Result<Option<ChannelAccount>, DbError> {
    let Some(hand) = store::take(conn, claimed)? else { return Ok(None) };
    let account = channels::find(conn, &hand.broadcast.channel_id)?;
    let latest = workspace::load(conn)?.latest;
    let problem = if hand.begun >= BEGUN_MOST {
        Some(Problem::Poison)
    } else if hand.is_fresh() && now - hand.due_at > latest {
        Some(Problem::Late)
    } else if hand.is_fresh() && !account.as_ref().is_some_and(store::may_begin) {
        Some(Problem::Account)
    } else {
        None
    };
    match (problem, account) {
        (None, Some(account)) => {
            let dispatch = open(conn, &hand.broadcast, now)?;
            store::begin(conn, &hand, &dispatch, now)?;
            Ok(Some(account))
        }
        (problem, _) => {
            fail(conn, &hand, problem.unwrap_or(Problem::Account), now)?;
            Ok(None)
        }
    }
}

fn open(conn: &mut Conn, broadcast: &Broadcast, now: NaiveDateTime) -> Result<tidings_base::db::Id, DbError> {
    let new = NewDispatch {
        channel_id: &broadcast.channel_id,
        name: &broadcast.name,
        origin: Origin::Broadcast,
        origin_id: &broadcast.id,
        origin_step: &broadcast.id,
        cohort: "",
        content: &broadcast.content,
        begins: Begins::Released,
    };
    Ok(dispatch::open(conn, &new, now)?)
}

/// When each person has a row of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    AtOnce,
    /// Where people share calls, when it is known what became of the call.
    Late,
}

/// Freezes the next slice; answers whether there are more.
fn add(
    conn: &mut Conn,
    claimed: &Claimed,
    rows: Rows,
    now: NaiveDateTime,
    until: NaiveDateTime,
) -> Result<bool, DbError> {
    let Some(hand) = store::take(conn, claimed)? else { return Ok(false) };
    let broadcast = &hand.broadcast;
    let Some(dispatch_id) = &broadcast.dispatch_id else { return Ok(false) };
    let audience = match audience(conn, broadcast)? {
        Ok(audience) => audience,
        Err(problem) => {
            dispatch::cancel(conn, dispatch_id, now)?;
            fail(conn, &hand, problem, now)?;
            return Ok(false);
        }
    };
    let as_of = broadcast.as_of.unwrap_or(now);
    let range = store::range(conn, broadcast, hand.reached.as_deref(), SLICE)?;
    if let Some(last) = &range.last {
        let meant = || store::slice(store::meant(broadcast, audience.as_ref(), as_of), hand.reached.as_deref(), last);
        store::put_tags(conn, broadcast, meant(), now)?;
        match rows {
            Rows::AtOnce => dispatch::add(conn, dispatch_id, People::Contacts(meant()), now)?,
            Rows::Late => dispatch::add_together(conn, dispatch_id, meant(), now)?,
        };
    }
    let more = range.people == SLICE;
    // After the last slice, too: whoever comes after a crash finds nobody there to add again.
    store::added(conn, &hand, range.last.as_deref(), until)?;
    Ok(more)
}

/// The audience that it goes to, if it goes to one.
fn audience(conn: &mut Conn, broadcast: &Broadcast) -> Result<Result<Option<audiences::Audience>, Problem>, DbError> {
    let Who::Audience { id, .. } = &broadcast.who else { return Ok(Ok(None)) };
    let Some(id) = id else { return Ok(Err(Problem::AudienceGone)) };
    let kind = channels::find(conn, &broadcast.channel_id)?.map(|account| account.kind);
    Ok(match store::audience(conn, id)? {
        Err(_) => Err(Problem::Rule),
        Ok(None) => Err(Problem::AudienceGone),
        Ok(Some(audience)) if audience.kind.is_some() && audience.kind != kind => Err(Problem::AudienceChannel),
        Ok(Some(audience)) => Ok(Some(audience)),
    })
}

async fn quota(work: &Work, account: &ChannelAccount, connect: &Connect) -> Option<Quota> {
    let channel = connect(account, work)?;
    match tokio::time::timeout(ASKING, channel.quota()).await {
        Ok(Ok(quota)) => Some(quota),
        Ok(Err(trouble)) => {
            tracing::warn!(channel.id = %account.id, ?trouble, "the vendor did not say what is left of the quota");
            None
        }
        Err(_) => {
            tracing::warn!(channel.id = %account.id, "the vendor did not say in time what is left of the quota");
            None
        }
    }
}

/// Everybody is in it: lets it go, or holds it where the quota would not reach for all.
fn release(conn: &mut Conn, claimed: &Claimed, quota: Option<Quota>, now: NaiveDateTime) -> Result<(), DbError> {
    let Some(hand) = store::take(conn, claimed)? else { return Ok(()) };
    let Some(dispatch_id) = &hand.broadcast.dispatch_id else { return Ok(()) };
    dispatch::release(conn, dispatch_id, now)?;
    let pending = dispatch::figures(conn, dispatch_id)?.map_or(0, |figures| figures.open);
    if let Some(quota) = quota.filter(|quota| !quota.fits(pending)) {
        let detail = format!("{pending} to send, {} left", quota.left().unwrap_or_default());
        dispatch::hold(conn, dispatch_id, dispatch::PauseReason::Quota, &detail)?;
    }
    store::started(conn, &hand)?;
    tracing::info!(broadcast.id = %hand.broadcast.id, dispatch.id = %dispatch_id, pending, "a broadcast began");
    Ok(())
}

fn fail(conn: &mut Conn, hand: &Hand, problem: Problem, now: NaiveDateTime) -> Result<(), DbError> {
    tracing::warn!(broadcast.id = %hand.broadcast.id, problem = problem.word(), "a broadcast failed before it began");
    Ok(store::fail(conn, hand, problem, now)?)
}
