pub(super) mod show;
