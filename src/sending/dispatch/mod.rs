//! The one corridor that every message takes. A front door [`open`]s a dispatch, [`add`]s people to
//! it and [`close`]s it; each person becomes one delivery row, pending or left out with its reason,
//! and workers take it from there: cut a slice, render, call, record. The rows are the only progress
//! there is.
//!
//! Many people who share calls are first a row for each call, a pack ([`add_together`], [`pack`]): it is claimed, called
//! and recorded as one, and each person's row is written when it is known what became of the call. A pack gets one
//! call; whatever does not go smoothly makes rows of it at once, and goes on as with all others.

mod inbound;
mod jobs;
mod model;
mod outcome;
mod plan;
mod rate;
mod retry;
mod store;
mod work;
mod write_out;

pub use crate::channels::INBOUND;
pub use inbound::inbound;
pub use jobs::{SEND, send};
pub use model::{DeliveryState, DispatchStatus, Origin, PauseReason, Reason};
pub use plan::shares_calls;
pub use store::control::{cancel, hold, pause, resume};
pub use store::decide::People;
pub use store::door::{Added, Begins, NewDispatch, add, close, open, release};
pub use store::figures::{Figures, StepFigures, figures, of_cohorts, of_origin, reasons, totals, waits_since};
pub use store::news::{AWAITED, News, Told, hear, news, waiting as news_waiting};
pub use store::outlook::{Outlook, outlook};
pub use store::packing::{add_together, pack};
pub use store::packs::{in_packs_of, packed, packed_in};
pub use store::people::{AskedPeople, Person, SharedCall, people, people_after, person};
pub use store::removal::{SWEEPS, archived_at};
pub use store::unpacking::{Moment, Unpacked, Whose, packs_waiting, to_unpack, unpack};
pub use write_out::{UNPACK, write_out, writing_out};
