//! Whether a journey and an audience fit a schedule: asked when it is made, on every page that
//! shows it, and again when a task comes due. Pure.

use crate::journeys;
use tidings_base::text_enum;
use tidings_customers::channels::{ChannelKind, ChannelStatus};

text_enum! {
    /// Why a journey and an audience cannot be run by a schedule.
    pub enum Unfit {
        /// The journey does not exist, or no longer.
        JourneyGone = "journey_gone",
        /// Its trigger is not 系統功能觸發.
        Trigger = "trigger",
        /// It was never published.
        JourneyDraft = "journey_draft",
        /// Somebody paused it.
        JourneyPaused = "journey_paused",
        /// It is over.
        JourneyEnded = "journey_ended",
        /// The journey's account is paused.
        ChannelPaused = "channel_paused",
        /// The journey's account is in trouble.
        ChannelTrouble = "channel_trouble",
        /// The journey's account was disconnected.
        ChannelDisconnected = "channel_disconnected",
        /// The audience does not exist, or no longer.
        AudienceGone = "audience_gone",
        /// The audience selects members, who have no channel.
        AudienceOfMembers = "audience_of_members",
        /// The audience is of another kind of channel than the journey.
        AudienceChannel = "audience_channel",
    }
}

/// What of a journey decides whether a schedule may run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JourneySide {
    /// What the journey itself says.
    pub(crate) unfit: Option<journeys::Unfit>,
    /// The kind of its account.
    pub(crate) kind: ChannelKind,
    /// How its account stands.
    pub(crate) channel: ChannelStatus,
}

/// What of an audience decides it: whose contacts it selects; none for members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AudienceSide {
    pub(crate) kind: Option<ChannelKind>,
}

/// What keeps this journey from being run by a schedule, if anything does.
pub(crate) fn journey(side: Option<JourneySide>) -> Option<Unfit> {
    let Some(side) = side else { return Some(Unfit::JourneyGone) };
    match (side.unfit, side.channel) {
        (Some(journeys::Unfit::Trigger), _) => Some(Unfit::Trigger),
        (Some(journeys::Unfit::Draft), _) => Some(Unfit::JourneyDraft),
        (Some(journeys::Unfit::Paused), _) => Some(Unfit::JourneyPaused),
        (Some(journeys::Unfit::Ended), _) => Some(Unfit::JourneyEnded),
        (None, ChannelStatus::Paused) => Some(Unfit::ChannelPaused),
        (None, ChannelStatus::Trouble) => Some(Unfit::ChannelTrouble),
        (None, ChannelStatus::Disconnected) => Some(Unfit::ChannelDisconnected),
        (None, ChannelStatus::Ready) => None,
    }
}

/// What keeps this audience from entering a journey over an account of this kind, if anything does.
pub(crate) fn audience(side: Option<AudienceSide>, kind: ChannelKind) -> Option<Unfit> {
    match side.map(|side| side.kind) {
        None => Some(Unfit::AudienceGone),
        Some(None) => Some(Unfit::AudienceOfMembers),
        Some(Some(of)) if of != kind => Some(Unfit::AudienceChannel),
        Some(Some(_)) => None,
    }
}

/// What keeps the two from being run together, the journey's reasons first.
pub(crate) fn both(journey_side: Option<JourneySide>, audience_side: Option<AudienceSide>) -> Option<Unfit> {
    journey(journey_side).or_else(|| audience(audience_side, journey_side?.kind))
}

impl Unfit {
    /// Whether another audience would help, rather than another journey.
    pub(crate) fn is_of_audience(self) -> bool {
        match self {
            Self::AudienceGone | Self::AudienceOfMembers | Self::AudienceChannel => true,
            Self::JourneyGone
            | Self::Trigger
            | Self::JourneyDraft
            | Self::JourneyPaused
            | Self::JourneyEnded
            | Self::ChannelPaused
            | Self::ChannelTrouble
            | Self::ChannelDisconnected => false,
        }
    }

    /// The key of the sentence beside a field that refuses it, and says what to do.
    pub(crate) fn refusal(self) -> &'static str {
        match self {
            Self::JourneyGone => "schedules.refused.journey_gone",
            Self::Trigger => "schedules.refused.trigger",
            Self::JourneyDraft => "schedules.refused.journey_draft",
            Self::JourneyPaused => "schedules.refused.journey_paused",
            Self::JourneyEnded => "schedules.refused.journey_ended",
            Self::ChannelPaused => "schedules.refused.channel_paused",
            Self::ChannelTrouble => "schedules.refused.channel_trouble",
            Self::ChannelDisconnected => "schedules.refused.channel_disconnected",
            Self::AudienceGone => "schedules.refused.audience_gone",
            Self::AudienceOfMembers => "schedules.refused.audience_of_members",
            Self::AudienceChannel => "schedules.refused.audience_channel",
        }
    }

    /// The key of what is so, in a few words: in a warning, and where a task was skipped for it.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::JourneyGone => "schedules.unfit.journey_gone",
            Self::Trigger => "schedules.unfit.trigger",
            Self::JourneyDraft => "schedules.unfit.journey_draft",
            Self::JourneyPaused => "schedules.unfit.journey_paused",
            Self::JourneyEnded => "schedules.unfit.journey_ended",
            Self::ChannelPaused => "schedules.unfit.channel_paused",
            Self::ChannelTrouble => "schedules.unfit.channel_trouble",
            Self::ChannelDisconnected => "schedules.unfit.channel_disconnected",
            Self::AudienceGone => "schedules.unfit.audience_gone",
            Self::AudienceOfMembers => "schedules.unfit.audience_of_members",
            Self::AudienceChannel => "schedules.unfit.audience_channel",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_fits_is_run() {
        let open = JourneySide { unfit: None, kind: ChannelKind::Line, channel: ChannelStatus::Ready };
        let line = Some(AudienceSide { kind: Some(ChannelKind::Line) });
        let cases = [
            (Some(open), line, None),
            (None, line, Some(Unfit::JourneyGone)),
            (None, None, Some(Unfit::JourneyGone)),
            (Some(JourneySide { unfit: Some(journeys::Unfit::Trigger), ..open }), line, Some(Unfit::Trigger)),
            (Some(JourneySide { unfit: Some(journeys::Unfit::Draft), ..open }), line, Some(Unfit::JourneyDraft)),
            (Some(JourneySide { unfit: Some(journeys::Unfit::Paused), ..open }), line, Some(Unfit::JourneyPaused)),
            (Some(JourneySide { unfit: Some(journeys::Unfit::Ended), ..open }), line, Some(Unfit::JourneyEnded)),
            (Some(JourneySide { channel: ChannelStatus::Paused, ..open }), line, Some(Unfit::ChannelPaused)),
            (Some(JourneySide { channel: ChannelStatus::Trouble, ..open }), line, Some(Unfit::ChannelTrouble)),
            (
                Some(JourneySide { channel: ChannelStatus::Disconnected, ..open }),
                line,
                Some(Unfit::ChannelDisconnected),
            ),
            (Some(open), None, Some(Unfit::AudienceGone)),
            (Some(open), Some(AudienceSide { kind: None }), Some(Unfit::AudienceOfMembers)),
            (Some(open), Some(AudienceSide { kind: Some(ChannelKind::Sms) }), Some(Unfit::AudienceChannel)),
        ];
        for (journey, audience, why) in cases {
            assert_eq!(both(journey, audience), why, "{journey:?} {audience:?}");
        }
    }
}
