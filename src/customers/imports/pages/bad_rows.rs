use super::{
    super::{bad::Bad, kind::ImportKind, store},
    show::find,
};
use crate::sheets::Writer;
use actix_web::{HttpResponse, http::header, web};
use tidings_base::{
    db::{Conn, DbError, Id},
    web::{Answer, App, May, Page, permit::WriteContacts},
};

/// Rows read at a time. The whole file is at most what was uploaded, so it may stand in memory.
const BATCH: i64 = 5_000;

/// GET `/contacts/import/{id}/bad-rows`, `/orders/import/{id}/bad-rows`: the rows that were not taken, with the reason before each,
/// to be corrected and sent again.
pub(in super::super) async fn index(
    app: App,
    _who: May<WriteContacts>,
    page: Page,
    kind: ImportKind,
    id: web::Path<Id>,
) -> Answer {
    let id = id.into_inner();
    let import = find(&app, kind, &id).await?;
    let rows: Vec<Bad> = app.db.read(move |conn| all(conn, &id)).await?;
    let mut file = Writer::new();
    let own = ["imports.reason", "imports.row_number"].map(|key| page.text(key));
    file.row(own.iter().chain(import.mapping().titles()));
    for row in &rows {
        file.row([row.reasons(&page), row.number.to_string()].iter().chain(&row.cells));
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"bad-rows.csv\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(file.finish()))
}

fn all(conn: &mut Conn, id: &Id) -> Result<Vec<Bad>, DbError> {
    let mut rows: Vec<Bad> = Vec::new();
    loop {
        let some = store::bad_rows(conn, id, rows.last().map_or(0, |row| row.number), BATCH)?;
        let more = some.len() as i64 == BATCH;
        rows.extend(some);
        if !more {
            return Ok(rows);
        }
    }
}

impl Bad {
    /// The row in one line.
    pub(super) fn shown(&self) -> String {
        self.cells.iter().map(|cell| cell.trim()).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    /// Why it was not taken, in words.
    pub(super) fn reasons(&self, page: &Page) -> String {
        let reasons: Vec<String> = self.problems.iter().map(|problem| page.text(problem.label())).collect();
        reasons.join(&page.text("imports.and"))
    }
}
