use chrono::{NaiveDateTime, TimeDelta};
use tidings_base::text_enum;

/// Whether somebody who has been in a journey may enter it again. Inside twice is never possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReEntry {
    /// Once, ever, over all versions.
    Once,
    /// Again when so many days, of 24 hours, have passed since the last entry.
    After {
        days: u32,
    },
    Always,
}

text_enum! {
    /// Why a person may not enter.
    pub enum EntryRefusal {
        /// Gone from the channel, or blocked the account.
        Unreachable = "unreachable",
        /// Does not want to be written to any more.
        OptedOut = "opted_out",
        /// Is inside at this moment.
        Inside = "inside",
        /// Has been inside, and the journey lets a person in once.
        EnteredBefore = "entered_before",
        /// Entered too few days ago.
        EnteredRecently = "entered_recently",
    }
}

impl EntryRefusal {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Unreachable => "journeys.refusal.unreachable",
            Self::OptedOut => "journeys.refusal.opted_out",
            Self::Inside => "journeys.refusal.inside",
            Self::EnteredBefore => "journeys.refusal.entered_before",
            Self::EnteredRecently => "journeys.refusal.entered_recently",
        }
    }
}

/// What is known of somebody who is about to enter.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Seen {
    pub unreachable: bool,
    pub opted_out: bool,
    pub inside: bool,
    /// When they entered last, over all versions.
    pub last_entered_at: Option<NaiveDateTime>,
}

impl ReEntry {
    /// The longest that a journey may keep people out: ten years.
    pub const MOST_DAYS: u32 = 3650;

    /// Whether somebody may enter at `now`. The statement that lets many in at once is its twin.
    ///
    /// # Errors
    /// The first reason that holds, in the order of [`EntryRefusal`].
    pub fn decide(self, seen: Seen, now: NaiveDateTime) -> Result<(), EntryRefusal> {
        if seen.unreachable {
            return Err(EntryRefusal::Unreachable);
        }
        if seen.opted_out {
            return Err(EntryRefusal::OptedOut);
        }
        if seen.inside {
            return Err(EntryRefusal::Inside);
        }
        match (self, seen.last_entered_at) {
            (Self::Once, Some(_)) => Err(EntryRefusal::EnteredBefore),
            (Self::After { .. }, Some(last)) if self.bars_since(now).is_some_and(|since| last > since) => {
                Err(EntryRefusal::EnteredRecently)
            }
            (Self::Once, None) | (Self::After { .. } | Self::Always, _) => Ok(()),
        }
    }

    /// The time after which an entry bars another one at `now`; none where entries do not bar by
    /// their time.
    pub fn bars_since(self, now: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Self::After { days } => now.checked_sub_signed(TimeDelta::days(days.into())),
            Self::Once | Self::Always => None,
        }
    }

    /// Entries before which time need not be remembered at `now`, if nobody keeps them longer than from
    /// `before` on; none where all of them decide who may enter.
    pub fn forgets(self, before: NaiveDateTime, now: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Self::Once => None,
            Self::After { .. } => self.bars_since(now).map(|since| since.min(before)),
            Self::Always => Some(before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(hour: i64) -> NaiveDateTime {
        chrono::DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::hours(hour)
    }

    #[test]
    fn who_may_enter() {
        use EntryRefusal::{EnteredBefore, EnteredRecently, Inside, OptedOut, Unreachable};
        let new = Seen::default();
        let before = Seen { last_entered_at: Some(at(0)), ..new };
        let week = ReEntry::After { days: 7 };
        let cases = [
            (ReEntry::Once, new, 0, Ok(())),
            (ReEntry::Once, before, 100_000, Err(EnteredBefore)),
            (week, new, 0, Ok(())),
            (week, before, 7 * 24 - 1, Err(EnteredRecently)),
            (week, before, 7 * 24, Ok(())),
            (ReEntry::Always, before, 0, Ok(())),
            (ReEntry::Always, Seen { inside: true, ..before }, 100_000, Err(Inside)),
            (ReEntry::Once, Seen { inside: true, ..before }, 100_000, Err(Inside)),
            (ReEntry::Always, Seen { opted_out: true, inside: true, ..new }, 0, Err(OptedOut)),
            (ReEntry::Always, Seen { unreachable: true, opted_out: true, ..new }, 0, Err(Unreachable)),
        ];
        for (policy, seen, hour, answer) in cases {
            assert_eq!(policy.decide(seen, at(hour)), answer, "{policy:?} {seen:?} at {hour}");
        }
    }

    #[test]
    fn who_decides_is_not_forgotten() {
        let (before, now) = (at(1_000), at(10_000));
        assert_eq!(ReEntry::Once.forgets(before, now), None);
        assert_eq!(ReEntry::Always.forgets(before, now), Some(before));
        assert_eq!(ReEntry::After { days: 10 }.forgets(before, now), Some(before));
        let long = ReEntry::After { days: 400 };
        assert_eq!(long.forgets(before, now), Some(at(10_000 - 400 * 24)));
        let forgotten = Seen { last_entered_at: Some(at(10_000 - 400 * 24 - 1)), ..Seen::default() };
        assert_eq!(long.decide(forgotten, now), Ok(()));
    }

    proptest! {
        #[test]
        fn who_may_enter_now_may_enter_later(days in 0_u32..400, now in 0_i64..20_000, later in 0_i64..20_000) {
            let seen = Seen { last_entered_at: Some(at(0)), ..Seen::default() };
            for policy in [ReEntry::Once, ReEntry::After { days }, ReEntry::Always] {
                if policy.decide(seen, at(now)).is_ok() {
                    prop_assert_eq!(policy.decide(seen, at(now + later)), Ok(()));
                }
            }
        }
    }
}
