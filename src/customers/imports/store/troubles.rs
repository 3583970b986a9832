//! Imports that broke off, for the page of jobs.

use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{Conn, Id, sql::Sql},
    jobs::{Care, SHOWN, Trouble},
    web::Message,
};

/// Imports that broke off lately.
pub(in crate::imports) struct Failed;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Nullable<Timestamp>)]
    at: Option<NaiveDateTime>,
}

impl Care for Failed {
    fn troubles(&self, conn: &mut Conn, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Trouble>> {
        let mut sql = Sql::new(
            "select id, file_name as name, kind, finished_at as at from imports where status = 'failed' and finished_at > ",
        );
        sql.bind(now - SHOWN).push(" order by finished_at desc limit ").bind(limit);
        let trouble = |row: Row| {
            let page = format!("/{}/import/{}", row.kind, row.id);
            Trouble::shown(row.id, row.name, page, Message::new("imports.failed_job"), row.at)
        };
        Ok(sql.load(conn)?.into_iter().map(trouble).collect())
    }
}
