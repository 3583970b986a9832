use super::{
    rows::Calendar,
    store::{self, Import, Lost, Slice},
};
use crate::sheets::Sheet;
use std::sync::Arc;
use tidings_base::{
    db::{Conn, DbError},
    jobs::{self, BEGUN_MOST, Claimed, Failure, Kind, Work},
    workspace,
};

/// The name to wake it by.
pub(super) const NAME: &str = "imports.run";

const TABLE: &str = "imports";

/// Rows taken over in one transaction: some 20 ms of the writer.
const ROWS: usize = 500;

/// Takes over the rows of confirmed imports.
pub fn run() -> Kind {
    Kind::over(NAME, "imports.job", TABLE, "status = 'running'", 1, 1, |work, slice| async move {
        for claimed in slice.rows {
            import(&work, claimed, &slice.owner).await?;
        }
        Ok(())
    })
    .cared_for(store::Failed)
}

async fn import(work: &Work, claimed: Claimed, owner: &str) -> Result<(), Failure> {
    let now = work.clock.now();
    if claimed.begun >= BEGUN_MOST {
        tracing::error!(import.id = %claimed.id, "an import broke off three times and was set aside");
        return Ok(work.db.write(move |conn| store::set_aside(conn, &claimed, now).map_err(DbError::from)).await?);
    }
    let owner = owner.to_owned();
    work.db.write(move |conn| jobs::begin(conn, TABLE, &owner).map_err(DbError::from)).await?;
    let id = claimed.id.clone();
    let (import, sheet, zone) = work.db.read(move |conn| open(conn, &id)).await?;
    let (sheet, target, mapping) = (Arc::new(sheet), Arc::new(import.target()), Arc::new(import.mapping()));
    let mut from = import.done;
    while let Some(rows) = sheet.rows.get(from as usize..).filter(|rows| !rows.is_empty()) {
        let count = rows.len().min(ROWS);
        let (sheet, target, mapping, claimed) = (sheet.clone(), target.clone(), mapping.clone(), claimed.clone());
        let calendar = Calendar { zone, now: work.clock.now() };
        let lease_until = work.clock.machine() + work.lease;
        let take = move |conn: &mut Conn| {
            let rows = &sheet.rows[from as usize..][..count];
            let (claimed, target, mapping) = (&claimed, &*target, &*mapping);
            store::apply(conn, &Slice { claimed, target, mapping, calendar, from, rows, lease_until })
        };
        match work.db.write(take).await {
            Ok(()) => from += count as i64,
            Err(Lost::Claim) => return Ok(()),
            Err(Lost::Db(e)) => return Err(e.into()),
        }
    }
    Ok(work.db.write(move |conn| store::finish(conn, &claimed, now).map_err(DbError::from)).await?)
}

fn open(conn: &mut Conn, id: &tidings_base::db::Id) -> Result<(Import, Sheet, chrono_tz::Tz), Failure> {
    let import = store::find(conn, id).map_err(DbError::from)?.ok_or("the import is gone")?;
    let content = store::content(conn, id).map_err(DbError::from)?;
    let sheet =
        Sheet::read(&content, import.encoding).map_err(|problem| format!("the file cannot be read: {problem}"))?;
    let zone = workspace::load(conn).map_err(DbError::from)?.zone;
    Ok((import, sheet, zone))
}
