use chrono::{Days, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use tidings_base::{text_enum, zones};

text_enum! {
    /// What a wait is counted in.
    pub enum Unit {
        Minutes = "minutes",
        Hours = "hours",
        /// Days of the calendar: the same time of day, so many days later.
        Days = "days",
    }
}

impl Unit {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Minutes => "journeys.unit.minutes",
            Self::Hours => "journeys.unit.hours",
            Self::Days => "journeys.unit.days",
        }
    }

    /// The most of them that a wait may last: a year.
    pub fn most(self) -> u32 {
        match self {
            Self::Minutes => 365 * 24 * 60,
            Self::Hours => 365 * 24,
            Self::Days => 365,
        }
    }
}

/// How long a person stays at a step, from the moment they left the one before it. Times of day and
/// dates are those of the journey's zone.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "wait", rename_all = "snake_case")]
pub enum Wait {
    /// So many minutes, hours or days.
    For { amount: u32, unit: Unit },
    /// Until it is next this time of day; nobody waits who arrives on the minute.
    UntilTime { time: NaiveTime },
    /// Until this date and time; nobody waits who arrives later.
    Until { at: NaiveDateTime },
}

impl Wait {
    /// When (UTC) somebody goes on who arrived at `arrived` (UTC); never earlier than that.
    pub fn over(self, arrived: NaiveDateTime, zone: Tz) -> NaiveDateTime {
        let local = zones::local(zone, arrived);
        let over = match self {
            Self::For { amount, unit: Unit::Minutes } => arrived.checked_add_signed(TimeDelta::minutes(amount.into())),
            Self::For { amount, unit: Unit::Hours } => arrived.checked_add_signed(TimeDelta::hours(amount.into())),
            Self::For { amount, unit: Unit::Days } => {
                local.checked_add_days(Days::new(amount.into())).and_then(|local| zones::instant(zone, local))
            }
            // From yesterday, whose time of day a gap may have moved past midnight.
            Self::UntilTime { time } => local.date().pred_opt().and_then(|yesterday| {
                let days = yesterday.iter_days().take(4);
                days.filter_map(|day| zones::instant(zone, day.and_time(time))).find(|at| *at >= arrived)
            }),
            Self::Until { at } => zones::instant(zone, at),
        };
        over.unwrap_or(arrived).max(arrived)
    }

    /// Whether a journey that is published at `now` has anybody wait here.
    pub fn is_past(self, now: NaiveDateTime, zone: Tz) -> bool {
        match self {
            Self::For { .. } | Self::UntilTime { .. } => false,
            Self::Until { .. } => self.over(now, zone) <= now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TAIPEI: Tz = chrono_tz::Asia::Taipei;
    const NEW_YORK: Tz = chrono_tz::America::New_York;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    fn time(text: &str) -> Wait {
        Wait::UntilTime { time: NaiveTime::parse_from_str(text, "%H:%M").unwrap() }
    }

    #[test]
    fn people_go_on_at_these_times() {
        let minutes = Wait::For { amount: 30, unit: Unit::Minutes };
        let day = Wait::For { amount: 1, unit: Unit::Days };
        let hours = Wait::For { amount: 24, unit: Unit::Hours };
        let date = Wait::Until { at: at("2026-12-01 09:00") };
        let cases = [
            ("half an hour", minutes, TAIPEI, "2026-11-21 02:00", "2026-11-21 02:30"),
            ("a day", day, TAIPEI, "2026-11-21 02:00", "2026-11-22 02:00"),
            ("a day keeps the time of day over a gap", day, NEW_YORK, "2027-03-13 15:00", "2027-03-14 14:00"),
            ("24 hours do not", hours, NEW_YORK, "2027-03-13 15:00", "2027-03-14 15:00"),
            ("a day into a gap", day, NEW_YORK, "2027-03-13 07:30", "2027-03-14 07:30"),
            ("ten o'clock today", time("10:00"), TAIPEI, "2026-11-21 01:59", "2026-11-21 02:00"),
            ("on the minute", time("10:00"), TAIPEI, "2026-11-21 02:00", "2026-11-21 02:00"),
            ("ten o'clock tomorrow", time("10:00"), TAIPEI, "2026-11-21 02:01", "2026-11-22 02:00"),
            ("past midnight in the zone", time("00:30"), TAIPEI, "2026-11-21 16:00", "2026-11-21 16:30"),
            ("a time in a gap", time("02:30"), NEW_YORK, "2027-03-14 06:00", "2027-03-14 07:30"),
            ("between the two 01:30", time("01:30"), NEW_YORK, "2026-11-01 06:00", "2026-11-02 06:30"),
            ("a date", date, TAIPEI, "2026-11-21 02:00", "2026-12-01 01:00"),
            ("a date that is past", date, TAIPEI, "2026-12-02 02:00", "2026-12-02 02:00"),
        ];
        for (why, wait, zone, arrived, over) in cases {
            assert_eq!(wait.over(at(arrived), zone), at(over), "{why}");
        }
    }

    #[test]
    fn a_date_in_the_past_has_nobody_wait() {
        let date = Wait::Until { at: at("2026-12-01 09:00") };
        assert!(!date.is_past(at("2026-12-01 00:59"), TAIPEI));
        assert!(date.is_past(at("2026-12-01 01:00"), TAIPEI));
        assert!(!time("10:00").is_past(at("2026-12-01 02:00"), TAIPEI));
    }

    fn arrivals() -> impl Strategy<Value = NaiveDateTime> {
        (0_i64..40 * 365 * 24 * 60).prop_map(|m| at("2000-01-01 00:00") + TimeDelta::minutes(m))
    }

    fn zones() -> impl Strategy<Value = Tz> {
        proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec())
    }

    proptest! {
        #[test]
        fn a_time_of_day_is_at_most_a_day_and_a_change_of_clocks_away(
            arrived in arrivals(), zone in zones(), minute in 0_i64..24 * 60,
        ) {
            let wait = Wait::UntilTime { time: NaiveTime::MIN + TimeDelta::minutes(minute) };
            let over = wait.over(arrived, zone);
            prop_assert!(over >= arrived);
            // The longest change of clocks left out a whole day (Samoa, 2011).
            prop_assert!(over - arrived <= TimeDelta::hours(49));
            prop_assert_eq!(wait.over(over, zone), over, "who went on does not wait again");
        }

        #[test]
        fn who_arrives_later_goes_on_no_earlier(
            first in arrivals(), later in 0_i64..10_000, zone in zones(), amount in 1_u32..400,
            unit in proptest::sample::select(Unit::ALL.to_vec()),
        ) {
            let wait = Wait::For { amount, unit };
            let over = wait.over(first, zone);
            prop_assert!(over > first);
            // Days of the calendar may fold the hour that happens twice, and no more.
            let second = wait.over(first + TimeDelta::minutes(later), zone);
            prop_assert!(second >= over - TimeDelta::hours(24));
        }
    }
}
