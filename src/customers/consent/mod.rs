//! Who may be written to: what a contact has agreed to, since when, and where that is known from.

mod pages;
mod store;
pub mod unsubscribe;

pub use store::{Change, Record, change, history};

use crate::{channels::ChannelKind, events::EventKind};
use tidings_base::text_enum;

tidings_base::routes! {
    get "/u/{token}" anyone => pages::unsubscribe::show;
    post "/u/{token}" outside => pages::unsubscribe::create;
}

text_enum! {
    /// What a contact has agreed to.
    pub enum Consent {
        /// Agreed to marketing messages.
        Granted = "granted",
        /// Was never asked, or it is not known.
        None = "none",
        /// Does not want them any more.
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// Where a consent is known from.
    pub enum Source {
        /// The person followed or blocked the account, or pressed a button in a message.
        Channel = "channel",
        /// The link at the foot of a mail, or the button that a mail program makes of it.
        UnsubscribeLink = "unsubscribe_link",
        /// A form on the shop's site.
        Site = "site",
        /// A form or a word at a shop.
        Store = "store",
        Phone = "phone",
        Conversation = "conversation",
        /// A file of contacts.
        Import = "import",
        Other = "other",
    }
}

impl Consent {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Granted => "consent.granted",
            Self::None => "consent.none",
            Self::Withdrawn => "consent.withdrawn",
        }
    }

    /// What a change to it is recorded as.
    pub fn event(self) -> EventKind {
        match self {
            Self::Granted => EventKind::ConsentGranted,
            Self::None => EventKind::ConsentUnknown,
            Self::Withdrawn => EventKind::ConsentWithdrawn,
        }
    }

    /// The tone of its pill.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Granted => "good",
            Self::None => "",
            Self::Withdrawn => "bad",
        }
    }

    /// Whether a contact on such a channel may be sent what was not asked for. Withdrawn never is;
    /// none is enough on chat channels, which people follow of their own accord, and not for mail
    /// and SMS.
    pub fn allows(self, kind: ChannelKind) -> bool {
        match self {
            Self::Granted => true,
            Self::None => kind.is_chat(),
            Self::Withdrawn => false,
        }
    }

    /// The states that [`Consent::allows`] on such a channel, for statements that decide for many.
    pub fn allowing(kind: ChannelKind) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |consent| consent.allows(kind))
    }
}

impl Source {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Channel => "consent.source.channel",
            Self::UnsubscribeLink => "consent.source.unsubscribe_link",
            Self::Site => "consent.source.site",
            Self::Store => "consent.source.store",
            Self::Phone => "consent.source.phone",
            Self::Conversation => "consent.source.conversation",
            Self::Import => "consent.source.import",
            Self::Other => "consent.source.other",
        }
    }

    /// Those that a person may name when changing a consent by hand.
    pub const BY_HAND: &'static [Self] = &[Self::Store, Self::Phone, Self::Conversation, Self::Site, Self::Other];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_be_written_to() {
        use Consent::{Granted, None, Withdrawn};
        for &kind in ChannelKind::ALL {
            assert!(Granted.allows(kind));
            assert!(!Withdrawn.allows(kind), "{kind}");
        }
        for (kind, none) in [
            (ChannelKind::Line, true),
            (ChannelKind::Messenger, true),
            (ChannelKind::Instagram, true),
            (ChannelKind::WhatsApp, true),
            (ChannelKind::Sms, false),
            (ChannelKind::Email, false),
        ] {
            assert_eq!(None.allows(kind), none, "{kind}");
        }
        assert_eq!(Consent::allowing(ChannelKind::Sms).collect::<Vec<_>>(), [Granted]);
        assert_eq!(Consent::allowing(ChannelKind::Line).collect::<Vec<_>>(), [Granted, None]);
    }
}
