//! What is too old is removed, a little at a time, once a night; figures stay. Every feature says for its
//! own tables what can go; the list is in `app.rs`.

mod jobs;
mod store;

pub use jobs::sweep;
pub use store::{Last, SWEEPS, last};

use crate::db::Conn;
use chrono::NaiveDateTime;
use diesel::QueryResult;

/// Something that can be removed when it is old.
#[derive(Clone, Copy)]
pub struct Sweep {
    /// What it is called in the log: the table.
    pub name: &'static str,
    /// Removes some of it in one transaction; answers how many rows it changed. It is asked again until
    /// it changes none.
    pub some: fn(&mut Conn, &Terms) -> QueryResult<usize>,
}

/// What is too old.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Product time.
    pub now: NaiveDateTime,
    /// Machine time.
    pub machine: NaiveDateTime,
    /// What ended before this moment of product time is past the time that the workspace keeps things for;
    /// none keeps them for good.
    pub before: Option<NaiveDateTime>,
    /// At most this many rows in one transaction.
    pub limit: i64,
}

impl Terms {
    /// Of `limit` rows asked for, whether there may be more.
    pub fn is_full(&self, rows: usize) -> bool {
        rows as i64 >= self.limit
    }
}
