use crate::messages::limits;
use chrono::TimeDelta;
use tidings_customers::channels::ChannelKind;

/// What a vendor can do. A connector may know better than its kind: SMS vendors differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// How many people one call can reach with the same words.
    pub people_per_call: usize,
    /// How many calls for one person a call for several counts as against the account's rate.
    pub shared_call_weight: i64,
    /// How many parts of a message one call can carry.
    pub parts_per_call: usize,
    /// How long the vendor remembers a retry key, with a margin: a call may be made again with its
    /// key for this long. None: it has no keys, and a lost answer stays unknown.
    pub key_life: Option<TimeDelta>,
    /// Whether it tells that a message reached the phone.
    pub delivered: bool,
    /// Whether it tells who read a message.
    pub read: bool,
    /// Whether what happens to a message is told by the id that the vendor gave it.
    pub told_by_id: bool,
    /// How long after a person's last message that person may be written to; none is for ever.
    pub window: Option<TimeDelta>,
}

/// What vendors of this kind can do, if nothing else is known.
pub const fn capabilities(kind: ChannelKind) -> Capabilities {
    let single = Capabilities {
        people_per_call: 1,
        shared_call_weight: 1,
        parts_per_call: 1,
        key_life: None,
        delivered: false,
        read: false,
        told_by_id: true,
        window: window(kind),
    };
    match kind {
        // Multicast: 500 people. `X-Line-Retry-Key` is kept for 24 hours; a key that is older counts
        // as new and sends again, so the last hour is left alone. No receipts at all. 2,000 pushes a
        // second are allowed, and 200 multicasts.
        ChannelKind::Line => Capabilities {
            people_per_call: 500,
            shared_call_weight: 10,
            parts_per_call: 5,
            key_life: Some(TimeDelta::hours(23)),
            told_by_id: false,
            ..single
        },
        ChannelKind::Messenger | ChannelKind::WhatsApp => Capabilities { delivered: true, read: true, ..single },
        ChannelKind::Instagram => Capabilities { read: true, ..single },
        ChannelKind::Sms => Capabilities { delivered: true, ..single },
        // A mail is one, however many parts it has.
        ChannelKind::Email => Capabilities { parts_per_call: limits(ChannelKind::Email).parts, ..single },
    }
}

/// How long after a person's last message this kind of channel lets that person be written to.
pub const fn window(kind: ChannelKind) -> Option<TimeDelta> {
    match kind {
        ChannelKind::Messenger | ChannelKind::Instagram | ChannelKind::WhatsApp => Some(TimeDelta::hours(24)),
        ChannelKind::Line | ChannelKind::Sms | ChannelKind::Email => None,
    }
}
