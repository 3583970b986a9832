use super::{
    super::bad::{Bad, RowProblem},
    BATCH,
};
use diesel::prelude::*;
use tidings_base::{
    db::{Conn, Id, schema::import_bad_rows},
    each_backend,
};

/// Bad rows in their order, at most `limit` of those after row number `after`.
pub(crate) fn bad_rows(conn: &mut Conn, id: &Id, after: i64, limit: i64) -> QueryResult<Vec<Bad>> {
    let rows: Vec<(i64, String, String)> = import_bad_rows::table
        .filter(import_bad_rows::import_id.eq(id).and(import_bad_rows::row_number.gt(after)))
        .select((import_bad_rows::row_number, import_bad_rows::fields, import_bad_rows::reason))
        .order(import_bad_rows::row_number)
        .limit(limit)
        .load(conn)?;
    let bad = |(number, fields, reason): (i64, String, String)| Bad {
        number,
        cells: serde_json::from_str(&fields).unwrap_or_default(),
        problems: RowProblem::split(&reason),
    };
    Ok(rows.into_iter().map(bad).collect())
}

/// Keeps bad rows of an import.
pub(super) fn write(conn: &mut Conn, import_id: &Id, bad: &[Bad]) -> QueryResult<()> {
    for some in bad.chunks(BATCH) {
        let row = |bad: &Bad| {
            (
                import_bad_rows::import_id.eq(import_id.clone()),
                import_bad_rows::row_number.eq(bad.number),
                import_bad_rows::fields.eq(serde_json::to_string(&bad.cells).expect("texts can always be written")),
                import_bad_rows::reason.eq(RowProblem::join(&bad.problems)),
            )
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        each_backend!(conn, c => diesel::insert_into(import_bad_rows::table).values(&rows).execute(c))?;
    }
    Ok(())
}
