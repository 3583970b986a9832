//! Runs that failed, for the page of jobs: their time is over, so that they can only be looked at.

use crate::schedules::model::Reason;
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

/// Runs that failed lately.
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
            "select t.id, s.name, s.id as page, t.reason as why, t.finished_at as at from schedule_tasks t \
             join schedules s on s.id = t.schedule_id where t.status = 'failed' and t.finished_at > ",
        );
        sql.bind(now - SHOWN).push(" order by t.finished_at desc limit ").bind(limit);
        let trouble = |row: Row| {
            let why = Message::new(row.why.and_then(|why| why.parse().ok()).unwrap_or(Reason::Poison).key());
            Trouble::shown(row.id, row.name, format!("/schedules/{}/tasks", row.page), why, row.at)
        };
        Ok(sql.load(conn)?.into_iter().map(trouble).collect())
    }
}
