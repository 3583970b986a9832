//! When a schedule runs: from a wall-clock rule in a time zone to instants.
//!
//! The rules are the product's own and not RFC 5545's, which skips short months: every N months
//! keeps the day of the start and takes the last day of a month that is too short, each time
//! counted from the start, so that the 31st does not drift to the 28th. A local time that a
//! daylight-saving gap skips runs as much later as the gap is long; one that happens twice runs
//! the first time. Pure: the present is an argument.

use chrono::{Datelike, Days, MappedLocalTime, Months, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::{GapInfo, Tz};
use std::num::NonZeroU32;

/// The most tasks one schedule may have.
pub(crate) const MOST_RUNS: usize = 5_000;

/// The step of a periodic schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Calendar days.
    Day,
    /// Seven calendar days; keeps the weekday.
    Week,
    /// Calendar months; keeps the day of the month where the month has it.
    Month,
}

/// Again every `every` units, up to and including the day `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeat {
    /// How many units lie between two runs.
    pub(crate) every: NonZeroU32,
    /// The unit.
    pub(crate) unit: Unit,
    /// The last day on which it may run, in the zone of the recurrence.
    pub(crate) until: NaiveDate,
}

/// A rule in the wall clock of a zone that gives the instants at which a schedule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recurrence {
    /// The day of the first run, to which every later one keeps its phase.
    pub(crate) start: NaiveDate,
    /// The local time of day of every run.
    pub(crate) at: NaiveTime,
    /// None for a single run.
    pub(crate) repeat: Option<Repeat>,
    /// The zone whose days and hours these are.
    pub(crate) zone: Tz,
}

/// Why a recurrence makes no tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRuns {
    /// A period that ends before it starts.
    EndBeforeStart,
    /// A single run that is not later than now.
    Past,
    /// A period none of whose runs is later than now.
    NoneLeft,
    /// More than [`MOST_RUNS`]; how many there would be.
    TooMany(u64),
}

impl Recurrence {
    /// The instants later than `now`, in UTC and in their order.
    pub(crate) fn runs(&self, now: NaiveDateTime) -> Result<Vec<NaiveDateTime>, NoRuns> {
        let Some(repeat) = self.repeat else {
            return match self.instant(self.start) {
                Some(at) if at > now => Ok(vec![at]),
                Some(_) | None => Err(NoRuns::Past),
            };
        };
        if repeat.until < self.start {
            return Err(NoRuns::EndBeforeStart);
        }
        let first = self.near(repeat, now);
        let mut runs: Vec<NaiveDateTime> = (first..)
            .map_while(|nth| self.day(repeat, nth))
            .map_while(|day| self.instant(day))
            .filter(|at| *at > now)
            .take(MOST_RUNS + 1)
            .collect();
        // A zone that skipped a whole day (Samoa, 2011) puts that day's run on the next one's.
        runs.dedup();
        match runs.len() {
            0 => Err(NoRuns::NoneLeft),
            n if n > MOST_RUNS => Err(NoRuns::TooMany(self.count(repeat, now))),
            _ => Ok(runs),
        }
    }

    /// The day of the nth run, counted from the start and not from the run before it; none past
    /// the period.
    fn day(&self, repeat: Repeat, nth: u64) -> Option<NaiveDate> {
        let units = nth.checked_mul(u64::from(repeat.every.get()))?;
        let day = match repeat.unit {
            Unit::Day => self.start.checked_add_days(Days::new(units)),
            Unit::Week => self.start.checked_add_days(Days::new(units.checked_mul(7)?)),
            Unit::Month => self.start.checked_add_months(Months::new(u32::try_from(units).ok()?)),
        };
        day.filter(|day| *day <= repeat.until)
    }

    /// A run at or shortly before the first one later than `now`, so that a start long ago is not
    /// walked through.
    fn near(&self, repeat: Repeat, now: NaiveDateTime) -> u64 {
        // No zone is further than a day from UTC; one more day for the longest gap.
        let today = now.date() - Days::new(2);
        self.index(repeat, today).saturating_sub(1)
    }

    /// How many runs lie between `now` and the end, without making them.
    fn count(&self, repeat: Repeat, now: NaiveDateTime) -> u64 {
        let past = (self.near(repeat, now)..)
            .map_while(|nth| self.day(repeat, nth))
            .map_while(|day| self.instant(day))
            .take_while(|at| *at <= now)
            .count() as u64;
        let last = self.index(repeat, repeat.until);
        let last = last - u64::from(self.day(repeat, last).is_none());
        (last + 1).saturating_sub(self.near(repeat, now) + past)
    }

    /// The number of whole steps from the start to `day`; for months by the calendar month alone,
    /// so at most one too many.
    fn index(&self, repeat: Repeat, day: NaiveDate) -> u64 {
        let every = i64::from(repeat.every.get());
        let steps = match repeat.unit {
            Unit::Day => (day - self.start).num_days() / every,
            Unit::Week => (day - self.start).num_days() / 7 / every,
            Unit::Month => (months(day) - months(self.start)) / every,
        };
        u64::try_from(steps).unwrap_or(0)
    }

    /// The instant of the run on `day`, in UTC.
    fn instant(&self, day: NaiveDate) -> Option<NaiveDateTime> {
        let local = day.and_time(self.at);
        match self.zone.from_local_datetime(&local) {
            MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at.naive_utc()),
            MappedLocalTime::None => {
                let (_, before) = GapInfo::new(&local, &self.zone)?.begin?;
                local.checked_sub_offset(before.fix())
            }
        }
    }
}

/// Calendar months since year 0.
fn months(day: NaiveDate) -> i64 {
    i64::from(day.year()) * 12 + i64::from(day.month0())
}

#[cfg(test)]
mod test;
