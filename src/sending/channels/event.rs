use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use tidings_base::db::Id;

/// Something that happened on a vendor's side, in the words that all vendors share.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InboundEvent {
    /// Who did it or to whom it happened, as the vendor knows them.
    pub identity: String,
    /// When, by the vendor; UTC. Late and out of order is normal.
    pub at: NaiveDateTime,
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// The vendor tells that it took a message; settles one whose answer was lost.
    Accepted { about: About },
    /// A message reached the phone.
    Delivered { about: About },
    /// A message was read; it was delivered then, too.
    Read { about: About },
    /// A message that was accepted did not arrive after all.
    Bounced { about: About, detail: String },
    /// The person wrote.
    Message {
        text: String,
        /// What the vendor calls the message, where the person can take it back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
    /// The person took a message back.
    Unsent { id: String },
    /// The person pressed a button that says nothing by itself.
    Pressed,
    /// The person follows the account, anew or again.
    Follow,
    /// The person blocked the account or left it.
    Unfollow,
    /// The person wants no marketing messages.
    OptOut,
    /// The person wants them again.
    OptIn,
    /// Nothing that this program works on.
    Other { kind: String },
}

/// Which of our messages an event is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The reference that we gave the vendor.
    Delivery(Id),
    /// The id that the vendor gave the message.
    Message(String),
    /// Everything sent to this person until then (Messenger's watermarks).
    Until(NaiveDateTime),
}

/// A body that is not what the vendor sends.
#[derive(Debug, thiserror::Error)]
#[error("not understood: {0}")]
pub struct NotUnderstood(pub String);
