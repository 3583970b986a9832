//! Rows of broadcasts: one and its parts, the list, who is meant, and one on its way out.

mod broadcasts;
mod changes;
mod list;
mod outlook;
mod starting;
mod troubles;
mod who;

pub(crate) use broadcasts::{Broadcast, find, tags_of};
pub(crate) use changes::{Confirmed, Edit, cancel, confirm, create, delete, may_begin, rename, stop, update};
pub(crate) use list::{Asked, Listed, Sort, coming, export, is_empty, list};
pub(crate) use outlook::{Outlook, Somebody, outlook, people_like, picked, reach};
pub(crate) use starting::{Hand, added, begin, fail, forgive, put_tags, started, take};
pub(crate) use troubles::Failed;
pub(crate) use who::{audience, meant, range, slice};
