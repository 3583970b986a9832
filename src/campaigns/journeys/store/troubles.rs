//! Cohorts that were set aside, for the page of jobs.

use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{Conn, Id, sql::Sql},
    jobs::{BEGUN_MOST, Care, Trouble},
    web::Message,
};

/// Cohorts whose work broke off three times.
pub(crate) struct SetAside;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    page: Id,
    #[diesel(sql_type = BigInt)]
    people: i64,
    #[diesel(sql_type = Nullable<Timestamp>)]
    at: Option<NaiveDateTime>,
}

impl Care for SetAside {
    fn troubles(&self, conn: &mut Conn, _now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Trouble>> {
        let mut sql = Sql::new(
            "select c.id, j.name, j.id as page, c.entered - c.finished as people, c.due_at as at from journey_cohorts c \
             join journeys j on j.id = c.journey_id where c.closed_at is null and c.begun >= ",
        );
        sql.bind(BEGUN_MOST).push(" order by c.id desc limit ").bind(limit);
        let trouble = |row: Row| {
            let page = format!("/journeys/{}", row.page);
            let why = Message::new("journeys.set_aside");
            Trouble { can_retry: true, people: Some(row.people), ..Trouble::shown(row.id, row.name, page, why, row.at) }
        };
        Ok(sql.load(conn)?.into_iter().map(trouble).collect())
    }

    fn retry(&self, conn: &mut Conn, id: &Id, _now: NaiveDateTime) -> QueryResult<bool> {
        let mut sql = Sql::new("update journey_cohorts set begun = 0 where closed_at is null and begun >= ");
        sql.bind(BEGUN_MOST).push(" and id = ").bind(id);
        Ok(sql.execute(conn)? > 0)
    }
}
