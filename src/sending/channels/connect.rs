use super::{Answer, Capabilities, InboundEvent, NotUnderstood, sandbox::Sandbox};
use crate::messages::Words;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tidings_base::{db::Id, jobs::Work};
use tidings_customers::channels::{ChannelAccount, Connector};

/// One account's way to its vendor.
pub trait Channel: Send + Sync {
    /// What this vendor can do.
    fn capabilities(&self) -> Capabilities;

    /// Makes one call. It may be made again later with the same key, and must be byte for byte the
    /// same then. Whoever calls sets a time limit; a call that is given up counts as unknown.
    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Answer>;

    /// Reads what the vendor sent, as it was stored.
    ///
    /// # Errors
    /// The body is not what this vendor sends; it is kept with the error.
    fn events(&self, body: &str) -> Result<Vec<InboundEvent>, NotUnderstood>;
}

/// What a vendor is asked to deliver.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// Where the vendor has keys: the one of this call.
    pub retry_key: Option<String>,
    /// At most [`Capabilities::people_per_call`].
    pub people: Vec<Recipient>,
    /// At most [`Capabilities::parts_per_call`] parts.
    pub words: Words,
}

/// One of the people of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipient {
    /// Who it is at the vendor: a user id, a phone number, a mail address.
    pub identity: String,
    /// The delivery, for vendors who send a reference of ours back with their events. Only in the
    /// call that makes the message whole: what comes back is about all of it.
    pub reference: Option<Id>,
}

/// Gives the connector of an account, if this program has one for it.
pub type Connect = Arc<dyn Fn(&ChannelAccount, &Work) -> Option<Arc<dyn Channel>> + Send + Sync>;

/// The connectors that this program has.
pub fn connectors() -> Connect {
    Arc::new(|account, work| match account.connector {
        Connector::Sandbox => Some(Arc::new(Sandbox::new(account.clone(), work.clone()))),
        Connector::Live => None,
    })
}
