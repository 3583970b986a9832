//! Channel accounts as rows: an official LINE account, a page, a sender of mail. What a vendor's
//! interface demands lives above, with the connectors that call it.

mod store;

pub use store::{ChannelAccount, NewChannel, add, all, connected, find};

use tidings_base::text_enum;

text_enum! {
    /// Which vendor's kind of account this is. "The same channel" compares kinds.
    pub enum ChannelKind {
        Line = "line",
        Messenger = "messenger",
        Instagram = "instagram",
        WhatsApp = "whatsapp",
        Sms = "sms",
        Email = "email",
    }
}

text_enum! {
    /// What stands behind an account: the vendor itself, or a stand-in that keeps what it is given.
    pub enum Connector {
        Live = "live",
        Sandbox = "sandbox",
    }
}

text_enum! {
    /// Whether an account may be sent over.
    pub enum ChannelStatus {
        Ready = "ready",
        /// Somebody paused it.
        Paused = "paused",
        /// It failed so often that the program paused it; `trouble` says how.
        Trouble = "trouble",
        /// Its way to the vendor was taken away. It keeps its history and can be connected again.
        Disconnected = "disconnected",
    }
}

impl ChannelKind {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Line => "channels.kind.line",
            Self::Messenger => "channels.kind.messenger",
            Self::Instagram => "channels.kind.instagram",
            Self::WhatsApp => "channels.kind.whatsapp",
            Self::Sms => "channels.kind.sms",
            Self::Email => "channels.kind.email",
        }
    }

    /// The key of what identifies a person there: a LINE id, a phone number, a mail address.
    pub fn identity_label(self) -> &'static str {
        match self {
            Self::Line => "channels.identity.line",
            Self::Messenger => "channels.identity.messenger",
            Self::Instagram => "channels.identity.instagram",
            Self::WhatsApp | Self::Sms => "channels.identity.phone",
            Self::Email => "channels.identity.email",
        }
    }

    /// Whether people join the account themselves and write to it, so that following it is consent
    /// to be written to until it is withdrawn.
    pub fn is_chat(self) -> bool {
        match self {
            Self::Line | Self::Messenger | Self::Instagram | Self::WhatsApp => true,
            Self::Sms | Self::Email => false,
        }
    }
}

impl Connector {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Live => "channels.connector.live",
            Self::Sandbox => "channels.connector.sandbox",
        }
    }
}

impl ChannelStatus {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ready => "channels.status.ready",
            Self::Paused => "channels.status.paused",
            Self::Trouble => "channels.status.trouble",
            Self::Disconnected => "channels.status.disconnected",
        }
    }

    /// Whether deliveries over the account may go out now.
    pub fn can_send(self) -> bool {
        match self {
            Self::Ready => true,
            Self::Paused | Self::Trouble | Self::Disconnected => false,
        }
    }

    /// Whether something new may be made for the account: what is paused or in trouble comes back.
    pub fn is_connected(self) -> bool {
        match self {
            Self::Ready | Self::Paused | Self::Trouble => true,
            Self::Disconnected => false,
        }
    }
}
