//! `/broadcasts/export` (匯出推播報告): the records of a time and one channel, as CSV.

use super::list::Wanted;
use crate::{
    broadcasts::store::{self, Listed},
    rates,
};
use actix_web::{HttpResponse, http::header};
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::DbError,
    web::{Answer, App, May, Message, Page, Query, dates, permit::ManageBroadcasts, redirect_warning},
};
use tidings_customers::sheets;

/// More broadcasts than a report can be read for.
const MOST: i64 = 10_000;

/// GET `/broadcasts/export`
pub(crate) async fn index(app: App, user: May<ManageBroadcasts>, page: Page, query: Query) -> Answer {
    let wanted = Wanted::read(&query);
    if let Some(lacks) = wanted.lacks() {
        return Ok(redirect_warning("/broadcasts", Message::new(lacks)));
    }
    let (asked, by, now) = (wanted.asked(page.tz()), (*user).clone(), page.now());
    let rows = app
        .db
        .write(move |conn| {
            let detail = Some(Message::new("broadcasts.audit_exported"));
            let entry = Entry { action: Action::Exported, noun: Noun::Broadcast, id: "", name: "", detail };
            audit::record(conn, &by, now, &entry)?;
            Ok::<_, DbError>(store::export(conn, &asked, MOST)?)
        })
        .await?;
    let mut file = sheets::Writer::new();
    file.row(TITLES.map(|key| page.text(key)));
    for row in &rows {
        file.row(cells(row, &page));
    }
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"broadcasts.csv\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(file.finish()))
}

const TITLES: [&str; 14] = [
    "broadcasts.name",
    "broadcasts.sent_at",
    "broadcasts.channel",
    "broadcasts.column.who",
    "broadcasts.audience",
    "broadcasts.column.status",
    "broadcasts.column.people",
    "funnel.left_out",
    "funnel.sent",
    "funnel.failed",
    "funnel.unknown",
    "funnel.received",
    "broadcasts.column.success",
    "broadcasts.column.read",
];

fn cells(row: &Listed, page: &Page) -> [String; 14] {
    let figures = &row.figures;
    let share = |share: Option<rates::Share>| share.map(|share| share.to_string()).unwrap_or_default();
    [
        row.name.clone(),
        row.started_at.map(|at| dates::stamp(at, page.tz())).unwrap_or_default(),
        row.channel.clone(),
        page.text(row.who.label()),
        row.audience.clone(),
        page.text(row.status.label()),
        figures.people.to_string(),
        figures.left_out.to_string(),
        figures.sent.to_string(),
        figures.failed.to_string(),
        figures.unknown.to_string(),
        rates::received(row.kind, figures).to_string(),
        share(rates::success(row.kind, figures)),
        share(rates::read(row.kind, figures)),
    ]
}
