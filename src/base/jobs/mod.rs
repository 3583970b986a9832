//! Work in the background: the rows are the queue.
//!
//! Each [`Kind`] is an apalis worker over a backend of our own, whose fetcher *claims* due rows of
//! one of our tables. Nothing else remembers what must happen: if the program dies, the lease of a
//! claimed row runs out and the row is found again. Every handler may therefore run twice and looks
//! first how far the row says it got.

mod care;
mod pages;
mod rows;
mod wake;
mod worker;

pub use care::{Care, Load, MOST, SHOWN, Trouble};
pub use rows::{BEGUN_MOST, begin, claim, next_due, release, renew};
pub use wake::Wake;
pub use worker::{Running, start};

use crate::{
    clock::Clock,
    db::{Conn, Db, Id},
    outside::Outside,
};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// What a handler answers when it could not do its work. The rows' lease runs out, and they are
/// tried again.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a handler works with.
#[derive(Clone)]
pub struct Work {
    pub db: Db,
    pub clock: Clock,
    pub wake: Wake,
    pub outside: Outside,
    /// How long a claim holds, by machine time.
    pub lease: TimeDelta,
}

/// The terms of one claim.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Unique to this claim, so that `owner = …` is both whose rows they are and which claim it was;
    /// see [`Claim::node`].
    pub owner: String,
    /// Product time: what is due.
    pub now: NaiveDateTime,
    /// Machine time: whose lease has run out.
    pub machine: NaiveDateTime,
    /// Machine time: when this claim's lease runs out.
    pub until: NaiveDateTime,
    /// At most this many rows.
    pub limit: i64,
}

impl Claim {
    /// What the owners of all claims of one process begin with.
    pub fn node(&self) -> &str {
        self.owner.split_once(':').map_or(self.owner.as_str(), |(node, _)| node)
    }
}

/// A row that is ours until the lease runs out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claimed {
    pub id: Id,
    /// How often the row was claimed; part of every later `where`, so that a worker that lost its
    /// lease changes nothing.
    pub epoch: i64,
    /// How often a handler had begun it since it last got on; see [`BEGUN_MOST`].
    pub begun: i64,
}

/// Rows claimed together, to be worked on together.
#[derive(Clone, Debug)]
pub struct Slice {
    pub owner: String,
    pub rows: Vec<Claimed>,
}

crate::routes! {
    get "/jobs" ManageJobs => pages::index;
    post "/jobs/{kind}/{id}/retry" ManageJobs => pages::retry;
    get "/jobs/{kind}/{id}/cancel" ManageJobs => pages::ask;
    post "/jobs/{kind}/{id}/cancel" ManageJobs => pages::cancel;
}

type ClaimRows = Arc<dyn Fn(&mut Conn, &Claim) -> QueryResult<Vec<Claimed>> + Send + Sync>;
type NextDue = Arc<dyn Fn(&mut Conn, &Claim) -> QueryResult<Option<Due>> + Send + Sync>;
type LoadOf = Arc<dyn Fn(&mut Conn, &Claim) -> QueryResult<Load> + Send + Sync>;
type RunSlice = Arc<dyn Fn(Work, Slice) -> BoxFuture<'static, Result<(), Failure>> + Send + Sync>;

/// When a kind has something to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// There is something now.
    Now,
    /// At this product time.
    At(NaiveDateTime),
    /// At this machine time.
    AtMachine(NaiveDateTime),
}

/// One kind of work; a line in the list of `app.rs`.
#[derive(Clone)]
pub struct Kind {
    /// `noun.verb`, as in the log; also the name to [`Wake`] it by.
    pub name: &'static str,
    /// Its name on the page of jobs: a text key.
    pub label: &'static str,
    /// How many slices are worked on at the same time on one node.
    pub concurrency: usize,
    /// At most this many rows in a slice.
    pub slice: i64,
    /// At most this many slices are claimed together, where as many can be worked on at once: while the
    /// database is busy, each claim waits its turn.
    pub together: usize,
    /// Claims due rows, in a write transaction.
    pub claim: ClaimRows,
    /// Looks, on a reader, when there is something to do, so that idling writes nothing.
    pub next: NextDue,
    /// Does the work of a slice.
    pub run: RunSlice,
    /// How much of it there is.
    pub load: LoadOf,
    /// What went wrong with it.
    pub care: Arc<dyn Care>,
}

impl Kind {
    /// A kind over the table `table`, whose due rows satisfy `due` (a condition in SQL without
    /// values) and have the columns `id, due_at, owner, epoch, lease_until, begun`.
    pub fn over<F>(
        name: &'static str,
        label: &'static str,
        table: &'static str,
        due: &'static str,
        concurrency: usize,
        slice: i64,
        run: impl Fn(Work, Slice) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), Failure>> + Send + 'static,
    {
        Self {
            name,
            label,
            concurrency,
            slice,
            together: 1,
            claim: Arc::new(move |conn, terms| claim(conn, table, due, terms)),
            next: Arc::new(move |conn, terms| next_due(conn, table, due, terms)),
            run: Arc::new(move |work, slice| Box::pin(run(work, slice))),
            load: Arc::new(move |conn, terms| care::load(conn, table, due, terms)),
            care: Arc::new(care::Nothing),
        }
    }

    /// With what people may do about its troubles.
    pub fn cared_for(self, care: impl Care + 'static) -> Self {
        Self { care: Arc::new(care), ..self }
    }

    /// What [`Kind::care`] is where nothing goes wrong for long.
    pub fn no_care() -> Arc<dyn Care> {
        Arc::new(care::Nothing)
    }
}
