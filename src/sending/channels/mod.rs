//! Whom a message is given to: one connector a vendor behind one trait, what each kind of channel
//! can do, and the events that vendors send back, which are stored first and worked on afterwards.

mod answer;
mod capabilities;
mod connect;
pub mod connection;
mod event;
mod pages;
pub mod sandbox;
mod store;

pub use answer::{Answer, Mark, Refusal, RefusalReason, Stop, StopReason};
pub use capabilities::{Capabilities, capabilities, window};
pub use connect::{Call, Channel, Checked, Connect, Quota, Recipient, Trouble, connectors};
pub use event::{About, InboundEvent, NotUnderstood, What};
pub use store::{InboundStatus, Received, receive};

tidings_base::routes! {
    get "/channels" ManageChannels => pages::list::index;
    get "/channels/{id}" ManageChannels => pages::edit::edit;
    post "/channels/{id}" ManageChannels => pages::edit::update;
    post "/channels/{id}/pause" ManageChannels => pages::pause::create;
    post "/channels/{id}/resume" ManageChannels => pages::pause::destroy;
}
