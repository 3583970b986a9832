//! Rows and queries of the corridor, one file a stage.

mod batches;
mod candidates;
pub(super) mod claim;
pub(super) mod control;
pub(super) mod decide;
pub(super) mod door;
pub(super) mod figures;
pub(super) mod finish;
pub(super) mod health;
pub(super) mod inbound;
pub(super) mod news;
pub(super) mod outlook;
pub(super) mod packing;
pub(super) mod packs;
pub(super) mod people;
mod person;
pub(super) mod record;
pub(super) mod removal;
pub(super) mod slice;
pub(super) mod troubles;
pub(super) mod unpacking;

use tidings_base::db::Conn;

/// What ends a `select` whose rows are about to be changed, so that nodes do not meet on a row:
/// SQLite has one writer and needs nothing. No keys change, so rows that refer to it may still be
/// written by others.
fn for_update(conn: &Conn) -> &'static str {
    match conn {
        Conn::Pg(_) => " for no key update",
        Conn::Sqlite(_) => "",
    }
}

/// [`for_update`], passing over rows that another node has in hand.
fn skip_locked(conn: &Conn) -> &'static str {
    match conn {
        Conn::Pg(_) => " for no key update skip locked",
        Conn::Sqlite(_) => "",
    }
}
