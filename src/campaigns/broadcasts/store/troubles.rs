//! Broadcasts that never began, for the page of jobs.

use crate::broadcasts::model::Problem;
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

/// Broadcasts that failed lately, before anybody was chosen.
pub(crate) struct Failed;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    page: Id,
    #[diesel(sql_type = Nullable<Text>)]
    why: Option<String>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    at: Option<NaiveDateTime>,
}

impl Care for Failed {
    fn troubles(&self, conn: &mut Conn, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Trouble>> {
        let mut sql = Sql::new(
            "select id, name, id as page, problem as why, ended_at as at from broadcasts where status = 'failed' and ended_at > ",
        );
        sql.bind(now - SHOWN).push(" order by ended_at desc limit ").bind(limit);
        let trouble = |row: Row| {
            let why = Message::new(row.why.and_then(|why| why.parse().ok()).unwrap_or(Problem::Poison).label());
            Trouble::shown(row.id, row.name, format!("/broadcasts/{}", row.page), why, row.at)
        };
        Ok(sql.load(conn)?.into_iter().map(trouble).collect())
    }
}
