pub(super) mod consent;
pub(super) mod export;
pub(super) mod list;
pub(super) mod salesperson;
pub(super) mod show;
pub(super) mod tagging;
pub(super) mod tags;
