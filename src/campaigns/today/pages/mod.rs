//! The one screen.

pub(super) mod show;
