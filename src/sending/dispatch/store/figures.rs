use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use std::collections::HashMap;
use tidings_base::db::{Conn, Id, sql::Sql};

use crate::dispatch::{DeliveryState, Origin, Reason};

/// How many people of one or several dispatches stand where.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, QueryableByName)]
pub struct Figures {
    /// Everybody chosen, those left out included.
    #[diesel(sql_type = BigInt)]
    pub people: i64,
    /// Not settled yet.
    #[diesel(sql_type = BigInt)]
    pub open: i64,
    #[diesel(sql_type = BigInt)]
    pub sent: i64,
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    #[diesel(sql_type = BigInt)]
    pub left_out: i64,
    #[diesel(sql_type = BigInt)]
    pub cancelled: i64,
    #[diesel(sql_type = BigInt)]
    pub unknown: i64,
    #[diesel(sql_type = BigInt)]
    pub delivered: i64,
    #[diesel(sql_type = BigInt)]
    pub read: i64,
    #[diesel(sql_type = BigInt)]
    pub bounced: i64,
}

/// The figures of one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepFigures {
    pub origin_step: String,
    pub figures: Figures,
}

impl Figures {
    /// How many are in any of these states; everybody, where none is named.
    pub fn of(&self, states: &[DeliveryState]) -> i64 {
        let of = |state: &DeliveryState| match state {
            DeliveryState::Pending => self.open,
            DeliveryState::Sent => self.sent,
            DeliveryState::Failed => self.failed,
            DeliveryState::LeftOut => self.left_out,
            DeliveryState::Cancelled => self.cancelled,
            DeliveryState::Unknown => self.unknown,
        };
        if states.is_empty() { self.people } else { states.iter().map(of).sum() }
    }

    /// What to select them with, from rows of `dispatches`: `of` makes of a count of a row the value that
    /// is wanted of it.
    pub fn columns(of: impl Fn(&str) -> String) -> String {
        let counts = [
            ("people", "people"),
            ("pending", "open"),
            ("sent", "sent"),
            ("failed", "failed"),
            ("left_out", "left_out"),
            ("cancelled", "cancelled"),
            ("unknown", "unknown"),
            ("delivered", "delivered"),
            ("read", "read"),
            ("bounced", "bounced"),
        ];
        counts.map(|(count, name)| format!("{} as {name}", of(count))).join(", ")
    }
}

impl std::iter::Sum for Figures {
    fn sum<I: Iterator<Item = Self>>(figures: I) -> Self {
        figures.fold(Self::default(), |all, one| Self {
            people: all.people + one.people,
            open: all.open + one.open,
            sent: all.sent + one.sent,
            failed: all.failed + one.failed,
            left_out: all.left_out + one.left_out,
            cancelled: all.cancelled + one.cancelled,
            unknown: all.unknown + one.unknown,
            delivered: all.delivered + one.delivered,
            read: all.read + one.read,
            bounced: all.bounced + one.bounced,
        })
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    of: String,
    #[diesel(embed)]
    figures: Figures,
}

/// The figures of each cohort, over all its dispatches; a cohort without one is missing.
pub fn of_cohorts(conn: &mut Conn, origin: Origin, cohorts: &[&str]) -> QueryResult<HashMap<String, Figures>> {
    if cohorts.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = sums("cohort");
    sql.push(" where origin = ").bind(origin.word()).push(" and cohort in (").bind_all(cohorts.iter().copied());
    sql.push(") group by cohort");
    Ok(sql.load(conn)?.into_iter().map(|row: Row| (row.of, row.figures)).collect())
}

/// The figures of each step of one origin (of a journey's version, say), over all its cohorts.
pub fn of_origin(conn: &mut Conn, origin: Origin, origin_id: &Id) -> QueryResult<Vec<StepFigures>> {
    let mut sql = sums("origin_step");
    sql.push(" where origin = ").bind(origin.word()).push(" and origin_id = ").bind(origin_id);
    sql.push(" group by origin_step");
    Ok(sql.load(conn)?.into_iter().map(|row: Row| StepFigures { origin_step: row.of, figures: row.figures }).collect())
}

/// The figures of one dispatch, if there is one.
pub fn figures(conn: &mut Conn, dispatch: &Id) -> QueryResult<Option<Figures>> {
    let mut sql = sums("id");
    sql.push(" where id = ").bind(dispatch).push(" group by id");
    Ok(sql.load(conn)?.into_iter().next().map(|row: Row| row.figures))
}

/// The figures of all dispatches together, trials included.
pub fn totals(conn: &mut Conn) -> QueryResult<Figures> {
    let columns = Figures::columns(|count| format!("cast(coalesce(sum({count}), 0) as bigint)"));
    Sql::new(&format!("select {columns} from dispatches")).first(conn)
}

/// Since when the delivery waits that has waited longest of those that could be sent; machine time,
/// and of no use while the product's clock is moved.
pub fn waits_since(conn: &mut Conn, machine: NaiveDateTime) -> QueryResult<Option<NaiveDateTime>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<Timestamp>)]
        since: Option<NaiveDateTime>,
    }
    let mut sql = Sql::new(
        "select min(since) as since from (select (select min(case when x.due_at < x.created_at then x.created_at else \
         x.due_at end) from deliveries x where x.dispatch_id = d.id and x.waits and x.due_at <= ",
    );
    sql.bind(machine).push(
        ") as since from dispatches d where d.status = 'sending' union all select (select x.created_at from deliveries x \
         where x.id > s.after_id and x.id <= s.last_id order by x.id limit 1) as since from stretches s \
         join dispatches d on d.id = s.dispatch_id where d.status = 'sending' union all select p.created_at as since from packs p \
         join dispatches d on d.id = p.dispatch_id where p.state = 'waiting' and d.status = 'sending') as waiting",
    );
    Ok(sql.first::<Row>(conn)?.since)
}

/// How many people of a dispatch are in this state, one in which they did not surely get it, for each
/// reason, most first.
pub fn reasons(conn: &mut Conn, dispatch: &Id, state: DeliveryState) -> QueryResult<Vec<(Reason, i64)>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        reason: Reason,
        #[diesel(sql_type = BigInt)]
        people: i64,
    }
    let mut sql = Sql::new(
        "select reason, cast(sum(people) as bigint) as people from (select reason, people from dispatch_reasons where dispatch_id = ",
    );
    // Their rows may be gone, or going.
    sql.bind(dispatch).push(" and missed = ").bind(state.missed());
    sql.push(
        " union all select x.reason, count(*) as people from deliveries x join dispatches d on d.id = x.dispatch_id \
         where d.archived_at is null and x.reason is not null and x.missed <> '' and x.dispatch_id = ",
    );
    sql.bind(dispatch).push(" and x.missed = ").bind(state.missed()).push(" group by x.reason) as counted");
    sql.push(" group by reason order by 2 desc, reason");
    Ok(sql.load(conn)?.into_iter().map(|row: Row| (row.reason, row.people)).collect())
}

/// `select` of the sums by a column; the sum of bigints is numeric on PostgreSQL.
fn sums(by: &str) -> Sql {
    let columns = Figures::columns(|count| format!("cast(sum({count}) as bigint)"));
    Sql::new(&format!("select {by} as \"of\", {columns} from dispatches"))
}
