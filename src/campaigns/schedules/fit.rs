//! Whether a journey and an audience fit a schedule: asked when it is made, on every page that
//! shows it, and again when a task comes due. Pure.

use tidings_base::text_enum;

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
        /// The audience does not exist, or no longer.
        AudienceGone = "audience_gone",
        /// The audience selects members, who have no channel.
        AudienceOfMembers = "audience_of_members",
        /// The audience is of another kind of channel than the journey.
        AudienceChannel = "audience_channel",
        /// The journey's account is paused.
        ChannelPaused = "channel_paused",
        /// The journey's account is in trouble.
        ChannelTrouble = "channel_trouble",
    }
}

impl Unfit {
    /// Whether another audience would help, rather than another journey.
    pub fn is_of_audience(self) -> bool {
        match self {
            Self::AudienceGone | Self::AudienceOfMembers | Self::AudienceChannel => true,
            Self::JourneyGone
            | Self::Trigger
            | Self::JourneyDraft
            | Self::JourneyPaused
            | Self::JourneyEnded
            | Self::ChannelPaused
            | Self::ChannelTrouble => false,
        }
    }
}
