pub(super) mod bad_rows;
pub(super) mod new;
pub(super) mod show;
pub(super) mod update;
