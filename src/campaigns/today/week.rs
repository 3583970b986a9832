//! The week ahead: how many people each day's sends reach. Pure.

use chrono::{Days, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use tidings_base::zones;

/// Days that are shown, today among them.
pub(crate) const DAYS: u64 = 7;

/// Something that is sent at a time to so many people; none is a number that is not known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Send {
    pub(crate) at: NaiveDateTime,
    pub(crate) people: Option<i64>,
}

/// What goes out on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Day {
    pub(crate) date: NaiveDate,
    pub(crate) sends: i64,
    /// Of those sends whose number is known.
    pub(crate) people: i64,
    /// Whether there is a send whose number is not known.
    pub(crate) and_more: bool,
    /// The people beside those of the fullest day, from 0 to 100.
    pub(crate) height: i64,
}

/// The days from today on, in the workspace's zone.
pub(crate) fn days(sends: &[Send], now: NaiveDateTime, zone: Tz) -> Vec<Day> {
    let today = zones::local(zone, now).date();
    let mut days: Vec<Day> = (0..DAYS)
        .map(|n| Day { date: today + Days::new(n), sends: 0, people: 0, and_more: false, height: 0 })
        .collect();
    for send in sends {
        // What is late goes out today.
        let date = zones::local(zone, send.at).date().max(today);
        if let Some(day) = days.iter_mut().find(|day| day.date == date) {
            day.sends += 1;
            day.people += send.people.unwrap_or(0);
            day.and_more |= send.people.is_none();
        }
    }
    let most = days.iter().map(|day| day.people).max().unwrap_or(0).max(1);
    for day in &mut days {
        // A day with anybody is seen.
        day.height = if day.people > 0 { (day.people * 100 / most).max(2) } else { 0 };
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sends_stand_on_the_day_of_the_zone() {
        let at = |text: &str| text.parse().unwrap();
        let now = at("2026-11-22T15:00:00");
        let sends = [
            Send { at: at("2026-11-22T14:59:00"), people: Some(5) },
            Send { at: at("2026-11-22T15:59:59"), people: Some(10) },
            Send { at: at("2026-11-22T16:00:00"), people: Some(1_000) },
            Send { at: at("2026-11-28T15:59:59"), people: None },
            Send { at: at("2026-11-28T16:00:00"), people: Some(7) },
        ];
        let days = days(&sends, now, Tz::Asia__Taipei);
        assert_eq!(days.len(), 7);
        assert_eq!(days[0].date, "2026-11-22".parse().unwrap());
        assert_eq!((days[0].sends, days[0].people, days[0].height), (2, 15, 2), "what is late goes out today");
        assert_eq!((days[1].sends, days[1].people, days[1].height), (1, 1_000, 100));
        assert_eq!((days[6].sends, days[6].people, days[6].and_more), (1, 0, true));
        assert!(days[2..6].iter().all(|day| day.sends == 0 && day.height == 0));
    }
}
