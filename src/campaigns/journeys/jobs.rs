//! The kinds of work of journeys: moving people whose time has come, letting go on whose message is settled, and
//! writing out those who got the first one together.

use super::store::{self, Turn, Turned};
use std::sync::Arc;
use tidings_base::{
    crash,
    db::{DbError, Id},
    jobs::{self, Claimed, Due, Failure, Kind, Load, Slice, Work},
};
use tidings_sending::dispatch::{self, Whose};

/// Moves the people of due cohorts. Woken when people came in or a message was settled.
pub const ADVANCE: &str = "journeys.advance";
/// Hears of settled deliveries.
pub const FOLLOW: &str = "journeys.follow";

/// Writes out people who share a message. Found within a second of their being settled.
const UNPACK: &str = "journeys.unpack";

/// People moved in one transaction: others can write in between.
const PEOPLE: i64 = 1_500;
/// Deliveries taken in one transaction.
const DELIVERIES: i64 = 1_000;

/// The kinds of work, for the list in the program's assembly.
pub fn kinds() -> Vec<Kind> {
    let follow = Kind {
        name: FOLLOW,
        label: "journeys.follow_job",
        concurrency: 1,
        together: 1,
        slice: 1,
        // There is nothing to hold: news are taken in the transaction that moves their people.
        claim: Arc::new(|conn, _| {
            let some = dispatch::news(conn, 1)?;
            Ok(some.into_iter().map(|news| Claimed { id: news.id, epoch: 0, begun: 0 }).collect())
        }),
        next: Arc::new(|conn, _| Ok((dispatch::news_waiting(conn)? > 0).then_some(Due::Now))),
        run: Arc::new(|work, _| Box::pin(follow(work))),
        load: Arc::new(|conn, _| Ok(Load { waiting: dispatch::news_waiting(conn)?, ..Load::default() })),
        care: Kind::no_care(),
    };
    const WAKES: &[&str] = &[ADVANCE, dispatch::SEND];
    let unpack = dispatch::writing_out(UNPACK, "journeys.unpack_job", Whose::Followed, store::unpack, WAKES);
    let advance = Kind::over(ADVANCE, "journeys.advance_job", store::COHORTS, store::HAS_WORK, 2, 1, advance)
        .cared_for(store::SetAside);
    vec![advance, follow, unpack]
}

async fn advance(work: Work, slice: Slice) -> Result<(), Failure> {
    let owner = slice.owner.clone();
    let mine = work.db.write(move |conn| jobs::begin(conn, store::COHORTS, &owner).map_err(DbError::from)).await?;
    if mine == 0 {
        return Ok(());
    }
    for row in &slice.rows {
        if let Err(e) = go_on(&work, &slice.owner, &row.id).await {
            if e.is_busy() {
                let owner = slice.owner.clone();
                work.db.write(move |conn| store::forgive(conn, &owner).map_err(DbError::from)).await?;
            }
            return Err(e.into());
        }
    }
    Ok(())
}

/// Moves people of the cohort until nobody is due.
async fn go_on(work: &Work, owner: &str, cohort_id: &Id) -> Result<(), DbError> {
    loop {
        let turn = Turn {
            cohort_id: cohort_id.clone(),
            owner: owner.to_owned(),
            until: work.clock.machine() + work.lease,
            now: work.clock.now(),
            slice: PEOPLE,
        };
        crash::point("journeys.before_move");
        let turned = work.db.write_repeatable(move |conn| store::advance(conn, &turn).map_err(DbError::from)).await?;
        match turned {
            Turned::Moved => {
                crash::point("journeys.after_move");
                work.wake.kind(dispatch::SEND);
            }
            Turned::Rests | Turned::Lost => return Ok(()),
        }
    }
}

async fn follow(work: Work) -> Result<(), Failure> {
    loop {
        let now = work.clock.now();
        crash::point("journeys.before_follow");
        let taken =
            work.db.write_repeatable(move |conn| store::follow(conn, DELIVERIES, now).map_err(DbError::from)).await?;
        if taken == 0 {
            return Ok(());
        }
        crash::point("journeys.after_follow");
        work.wake.kind(ADVANCE);
    }
}
