use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text, Timestamp},
};
use tidings_base::db::{Conn, Id, sql::Sql};

/// A schedule that has yet to bring people into a journey.
#[derive(QueryableByName, Clone, PartialEq, Debug)]
pub(crate) struct Use {
    #[diesel(sql_type = Text)]
    pub schedule_id: Id,
    #[diesel(sql_type = Text)]
    pub name: String,
    /// How many tasks are left.
    #[diesel(sql_type = BigInt)]
    pub tasks: i64,
    /// When the next one is due.
    #[diesel(sql_type = Timestamp)]
    pub next_at: NaiveDateTime,
}

/// The schedules with tasks left that name this journey, the next to run first.
pub(crate) fn uses(conn: &mut Conn, journey_id: &Id) -> QueryResult<Vec<Use>> {
    let mut sql = Sql::new(
        "select s.id as schedule_id, s.name, count(*) as tasks, min(t.due_at) as next_at from schedules s \
         join schedule_tasks t on t.schedule_id = s.id and t.status in ('waiting', 'running') where s.journey_id = ",
    );
    sql.bind(journey_id).push(" group by s.id, s.name order by next_at, s.id");
    sql.load(conn)
}
