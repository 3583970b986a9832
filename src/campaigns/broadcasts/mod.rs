//! Broadcasts (推播訊息): a message to chosen people, at once or at a set time.
//!
//! A draft is confirmed on a page that names who gets it, who does not and why. When its time comes a
//! worker freezes its people into one dispatch and lets that go; everything after that is the
//! dispatch's. Nothing here sends.

mod draft;
mod jobs;
mod model;
mod pages;
pub mod seed;
mod start;
mod store;

pub use jobs::{START, start};
pub use model::{BroadcastStatus, Problem};
pub(crate) use store::{Listed, coming};

tidings_base::routes! {
    get "/broadcasts" ManageBroadcasts => pages::list::index;
    post "/broadcasts" ManageBroadcasts => pages::new::create;
    get "/broadcasts/export" ManageBroadcasts => pages::export::index;
    get "/broadcasts/new" ManageBroadcasts => pages::new::new;
    get "/broadcasts/{id}" ManageBroadcasts => pages::show::show;
    post "/broadcasts/{id}" ManageBroadcasts => pages::edit::update;
    get "/broadcasts/{id}/edit" ManageBroadcasts => pages::edit::edit;
    get "/broadcasts/{id}/copy" ManageBroadcasts => pages::new::copy;
    get "/broadcasts/{id}/confirm" ManageBroadcasts => pages::confirm::new;
    post "/broadcasts/{id}/confirm" ManageBroadcasts => pages::confirm::create;
    get "/broadcasts/{id}/test" ManageBroadcasts => pages::test::new;
    post "/broadcasts/{id}/test" ManageBroadcasts => pages::test::create;
    get "/broadcasts/{id}/rename" ManageBroadcasts => pages::rename::edit;
    post "/broadcasts/{id}/rename" ManageBroadcasts => pages::rename::update;
    get "/broadcasts/{id}/cancel" ManageBroadcasts => pages::cancel::new;
    post "/broadcasts/{id}/cancel" ManageBroadcasts => pages::cancel::create;
    get "/broadcasts/{id}/delete" ManageBroadcasts => pages::delete::new;
    post "/broadcasts/{id}/delete" ManageBroadcasts => pages::delete::destroy;
    post "/broadcasts/{id}/pause" ManageBroadcasts => pages::pause::create;
    post "/broadcasts/{id}/resume" ManageBroadcasts => pages::pause::destroy;
    get "/broadcasts/{id}/live" ManageBroadcasts => pages::live::show;
    get "/broadcasts/{id}/people" ManageBroadcasts => pages::people::index;
    get "/broadcasts/{id}/people/export" ManageBroadcasts => pages::people::export;
    get "/broadcasts/{id}/people/{delivery}" ManageBroadcasts => pages::delivery::show;
}
