//! The cases of the rules, and the laws that any rule keeps.

use super::*;
use chrono::TimeDelta;
use proptest::prelude::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn once(start: &str, time: &str, zone: Tz) -> Recurrence {
    let time = NaiveTime::parse_from_str(time, "%H:%M").unwrap();
    Recurrence { start: date(start), at: time, repeat: None, zone }
}

fn every(every: u32, unit: Unit, start: &str, until: &str, time: &str, zone: Tz) -> Recurrence {
    let every = NonZeroU32::new(every).unwrap();
    Recurrence { repeat: Some(Repeat { every, unit, until: date(until) }), ..once(start, time, zone) }
}

/// The runs as a shop reads them: in its own zone.
fn local(rule: Recurrence, now: &str) -> Vec<String> {
    let runs = rule.runs(at(now)).unwrap();
    let shown = |run: NaiveDateTime| rule.zone.from_utc_datetime(&run).format("%m-%d %H:%M");
    runs.into_iter().map(|run| shown(run).to_string()).collect()
}

const TAIPEI: Tz = chrono_tz::Asia::Taipei;
const NEW_YORK: Tz = chrono_tz::America::New_York;
const LORD_HOWE: Tz = chrono_tz::Australia::Lord_Howe;

#[test]
fn the_days_are_these() {
    use Unit::{Day, Month, Week};
    let cases: &[(&str, Recurrence, &str, &[&str])] = &[
        (
            "every day, both ends included",
            every(1, Day, "2026-11-23", "2026-11-25", "10:00", TAIPEI),
            "2026-11-20 00:00",
            &["11-23 10:00", "11-24 10:00", "11-25 10:00"],
        ),
        (
            "every three days misses an end between two runs",
            every(3, Day, "2026-11-23", "2026-11-28", "10:00", TAIPEI),
            "2026-11-20 00:00",
            &["11-23 10:00", "11-26 10:00"],
        ),
        (
            "every two weeks over a year's end",
            every(2, Week, "2026-12-11", "2027-01-22", "09:30", TAIPEI),
            "2026-11-20 00:00",
            &["12-11 09:30", "12-25 09:30", "01-08 09:30", "01-22 09:30"],
        ),
        (
            "the 31st takes the last day of a short month and comes back",
            every(1, Month, "2027-01-31", "2027-06-30", "09:00", TAIPEI),
            "2026-11-20 00:00",
            &["01-31 09:00", "02-28 09:00", "03-31 09:00", "04-30 09:00", "05-31 09:00", "06-30 09:00"],
        ),
        (
            "the 30th in a leap year",
            every(1, Month, "2028-01-30", "2028-03-30", "09:00", TAIPEI),
            "2026-11-20 00:00",
            &["01-30 09:00", "02-29 09:00", "03-30 09:00"],
        ),
        (
            "29 February every twelve months",
            every(12, Month, "2028-02-29", "2032-02-29", "09:00", TAIPEI),
            "2026-11-20 00:00",
            &["02-29 09:00", "02-28 09:00", "02-28 09:00", "02-28 09:00", "02-29 09:00"],
        ),
        (
            "an end one day before the month's run",
            every(1, Month, "2026-12-15", "2027-02-14", "09:00", TAIPEI),
            "2026-11-20 00:00",
            &["12-15 09:00", "01-15 09:00"],
        ),
        (
            "a start in the past keeps the phase",
            every(2, Week, "2026-11-02", "2026-12-14", "10:00", TAIPEI),
            "2026-11-20 00:00",
            &["11-30 10:00", "12-14 10:00"],
        ),
        (
            "later than now, not now",
            every(1, Day, "2026-11-20", "2026-11-22", "08:00", TAIPEI),
            "2026-11-20 00:00",
            &["11-21 08:00", "11-22 08:00"],
        ),
        (
            "a start a thousand years ago",
            every(1, Month, "1026-01-31", "2027-01-31", "09:00", TAIPEI),
            "2026-11-30 12:00",
            &["12-31 09:00", "01-31 09:00"],
        ),
        (
            "an interval longer than the calendar runs once",
            every(u32::MAX, Month, "2026-12-01", "9999-12-31", "09:00", TAIPEI),
            "2026-11-20 00:00",
            &["12-01 09:00"],
        ),
        (
            "a skipped hour runs an hour later, that day only",
            every(1, Day, "2027-03-13", "2027-03-15", "02:30", NEW_YORK),
            "2026-11-20 00:00",
            &["03-13 02:30", "03-14 03:30", "03-15 02:30"],
        ),
        (
            "the first minute of a skipped hour",
            every(1, Day, "2027-03-14", "2027-03-14", "02:00", NEW_YORK),
            "2026-11-20 00:00",
            &["03-14 03:00"],
        ),
        (
            "the first minute after a skipped hour is not shifted",
            every(1, Day, "2027-03-14", "2027-03-14", "03:00", NEW_YORK),
            "2026-11-20 00:00",
            &["03-14 03:00"],
        ),
        (
            "a gap of half an hour shifts by half an hour",
            every(1, Day, "2027-10-03", "2027-10-03", "02:10", LORD_HOWE),
            "2026-11-20 00:00",
            &["10-03 02:40"],
        ),
        (
            "a gap at midnight",
            every(1, Day, "2027-03-28", "2027-03-28", "00:15", chrono_tz::Asia::Beirut),
            "2026-11-20 00:00",
            &["03-28 01:15"],
        ),
    ];
    for (why, rule, now, runs) in cases {
        assert_eq!(local(*rule, now), *runs, "{why}");
    }
}

#[test]
fn an_hour_that_happens_twice_runs_the_first_time() {
    let runs = every(1, Unit::Day, "2026-10-31", "2026-11-02", "01:30", NEW_YORK).runs(at("2026-10-01 00:00")).unwrap();
    // The clock goes back at 06:00 UTC: 05:30 is the first 01:30, 06:30 would be the second.
    let utc = ["2026-10-31 05:30", "2026-11-01 05:30", "2026-11-02 06:30"];
    assert_eq!(runs, utc.map(at));
}

#[test]
fn a_day_that_a_zone_left_out_runs_once_with_the_next() {
    let runs = every(1, Unit::Day, "2011-12-29", "2011-12-31", "10:00", chrono_tz::Pacific::Apia)
        .runs(at("2011-12-01 00:00"))
        .unwrap();
    assert_eq!(runs, ["2011-12-29 20:00", "2011-12-30 20:00"].map(at));
}

#[test]
fn what_makes_no_tasks_says_why() {
    use Unit::{Day, Month, Week};
    let now = "2026-11-20 02:00";
    let cases = [
        (once("2026-11-20", "10:00", TAIPEI), NoRuns::Past),
        (once("2026-11-20", "09:59", TAIPEI), NoRuns::Past),
        (once("0001-01-01", "00:00", TAIPEI), NoRuns::Past),
        (every(1, Day, "2026-12-02", "2026-12-01", "10:00", TAIPEI), NoRuns::EndBeforeStart),
        (every(1, Day, "2026-11-01", "2026-11-20", "10:00", TAIPEI), NoRuns::NoneLeft),
        (every(1, Month, "2026-01-31", "2026-11-29", "09:00", TAIPEI), NoRuns::NoneLeft),
        (every(2, Week, "2026-11-09", "2026-11-22", "09:00", TAIPEI), NoRuns::NoneLeft),
        (every(1, Day, "2026-11-21", "2040-07-30", "09:00", TAIPEI), NoRuns::TooMany(5_001)),
        (every(1, Day, "2026-11-20", "9999-12-31", "10:00", TAIPEI), NoRuns::TooMany(2_912_119)),
        (every(1, Day, "0001-01-01", "9999-12-31", "10:00", TAIPEI), NoRuns::TooMany(2_912_119)),
        (every(1, Month, "2026-11-30", "9999-12-29", "10:00", TAIPEI), NoRuns::TooMany(95_677)),
    ];
    for (rule, why) in cases {
        assert_eq!(rule.runs(at(now)), Err(why), "{rule:?}");
    }
    let most = every(1, Day, "2026-11-21", "2040-07-29", "09:00", TAIPEI);
    assert_eq!(most.runs(at(now)).map(|runs| runs.len()), Ok(MOST_RUNS));
}

fn zones() -> impl Strategy<Value = Tz> {
    proptest::sample::select(chrono_tz::TZ_VARIANTS.to_vec())
}

fn dates() -> impl Strategy<Value = NaiveDate> {
    (0_u64..40_000).prop_map(|days| date("1990-01-01") + Days::new(days))
}

prop_compose! {
    fn rules()(
        start in dates(),
        length in 0_u64..1_200,
        minutes in 0_i64..1_440,
        number in 1_u32..60,
        unit in proptest::sample::select(vec![Unit::Day, Unit::Week, Unit::Month]),
        zone in zones(),
    ) -> Recurrence {
        Recurrence {
            start,
            at: NaiveTime::MIN + TimeDelta::minutes(minutes),
            repeat: Some(Repeat {
                every: NonZeroU32::new(number).unwrap(),
                unit,
                until: start + Days::new(length),
            }),
            zone,
        }
    }
}

/// Long before any start that `dates` makes.
fn before_all() -> NaiveDateTime {
    at("1980-01-01 00:00")
}

proptest! {
    #[test]
    fn runs_are_ordered_and_within_the_period(rule in rules()) {
        let runs = rule.runs(before_all()).unwrap();
        let repeat = rule.repeat.unwrap();
        prop_assert!(runs.windows(2).all(|pair| pair[0] < pair[1]));
        for run in &runs {
            let local = rule.zone.from_utc_datetime(run).naive_local();
            prop_assert!(local >= rule.start.and_time(rule.at));
            // A gap moves a run by at most the day that Samoa left out.
            prop_assert!(local <= repeat.until.and_time(rule.at) + TimeDelta::days(1));
        }
    }

    #[test]
    fn days_and_weeks_keep_their_distance(rule in rules(), nth in 0_u64..40) {
        let repeat = rule.repeat.unwrap();
        let step = match repeat.unit {
            Unit::Day => i64::from(repeat.every.get()),
            Unit::Week => i64::from(repeat.every.get()) * 7,
            Unit::Month => return Ok(()),
        };
        if let Some(day) = rule.day(repeat, nth) {
            prop_assert_eq!((day - rule.start).num_days(), i64::try_from(nth).unwrap() * step);
            prop_assert!(repeat.unit == Unit::Day || day.weekday() == rule.start.weekday());
        }
    }

    #[test]
    fn every_run_is_at_its_local_time_or_later_by_a_gap(rule in rules()) {
        let local = rule.start.and_time(rule.at);
        let run = rule.instant(rule.start).unwrap();
        let shown = rule.zone.from_utc_datetime(&run).naive_local();
        match rule.zone.from_local_datetime(&local) {
            MappedLocalTime::None => {
                let gap = GapInfo::new(&local, &rule.zone).unwrap();
                let length = gap.end.unwrap().naive_local() - gap.begin.unwrap().0;
                prop_assert_eq!(shown - local, length);
            }
            MappedLocalTime::Single(_) => prop_assert_eq!(shown, local),
            MappedLocalTime::Ambiguous(_, second) => {
                prop_assert_eq!(shown, local);
                prop_assert!(run < second.naive_utc());
            }
        }
    }

    #[test]
    fn months_do_not_drift(rule in rules()) {
        let repeat = rule.repeat.unwrap();
        if repeat.unit != Unit::Month {
            return Ok(());
        }
        for nth in 0..20 {
            let Some(day) = rule.day(repeat, nth) else { break };
            let gone = months(day) - months(rule.start);
            prop_assert_eq!(gone, i64::try_from(nth).unwrap() * i64::from(repeat.every.get()));
            let tomorrow = day + Days::new(1);
            prop_assert!(day.day() == rule.start.day()
                || (day.day() < rule.start.day() && tomorrow.day() == 1));
        }
    }

    #[test]
    fn the_present_only_cuts_off_the_past(rule in rules(), days in 0_i64..1_300) {
        let all = rule.runs(before_all()).unwrap();
        let now = rule.start.and_time(NaiveTime::MIN) + TimeDelta::days(days);
        let left: Vec<_> = all.into_iter().filter(|run| *run > now).collect();
        match rule.runs(now) {
            Ok(runs) => prop_assert_eq!(runs, left),
            Err(why) => {
                prop_assert_eq!(why, NoRuns::NoneLeft);
                prop_assert!(left.is_empty());
            }
        }
    }

    #[test]
    fn the_count_is_what_would_be_made(rule in rules(), days in 0_i64..1_300) {
        let now = rule.start.and_time(NaiveTime::MIN) + TimeDelta::days(days);
        if let Ok(runs) = rule.runs(now) {
            let counted = rule.count(rule.repeat.unwrap(), now);
            // One fewer where a zone left out a day.
            prop_assert!(counted == runs.len() as u64 || counted == runs.len() as u64 + 1);
        }
    }

    #[test]
    fn any_date_is_answered_at_once(
        year in 1_i32..9_999, far in 1_i32..9_999, number in 1_u32.., zone in zones(),
    ) {
        let rule = Recurrence {
            start: NaiveDate::from_ymd_opt(year, 1, 31).unwrap(),
            at: NaiveTime::MIN,
            repeat: Some(Repeat {
                every: NonZeroU32::new(number).unwrap(),
                unit: Unit::Month,
                until: NaiveDate::from_ymd_opt(far, 12, 31).unwrap(),
            }),
            zone,
        };
        let _ = rule.runs(at("2026-11-20 00:00"));
        let daily = Repeat { every: NonZeroU32::MIN, unit: Unit::Day, ..rule.repeat.unwrap() };
        if let Ok(runs) = (Recurrence { repeat: Some(daily), ..rule }).runs(before_all()) {
            prop_assert!(runs.len() <= MOST_RUNS);
        }
    }
}
