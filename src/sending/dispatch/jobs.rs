//! The kinds of work of the corridor.

use super::{
    store::{claim, troubles::Held},
    work,
};
use crate::channels::Connect;
use std::sync::Arc;
use tidings_base::jobs::Kind;

/// The kind that sends; wake it after adding people.
pub const SEND: &str = "dispatch.send";

/// Cuts slices and sends them over the connectors that `connect` gives.
pub fn send(connect: Connect) -> Kind {
    Kind {
        name: SEND,
        label: "dispatch.send_job",
        concurrency: 24,
        slice: 1,
        together: 4,
        claim: Arc::new(claim::claim),
        next: Arc::new(claim::next),
        run: Arc::new(move |at, slice| Box::pin(work::run(at, slice, connect.clone()))),
        load: Arc::new(claim::load),
        care: Arc::new(Held),
    }
}
