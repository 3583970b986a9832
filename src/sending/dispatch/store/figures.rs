use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Text},
};
use std::collections::HashMap;
use tidings_base::db::{Conn, Id, sql::Sql};

use crate::dispatch::{DeliveryState, Origin, Reason};

/// How many people of one or several dispatches stand where.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Figures {
    /// Everybody chosen, those left out included.
    pub people: i64,
    /// Not settled yet: pending or claimed.
    pub open: i64,
    pub sent: i64,
    pub failed: i64,
    pub left_out: i64,
    pub cancelled: i64,
    pub unknown: i64,
    pub delivered: i64,
    pub read: i64,
    pub bounced: i64,
}

/// The figures of one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepFigures {
    pub origin_step: String,
    pub figures: Figures,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    of: String,
    #[diesel(sql_type = BigInt)]
    people: i64,
    #[diesel(sql_type = BigInt)]
    open: i64,
    #[diesel(sql_type = BigInt)]
    sent: i64,
    #[diesel(sql_type = BigInt)]
    failed: i64,
    #[diesel(sql_type = BigInt)]
    left_out: i64,
    #[diesel(sql_type = BigInt)]
    cancelled: i64,
    #[diesel(sql_type = BigInt)]
    unknown: i64,
    #[diesel(sql_type = BigInt)]
    delivered: i64,
    #[diesel(sql_type = BigInt)]
    read: i64,
    #[diesel(sql_type = BigInt)]
    bounced: i64,
}

/// The figures of each cohort, over all its dispatches; a cohort without one is missing.
pub fn of_cohorts(conn: &mut Conn, origin: Origin, cohorts: &[&str]) -> QueryResult<HashMap<String, Figures>> {
    if cohorts.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = sums("cohort");
    sql.push(" where origin = ").bind(origin.word()).push(" and cohort in (").bind_all(cohorts.iter().copied());
    sql.push(") group by cohort");
    Ok(sql.load(conn)?.into_iter().map(|row: Row| (row.of.clone(), row.into())).collect())
}

/// The figures of each step of one origin (of a journey's version, say), over all its cohorts.
pub fn of_origin(conn: &mut Conn, origin: Origin, origin_id: &Id) -> QueryResult<Vec<StepFigures>> {
    let mut sql = sums("origin_step");
    sql.push(" where origin = ").bind(origin.word()).push(" and origin_id = ").bind(origin_id);
    sql.push(" group by origin_step");
    Ok(sql
        .load(conn)?
        .into_iter()
        .map(|row: Row| StepFigures { origin_step: row.of.clone(), figures: row.into() })
        .collect())
}

/// The figures of one dispatch, if there is one.
pub fn figures(conn: &mut Conn, dispatch: &Id) -> QueryResult<Option<Figures>> {
    let mut sql = sums("id");
    sql.push(" where id = ").bind(dispatch).push(" group by id");
    Ok(sql.load(conn)?.into_iter().next().map(|row: Row| row.into()))
}

/// How many people of a dispatch are in this state for each reason, most first.
pub fn reasons(conn: &mut Conn, dispatch: &Id, state: DeliveryState) -> QueryResult<Vec<(Reason, i64)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        reason: Reason,
        #[diesel(sql_type = BigInt)]
        people: i64,
    }
    let mut sql = Sql::new("select reason, count(*) as people from deliveries where dispatch_id = ");
    sql.bind(dispatch)
        .push(" and reason is not null and state = ")
        .bind(state.word())
        .push(" group by reason order by people desc, reason");
    Ok(sql.load(conn)?.into_iter().map(|row: Row| (row.reason, row.people)).collect())
}

/// `select` of the sums by a column; the sum of bigints is numeric on PostgreSQL.
fn sums(by: &str) -> Sql {
    let sum = |what: &str, name: &str| format!(", cast(sum({what}) as bigint) as {name}");
    let mut sql = Sql::new(&format!("select {by} as \"of\""));
    sql.push(&sum("people", "people")).push(&sum("pending + claimed", "open")).push(&sum("sent", "sent"));
    sql.push(&sum("failed", "failed")).push(&sum("left_out", "left_out")).push(&sum("cancelled", "cancelled"));
    sql.push(&sum("unknown", "unknown")).push(&sum("delivered", "delivered")).push(&sum("read", "read"));
    sql.push(&sum("bounced", "bounced")).push(" from dispatches");
    sql
}

impl From<Row> for Figures {
    fn from(row: Row) -> Self {
        Self {
            people: row.people,
            open: row.open,
            sent: row.sent,
            failed: row.failed,
            left_out: row.left_out,
            cancelled: row.cancelled,
            unknown: row.unknown,
            delivered: row.delivered,
            read: row.read,
            bounced: row.bounced,
        }
    }
}
