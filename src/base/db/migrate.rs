//! Two folders of migrations with the same names, one a backend.

use super::{Conn, DbError, Url, pool::Manager};
use diesel::{connection::SimpleConnection, r2d2::ManageConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Any number; only migrating nodes take this lock, and the database lets go of it when they are gone.
const LOCK: i64 = 0x7469_6469_6e67;

/// Applies what is missing and names it. Nodes that start together take turns.
pub fn run(url: &Url) -> diesel::migration::Result<Vec<String>> {
    let mut conn = open(url)?;
    if let Conn::Pg(c) = &mut conn {
        c.batch_execute(&format!("set statement_timeout = 0; set lock_timeout = 0; select pg_advisory_lock({LOCK})"))?;
    }
    up(&mut conn)
}

/// A connection of one's own that may write, for before the program serves.
pub fn open(url: &Url) -> diesel::migration::Result<Conn> {
    Ok(Manager::writer(url).connect()?)
}

/// A connection of one's own that only reads and leaves the file as it is.
pub fn peek(url: &Url) -> diesel::migration::Result<Conn> {
    Ok(Manager::reader(url).connect()?)
}

/// How many migrations the database still lacks; zero says that it is ready.
pub fn missing(conn: &mut Conn) -> Result<usize, DbError> {
    let pending = match conn {
        Conn::Pg(c) => c.pending_migrations(POSTGRES).map(|m| m.len()),
        Conn::Sqlite(c) => c.pending_migrations(SQLITE).map(|m| m.len()),
    };
    pending.map_err(|e| DbError::Query(diesel::result::Error::QueryBuilderError(e)))
}

/// Applies what is missing on this connection.
pub fn up(conn: &mut Conn) -> diesel::migration::Result<Vec<String>> {
    let done = match conn {
        Conn::Pg(c) => c.run_pending_migrations(POSTGRES)?,
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE)?,
    };
    Ok(done.iter().map(ToString::to_string).collect())
}

/// Takes the last migration back and answers its version; tests use it to see what an upgrade makes of what was
/// under way.
pub fn step_back(conn: &mut Conn) -> diesel::migration::Result<String> {
    let version = match conn {
        Conn::Pg(c) => c.revert_last_migration(POSTGRES)?,
        Conn::Sqlite(c) => c.revert_last_migration(SQLITE)?,
    };
    Ok(version.to_string())
}

/// Takes every migration back; tests use it to show that each can be undone.
pub fn down(conn: &mut Conn) -> diesel::migration::Result<()> {
    match conn {
        Conn::Pg(c) => c.revert_all_migrations(POSTGRES).map(drop),
        Conn::Sqlite(c) => c.revert_all_migrations(SQLITE).map(drop),
    }
}
