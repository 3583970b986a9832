//! Rows of imports, and what a slice of a file's rows changes.

mod bad_rows;
pub(super) mod contacts;
mod imports;
pub(super) mod orders;
mod slice;
mod troubles;

pub(super) use bad_rows::bad_rows;
pub(super) use imports::{Account, Import, content, create, delete, find, finish, recent, remap, set_aside, start};
pub(super) use slice::{Lost, Slice, apply};
pub(super) use troubles::Failed;

/// Rows in one insert: more gain nothing.
const BATCH: usize = 50;
