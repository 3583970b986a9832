//! What a broadcast is and can become. No database and no clock.

use tidings_base::{db::Id, text_enum};
use tidings_customers::contacts::filter::Filter;
use tidings_sending::dispatch::DispatchStatus;

text_enum! {
    /// How far a broadcast itself got; once its people are in a dispatch, that says more.
    pub enum Stored {
        Draft = "draft",
        Scheduled = "scheduled",
        /// Its time has come and its people are being frozen.
        Choosing = "choosing",
        /// Its people are in its dispatch.
        Started = "started",
        Cancelled = "cancelled",
        /// It failed before anybody was written to.
        Failed = "failed",
    }
}

text_enum! {
    /// How a broadcast stands, as its page says.
    pub enum BroadcastStatus {
        Draft = "draft",
        Scheduled = "scheduled",
        Sending = "sending",
        Paused = "paused",
        Done = "done",
        Failed = "failed",
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// Why a broadcast failed before anybody was written to.
    pub enum Problem {
        /// Its account is paused or disconnected.
        Account = "account",
        /// Its audience was deleted.
        AudienceGone = "audience_gone",
        /// The rule of its audience cannot be read.
        Rule = "rule",
        /// The audience is of another channel now.
        AudienceChannel = "audience_channel",
        /// The program was not running at its time, and it is too late now.
        Late = "late",
        /// Working on it broke off three times.
        Poison = "poison",
    }
}

text_enum! {
    /// How its people are chosen.
    pub enum WhoKind {
        /// 自訂條件: all that a filter of the contacts lets through when it is sent.
        Matching = "matching",
        /// 自訂條件: contacts picked one by one.
        Picked = "picked",
        /// 受眾分群: a saved audience, evaluated when it is sent.
        Audience = "audience",
    }
}

/// Who gets it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Who {
    Matching(Filter),
    /// The picks are rows of their own.
    Picked,
    /// None when it was deleted since; the name stays.
    Audience {
        id: Option<Id>,
        name: String,
    },
}

impl Who {
    /// How its people are chosen.
    pub(crate) fn kind(&self) -> WhoKind {
        match self {
            Self::Matching(_) => WhoKind::Matching,
            Self::Picked => WhoKind::Picked,
            Self::Audience { .. } => WhoKind::Audience,
        }
    }
}

impl WhoKind {
    /// The key of its name in the records: 自訂條件 or 受眾分群.
    pub fn label(self) -> &'static str {
        match self {
            Self::Matching | Self::Picked => "broadcasts.who.custom",
            Self::Audience => "broadcasts.who.audience",
        }
    }
}

impl BroadcastStatus {
    /// What the page says of a broadcast and its dispatch.
    pub fn of(stored: Stored, dispatch: Option<DispatchStatus>) -> Self {
        match (stored, dispatch) {
            (Stored::Draft, _) => Self::Draft,
            (Stored::Scheduled, _) => Self::Scheduled,
            (Stored::Cancelled, _) => Self::Cancelled,
            (Stored::Failed, _) => Self::Failed,
            (Stored::Choosing, _) | (Stored::Started, None | Some(DispatchStatus::Scheduled)) => Self::Sending,
            (Stored::Started, Some(DispatchStatus::Sending)) => Self::Sending,
            (Stored::Started, Some(DispatchStatus::Paused)) => Self::Paused,
            (Stored::Started, Some(DispatchStatus::Done)) => Self::Done,
            (Stored::Started, Some(DispatchStatus::Failed)) => Self::Failed,
            (Stored::Started, Some(DispatchStatus::Cancelled)) => Self::Cancelled,
        }
    }

    /// [`BroadcastStatus::of`] in SQL, over broadcasts `b` and their dispatches `d`, left joined.
    pub(super) const SQL: &'static str = "case b.status when 'choosing' then 'sending' when 'started' then \
         case when d.status is null or d.status = 'scheduled' then 'sending' else d.status end else b.status end";

    /// Whether content, time and people may be changed.
    pub fn can_edit(self) -> bool {
        matches!(self, Self::Draft | Self::Scheduled)
    }

    /// Whether it can be called off before it begins.
    pub fn can_cancel(self) -> bool {
        self == Self::Scheduled
    }

    /// Whether what is left of it can be stopped.
    pub fn can_stop(self) -> bool {
        matches!(self, Self::Sending | Self::Paused)
    }

    pub fn can_pause(self) -> bool {
        self == Self::Sending
    }

    pub fn can_resume(self) -> bool {
        self == Self::Paused
    }

    /// Whether it may be thrown away.
    pub fn can_delete(self) -> bool {
        self == Self::Draft
    }

    /// The key of its name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "broadcasts.status.draft",
            Self::Scheduled => "broadcasts.status.scheduled",
            Self::Sending => "broadcasts.status.sending",
            Self::Paused => "broadcasts.status.paused",
            Self::Done => "broadcasts.status.done",
            Self::Failed => "broadcasts.status.failed",
            Self::Cancelled => "broadcasts.status.cancelled",
        }
    }

    /// The tone of its badge.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Sending => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Problem {
    /// The key of the sentence that says what happened and what to do.
    pub fn label(self) -> &'static str {
        match self {
            Self::Account => "broadcasts.problem.account",
            Self::AudienceGone => "broadcasts.problem.audience_gone",
            Self::Rule => "broadcasts.problem.rule",
            Self::AudienceChannel => "broadcasts.problem.audience_channel",
            Self::Late => "broadcasts.problem.late",
            Self::Poison => "broadcasts.problem.poison",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_it_stands() {
        use BroadcastStatus as Is;
        use DispatchStatus as At;
        for (stored, dispatch, is) in [
            (Stored::Draft, None, Is::Draft),
            (Stored::Scheduled, None, Is::Scheduled),
            (Stored::Choosing, Some(At::Scheduled), Is::Sending),
            (Stored::Started, Some(At::Scheduled), Is::Sending),
            (Stored::Started, Some(At::Sending), Is::Sending),
            (Stored::Started, Some(At::Paused), Is::Paused),
            (Stored::Started, Some(At::Done), Is::Done),
            (Stored::Started, Some(At::Failed), Is::Failed),
            (Stored::Started, Some(At::Cancelled), Is::Cancelled),
            (Stored::Cancelled, None, Is::Cancelled),
            (Stored::Failed, None, Is::Failed),
        ] {
            assert_eq!(BroadcastStatus::of(stored, dispatch), is);
        }
    }

    #[test]
    fn what_may_be_done() {
        let may = |can: fn(BroadcastStatus) -> bool| {
            BroadcastStatus::ALL.iter().filter(|status| can(**status)).map(|status| status.word()).collect::<Vec<_>>()
        };
        assert_eq!(may(BroadcastStatus::can_edit), ["draft", "scheduled"]);
        assert_eq!(may(BroadcastStatus::can_cancel), ["scheduled"]);
        assert_eq!(may(BroadcastStatus::can_stop), ["sending", "paused"]);
        assert_eq!(may(BroadcastStatus::can_pause), ["sending"]);
        assert_eq!(may(BroadcastStatus::can_resume), ["paused"]);
        assert_eq!(may(BroadcastStatus::can_delete), ["draft"]);
    }
}
