//! What the records count, by channel. No database and no clock.

use tidings_customers::channels::ChannelKind;
use tidings_sending::dispatch::Figures;

/// How many received it. Where the vendor tells what reached a phone, that counts; elsewhere what it
/// accepted, without what came back. LINE sends no receipt.
pub(crate) fn received(kind: ChannelKind, figures: &Figures) -> i64 {
    if tells_receipts(kind) { figures.delivered } else { (figures.sent - figures.bounced).max(0) }
}

/// Whether the vendor tells what reached a phone.
pub(crate) fn tells_receipts(kind: ChannelKind) -> bool {
    match kind {
        ChannelKind::Messenger | ChannelKind::WhatsApp | ChannelKind::Sms => true,
        ChannelKind::Line | ChannelKind::Instagram | ChannelKind::Email => false,
    }
}

/// 已讀率 is known on these channels only.
pub(crate) fn tells_reads(kind: ChannelKind) -> bool {
    match kind {
        ChannelKind::Messenger | ChannelKind::WhatsApp => true,
        ChannelKind::Line | ChannelKind::Instagram | ChannelKind::Sms | ChannelKind::Email => false,
    }
}

/// 受眾成功率: received ÷ everyone chosen, those left out included.
pub(crate) fn success(kind: ChannelKind, figures: &Figures) -> Option<Share> {
    Share::of(received(kind, figures), figures.people)
}

/// 已讀率: read ÷ received, where the channel tells.
pub(crate) fn read(kind: ChannelKind, figures: &Figures) -> Option<Share> {
    if tells_reads(kind) { Share::of(figures.read, received(kind, figures)) } else { None }
}

/// A share in tenths of a per cent, rounded half up; all is 1,000.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Share(i64);

impl Share {
    /// `part` of `whole`; none of nothing.
    pub(crate) fn of(part: i64, whole: i64) -> Option<Self> {
        // What is almost all or almost nothing is not said to be all or nothing.
        let tenths = |whole: i64| (part * 2_000 + whole) / (2 * whole);
        match (part, whole) {
            (_, ..=0) => None,
            (..=0, _) => Some(Self(0)),
            (part, whole) if part >= whole => Some(Self(1_000)),
            (_, whole) => Some(Self(tenths(whole).clamp(1, 999))),
        }
    }
}

impl std::fmt::Display for Share {
    /// `98.2%`, and without a tail `100%` and `0%`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 % 10 {
            0 => write!(f, "{}%", self.0 / 10),
            tenth => write!(f, "{}.{tenth}%", self.0 / 10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shares_are_written_with_a_tenth() {
        for (part, whole, written) in [
            (0, 0, None),
            (0, 7, Some("0%")),
            (7, 7, Some("100%")),
            (1, 3, Some("33.3%")),
            (2, 3, Some("66.7%")),
            (1, 2, Some("50%")),
            (9_999, 10_000, Some("99.9%")),
            (1, 10_000, Some("0.1%")),
            (8, 7, Some("100%")),
        ] {
            assert_eq!(Share::of(part, whole).map(|share| share.to_string()).as_deref(), written, "{part}/{whole}");
        }
    }

    #[test]
    fn what_counts_as_received() {
        let figures = Figures { people: 10, sent: 8, delivered: 6, read: 3, bounced: 1, ..Figures::default() };
        for (kind, wanted, reads) in [
            (ChannelKind::Line, 7, None),
            (ChannelKind::Email, 7, None),
            (ChannelKind::Sms, 6, None),
            (ChannelKind::WhatsApp, 6, Some("50%")),
            (ChannelKind::Messenger, 6, Some("50%")),
            (ChannelKind::Instagram, 7, None),
        ] {
            assert_eq!(received(kind, &figures), wanted, "{kind}");
            assert_eq!(read(kind, &figures).map(|share| share.to_string()).as_deref(), reads, "{kind}");
        }
    }

    proptest! {
        #[test]
        fn a_share_is_between_nothing_and_all(part in 0i64..1_000_000, whole in 1i64..1_000_000) {
            let share = Share::of(part, whole).unwrap();
            prop_assert!(share >= Share(0) && share <= Share(1_000));
            prop_assert_eq!(share == Share(1_000), part >= whole);
            prop_assert_eq!(share == Share(0), part == 0);
        }
    }
}
