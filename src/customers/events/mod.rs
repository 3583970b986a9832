//! What happened to people, as rows: written in the transaction that made it so, read on a person's
//! time line and by whoever waits for it (nobody is called upwards).

mod store;

pub use store::{Happened, SWEEPS, correct, page, record, record_all, record_one, unsay};

/// The word in [`About::detail`] of a message that was taken back.
pub const UNSENT: &str = "unsent";

use chrono::{DateTime, Datelike, NaiveDateTime};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use tidings_base::{db::Id, text_enum};

text_enum! {
    /// What can happen to a person.
    pub enum EventKind {
        /// The contact became known: followed the account, was imported, wrote first.
        Joined = "joined",
        /// Blocked the account, or the vendor says that the identity is gone.
        Left = "left",
        Returned = "returned",
        ConsentGranted = "consent_granted",
        ConsentUnknown = "consent_unknown",
        ConsentWithdrawn = "consent_withdrawn",
        TagAdded = "tag_added",
        TagRemoved = "tag_removed",
        /// The member is looked after by the salesperson named.
        Bound = "bound",
        Unbound = "unbound",
        OrderPlaced = "order_placed",
        /// Never a row: read from the journey's own, as [`Self::JourneyLeft`] is.
        JourneyEntered = "journey_entered",
        JourneyLeft = "journey_left",
        MessageSent = "message_sent",
        MessageFailed = "message_failed",
        MessageRead = "message_read",
        /// The person wrote to the account.
        MessageReceived = "message_received",
    }
}

/// Something that happened, to be recorded.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    pub kind: EventKind,
    pub at: NaiveDateTime,
    pub contact_id: Option<Id>,
    pub member_id: Option<Id>,
    pub about: About,
}

/// What the event is about, as it was called then; kept as JSON because it is only ever shown.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct About {
    /// The name of the tag, the journey, the order, the salesperson; the words of a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// The row of what is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    /// A stored word that says more: the source of a consent, the reason of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The name of the person of the shop who did it; nobody when the program did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// Where a row stands on a time line, as it is written in an address.
#[derive(Clone, PartialEq, Debug)]
pub struct Place {
    pub at: NaiveDateTime,
    pub id: Id,
    pub kind: EventKind,
}

impl Place {
    /// Where this row stands.
    pub fn of(happened: &Happened) -> Self {
        Self { at: happened.at, id: happened.id.clone(), kind: happened.kind }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.at.and_utc().timestamp_micros(), self.id, self.kind)
    }
}

/// It is no place on a time line.
#[derive(Debug, thiserror::Error)]
#[error("not a place on a time line")]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or(NoPlace);
        let at = part()?.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or(NoPlace)?;
        if !(1900..10_000).contains(&at.year()) {
            return Err(NoPlace);
        }
        let id = part()?.parse().map_err(|_| NoPlace)?;
        Ok(Self { at: at.naive_utc(), id, kind: part()?.parse().map_err(|_| NoPlace)? })
    }
}

impl EventKind {
    /// The key of its sentence on a time line; `{what}` in it is [`About::what`].
    pub fn label(self) -> &'static str {
        match self {
            Self::Joined => "events.joined",
            Self::Left => "events.left",
            Self::Returned => "events.returned",
            Self::ConsentGranted => "events.consent_granted",
            Self::ConsentUnknown => "events.consent_unknown",
            Self::ConsentWithdrawn => "events.consent_withdrawn",
            Self::TagAdded => "events.tag_added",
            Self::TagRemoved => "events.tag_removed",
            Self::Bound => "events.bound",
            Self::Unbound => "events.unbound",
            Self::OrderPlaced => "events.order_placed",
            Self::JourneyEntered => "events.journey_entered",
            Self::JourneyLeft => "events.journey_left",
            Self::MessageSent => "events.message_sent",
            Self::MessageFailed => "events.message_failed",
            Self::MessageRead => "events.message_read",
            Self::MessageReceived => "events.message_received",
        }
    }
}

impl Event {
    /// An event of this kind, so far about nobody.
    pub fn of(kind: EventKind, at: NaiveDateTime) -> Self {
        Self { kind, at, contact_id: None, member_id: None, about: About::default() }
    }

    /// To this contact. The time line of its member shows it too.
    pub fn contact(mut self, id: &Id) -> Self {
        self.contact_id = Some(id.clone());
        self
    }

    /// To this member, on no channel.
    pub fn member(mut self, id: &Id) -> Self {
        self.member_id = Some(id.clone());
        self
    }

    /// About what is called `name` and is the row `id`.
    pub fn what(mut self, name: &str, id: Option<&Id>) -> Self {
        self.about.what = Some(name.to_owned());
        self.about.id = id.cloned();
        self
    }

    /// With a stored word that says more.
    pub fn detail(mut self, word: &str) -> Self {
        self.about.detail = Some(word.to_owned());
        self
    }

    /// Done by the person of this name.
    pub fn by(mut self, name: Option<&str>) -> Self {
        self.about.by = name.map(str::to_owned);
        self
    }
}

impl About {
    /// What it is about, or nothing.
    pub fn what_or_empty(&self) -> &str {
        self.what.as_deref().unwrap_or_default()
    }

    /// As stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings alone can always be written")
    }

    /// As stored, read again. What cannot be read shows the event without what it is about.
    pub fn from_json(data: &str) -> Self {
        serde_json::from_str(data).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let at = DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap().naive_utc();
        let place = Place { at, id: Id::new(), kind: EventKind::JourneyLeft };
        assert_eq!(place.to_string().parse::<Place>().unwrap(), place);
        for wrong in [
            "",
            "1",
            "1.2.3",
            "x.y.z",
            "99999999999999999999.a.b",
            "253402300800000000.01a20288-b665-73fe-8fc5-42efae1f2403.left",
        ] {
            assert!(wrong.parse::<Place>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_it_is_about_is_read_as_it_was_written() {
        let about = About { what: Some("<b>VIP</b> 🎉".into()), by: Some("林怡君".into()), ..About::default() };
        assert_eq!(About::from_json(&about.to_json()), about);
        assert_eq!(About::default().to_json(), "{}");
        assert_eq!(About::from_json("not JSON"), About::default());
    }
}
