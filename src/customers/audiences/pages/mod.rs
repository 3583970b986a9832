//! The pages of audiences.

pub(super) mod delete;
pub(super) mod edit;
pub(super) mod list;
pub(super) mod new;
pub(super) mod show;

mod draft;
mod form;
mod preview;

use super::{Audience, store};
use crate::channels::ChannelKind;
use tidings_base::{
    db::{Conn, Id},
    web::Error,
};

/// In addresses and forms, the word of an audience that chooses members rather than contacts of a kind.
const MEMBERS: &str = "members";

/// The word of whom an audience chooses.
fn kind_word(kind: Option<ChannelKind>) -> &'static str {
    kind.map_or(MEMBERS, ChannelKind::word)
}

/// Whom an audience of this word chooses.
fn kind_of(word: &str) -> Option<Option<ChannelKind>> {
    if word == MEMBERS { Some(None) } else { word.parse().ok().map(Some) }
}

fn load(conn: &mut Conn, id: &Id) -> Result<Audience, Error> {
    store::find(conn, id)?.ok_or(Error::NotFound)
}
