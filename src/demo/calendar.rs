//! The shop's days, counted back from the moment it is loaded.

use super::chance::Chance;
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Weekday};
use chrono_tz::Tz;
use tidings_base::{db::Id, zones};
use uuid::{NoContext, Timestamp, Uuid};

/// What day it is at the shop.
#[derive(Clone, Copy)]
pub(super) struct Calendar {
    /// UTC.
    pub(super) now: NaiveDateTime,
    pub(super) zone: Tz,
    pub(super) today: NaiveDate,
    /// The machine's time, in milliseconds since 1970: keys count it.
    machine: i64,
}

/// When people shop and write: the hour of the day, and how often.
const HOURS: &[(u32, usize)] = &[
    (0, 3),
    (1, 1),
    (7, 2),
    (8, 4),
    (9, 5),
    (10, 6),
    (11, 7),
    (12, 11),
    (13, 8),
    (14, 6),
    (15, 6),
    (16, 6),
    (17, 6),
    (18, 7),
    (19, 8),
    (20, 11),
    (21, 13),
    (22, 11),
    (23, 6),
];

impl Calendar {
    pub(super) fn new(now: NaiveDateTime, zone: Tz) -> Self {
        let digits: String = Id::new().as_str().chars().filter(char::is_ascii_hexdigit).take(12).collect();
        let machine = i64::from_str_radix(&digits, 16).expect("a UUIDv7 begins with its time");
        Self { now, zone, today: zones::local(zone, now).date(), machine }
    }

    /// The day so many days before today; after it where `days` is negative.
    pub(super) fn day(&self, days: i64) -> NaiveDate {
        match u64::try_from(days) {
            Ok(days) => self.today - Days::new(days),
            Err(_) => self.today + Days::new(days.unsigned_abs()),
        }
    }

    /// The instant, in UTC, at which the shop's clock shows this on that day.
    pub(super) fn at(&self, day: NaiveDate, hour: u32, minute: u32) -> NaiveDateTime {
        let time = NaiveTime::from_hms_opt(hour, minute, 0).expect("a time of day");
        let local = day.and_time(time);
        zones::instant(self.zone, local).unwrap_or(local)
    }

    /// A likely moment of the day that many days ago, and before now.
    pub(super) fn moment(&self, chance: &mut Chance, days: i64) -> NaiveDateTime {
        let (hour, minute) = (*chance.weighted(HOURS), chance.below(60) as u32);
        let at = self.at(self.day(days), hour, minute) + TimeDelta::seconds(chance.between(0, 59));
        if at < self.now { at } else { at - TimeDelta::days(1 + (at - self.now).num_days()) }
    }

    /// A time of that day's work, so many days ago: not the same one every day.
    pub(super) fn worked(&self, days: i64) -> NaiveDateTime {
        self.at(self.day(days), 10 + (days % 8) as u32, (days * 7 % 60) as u32).min(self.now - TimeDelta::hours(1))
    }

    /// A key for a row of that moment, for lists that show the newest key first.
    pub(super) fn id(&self, at: NaiveDateTime) -> Id {
        let millis = u64::try_from(self.machine - (self.now - at).num_milliseconds()).unwrap_or_default();
        let time = Timestamp::from_unix(NoContext, millis / 1_000, (millis % 1_000 * 1_000_000) as u32);
        Uuid::new_v7(time).to_string().parse().expect("a UUID is an id")
    }

    /// How many whole days ago it was.
    pub(super) fn days_since(&self, at: NaiveDateTime) -> i64 {
        (self.now - at).num_days()
    }

    /// How much is bought on a day, an ordinary one being 10.
    pub(super) fn trade(day: NaiveDate) -> usize {
        let weekend = if matches!(day.weekday(), Weekday::Sat | Weekday::Sun) { 4 } else { 0 };
        let season = match (day.month(), day.day()) {
            (11, 1..=11) => 16,
            (12, 5..=25) => 5,
            (1, 10..=31) => 4,
            (6, 8..=18) => 6,
            _ if before_mothers_day(day) => 9,
            _ => 0,
        };
        10 + weekend + season
    }
}

/// Whether a day is one of the two weeks that end with Mother's Day, the second Sunday of May.
pub(super) fn before_mothers_day(day: NaiveDate) -> bool {
    NaiveDate::from_weekday_of_month_opt(day.year(), 5, Weekday::Sun, 2)
        .is_some_and(|mothers_day| (0..14).contains(&(mothers_day - day).num_days()))
}

/// Whether a day belongs to the sale that ends on 11 November.
pub(super) fn before_double_eleven(day: NaiveDate) -> bool {
    day.month() == 11 && day.day() <= 11
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_past() {
        let now = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap().and_hms_opt(1, 30, 0).unwrap();
        let calendar = Calendar::new(now, chrono_tz::Asia::Taipei);
        let mut chance = Chance::of("moments");
        for days in 0..500 {
            let at = calendar.moment(&mut chance, days % 3);
            assert!(at < now && calendar.days_since(at) <= 3, "{at}");
        }
    }

    #[test]
    fn festivals_are_where_they_are() {
        let day = |m, d| NaiveDate::from_ymd_opt(2026, m, d).unwrap();
        assert!(before_mothers_day(day(5, 10)) && before_mothers_day(day(4, 27)));
        assert!(!before_mothers_day(day(5, 11)) && !before_mothers_day(day(4, 26)));
        assert!(Calendar::trade(day(11, 11)) > 2 * Calendar::trade(day(3, 3)));
    }
}
