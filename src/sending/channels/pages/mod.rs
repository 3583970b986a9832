pub(super) mod check;
pub(super) mod connection;
pub(super) mod disconnect;
pub(super) mod edit;
pub(super) mod hook;
pub(super) mod list;
pub(super) mod new;
pub(super) mod pause;
