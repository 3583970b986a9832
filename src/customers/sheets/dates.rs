//! Days and times as people and programs write them in a cell.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, Timelike};
use chrono_tz::Tz;
use tidings_base::zones;

/// A day: `1990-05-17`, `1990/5/17`, `1990.5.17`, `19900517`, `1990年5月17日`, and years of the
/// Republic, `民國79年5月17日`.
pub fn day(text: &str) -> Option<NaiveDate> {
    let text = text.trim();
    let (offset, text) = match text.strip_prefix("民國") {
        Some(rest) => (1911, rest),
        None => (0, text),
    };
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    }
    let mut parts = text.trim_end_matches('日').split(['-', '/', '.', '年', '月']).map(str::trim);
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    // Two digits could be a year of either calendar.
    if parts.next().is_some() || (offset == 0 && year.len() != 4) {
        return None;
    }
    NaiveDate::from_ymd_opt(year.parse::<i32>().ok()?.checked_add(offset)?, month.parse().ok()?, day.parse().ok()?)
}

/// An instant, in UTC: a [`day`], which is its midnight, or a day and a time on the clocks of `zone`:
/// `2026/11/1 10:30`, `2026-11-01T10:30:15`, `2026/11/1 下午 02:15:00`. A time that says how far it is
/// from UTC (`2026-11-01T10:30:00+08:00`) is taken by that. Nothing before 1990 is an instant of a
/// shop's files.
pub fn moment(text: &str, zone: Tz) -> Option<NaiveDateTime> {
    let text = text.trim();
    let at = match absolute(text) {
        Some(at) => at,
        None => {
            let (on, at) = split(text);
            let time = if at.is_empty() { NaiveTime::MIN } else { time(at)? };
            zones::instant(zone, day(on)?.and_time(time))?
        }
    };
    // A leap second is no time that the databases keep.
    (at.year() >= 1990 && at.nanosecond() < 1_000_000_000).then(|| at.trunc_subsecs(6))
}

/// With the distance from UTC, as interfaces and shops abroad write it.
fn absolute(text: &str) -> Option<NaiveDateTime> {
    let read = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z"));
    read.ok().map(|at| at.naive_utc())
}

/// The day and what stands after it.
fn split(text: &str) -> (&str, &str) {
    if let Some((day, time)) = text.split_once('日') {
        return (day, time.trim());
    }
    let (day, time) = text.split_once(|c: char| c.is_whitespace() || c == 'T').unwrap_or((text, ""));
    (day, time.trim())
}

/// `10:30`, `10:30:15`, `10:30:15.250`; `下午 02:15` (Excel in Traditional Chinese), `2:15 PM`.
fn time(text: &str) -> Option<NaiveTime> {
    let text = text.to_uppercase();
    let half = [("上午", "AM"), ("下午", "PM"), ("AM", "AM"), ("PM", "PM")].into_iter().find_map(|(word, half)| {
        let rest = text.strip_prefix(word).or_else(|| text.strip_suffix(word))?;
        Some(format!("{} {half}", rest.trim()))
    });
    match half {
        Some(text) => ["%I:%M %p", "%I:%M:%S %p"].iter().find_map(|form| NaiveTime::parse_from_str(&text, form).ok()),
        None => ["%H:%M", "%H:%M:%S%.f"].iter().find_map(|form| NaiveTime::parse_from_str(&text, form).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_people_write_it() {
        for text in
            ["1990-05-17", "1990/5/17", "1990.05.17", "19900517", "1990年5月17日", "民國79年5月17日", " 1990-5-17 "]
        {
            assert_eq!(day(text).map(|day| day.to_string()).as_deref(), Some("1990-05-17"), "{text}");
        }
        for bad in ["", "soon", "1990-13-01", "2001-02-29", "90/5/17", "5/17/1990", "1990-05", "1990-05-17-1", "民國"]
        {
            assert_eq!(day(bad), None, "{bad}");
        }
        for year in ["2147483647", "99999999999", "-1912"] {
            assert_eq!(day(&format!("民國{year}年1月1日")), None, "{year}");
        }
    }

    #[test]
    fn a_moment_is_read_on_the_clocks_of_the_shop() {
        for (text, utc) in [
            ("2026/11/1 10:30", "2026-11-01 02:30:00"),
            ("2026-11-01T10:30", "2026-11-01 02:30:00"),
            ("2026-11-01 10:30:15", "2026-11-01 02:30:15"),
            ("2026-11-01 10:30:15.1234567", "2026-11-01 02:30:15.123456"),
            ("2026.11.1  9:05", "2026-11-01 01:05:00"),
            ("20261101 10:30", "2026-11-01 02:30:00"),
            ("2026年11月1日 10:30", "2026-11-01 02:30:00"),
            ("2026年11月1日10:30", "2026-11-01 02:30:00"),
            ("民國115年11月1日 10:30", "2026-11-01 02:30:00"),
            ("2026/11/1 上午 10:30:15", "2026-11-01 02:30:15"),
            ("2026/11/1 下午 02:15", "2026-11-01 06:15:00"),
            ("2026/11/1 上午 12:05", "2026-10-31 16:05:00"),
            ("2026/11/1 2:15:00 pm", "2026-11-01 06:15:00"),
            ("2026/11/1", "2026-10-31 16:00:00"),
            (" 20261101 ", "2026-10-31 16:00:00"),
            ("2026-11-01T10:30:00Z", "2026-11-01 10:30:00"),
            ("2026-11-01T10:30:00.5+09:00", "2026-11-01 01:30:00.500"),
            ("2026-11-01 10:30:00 +0800", "2026-11-01 02:30:00"),
        ] {
            let read = moment(text, chrono_tz::Asia::Taipei).map(|at| at.to_string());
            assert_eq!(read.as_deref(), Some(utc), "{text}");
        }
    }

    #[test]
    fn what_names_no_moment_is_none() {
        for text in [
            "",
            "yesterday",
            "10:30",
            "2026/11/1 25:00",
            "2026/11/1 10:60",
            "2026/11/1 23:59:60",
            "2026/11/1 下午 14:15",
            "2026/11/1 morning",
            "11/1/2026 10:30",
            "2026-02-30 10:00",
            "1989-12-31 10:00",
            "45962.4375",
            "2026-11-01T10:30:60Z",
        ] {
            assert_eq!(moment(text, chrono_tz::Asia::Taipei), None, "{text}");
        }
    }

    #[test]
    fn a_time_that_clocks_skip_or_show_twice_follows_the_rule_of_the_product() {
        let new_york = chrono_tz::America::New_York;
        for (text, utc) in [("2026-03-08 02:30", "2026-03-08 07:30:00"), ("2026-11-01 01:30", "2026-11-01 05:30:00")] {
            assert_eq!(moment(text, new_york).map(|at| at.to_string()).as_deref(), Some(utc), "{text}");
        }
    }
}
