//! The two doors to the database, [`Db::read`] and [`Db::write`], and what belongs to both backends.

mod deadline;
mod each_backend;
mod id;
mod id_range;
pub mod migrate;
mod pool;
pub mod reexport;
pub mod schema;
mod scope;
pub mod sql;
mod sync;
mod text_enum;
mod writer;

pub use id::{Id, NotAnId};
pub use id_range::IdRange;
pub use pool::{Url, UrlError};
pub use scope::Scope;

use crate::metrics;
use diesel::{
    PgConnection, SqliteConnection,
    connection::{Connection, SimpleConnection},
    r2d2::{self, ManageConnection, R2D2Connection},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use writer::Durability;

/// A connection to whichever database this program was started with.
///
/// `Conn::establish` is derived and must not be called: it tries one backend after the other and
/// hides the first error. Connections are opened in `db/pool.rs`.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

/// What a door answers when the work behind it could not be done.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The database refused the statement, or ended it at its deadline.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// Every connection was taken for two seconds.
    #[error("no connection became free: {0}")]
    Busy(#[from] r2d2::PoolError),
    /// The work panicked, or the program is stopping.
    #[error("the work on the database was given up")]
    Gone,
}

impl DbError {
    /// Whether waiting and trying again may help.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Busy(_) => true,
            Self::Query(e) => {
                let text = e.to_string();
                text.contains("interrupted")
                    || text.contains("statement timeout")
                    || text.contains("database is locked")
            }
            Self::Gone => false,
        }
    }
}

/// How long a statement that draws a page may take.
const PAGE: Duration = Duration::from_secs(10);

/// How long a connection that nobody uses is kept: each has caches of its own.
const IDLE: Duration = Duration::from_secs(60);

/// The database. Clones share its connections.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    pool: r2d2::Pool<pool::Manager>,
    writer: Option<writer::Writer>,
    /// Opens a connection in the place of one that broke.
    manager: pool::Manager,
    /// How many more connections are tried before they are used: one of them was found broken.
    suspects: AtomicU32,
}

impl Db {
    /// Opens `readers` connections as they are needed and, on SQLite, the one that writes.
    pub fn open(url: &Url, readers: u32) -> Result<Self, DbError> {
        deadline::install();
        let writer = match url {
            Url::Postgres(_) => None,
            Url::Sqlite(file) => Some(writer::Writer::start(pool::Manager::writer(url), file)?),
        };
        let pool = r2d2::Pool::builder()
            .max_size(readers)
            .min_idle(Some(1))
            .idle_timeout(Some(IDLE))
            .connection_customizer(Box::new(pool::GiveBack))
            .connection_timeout(Duration::from_secs(2))
            .test_on_check_out(false)
            .build(pool::Manager::reader(url))?;
        Ok(Self(Arc::new(Inner { pool, writer, manager: pool::Manager::reader(url), suspects: AtomicU32::new(0) })))
    }

    /// Whether this is PostgreSQL, where several nodes may share the work.
    pub fn is_postgres(&self) -> bool {
        self.0.writer.is_none()
    }

    /// Runs `f` on a connection that should only read, off the async threads.
    pub async fn read<T, E>(&self, f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.read_within(PAGE, f).await
    }

    /// [`Db::read`], given up after `limit`: each statement ends with an error that
    /// [`DbError::is_busy`] knows.
    pub async fn read_within<T, E>(
        &self,
        limit: Duration,
        f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let inner = self.0.clone();
        blocking(move || {
            let mut conn = inner.connection()?;
            let done = match &mut *conn {
                Conn::Sqlite(_) => deadline::within(limit, || f(&mut conn)),
                Conn::Pg(_) if limit == PAGE => f(&mut conn),
                Conn::Pg(_) => Conn::transaction(&mut conn, |conn| {
                    let set = format!("set local statement_timeout = {}", limit.as_millis());
                    conn.batch_execute(&set).map_err(DbError::from).map_err(Either::Db)?;
                    f(conn).map_err(Either::Work)
                })
                .map_err(Either::into),
            };
            inner.doubt(&mut conn, done.is_err());
            done
        })
        .await?
    }

    /// Runs `f` in a transaction that is committed when it answers `Ok`.
    ///
    /// On SQLite the commands that wait share one commit, each in a savepoint of its own.
    pub async fn write<T, E>(&self, f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.commit(Durability::Normal, f).await
    }

    /// [`Db::write`] that need not be on disk when it answers: for work that is found and done again if
    /// PostgreSQL should die within the next second. Whatever is durable afterwards makes it so too; SQLite
    /// keeps it as it keeps any other.
    pub async fn write_repeatable<T, E>(
        &self,
        f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.commit(Durability::Normal, |conn| {
            if let Conn::Pg(_) = conn {
                conn.batch_execute("set local synchronous_commit = off").map_err(DbError::from)?;
            }
            f(conn)
        })
        .await
    }

    /// [`Db::write`], on disk when it answers: for the claim before a vendor's call and the record
    /// after it, which a power loss must not undo.
    pub async fn write_durable<T, E>(&self, f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.commit(Durability::Full, f).await
    }

    async fn commit<T, E>(
        &self,
        durability: Durability,
        f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        if let Some(writer) = &self.0.writer {
            return writer.run(durability, f).await;
        }
        let inner = self.0.clone();
        blocking(move || {
            let mut conn = inner.connection()?;
            let done = Conn::transaction(&mut conn, |conn| f(conn).map_err(Either::Work)).map_err(Either::into);
            inner.doubt(&mut conn, done.is_err());
            done
        })
        .await?
    }
}

impl Inner {
    fn connection(&self) -> Result<r2d2::PooledConnection<pool::Manager>, DbError> {
        let waiting = metrics::Timer::start();
        let conn = self.pool.get();
        metrics::pool_wait(waiting.took());
        let mut conn = conn?;
        let suspect = self.suspects.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if suspect.is_ok() && is_broken(&mut conn) {
            *conn = self.manager.connect().map_err(|e| diesel::result::Error::QueryBuilderError(e.into()))?;
        }
        Ok(conn)
    }

    /// Looks after an error whether the connection is the reason. PostgreSQL was started again, say:
    /// then the others are broken too, and none of them would ever notice by itself.
    fn doubt(&self, conn: &mut Conn, failed: bool) {
        if failed && is_broken(conn) {
            self.suspects.store(2 * self.pool.max_size(), Ordering::Relaxed);
        }
    }
}

fn is_broken(conn: &mut Conn) -> bool {
    matches!(conn, Conn::Pg(_)) && conn.ping().is_err()
}

/// Lets `transaction`, which wants `From<diesel::Error>`, carry any error that is `From<DbError>`.
enum Either<E> {
    Db(DbError),
    Work(E),
}

impl<E> From<diesel::result::Error> for Either<E> {
    fn from(e: diesel::result::Error) -> Self {
        Self::Db(e.into())
    }
}

impl<E: From<DbError>> Either<E> {
    fn into(self) -> E {
        match self {
            Self::Db(e) => e.into(),
            Self::Work(e) => e,
        }
    }
}

async fn blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Result<T, DbError> {
    tokio::task::spawn_blocking(f).await.map_err(|_| DbError::Gone)
}
