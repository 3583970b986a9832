use super::{
    super::{
        ImportStatus,
        contacts::ContactRows,
        mapping::Mapping,
        orders::OrderRows,
        rows::{self, Calendar, Rows},
        target::Target,
    },
    bad_rows,
};
use crate::sheets::Row;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::{
    db::{Conn, DbError, schema::imports},
    jobs::Claimed,
};

/// Rows that are taken over in one transaction, with how far the import is then.
pub(crate) struct Slice<'a> {
    pub claimed: &'a Claimed,
    pub target: &'a Target,
    pub mapping: &'a Mapping,
    pub calendar: Calendar,
    /// How many rows were worked through before.
    pub from: i64,
    pub rows: &'a [Row],
    /// Machine time: how long the import stays ours.
    pub lease_until: NaiveDateTime,
}

/// Why a slice was not taken over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// Somebody else has the import, or it is further than this worker thought.
    #[error("the import is not ours any more")]
    Claim,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<diesel::result::Error> for Lost {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}

/// Takes the rows over. Either all of it is written, with the import's progress, or nothing.
pub(crate) fn apply(conn: &mut Conn, slice: &Slice<'_>) -> Result<(), Lost> {
    match slice.target {
        Target::Contacts(account) => take_over(conn, &ContactRows { account }, slice),
        Target::Orders => take_over(conn, &OrderRows, slice),
    }
}

fn take_over<R: Rows>(conn: &mut Conn, kind: &R, slice: &Slice<'_>) -> Result<(), Lost> {
    let Slice { claimed, mapping, calendar, from, rows, lease_until, .. } = *slice;
    let (plan, outcome) = rows::work_out(conn, kind, rows, mapping, calendar, &mut R::Known::default())?;
    let ours = imports::table
        .find(&claimed.id)
        .filter(imports::epoch.eq(claimed.epoch))
        .filter(imports::status.eq(ImportStatus::Running))
        .filter(imports::done.eq(from));
    let moved = diesel::update(ours)
        .set((
            imports::done.eq(from + rows.len() as i64),
            imports::created.eq(imports::created + outcome.created),
            imports::updated.eq(imports::updated + outcome.updated),
            imports::bad.eq(imports::bad + outcome.bad.len() as i64),
            imports::lease_until.eq(lease_until),
            imports::begun.eq(0),
        ))
        .execute(conn)?;
    if moved == 0 {
        return Err(Lost::Claim);
    }
    kind.write(conn, &plan, calendar.now)?;
    bad_rows::write(conn, &claimed.id, &outcome.bad)?;
    Ok(())
}
