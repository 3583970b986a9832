//! Orders of members, as the shop's systems report them.

mod store;

pub use store::{Order, of_member};

use tidings_base::text_enum;

text_enum! {
    /// What became of an order.
    pub enum OrderStatus {
        /// Placed and not taken back: counts for the member's figures.
        Completed = "completed",
        Cancelled = "cancelled",
        Refunded = "refunded",
    }
}

impl OrderStatus {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Completed => "orders.status.completed",
            Self::Cancelled => "orders.status.cancelled",
            Self::Refunded => "orders.status.refunded",
        }
    }
}
