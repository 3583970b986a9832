//! Rows of the audit trail.

use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{Text, Timestamp},
};
use tidings_base::{
    audit::{Action, Noun},
    db::{Conn, Id, schema::audit, sql::Sql},
};

/// Something that somebody made.
#[derive(QueryableByName)]
pub(in crate::demo) struct Made {
    /// Which table has it.
    #[diesel(sql_type = Text)]
    pub(in crate::demo) table: String,
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Timestamp)]
    at: NaiveDateTime,
}

/// Everything that is saved or published, in the order in which it was made.
pub(in crate::demo) fn made(conn: &mut Conn) -> QueryResult<Vec<Made>> {
    let all = Sql::new(
        "select 'audiences' as \"table\", id, name, created_at as at from audiences \
         union all select 'journeys', j.id, j.name, v.published_at from journeys j \
         join journey_versions v on v.id = j.live_version_id \
         union all select 'schedules', id, name, created_at from schedules order by 4",
    );
    all.load(conn)
}

/// Adds a line about it.
pub(in crate::demo) fn add_audit(
    conn: &mut Conn,
    action: Action,
    noun: Noun,
    made: &Made,
    by: &Id,
    name: &str,
) -> QueryResult<()> {
    diesel::insert_into(audit::table)
        .values((
            audit::id.eq(Id::new()),
            audit::at.eq(made.at),
            audit::person_id.eq(by),
            audit::person_name.eq(name),
            audit::action.eq(action),
            audit::noun.eq(noun),
            audit::object_id.eq(&made.id),
            audit::object_name.eq(&made.name),
            audit::detail.eq(""),
        ))
        .execute(conn)
        .map(drop)
}
