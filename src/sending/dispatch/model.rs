//! What a dispatch and a delivery can be and become. No database and no clock.

use tidings_base::text_enum;

text_enum! {
    /// How a dispatch stands.
    pub enum DispatchStatus {
        /// Its people are being chosen, or its time has not come.
        Scheduled = "scheduled",
        Sending = "sending",
        /// By a person, or by an answer of the vendor that says that nobody will get it for now.
        Paused = "paused",
        /// Everybody is settled.
        Done = "done",
        /// Everybody is settled and nobody accepted it.
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// What came of sending to one person. What happens afterwards (delivered, read, bounced) are
    /// times beside it.
    pub enum DeliveryState {
        /// Not settled: nobody has taken it in hand yet, or it is in a slice.
        Pending = "pending",
        /// The vendor accepted it.
        Sent = "sent",
        Failed = "failed",
        /// Never tried, for a reason that lies with the person.
        LeftOut = "left_out",
        /// Never tried, because the dispatch was cancelled.
        Cancelled = "cancelled",
        /// The call was made and its answer lost. An event may still tell.
        Unknown = "unknown",
    }
}

text_enum! {
    /// Why a delivery is where it is.
    pub enum Reason {
        /// Left out: consent was withdrawn.
        Withdrawn = "withdrawn",
        /// Left out: never agreed, on a channel where that is needed.
        NoConsent = "no_consent",
        /// Left out or failed: the person blocked the account.
        Blocked = "blocked",
        /// Left out or failed: the identity does not exist any more.
        Gone = "gone",
        /// Left out or failed: the person's last message is older than the channel's window.
        OutsideWindow = "outside_window",
        /// Left out: another contact of the same member on the same account gets it.
        Duplicate = "duplicate",
        /// Failed: with this person's name in it, the message is longer than the channel takes.
        TooLong = "too_long",
        /// Failed: the person stopped marketing messages on the vendor's side.
        OptedOut = "opted_out",
        /// Failed: the vendor refused this person.
        Refused = "refused",
        /// Failed: tried until the attempts were spent. Waiting: will be tried again.
        Later = "later",
        /// Failed: set aside, because working on it broke off three times.
        Poison = "poison",
        /// Unknown: the answer was lost.
        AnswerLost = "answer_lost",
        /// Cancelled with its dispatch.
        DispatchCancelled = "dispatch_cancelled",
    }
}

text_enum! {
    /// Which front door a dispatch came from.
    pub enum Origin {
        /// A send step of a journey; `origin_id` is the journey's version, `origin_step` the step.
        Journey = "journey",
        /// A broadcast; `origin_id` is the broadcast, there is one a broadcast.
        Broadcast = "broadcast",
        /// Somebody tries a message on a few people; `origin_id` is what it is part of, `origin_step`
        /// the trial. No report counts it.
        Test = "test",
    }
}

text_enum! {
    /// What made a dispatch pause.
    pub enum PauseReason {
        /// Somebody pressed the button.
        Person = "person",
        /// The vendor refuses the content for everybody.
        Content = "content",
        /// The account's token or password is not valid.
        Token = "token",
        /// The account may not do this.
        Permission = "permission",
        /// The quota is used up.
        Quota = "quota",
        /// The vendor wants money.
        Money = "money",
        /// The vendor restricts the account.
        Policy = "policy",
        /// This program has no connector for the account.
        NoConnector = "no_connector",
    }
}

impl Origin {
    /// Whether somebody is told when its deliveries are settled: people of a journey wait for that.
    pub(super) fn is_followed(self) -> bool {
        match self {
            Self::Journey => true,
            Self::Broadcast | Self::Test => false,
        }
    }
}

impl DispatchStatus {
    /// The one table of what may follow what.
    pub fn can_become(self, next: Self) -> bool {
        use DispatchStatus::{Cancelled, Done, Failed, Paused, Scheduled, Sending};
        match self {
            Scheduled => matches!(next, Sending | Cancelled),
            Sending => matches!(next, Paused | Done | Failed | Cancelled),
            Paused => matches!(next, Sending | Cancelled),
            // People who come after the end are sent to all the same.
            Done | Failed => matches!(next, Sending),
            Cancelled => false,
        }
    }

    /// Whether somebody may pause it.
    pub fn can_pause(self) -> bool {
        self.can_become(Self::Paused)
    }

    /// Whether somebody may let it go on.
    pub fn can_resume(self) -> bool {
        self == Self::Paused
    }

    /// Whether somebody may call it off.
    pub fn can_cancel(self) -> bool {
        self.can_become(Self::Cancelled)
    }

    /// The statuses from which `next` may follow, for statements that change a row.
    pub fn before(next: Self) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |status| status.can_become(next))
    }

    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Scheduled => "dispatch.status.scheduled",
            Self::Sending => "dispatch.status.sending",
            Self::Paused => "dispatch.status.paused",
            Self::Done => "dispatch.status.done",
            Self::Failed => "dispatch.status.failed",
            Self::Cancelled => "dispatch.status.cancelled",
        }
    }
}

impl DeliveryState {
    /// The one table of what may follow what: forward only, save that an event may settle what was
    /// unknown.
    pub fn can_become(self, next: Self) -> bool {
        use DeliveryState::{Cancelled, Failed, LeftOut, Pending, Sent, Unknown};
        match self {
            Pending => matches!(next, Sent | Failed | LeftOut | Cancelled | Unknown),
            Unknown => matches!(next, Sent | Failed),
            Sent | Failed | LeftOut | Cancelled => false,
        }
    }

    /// Whether nothing more will be done about it. Unknown counts as settled.
    pub fn is_settled(self) -> bool {
        match self {
            Self::Pending => false,
            Self::Sent | Self::Failed | Self::LeftOut | Self::Cancelled | Self::Unknown => true,
        }
    }

    /// What `deliveries.missed` says: the state where the message was not, or perhaps not, taken, and
    /// nothing otherwise, so that the index on it does not change when a message is sent.
    pub(super) fn missed(self) -> &'static str {
        match self {
            Self::Pending | Self::Sent => "",
            Self::Failed | Self::LeftOut | Self::Cancelled | Self::Unknown => self.word(),
        }
    }

    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pending => "dispatch.state.pending",
            Self::Sent => "dispatch.state.sent",
            Self::Failed => "dispatch.state.failed",
            Self::LeftOut => "dispatch.state.left_out",
            Self::Cancelled => "dispatch.state.cancelled",
            Self::Unknown => "dispatch.state.unknown",
        }
    }
}

impl Reason {
    /// The key of its sentence on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Withdrawn => "dispatch.reason.withdrawn",
            Self::NoConsent => "dispatch.reason.no_consent",
            Self::Blocked => "dispatch.reason.blocked",
            Self::Gone => "dispatch.reason.gone",
            Self::OutsideWindow => "dispatch.reason.outside_window",
            Self::Duplicate => "dispatch.reason.duplicate",
            Self::TooLong => "dispatch.reason.too_long",
            Self::OptedOut => "dispatch.reason.opted_out",
            Self::Refused => "dispatch.reason.refused",
            Self::Later => "dispatch.reason.later",
            Self::Poison => "dispatch.reason.poison",
            Self::AnswerLost => "dispatch.reason.answer_lost",
            Self::DispatchCancelled => "dispatch.reason.dispatch_cancelled",
        }
    }
}

impl PauseReason {
    /// The key of the sentence that says what happened and what to do.
    pub fn label(self) -> &'static str {
        match self {
            Self::Person => "dispatch.pause.person",
            Self::Content => "dispatch.pause.content",
            Self::Token => "dispatch.pause.token",
            Self::Permission => "dispatch.pause.permission",
            Self::Quota => "dispatch.pause.quota",
            Self::Money => "dispatch.pause.money",
            Self::Policy => "dispatch.pause.policy",
            Self::NoConnector => "dispatch.pause.no_connector",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_may_follow_what() {
        use DispatchStatus::{Cancelled, Done, Failed, Paused, Scheduled, Sending};
        let may: Vec<_> = DispatchStatus::ALL
            .iter()
            .flat_map(|a| DispatchStatus::ALL.iter().filter(|b| a.can_become(**b)).map(|b| (*a, *b)))
            .collect();
        let wanted = [
            (Scheduled, Sending),
            (Scheduled, Cancelled),
            (Sending, Paused),
            (Sending, Done),
            (Sending, Failed),
            (Sending, Cancelled),
            (Paused, Sending),
            (Paused, Cancelled),
            (Done, Sending),
            (Failed, Sending),
        ];
        assert_eq!(may, wanted);
    }

    proptest! {
        /// Any attempt to change a state either is refused or keeps the laws.
        #[test]
        fn a_delivery_moves_forward_only(tries in proptest::collection::vec(proptest::sample::select(DeliveryState::ALL), 0..40)) {
            let mut state = DeliveryState::Pending;
            let mut settled = Vec::new();
            for next in tries {
                if !state.can_become(next) {
                    continue;
                }
                prop_assert!(next != state);
                prop_assert!(next != DeliveryState::Sent || matches!(state, DeliveryState::Pending | DeliveryState::Unknown));
                prop_assert!(!state.is_settled() || next.is_settled(), "settled stays settled");
                state = next;
                if state.is_settled() {
                    settled.push(state);
                }
            }
            // Settled once; twice only from unknown to what an event told.
            match settled[..] {
                [] | [_] => {}
                [DeliveryState::Unknown, DeliveryState::Sent | DeliveryState::Failed] => {}
                _ => prop_assert!(false, "{settled:?}"),
            }
        }
    }
}
