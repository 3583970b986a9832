//! Which database, and how a connection to it is set up.

use super::Conn;
use crate::memory;
use diesel::{
    Connection, PgConnection, SqliteConnection,
    connection::SimpleConnection,
    r2d2::{CustomizeConnection, Error, ManageConnection, R2D2Connection},
};
use std::{fmt, str::FromStr};

/// `DATABASE_URL`: `postgres://…`, or the path of an SQLite file (`sqlite:` before it may be left out).
#[derive(Clone, PartialEq, Eq)]
pub enum Url {
    Postgres(String),
    Sqlite(String),
}

/// `DATABASE_URL` names a database that this program does not know.
#[derive(Debug, thiserror::Error)]
#[error("expected postgres://… or sqlite:FILE, found a URL that begins with {0:?}")]
pub struct UrlError(String);

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(url: &str) -> Result<Self, UrlError> {
        match url.split_once(':') {
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(url.to_owned())),
            Some(("sqlite", path)) => Ok(Self::Sqlite(path.trim_start_matches("//").to_owned())),
            Some((scheme, rest)) if rest.starts_with("//") => Err(UrlError(scheme.to_owned())),
            Some(_) | None => Ok(Self::Sqlite(url.to_owned())),
        }
    }
}

/// Without the password.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "SQLite {path}"),
            Self::Postgres(url) => {
                let rest = url.split_once("//").map_or("", |(_, rest)| rest);
                write!(f, "PostgreSQL {}", rest.rsplit_once('@').map_or(rest, |(_, place)| place))
            }
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Clone)]
pub(super) struct Manager {
    url: Url,
    writes: bool,
}

impl Manager {
    pub(super) fn reader(url: &Url) -> Self {
        Self { url: url.clone(), writes: false }
    }

    pub(super) fn writer(url: &Url) -> Self {
        Self { url: url.clone(), writes: true }
    }
}

const READER: &str = "pragma busy_timeout = 5000; pragma query_only = on; pragma foreign_keys = on; \
    pragma cache_size = -1024; pragma temp_store = memory";
const WRITER: &str = "pragma busy_timeout = 5000; pragma journal_mode = wal; pragma synchronous = normal; \
    pragma foreign_keys = on; pragma cache_size = -16384; \
    pragma temp_store = memory; pragma wal_autocheckpoint = 10000; pragma journal_size_limit = 67108864";
/// No statement here runs for so long that compiling it would pay: choosing six thousand people took four times as long.
const POSTGRES: &str = "set timezone = 'UTC'; set statement_timeout = '10s'; set lock_timeout = '10s'; set jit = off";

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = Error;

    fn connect(&self) -> Result<Conn, Error> {
        match &self.url {
            Url::Postgres(url) => {
                let mut conn = PgConnection::establish(url).map_err(Error::ConnectionError)?;
                conn.batch_execute(POSTGRES).map_err(Error::QueryError)?;
                Ok(Conn::Pg(conn))
            }
            Url::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(path).map_err(Error::ConnectionError)?;
                let setup = if self.writes { WRITER } else { READER };
                conn.batch_execute(setup).map_err(Error::QueryError)?;
                Ok(Conn::Sqlite(conn))
            }
        }
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), Error> {
        conn.ping().map_err(Error::QueryError)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

/// A connection that is closed because nobody needs it gives its memory back.
#[derive(Debug)]
pub(super) struct GiveBack;

impl CustomizeConnection<Conn, Error> for GiveBack {
    fn on_release(&self, conn: Conn) {
        drop(conn);
        memory::give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_which_database() {
        for (url, shown) in [
            ("postgres://ann:secret@db.shop:5432/tidings", "PostgreSQL db.shop:5432/tidings"),
            ("postgresql:///tidings?host=/run", "PostgreSQL /tidings?host=/run"),
            ("sqlite:data/tidings.db", "SQLite data/tidings.db"),
            ("sqlite:///var/tidings.db", "SQLite /var/tidings.db"),
            ("data/tidings.db", "SQLite data/tidings.db"),
        ] {
            assert_eq!(url.parse::<Url>().unwrap().to_string(), shown);
        }
        assert!("mysql://db/tidings".parse::<Url>().is_err());
    }
}
