//! Orders of members, as the shop's systems report them.

mod amount;
mod status;
mod store;

pub use amount::{CURRENCY, is_twd, twd};
pub use status::OrderStatus;
pub use store::{Order, of_member};
