//! A broadcast on its way out. Each transaction begins with [`take`], which finds nothing when the
//! lease was lost, so that a worker that lost it changes nothing.

use super::{Broadcast, find, tags_of};
use crate::broadcasts::model::{Problem, Stored};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::{
    db::{Conn, Id, schema::broadcasts, sql::Sql},
    jobs::Claimed,
};
use tidings_customers::tags;

/// A claimed broadcast.
#[derive(Clone, Debug)]
pub(crate) struct Hand {
    pub(crate) broadcast: Broadcast,
    pub(crate) due_at: NaiveDateTime,
    /// How often a handler has begun it since it last got on.
    pub(crate) begun: i64,
    /// The key of the last person looked at.
    pub(crate) reached: Option<String>,
}

impl Hand {
    /// Whether nothing has been done about it yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.broadcast.stored == Stored::Scheduled
    }
}

/// The broadcast of this claim; none when it was called off meanwhile, or the lease was lost.
pub(crate) fn take(conn: &mut Conn, claimed: &Claimed) -> QueryResult<Option<Hand>> {
    let ours = broadcasts::table
        .find(&claimed.id)
        .filter(broadcasts::epoch.eq(claimed.epoch))
        .filter(broadcasts::status.eq_any([Stored::Scheduled, Stored::Choosing]));
    // Written and not only read: nobody else can claim or change it before this transaction ends.
    if diesel::update(ours).set(broadcasts::epoch.eq(claimed.epoch)).execute(conn)? == 0 {
        return Ok(None);
    }
    let (due_at, begun, reached) = broadcasts::table
        .find(&claimed.id)
        .select((broadcasts::due_at, broadcasts::begun, broadcasts::reached))
        .first(conn)?;
    Ok(find(conn, &claimed.id)?.map(|broadcast| Hand { broadcast, due_at, begun, reached }))
}

/// Says that its time has come, and that a handler begins it.
pub(crate) fn begin(conn: &mut Conn, hand: &Hand, dispatch: &Id, now: NaiveDateTime) -> QueryResult<()> {
    let row = broadcasts::table.find(&hand.broadcast.id);
    let begun = broadcasts::begun.eq(hand.begun + 1);
    if !hand.is_fresh() {
        return diesel::update(row).set(begun).execute(conn).map(drop);
    }
    diesel::update(row)
        .set((
            begun,
            broadcasts::status.eq(Stored::Choosing),
            broadcasts::dispatch_id.eq(dispatch),
            broadcasts::started_at.eq(now),
            broadcasts::as_of.eq(now),
            broadcasts::version.eq(broadcasts::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// Puts the broadcast's tags on everybody that ` from contacts c … where …` gives.
pub(crate) fn put_tags(conn: &mut Conn, broadcast: &Broadcast, meant: Sql, now: NaiveDateTime) -> QueryResult<()> {
    for tag in tags_of(conn, &broadcast.id)? {
        let mut contacts = Sql::new("select c.id as id");
        contacts.append(meant.clone());
        tags::add_to_all(conn, &tag, contacts, broadcast.confirmed_by.as_deref(), now)?;
    }
    Ok(())
}

/// Keeps how far it got, unless nobody was left, and the lease until `until`.
pub(crate) fn added(conn: &mut Conn, hand: &Hand, reached: Option<&str>, until: NaiveDateTime) -> QueryResult<()> {
    let row = broadcasts::table.find(&hand.broadcast.id);
    let kept = (broadcasts::begun.eq(0), broadcasts::lease_until.eq(until));
    match reached {
        Some(reached) => diesel::update(row).set((kept, broadcasts::reached.eq(reached))).execute(conn).map(drop),
        None => diesel::update(row).set(kept).execute(conn).map(drop),
    }
}

/// Everybody is in its dispatch.
pub(crate) fn started(conn: &mut Conn, hand: &Hand) -> QueryResult<()> {
    let status = broadcasts::status.eq(Stored::Started);
    diesel::update(broadcasts::table.find(&hand.broadcast.id)).set((status, let_go())).execute(conn).map(drop)
}

/// It fails before anybody was written to.
pub(crate) fn fail(conn: &mut Conn, hand: &Hand, problem: Problem, now: NaiveDateTime) -> QueryResult<()> {
    diesel::update(broadcasts::table.find(&hand.broadcast.id))
        .set((
            broadcasts::status.eq(Stored::Failed),
            broadcasts::problem.eq(problem),
            broadcasts::ended_at.eq(now),
            let_go(),
        ))
        .execute(conn)
        .map(drop)
}

/// Lets go of one that could not be worked on, as if it had not been begun.
pub(crate) fn forgive(conn: &mut Conn, claimed: &Claimed) -> QueryResult<()> {
    let row = broadcasts::table.find(&claimed.id).filter(broadcasts::epoch.eq(claimed.epoch));
    let free = (broadcasts::owner.eq(None::<String>), broadcasts::lease_until.eq(None::<NaiveDateTime>));
    diesel::update(row).set((broadcasts::begun.eq(0), free)).execute(conn).map(drop)
}

type LetGo = (
    diesel::dsl::Eq<broadcasts::owner, Option<String>>,
    diesel::dsl::Eq<broadcasts::lease_until, Option<NaiveDateTime>>,
);

fn let_go() -> LetGo {
    (broadcasts::owner.eq(None), broadcasts::lease_until.eq(None))
}
