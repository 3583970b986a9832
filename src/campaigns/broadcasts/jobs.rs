//! A broadcast's time has come: its people are frozen into its dispatch.

use super::{start as starting, store::Failed};
use tidings_base::jobs::Kind;
use tidings_sending::channels::Connect;

/// The name to wake it by.
pub const START: &str = "broadcasts.start";

/// Starts due broadcasts; `connect` gives the connectors that are asked for the quota.
pub fn start(connect: Connect) -> Kind {
    Kind::over(
        START,
        "broadcasts.job",
        "broadcasts",
        "status = 'scheduled' or status = 'choosing'",
        4,
        1,
        move |work, slice| starting::run(work, slice, connect.clone()),
    )
    .cared_for(Failed)
}
