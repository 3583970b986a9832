//! How times are written for people.

use super::texts::{Lang, say};
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

const DAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];

fn local(at: NaiveDateTime, zone: Tz) -> DateTime<Tz> {
    at.and_utc().with_timezone(&zone)
}

/// `2026/11/23（一）10:00`, `Mon 23 Nov 2026, 10:00`.
pub fn when(at: NaiveDateTime, zone: Tz, lang: Lang) -> String {
    let at = local(at, zone);
    match lang {
        Lang::Zh => format!("{}{}", day(at.date_naive(), lang), at.format("%H:%M")),
        Lang::En => format!("{}, {}", day(at.date_naive(), lang), at.format("%H:%M")),
    }
}

/// `2026/11/23（一）`, `Mon 23 Nov 2026`.
pub fn day(date: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}（{}）", date.format("%Y/%m/%d"), DAYS[date.weekday().num_days_from_monday() as usize]),
        Lang::En => date.format("%a %-d %b %Y").to_string(),
    }
}

/// `一`, `Mo`.
pub fn weekday(date: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => DAYS[date.weekday().num_days_from_monday() as usize].to_owned(),
        Lang::En => date.format("%a").to_string().chars().take(2).collect(),
    }
}

/// `11月`, `Nov`.
pub fn month(date: NaiveDate, lang: Lang) -> String {
    match lang {
        Lang::Zh => date.format("%-m月").to_string(),
        Lang::En => date.format("%b").to_string(),
    }
}

/// `2026/11/23`, `23 Nov 2026`: the day of a time, in `zone`.
pub fn date(at: NaiveDateTime, zone: Tz, lang: Lang) -> String {
    let at = local(at, zone);
    match lang {
        Lang::Zh => at.format("%Y/%m/%d").to_string(),
        Lang::En => at.format("%-d %b %Y").to_string(),
    }
}

/// `2026-11-23 10:00` in `zone`: for files, which programs read too.
pub fn stamp(at: NaiveDateTime, zone: Tz) -> String {
    local(at, zone).format("%Y-%m-%d %H:%M").to_string()
}

/// How far `at` is from `now`: `12 分鐘後`, `2 days ago`.
pub fn ago(at: NaiveDateTime, now: NaiveDateTime, lang: Lang) -> String {
    let (distance, side) = if at >= now { (at - now, "in") } else { (now - at, "ago") };
    if distance < TimeDelta::minutes(1) {
        return say(lang, "dates.just_now", &[]);
    }
    let (unit, n) = if distance < TimeDelta::hours(1) {
        ("minutes", distance.num_minutes())
    } else if distance < TimeDelta::days(1) {
        ("hours", distance.num_hours())
    } else if distance < TimeDelta::days(60) {
        ("days", distance.num_days())
    } else if distance < TimeDelta::days(730) {
        ("months", distance.num_days() / 30)
    } else {
        ("years", distance.num_days() / 365)
    };
    say(lang, &format!("dates.{side}_{unit}"), &[("n", &n.to_string())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_in_the_zone_and_the_language() {
        let at = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().and_hms_opt(2, 0, 0).unwrap();
        let zone = chrono_tz::Asia::Taipei;
        assert_eq!(when(at, zone, Lang::Zh), "2026/11/23（一）10:00");
        assert_eq!(when(at, zone, Lang::En), "Mon 23 Nov 2026, 10:00");
        assert_eq!(date(at, zone, Lang::Zh), "2026/11/23");
        let day = at.date();
        assert_eq!((weekday(day, Lang::Zh), month(day, Lang::Zh)), ("一".to_owned(), "11月".to_owned()));
        assert_eq!((weekday(day, Lang::En), month(day, Lang::En)), ("Mo".to_owned(), "Nov".to_owned()));
        assert_eq!(ago(at, at - TimeDelta::days(2), Lang::Zh), "2 天後");
        assert_eq!(ago(at, at + TimeDelta::minutes(12), Lang::En), "12 minutes ago");
        assert_eq!(ago(at, at, Lang::En), "now");
    }
}
