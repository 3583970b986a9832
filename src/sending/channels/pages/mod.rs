pub(super) mod edit;
pub(super) mod list;
pub(super) mod pause;
