//! The work of writing out packs, for the corridor itself and for whoever follows dispatches of their own.

use super::store::unpacking::{Moment, Whose, packs_waiting, to_unpack, unpack};
use diesel::QueryResult;
use std::sync::Arc;
use tidings_base::{
    crash,
    db::{Conn, DbError, Id},
    jobs::{Claimed, Due, Failure, Kind, Load, Work},
};

/// The kind that writes out packs of dispatches that nobody follows; woken when people of some are settled.
pub const UNPACK: &str = "dispatch.unpack";

/// Writes each person's row, of dispatches that nobody follows.
pub fn write_out() -> Kind {
    let some = |conn: &mut Conn, dispatch: &Id, at: Moment| Ok(unpack(conn, dispatch, at)?.len());
    writing_out(UNPACK, "dispatch.unpack_job", Whose::Others, some, &[super::SEND])
}

/// What writes out some packs of a dispatch in the transaction it is called in; answers how many.
type WriteSome = fn(&mut Conn, &Id, Moment) -> QueryResult<usize>;

/// A kind that writes out packs, some in one transaction by `some`, and then wakes others.
pub fn writing_out(
    name: &'static str,
    label: &'static str,
    whose: Whose,
    some: WriteSome,
    wakes: &'static [&'static str],
) -> Kind {
    Kind {
        name,
        label,
        concurrency: 1,
        together: 1,
        slice: 1,
        // There is nothing to hold: packs are taken in the transaction that writes their people.
        claim: Arc::new(move |conn, terms| {
            let dispatch = to_unpack(conn, whose, &[], terms.into())?;
            Ok(dispatch.into_iter().map(|id| Claimed { id, epoch: 0, begun: 0 }).collect())
        }),
        next: Arc::new(move |conn, terms| Ok(to_unpack(conn, whose, &[], terms.into())?.map(|_| Due::Now))),
        run: Arc::new(move |work, _| Box::pin(all(work, whose, some, wakes))),
        load: Arc::new(move |conn, _| Ok(Load { waiting: packs_waiting(conn, whose)?, ..Load::default() })),
        care: Kind::no_care(),
    }
}

/// Writes out whatever can be. A dispatch of which that fails keeps no other from its turn.
async fn all(work: Work, whose: Whose, some: WriteSome, wakes: &[&'static str]) -> Result<(), Failure> {
    let mut failed: Vec<Id> = Vec::new();
    let mut failure = None;
    loop {
        let at = Moment { now: work.clock.now(), machine: work.clock.machine() };
        let except = failed.clone();
        let next = work.db.read(move |conn| to_unpack(conn, whose, &except, at).map_err(DbError::from)).await?;
        let Some(dispatch) = next else { break };
        crash::point("dispatch.unpacking");
        let id = dispatch.clone();
        match work.db.write_repeatable(move |conn| some(conn, &id, at).map_err(DbError::from)).await {
            // Another node was quicker.
            Ok(0) => break,
            Ok(_) => {
                crash::point("dispatch.unpacked");
                wakes.iter().for_each(|kind| work.wake.kind(kind));
            }
            Err(e) => {
                failed.push(dispatch);
                failure = Some(e);
            }
        }
    }
    failure.map_or(Ok(()), |e| Err(e.into()))
}
