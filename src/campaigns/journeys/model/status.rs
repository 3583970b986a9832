use chrono::NaiveDateTime;
use tidings_base::text_enum;

text_enum! {
    /// What is kept of a journey's status; the rest follows from the time.
    pub enum Stored {
        Draft = "draft",
        Published = "published",
        Paused = "paused",
        Ended = "ended",
    }
}

text_enum! {
    /// What a journey's status is at some time, and what a page shows.
    pub enum JourneyStatus {
        /// Being built; nobody has ever entered.
        Draft = "draft",
        /// Published, before its start: people may enter and wait for it.
        Scheduled = "scheduled",
        Running = "running",
        /// Nobody enters or moves; waits run on.
        Paused = "paused",
        /// Nobody enters any more; who is inside goes on.
        Ended = "ended",
    }
}

text_enum! {
    /// What brings people in.
    pub enum Trigger {
        /// 系統功能觸發: another part of the program does, such as a schedule.
        System = "system",
    }
}

text_enum! {
    /// Why a schedule may not bring people into a journey.
    pub enum Unfit {
        /// Another trigger brings its people in.
        Trigger = "trigger",
        /// It was never published.
        Draft = "draft",
        Paused = "paused",
        Ended = "ended",
    }
}

impl Trigger {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::System => "journeys.trigger.system",
        }
    }

    /// Whether a schedule may bring people in.
    pub fn is_system(self) -> bool {
        match self {
            Self::System => true,
        }
    }
}

impl Unfit {
    /// The key of the sentence that says it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Trigger => "journeys.unfit.trigger",
            Self::Draft => "journeys.unfit.draft",
            Self::Paused => "journeys.unfit.paused",
            Self::Ended => "journeys.unfit.ended",
        }
    }

    /// What of a journey keeps a schedule from bringing people in, if anything does.
    pub fn of(trigger: Trigger, status: JourneyStatus) -> Option<Self> {
        if !trigger.is_system() {
            return Some(Self::Trigger);
        }
        match status {
            JourneyStatus::Draft => Some(Self::Draft),
            JourneyStatus::Paused => Some(Self::Paused),
            JourneyStatus::Ended => Some(Self::Ended),
            JourneyStatus::Scheduled | JourneyStatus::Running => None,
        }
    }
}

/// From when until when people enter, in UTC; the end itself is no longer inside.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Period {
    pub starts_at: Option<NaiveDateTime>,
    pub ends_at: Option<NaiveDateTime>,
}

impl Period {
    /// Whether it ends no later than it starts.
    pub fn is_reversed(self) -> bool {
        matches!((self.starts_at, self.ends_at), (Some(start), Some(end)) if end <= start)
    }
}

impl Stored {
    /// What the status is at `now`; `status_sql` is its twin.
    pub fn at(self, period: Period, now: NaiveDateTime) -> JourneyStatus {
        match self {
            Self::Draft => JourneyStatus::Draft,
            Self::Paused => JourneyStatus::Paused,
            Self::Ended => JourneyStatus::Ended,
            Self::Published if period.ends_at.is_some_and(|end| end <= now) => JourneyStatus::Ended,
            Self::Published if period.starts_at.is_some_and(|start| now < start) => JourneyStatus::Scheduled,
            Self::Published => JourneyStatus::Running,
        }
    }
}

impl JourneyStatus {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "journeys.status.draft",
            Self::Scheduled => "journeys.status.scheduled",
            Self::Running => "journeys.status.running",
            Self::Paused => "journeys.status.paused",
            Self::Ended => "journeys.status.ended",
        }
    }

    /// Whether people may enter.
    pub fn can_enter(self) -> bool {
        matches!(self, Self::Scheduled | Self::Running)
    }

    /// Whether its steps and settings may be changed: what is live cannot be edited in place.
    pub fn can_edit(self) -> bool {
        matches!(self, Self::Draft | Self::Paused)
    }

    /// Whether its draft version may become the live one.
    pub fn can_publish(self) -> bool {
        matches!(self, Self::Draft | Self::Paused)
    }

    /// Whether it may be paused.
    pub fn can_pause(self) -> bool {
        matches!(self, Self::Scheduled | Self::Running)
    }

    /// Whether it may go on.
    pub fn can_resume(self) -> bool {
        matches!(self, Self::Paused)
    }

    /// Whether it may be ended by hand; one that has ended may once more, to let those go who are
    /// still `inside`.
    pub fn can_end(self, inside: i64) -> bool {
        match self {
            Self::Draft => false,
            Self::Scheduled | Self::Running | Self::Paused => true,
            Self::Ended => inside > 0,
        }
    }

    /// Whether it may be deleted: only what nobody has ever entered.
    pub fn can_delete(self) -> bool {
        matches!(self, Self::Draft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    fn at(hour: i64) -> NaiveDateTime {
        chrono::DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::hours(hour)
    }

    #[test]
    fn the_status_follows_from_the_period() {
        use JourneyStatus::{Draft, Ended, Paused, Running, Scheduled};
        let period = |starts_at: Option<i64>, ends_at: Option<i64>| Period {
            starts_at: starts_at.map(at),
            ends_at: ends_at.map(at),
        };
        let (open, both) = (period(None, None), period(Some(10), Some(20)));
        let cases = [
            (Stored::Published, open, 5, Running),
            (Stored::Published, both, 9, Scheduled),
            (Stored::Published, both, 10, Running),
            (Stored::Published, both, 19, Running),
            (Stored::Published, both, 20, Ended),
            (Stored::Published, period(None, Some(20)), 5, Running),
            (Stored::Published, period(Some(10), None), 99, Running),
            (Stored::Draft, both, 15, Draft),
            (Stored::Paused, both, 99, Paused),
            (Stored::Ended, both, 5, Ended),
        ];
        for (stored, period, hour, status) in cases {
            assert_eq!(stored.at(period, at(hour)), status, "{stored} at {hour}");
        }
    }

    #[test]
    fn what_may_be_done_to_a_journey() {
        let may = |status: JourneyStatus| {
            let all = [
                ("enter", status.can_enter()),
                ("edit", status.can_edit()),
                ("publish", status.can_publish()),
                ("pause", status.can_pause()),
                ("resume", status.can_resume()),
                ("end", status.can_end(0)),
                ("let go", status.can_end(1)),
                ("delete", status.can_delete()),
            ];
            all.into_iter().filter(|(_, may)| *may).map(|(what, _)| what).collect::<Vec<_>>()
        };
        assert_eq!(may(JourneyStatus::Draft), ["edit", "publish", "delete"]);
        assert_eq!(may(JourneyStatus::Scheduled), ["enter", "pause", "end", "let go"]);
        assert_eq!(may(JourneyStatus::Running), ["enter", "pause", "end", "let go"]);
        assert_eq!(may(JourneyStatus::Paused), ["edit", "publish", "resume", "end", "let go"]);
        assert_eq!(may(JourneyStatus::Ended), ["let go"]);
    }

    #[test]
    fn a_period_ends_after_its_start() {
        assert!(Period { starts_at: Some(at(2)), ends_at: Some(at(2)) }.is_reversed());
        assert!(!Period { starts_at: Some(at(2)), ends_at: Some(at(3)) }.is_reversed());
        assert!(!Period { starts_at: None, ends_at: Some(at(3)) }.is_reversed());
    }
}
