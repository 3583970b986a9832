//! Rows of imports, and what a slice of a file's rows changes.

mod imports;
mod slice;

pub(super) use imports::{Import, bad_rows, content, create, delete, find, finish, recent, remap, set_aside, start};
pub(super) use slice::{Lost, Slice, apply};
