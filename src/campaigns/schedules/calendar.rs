//! Five weeks of a schedule as a calendar draws them: on which days it runs, ran or will not. Pure.
//!
//! Places and sizes are in the drawing's own units; a page makes it as wide as it likes.

use super::model::TaskStatus;
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use tidings_base::zones;

/// How many weeks are drawn.
const WEEKS: u64 = 5;
/// The size of a day.
const CELL: (u64, u64) = (38, 32);
/// What stands left of the days (the month) and above them (the days of the week).
const MARGIN: (u64, u64) = (36, 20);

/// What a day means to the schedule; where a day has several, the last of these is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Mark {
    /// A run was cancelled or skipped.
    Dropped,
    /// A run is over.
    Ran,
    /// A run ended with a fault inside.
    Failed,
    /// A run is to come, or running.
    Runs,
}

impl Mark {
    /// Its class, and the end of the key of its words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Ran => "ran",
            Self::Failed => "failed",
            Self::Runs => "runs",
        }
    }
}

impl From<TaskStatus> for Mark {
    fn from(status: TaskStatus) -> Self {
        match status {
            TaskStatus::Waiting | TaskStatus::Running => Self::Runs,
            TaskStatus::Done => Self::Ran,
            TaskStatus::Failed => Self::Failed,
            TaskStatus::Cancelled | TaskStatus::Skipped => Self::Dropped,
        }
    }
}

/// The weeks, each from Monday to Sunday.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Calendar {
    zone: Tz,
    /// In order.
    pub(crate) days: Vec<Day>,
}

/// A day and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Day {
    pub(crate) date: NaiveDate,
    pub(crate) x: u64,
    pub(crate) y: u64,
    pub(crate) mark: Option<Mark>,
    pub(crate) is_today: bool,
    pub(crate) is_past: bool,
}

impl Calendar {
    /// The weeks from this one on; where the next run lies beyond them, from its week on.
    pub(crate) fn from(now: NaiveDateTime, next: Option<NaiveDateTime>, zone: Tz) -> Self {
        let today = zones::local(zone, now).date();
        let this = monday(today);
        let next = next.map(|at| zones::local(zone, at).date()).filter(|day| *day >= this + Days::new(7 * WEEKS));
        let first = next.map_or(this, monday);
        let days = (0..7 * WEEKS).map(|n| Day {
            date: first + Days::new(n),
            x: MARGIN.0 + n % 7 * CELL.0,
            y: MARGIN.1 + n / 7 * CELL.1,
            mark: None,
            is_today: first + Days::new(n) == today,
            is_past: first + Days::new(n) < today,
        });
        Self { zone, days: days.collect() }
    }

    /// With these runs on their days; those of other weeks are left away.
    pub(crate) fn marked(mut self, runs: impl IntoIterator<Item = (NaiveDateTime, Mark)>) -> Self {
        let first = self.first();
        for (at, mark) in runs {
            let place = (zones::local(self.zone, at).date() - first).num_days();
            if let Some(day) = usize::try_from(place).ok().and_then(|place| self.days.get_mut(place)) {
                day.mark = day.mark.max(Some(mark));
            }
        }
        self
    }

    /// Between which times the runs of these weeks lie, with a day more on each side for any zone.
    pub(crate) fn bounds(&self) -> (NaiveDateTime, NaiveDateTime) {
        let midnight = chrono::NaiveTime::MIN;
        ((self.first() - Days::new(1)).and_time(midnight), (self.last() + Days::new(2)).and_time(midnight))
    }

    pub(crate) fn first(&self) -> NaiveDate {
        self.days[0].date
    }

    pub(crate) fn last(&self) -> NaiveDate {
        self.days[self.days.len() - 1].date
    }

    /// On how many days it runs.
    pub(crate) fn runs(&self) -> i64 {
        self.days.iter().filter(|day| day.mark == Some(Mark::Runs)).count() as i64
    }

    /// Whether there is anything to see.
    pub(crate) fn is_empty(&self) -> bool {
        self.days.iter().all(|day| day.mark.is_none())
    }

    /// Which marks need to be explained, in the order in which things happen.
    pub(crate) fn marks(&self) -> Vec<Mark> {
        let has = |mark: &Mark| self.days.iter().any(|day| day.mark == Some(*mark));
        [Mark::Ran, Mark::Failed, Mark::Runs, Mark::Dropped].into_iter().filter(has).collect()
    }

    /// Where a month is named: beside the first week, and beside each in which one begins.
    pub(crate) fn months(&self) -> Vec<(u64, NaiveDate)> {
        let weeks = self.days.chunks(7).enumerate();
        let named = weeks.filter_map(|(n, week)| {
            let begins = week.iter().find(|day| day.date.day() == 1);
            let day = begins.or_else(|| (n == 0).then(|| &week[0]))?;
            Some((day.y, day.date))
        });
        named.collect()
    }

    pub(crate) fn width(&self) -> u64 {
        MARGIN.0 + 7 * CELL.0
    }

    pub(crate) fn height(&self) -> u64 {
        MARGIN.1 + WEEKS * CELL.1
    }
}

fn monday(day: NaiveDate) -> NaiveDate {
    day - Days::new(day.weekday().num_days_from_monday().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TAIPEI: Tz = Tz::Asia__Taipei;

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn it_begins_with_this_week_or_with_that_of_a_later_first_run() {
        // Sunday 23:30 in Taipei, and half an hour later Monday.
        let cases = [
            ("2026-11-22T15:30:00", None, "2026-11-16"),
            ("2026-11-22T16:00:00", None, "2026-11-23"),
            ("2026-11-22T15:30:00", Some("2026-11-23T02:00:00"), "2026-11-16"),
            ("2026-11-22T15:30:00", Some("2026-12-20T15:59:00"), "2026-11-16"),
            ("2026-11-22T15:30:00", Some("2026-12-20T16:00:00"), "2026-12-21"),
            ("2026-11-22T15:30:00", Some("2027-03-31T02:00:00"), "2027-03-29"),
            ("2026-11-22T15:30:00", Some("2026-01-01T02:00:00"), "2026-11-16"),
        ];
        for (now, next, first) in cases {
            let calendar = Calendar::from(at(now), next.map(at), TAIPEI);
            assert_eq!(calendar.first(), day(first), "{now} {next:?}");
            assert_eq!(calendar.last(), day(first) + Days::new(34));
        }
    }

    #[test]
    fn runs_stand_on_the_days_of_the_zone_and_the_liveliest_is_shown() {
        let calendar = Calendar::from(at("2026-11-22T02:00:00"), None, TAIPEI);
        let calendar = calendar.marked([
            (at("2026-11-15T16:00:00"), Mark::Ran),
            (at("2026-11-15T15:59:59"), Mark::Ran),
            (at("2026-11-23T02:00:00"), Mark::Dropped),
            (at("2026-11-23T05:00:00"), Mark::Runs),
            (at("2026-11-30T02:00:00"), Mark::Dropped),
            (at("2026-12-20T16:00:00"), Mark::Runs),
        ]);
        let marked: Vec<_> = calendar.days.iter().filter_map(|day| Some((day.date, day.mark?))).collect();
        let wanted = [("2026-11-16", Mark::Ran), ("2026-11-23", Mark::Runs), ("2026-11-30", Mark::Dropped)];
        assert_eq!(marked, wanted.map(|(text, mark)| (day(text), mark)));
        assert_eq!(calendar.runs(), 1);
        assert_eq!(calendar.marks(), [Mark::Ran, Mark::Runs, Mark::Dropped]);
        let today: Vec<_> = calendar.days.iter().filter(|day| day.is_today).map(|day| day.date).collect();
        assert_eq!(today, [day("2026-11-22")]);
        assert_eq!(calendar.days.iter().filter(|day| day.is_past).count(), 6);
    }

    #[test]
    fn months_are_named_beside_the_weeks_in_which_they_begin() {
        let months = |now| {
            let named = Calendar::from(at(now), None, TAIPEI).months();
            named.into_iter().map(|(y, day)| ((y - MARGIN.1) / CELL.1, day.month())).collect::<Vec<_>>()
        };
        assert_eq!(months("2026-11-18T00:00:00"), [(0, 11), (2, 12)]);
        assert_eq!(months("2026-12-01T00:00:00"), [(0, 12), (4, 1)]);
        assert_eq!(months("2027-02-01T00:00:00"), [(0, 2), (4, 3)]);
    }

    proptest! {
        #[test]
        fn every_day_has_a_place_of_its_own_inside(minutes in 0i64..20_000_000) {
            let now = at("2026-01-01T00:00:00") + chrono::TimeDelta::minutes(minutes);
            let calendar = Calendar::from(now, None, TAIPEI);
            let places: std::collections::BTreeSet<_> = calendar.days.iter().map(|day| (day.y, day.x)).collect();
            prop_assert_eq!(places.len(), 35);
            let inside = |day: &Day| day.x + CELL.0 <= calendar.width() && day.y + CELL.1 <= calendar.height();
            prop_assert!(calendar.days.iter().all(inside));
            prop_assert_eq!(calendar.days.iter().filter(|day| day.is_today).count(), 1);
            let (from, until) = calendar.bounds();
            prop_assert!(from <= now && now < until);
        }
    }
}
