//! The one corridor that every message takes. A front door [`open`]s a dispatch, [`add`]s people to
//! it and [`close`]s it; each person becomes one delivery row, pending or left out with its reason,
//! and workers take it from there: cut a slice, render, call, record. The rows are the only progress
//! there is.

mod inbound;
mod jobs;
mod model;
mod outcome;
mod plan;
mod rate;
mod retry;
mod store;
mod work;

pub use crate::channels::INBOUND;
pub use inbound::inbound;
pub use jobs::{SEND, send};
pub use model::{DeliveryState, DispatchStatus, Origin, PauseReason, Reason};
pub use store::control::{cancel, hold, pause, resume};
pub use store::decide::People;
pub use store::door::{Added, Begins, NewDispatch, add, close, open, release};
pub use store::figures::{Figures, StepFigures, figures, of_cohorts, of_origin, reasons, totals, waits_since};
pub use store::news::{AWAITED, News, Told, hear, news, waiting as news_waiting};
pub use store::outlook::{Outlook, outlook};
pub use store::people::{AskedPeople, Person, SharedCall, people, people_after, person};
pub use store::removal::{SWEEPS, archived_at};
