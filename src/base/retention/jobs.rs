use super::{Sweep, Terms, store};
use crate::{
    db::DbError,
    jobs::{self, BEGUN_MOST, Claimed, Failure, Kind, Work},
    workspace,
};

const TABLE: &str = "sweeps";

/// Rows removed in one transaction: some 20 ms of the writer.
const ROWS: i64 = 1_000;

/// Removes what is too old, every night.
pub fn sweep(sweeps: Vec<Sweep>) -> Kind {
    Kind::over("retention.sweep", "settings.sweep_job", TABLE, "1 = 1", 1, 1, move |work, slice| {
        let sweeps = sweeps.clone();
        async move {
            for claimed in slice.rows {
                once(&work, &sweeps, &claimed, &slice.owner).await?;
            }
            Ok(())
        }
    })
}

async fn once(work: &Work, sweeps: &[Sweep], claimed: &Claimed, owner: &str) -> Result<(), Failure> {
    let mine = owner.to_owned();
    if work.db.write(move |conn| jobs::begin(conn, TABLE, &mine).map_err(DbError::from)).await? == 0 {
        return Ok(());
    }
    let workspace = work.db.read(|conn| workspace::load(conn).map_err(DbError::from)).await?;
    let now = work.clock.now();
    let before = workspace.keep.and_then(|keep| now.checked_sub_signed(keep));
    let mut removed = 0;
    if claimed.begun < BEGUN_MOST {
        for sweep in sweeps {
            let rows = through(work, sweep, before, owner).await?;
            if rows > 0 {
                tracing::info!(table = sweep.name, rows, "removed what was too old");
            }
            removed += rows;
        }
    } else {
        tracing::error!("removing what is too old broke off three times; it is tried again next night");
    }
    let (next, owner) = (store::next(now, workspace.zone), owner.to_owned());
    Ok(work.db.write(move |conn| store::finish(conn, &owner, next, now, removed).map_err(DbError::from)).await?)
}

/// All that one sweep can remove; in between others write.
async fn through(
    work: &Work,
    sweep: &Sweep,
    before: Option<chrono::NaiveDateTime>,
    owner: &str,
) -> Result<i64, Failure> {
    let mut removed = 0;
    loop {
        let terms = Terms { now: work.clock.now(), machine: work.clock.machine(), before, limit: ROWS };
        let (some, mine, until) = (sweep.some, owner.to_owned(), work.clock.machine() + work.lease);
        let rows = work
            .db
            .write(move |conn| {
                if jobs::renew(conn, TABLE, &mine, until)? == 0 {
                    return Ok(0);
                }
                some(conn, &terms).map_err(DbError::from)
            })
            .await?;
        if rows == 0 {
            return Ok(removed);
        }
        removed += rows as i64;
    }
}
