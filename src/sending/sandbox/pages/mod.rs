pub(super) mod act;
pub(super) mod list;
pub(super) mod show;
