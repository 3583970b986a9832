//! Whom a message is given to: one connector a vendor behind one trait, what each kind of channel
//! can do, and the events that vendors send back, which are stored first and worked on afterwards.

mod answer;
mod capabilities;
mod connect;
pub mod connection;
mod event;
pub mod line;
pub mod mail;
pub mod names;
mod pages;
mod refusals;
pub mod sandbox;
mod store;

pub use answer::{Answer, Mark, Refusal, RefusalReason, Stop, StopReason};
pub use capabilities::{Capabilities, capabilities, window};
pub use connect::{Call, Channel, Checked, Connect, Quota, Recipient, Trouble, connectors};
pub use event::{About, InboundEvent, NotUnderstood, What};
pub use store::{INBOUND, InboundStatus, Received, receive};

tidings_base::routes! {
    get "/channels" ManageChannels => pages::list::index;
    get "/channels/new" ManageChannels => pages::new::new;
    get "/channels/new/trial" ManageChannels => pages::trial::new;
    post "/channels" ManageChannels => pages::new::create;
    post "/channels/trial" ManageChannels => pages::trial::create;
    get "/channels/{id}" ManageChannels => pages::edit::edit;
    post "/channels/{id}" ManageChannels => pages::edit::update;
    post "/channels/{id}/check" ManageChannels => pages::check::create;
    get "/channels/{id}/connection" ManageChannels => pages::connection::edit;
    post "/channels/{id}/connection" ManageChannels => pages::connection::update;
    get "/channels/{id}/disconnect" ManageChannels => pages::disconnect::new;
    post "/channels/{id}/disconnect" ManageChannels => pages::disconnect::create;
    post "/channels/{id}/pause" ManageChannels => pages::pause::create;
    post "/channels/{id}/resume" ManageChannels => pages::pause::destroy;
    post "/hooks/line/{id}" outside => pages::hook::line;
}
