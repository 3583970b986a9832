//! How far a new shop has come on its way to its first send.

use diesel::{QueryResult, QueryableByName, sql_types::Bool};
use tidings_base::db::{Conn, sql::Sql};

/// What has been done of it.
#[derive(QueryableByName, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FirstSteps {
    #[diesel(sql_type = Bool)]
    pub(crate) channel: bool,
    #[diesel(sql_type = Bool)]
    pub(crate) contacts: bool,
    #[diesel(sql_type = Bool)]
    pub(crate) audience: bool,
    /// Published.
    #[diesel(sql_type = Bool)]
    pub(crate) journey: bool,
    #[diesel(sql_type = Bool)]
    pub(crate) schedule: bool,
    /// A message to somebody of the shop.
    #[diesel(sql_type = Bool)]
    pub(crate) trial: bool,
}

/// One statement; each part ends at the first row.
pub(crate) fn first_steps(conn: &mut Conn) -> QueryResult<FirstSteps> {
    let any = [
        ("channels where status <> 'disconnected'", "channel"),
        ("contacts", "contacts"),
        ("audiences", "audience"),
        ("journeys where status <> 'draft'", "journey"),
        ("schedules", "schedule"),
        ("dispatches where origin = 'test'", "trial"),
    ];
    let columns = any.map(|(rows, name)| format!("exists (select 1 from {rows}) as {name}"));
    Sql::new(&format!("select {}", columns.join(", "))).first(conn)
}
