//! What people do to the database while a run suffers, and to bring it to rest.

use chrono::NaiveDateTime;
use diesel::{Connection, QueryResult, connection::SimpleConnection};
use tidings_base::{
    clock,
    db::{Conn, Id, sql::Sql},
};
use tidings_sending::dispatch;

/// As the program writes on SQLite: whoever is first to write holds the lock from the beginning.
pub(super) fn transaction<T>(conn: &mut Conn, what: impl FnOnce(&mut Conn) -> QueryResult<T>) -> QueryResult<T> {
    match conn {
        Conn::Sqlite(_) => {
            conn.batch_execute("begin immediate")?;
            let done = what(conn);
            conn.batch_execute(if done.is_ok() { "commit" } else { "rollback" })?;
            done
        }
        Conn::Pg(_) => conn.transaction(what),
    }
}

pub(super) fn each(conn: &mut Conn, what: impl Fn(&mut Conn, &Id) -> QueryResult<()>) -> QueryResult<()> {
    for id in ids(conn, "select id from dispatches")? {
        what(conn, &id)?;
    }
    Ok(())
}

fn ids(conn: &mut Conn, sql: &str) -> QueryResult<Vec<Id>> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        id: Id,
    }
    Ok(Sql::new(sql).load(conn)?.into_iter().map(|row: Row| row.id).collect())
}

/// As its page does it: the broadcast that waits is cancelled itself, the one that sends by its dispatch.
pub(super) fn cancel(conn: &mut Conn, broadcast: &Id, now: NaiveDateTime) -> QueryResult<()> {
    let mut sql = Sql::new("update broadcasts set status = 'cancelled', ended_at = ");
    sql.bind(now).push(", version = version + 1 where status = 'scheduled' and id = ").bind(broadcast);
    if sql.execute(conn)? > 0 {
        return Ok(());
    }
    let mut sql = Sql::new("select id from dispatches where origin = 'broadcast' and origin_id = ");
    sql.bind(broadcast);
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        id: Id,
    }
    for Row { id } in sql.load(conn)? {
        dispatch::cancel(conn, &id, now)?;
    }
    Ok(())
}

/// What waits for a time of the machine does not wait, what stopped goes on.
pub(super) fn hurry(conn: &mut Conn) -> QueryResult<()> {
    let (now, machine) = (clock::Clock::real().now(), clock::Clock::real().machine());
    for id in ids(conn, "select id from dispatches where status = 'paused'")? {
        dispatch::resume(conn, &id, now)?;
    }
    let mut sql = Sql::new("update slices set due_at = ");
    sql.bind(machine).push(" where lease_until is null and due_at > ").bind(machine);
    sql.execute(conn)?;
    let mut sql = Sql::new("update deliveries set due_at = ");
    sql.bind(machine).push(" where waits and due_at > ").bind(machine);
    sql.execute(conn)?;
    Sql::new("update channel_health set failing = 0, open_until = null where failing > 0").execute(conn)?;
    Sql::new("update channels set status = 'ready', trouble = null where status = 'trouble'").execute(conn)?;
    Ok(())
}

/// What is not done yet; people who wait in a journey count where the clock lets them go.
pub(super) fn left(conn: &mut Conn, travelling: bool) -> QueryResult<Vec<(&'static str, i64)>> {
    let waits = "select count(*) as n from journey_entries where ended_at is null";
    let mut asked = vec![
        ("tasks", "select count(*) as n from schedule_tasks where status in ('waiting', 'running')"),
        ("broadcasts", "select count(*) as n from broadcasts where status in ('scheduled', 'choosing')"),
        ("deliveries", "select count(*) as n from deliveries where state = 'pending'"),
        ("slices", "select count(*) as n from slices"),
        ("packs", "select count(*) as n from packs"),
        ("followed", "select count(*) as n from dispatch_news"),
    ];
    if travelling {
        asked.push(("people", waits));
        asked.push((
            "dispatches",
            "select count(*) as n from dispatches where status not in ('done', 'failed', 'cancelled')",
        ));
    }
    let mut left = Vec::new();
    for (what, sql) in asked {
        let n = Sql::new(sql).count(conn)?;
        if n > 0 {
            left.push((what, n));
        }
    }
    Ok(left)
}

/// The dispatches that have not ended, in words, for whoever looks into a run that found no rest.
pub(super) fn open_dispatches(conn: &mut Conn) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        said: String,
    }
    let sql = "select d.origin || ' ' || d.status || ', accepting ' || cast(d.accepting as text) || ', people ' \
               || cast(d.people as text) || ', pending ' || cast(d.pending as text) || ', ' || coalesce(d.pause_reason, '') \
               || ', packs ' || cast((select count(*) from packs k where k.dispatch_id = d.id) as text) \
               || ', stretches ' || cast((select count(*) from stretches s where s.dispatch_id = d.id) as text) \
               || ', cohort closed ' || coalesce((select cast(c.closed_at as text) from journey_cohorts c \
               where c.cohort = d.cohort and c.version_id = d.origin_id), 'never') as said \
               from dispatches d where d.status not in ('done', 'failed', 'cancelled')";
    let rows: QueryResult<Vec<Row>> = Sql::new(sql).load(conn);
    rows.map_or_else(|e| vec![e.to_string()], |rows| rows.into_iter().map(|row| row.said).collect())
}
