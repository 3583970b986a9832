//! Members: the shop's customers across channels. A member has any number of contacts, orders, and
//! perhaps a salesperson who looks after them.

mod model;
mod store;

pub use model::{Birthday, Gender, city};
pub use store::{Member, bind, find, recount};
