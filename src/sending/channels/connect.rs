use super::{
    Answer, Capabilities, InboundEvent, NotUnderstood, Stop,
    line::Line,
    mail::{self, Mail},
    sandbox::Sandbox,
};
use crate::messages::Words;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use tidings_base::{db::Id, jobs::Work};
use tidings_customers::channels::{ChannelAccount, ChannelKind, Connector};

/// One account's way to its vendor.
pub trait Channel: Send + Sync {
    /// What this vendor can do.
    fn capabilities(&self) -> Capabilities;

    /// Makes one call. It may be made again later with the same key, and must be byte for byte the
    /// same then. Whoever calls sets a time limit; a call that is given up counts as unknown.
    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Answer>;

    /// Asks the vendor whether the account works.
    fn check(&self) -> BoxFuture<'_, Result<Checked, Trouble>>;

    /// Asks the vendor how many messages the account may send this month.
    fn quota(&self) -> BoxFuture<'_, Result<Quota, Trouble>> {
        Box::pin(async { Ok(Quota::default()) })
    }

    /// Asks the vendor what a person is called; nothing where it does not say.
    fn name<'a>(&'a self, _identity: &'a str) -> BoxFuture<'a, Result<Option<String>, Trouble>> {
        Box::pin(async { Ok(None) })
    }

    /// Reads what the vendor sent, as it was stored.
    ///
    /// # Errors
    /// The body is not what this vendor sends; it is kept with the error.
    fn events(&self, body: &str) -> Result<Vec<InboundEvent>, NotUnderstood>;
}

/// An account that works.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checked {
    /// What the vendor calls it.
    pub name: String,
    pub quota: Quota,
    /// What it calls the account in what it sends, where it does: LINE's user id of the bot.
    pub vendor_id: Option<String>,
}

/// How many messages the vendor lets an account send in this month of its own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Quota {
    /// None where there is no limit.
    pub limit: Option<i64>,
    /// How many of them are used up, as far as the vendor knows.
    pub used: i64,
}

impl Quota {
    /// How many may still be sent; none where there is no limit.
    pub fn left(&self) -> Option<i64> {
        self.limit.map(|limit| (limit - self.used).max(0))
    }

    /// Whether `messages` more may be sent.
    pub fn fits(&self, messages: i64) -> bool {
        self.left().is_none_or(|left| messages <= left)
    }
}

/// Why a vendor gave no answer to a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// It may answer later: no connection, a rate, an outage.
    Later { detail: String },
    /// It will not until a person acts.
    Stop(Stop),
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
    /// How often it was made before and came to [`Answer::Later`], for vendors that want to be left
    /// alone longer each time.
    pub tried: i64,
}

/// One of the people of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipient {
    /// Who it is at the vendor: a user id, a phone number, a mail address.
    pub identity: String,
    /// The delivery, for vendors who send a reference of ours back with their events. Only in the
    /// call that makes the message whole: what comes back is about all of it.
    pub reference: Option<Id>,
    /// The contact, where it is one: who tries a message out need not be.
    pub contact: Option<Id>,
}

/// Gives the connector of an account, if this program has one for it.
pub type Connect = Arc<dyn Fn(&ChannelAccount, &Work) -> Option<Arc<dyn Channel>> + Send + Sync>;

/// The connectors that this program has.
pub fn connectors() -> Connect {
    let mail = Arc::new(mail::Pools::default());
    Arc::new(move |account, work| match account.connector {
        Connector::Sandbox => Some(Arc::new(Sandbox::new(account.clone(), work.clone()))),
        Connector::Live => match account.kind {
            ChannelKind::Line => Some(Arc::new(Line::new(account, work.clone()))),
            ChannelKind::Email => Some(Arc::new(Mail::new(account, work, &mail))),
            ChannelKind::Messenger | ChannelKind::Instagram | ChannelKind::WhatsApp | ChannelKind::Sms => None,
        },
    })
}
