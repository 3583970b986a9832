//! SQLite has one writer: a thread owns it and commits together what waits.

use super::{Conn, DbError, Either, pool::Manager, sync::Syncer};
use crate::{memory, metrics};
use diesel::{
    connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager},
    r2d2::ManageConnection,
    result::Error,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};
use tokio::{
    runtime::{self, Runtime},
    sync::{mpsc, oneshot},
    time::timeout,
};

/// When a commit counts as done.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Durability {
    /// When the log has it; a power loss may take the last moments back.
    Normal,
    /// When the disk has it.
    Full,
}

/// Tells the caller, after the commit, how it went.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
type Work = Box<dyn FnOnce(&mut Conn) -> Answer + Send>;

struct Command {
    durability: Durability,
    work: Work,
}

pub(super) struct Writer(mpsc::Sender<Command>);

/// A batch ends at this many commands, or after this long, so that nobody waits for a crowd.
const MOST: usize = 256;
const LONGEST: Duration = Duration::from_millis(5);

/// After this long without a command the writer gives its memory back.
const QUIET: Duration = Duration::from_secs(2);

impl Writer {
    /// Starts the thread that writes to the database in the file `database`.
    pub(super) fn start(manager: Manager, database: &str) -> Result<Self, DbError> {
        let conn = manager.connect().map_err(|e| Error::QueryBuilderError(e.into()))?;
        let timer = runtime::Builder::new_current_thread().enable_time().build().map_err(|_| DbError::Gone)?;
        let syncer = Syncer::start(database).map_err(|_| DbError::Gone)?;
        let (send, receive) = mpsc::channel(1024);
        std::thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || serve(conn, receive, &timer, &syncer))
            .map_err(|_| DbError::Gone)?;
        Ok(Self(send))
    }

    pub(super) async fn run<T, E>(
        &self,
        durability: Durability,
        f: impl FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (send, receive) = oneshot::channel();
        let waiting = metrics::Timer::start();
        let work: Work = Box::new(move |conn| {
            metrics::writer_wait(waiting.took());
            // Inside the batch's transaction this is a savepoint.
            let result = catch_unwind(AssertUnwindSafe(|| {
                conn.transaction(|conn| f(conn).map_err(Either::Work)).map_err(Either::into)
            }));
            if result.is_err() {
                unwind(conn);
            }
            Box::new(move |committed| {
                let answer = match (result, committed) {
                    (Ok(Ok(value)), Ok(())) => Ok(value),
                    (Ok(Ok(_)), Err(e)) => Err(DbError::Query(Error::QueryBuilderError(e.into())).into()),
                    (Ok(Err(e)), _) => Err(e),
                    (Err(_), _) => Err(DbError::Gone.into()),
                };
                // The caller may have gone away; what it asked for is done all the same.
                let _ = send.send(answer);
            })
        });
        self.0.send(Command { durability, work }).await.map_err(|_| DbError::Gone)?;
        receive.await.map_err(|_| DbError::Gone)?
    }
}

fn serve(mut conn: Conn, mut receive: mpsc::Receiver<Command>, timer: &Runtime, syncer: &Syncer) {
    let mut next = receive.blocking_recv();
    while let Some(first) = next.take() {
        batch(&mut conn, first, &mut receive, syncer);
        next = wait(&mut conn, &mut receive, timer);
    }
}

/// The next command. When none comes for a while, the pages that a busy moment had to have at hand are
/// given back: loading the demo shop leaves 40 MB of them.
fn wait(conn: &mut Conn, receive: &mut mpsc::Receiver<Command>, timer: &Runtime) -> Option<Command> {
    if let Ok(next) = timer.block_on(async { timeout(QUIET, receive.recv()).await }) {
        return next;
    }
    if let Err(e) = conn.batch_execute("pragma shrink_memory") {
        tracing::warn!(error = %e, "SQLite kept its memory");
    }
    memory::give_back();
    receive.blocking_recv()
}

/// Runs `first` and what waits behind it, and commits it together.
#[expect(clippy::disallowed_methods, reason = "a monotonic time that is compared and never shown")]
fn batch(conn: &mut Conn, first: Command, receive: &mut mpsc::Receiver<Command>, syncer: &Syncer) {
    let started = Instant::now();
    let mut answers: Vec<(Durability, Answer)> = Vec::new();
    if let Err(e) = begin(conn) {
        // Nothing may run outside a transaction: the command's own transaction takes its place, and
        // says why it cannot begin.
        tracing::warn!(error = %e, "a batch of writes could not begin");
        let answer = (first.work)(conn);
        return match first.durability {
            Durability::Full => syncer.then(answer),
            Durability::Normal => answer(Ok(())),
        };
    }
    let mut next = Some(first);
    while let Some(command) = next.take() {
        answers.push((command.durability, (command.work)(conn)));
        if answers.len() < MOST && started.elapsed() < LONGEST {
            next = receive.try_recv().ok();
        }
    }
    let committed = <Conn as Connection>::TransactionManager::commit_transaction(conn).map_err(|e| e.to_string());
    if let Err(e) = &committed {
        tracing::error!(error = %e, commands = answers.len(), "a batch of writes was not committed");
        let _ = <Conn as Connection>::TransactionManager::rollback_transaction(conn);
    }
    for (durability, answer) in answers {
        match durability {
            Durability::Full if committed.is_ok() => syncer.then(answer),
            Durability::Full | Durability::Normal => answer(committed.clone()),
        }
    }
}

/// Takes back what a panic left open: diesel does not, and the next commit would only end a savepoint.
fn unwind(conn: &mut Conn) {
    while depth(conn) > 1 {
        if let Err(e) = <Conn as Connection>::TransactionManager::rollback_transaction(conn) {
            tracing::error!(error = %e, "a savepoint could not be taken back");
            return;
        }
    }
}

fn depth(conn: &mut Conn) -> u32 {
    let status = <Conn as Connection>::TransactionManager::transaction_manager_status_mut(conn);
    status.transaction_depth().ok().flatten().map_or(0, std::num::NonZeroU32::get)
}

fn begin(conn: &mut Conn) -> Result<(), Error> {
    match conn {
        Conn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        Conn::Pg(c) => AnsiTransactionManager::begin_transaction(c),
    }
}
