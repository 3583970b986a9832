//! What somebody typed into the form of a schedule, read into what can be published, or refused
//! with a sentence beside each field that is wrong. Pure.
//!
//! The fields: `name`, `journey` and `audience` (ids), `frequency` (`once` or `periodic`), `time`
//! (HH:MM); for a periodic one `every`, `unit` (a [`Frequency`]), `start` and `end` (days); for a
//! single run `date`.

use super::{
    fit::Unfit,
    model::{Frequency, Timing},
    recurrence::{MOST_RUNS, NoRuns},
};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use chrono_tz::Tz;
use std::num::NonZeroU32;
use tidings_base::{
    db::Id,
    web::{Form, Message},
};

/// The longest name, in characters.
pub(crate) const LONGEST_NAME: usize = 100;

/// What can be published, if the journey and the audience fit and the time has runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The name, trimmed.
    pub name: String,
    /// The journey to enter.
    pub journey_id: Id,
    /// The audience that enters.
    pub audience_id: Id,
    /// When.
    pub timing: Timing,
}

/// Why a schedule cannot be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The name is empty.
    NameMissing,
    /// The name has more than [`LONGEST_NAME`] characters; how many.
    NameTooLong(usize),
    /// No journey was chosen.
    JourneyMissing,
    /// No audience was chosen.
    AudienceMissing,
    /// The journey or the audience does not fit.
    Unfit(Unfit),
    /// Neither once nor periodic was chosen.
    FrequencyMissing,
    /// The interval is not a whole number from 1.
    EveryNotWhole,
    /// No unit was chosen.
    UnitMissing,
    /// The time of day is missing or no time.
    TimeMissing,
    /// The date of a single run is missing or no date.
    DateMissing,
    /// The first day is missing or no date.
    StartMissing,
    /// The last day is missing or no date.
    EndMissing,
    /// The last day lies before the first, which is named.
    EndBeforeStart(NaiveDate),
    /// The one run would lie in the past.
    Past,
    /// No run of the period is later than now.
    NoneLeft,
    /// More runs than a schedule may have; how many.
    TooMany(u64),
    /// Every run of the period was cancelled by hand before.
    AllCancelled,
}

impl Refusal {
    /// The field beside which it is said, by the name it is sent under.
    pub(crate) fn field(&self) -> &'static str {
        match self {
            Self::NameMissing | Self::NameTooLong(_) => "name",
            Self::JourneyMissing => "journey",
            Self::AudienceMissing => "audience",
            Self::Unfit(why) if why.is_of_audience() => "audience",
            Self::Unfit(_) => "journey",
            Self::FrequencyMissing => "frequency",
            Self::EveryNotWhole => "every",
            Self::UnitMissing => "unit",
            Self::TimeMissing => "time",
            Self::DateMissing | Self::Past => "date",
            Self::StartMissing => "start",
            Self::EndMissing | Self::EndBeforeStart(_) | Self::NoneLeft | Self::TooMany(_) | Self::AllCancelled => {
                "end"
            }
        }
    }

    /// The sentence that says it.
    pub(crate) fn message(&self) -> Message {
        match self {
            Self::NameMissing => Message::new("schedules.refused.name_missing"),
            Self::NameTooLong(found) => {
                Message::new("schedules.refused.name_too_long").with("n", LONGEST_NAME).with("m", found)
            }
            Self::JourneyMissing => Message::new("schedules.refused.journey_missing"),
            Self::AudienceMissing => Message::new("schedules.refused.audience_missing"),
            Self::Unfit(why) => Message::new(why.refusal()),
            Self::FrequencyMissing => Message::new("schedules.refused.frequency_missing"),
            Self::EveryNotWhole => Message::new("schedules.refused.every_not_whole"),
            Self::UnitMissing => Message::new("schedules.refused.unit_missing"),
            Self::TimeMissing => Message::new("schedules.refused.time_missing"),
            Self::DateMissing => Message::new("schedules.refused.date_missing"),
            Self::StartMissing => Message::new("schedules.refused.start_missing"),
            Self::EndMissing => Message::new("schedules.refused.end_missing"),
            Self::EndBeforeStart(start) => {
                Message::new("schedules.refused.end_before_start").with("day", start.format("%Y/%m/%d"))
            }
            Self::Past => Message::new("schedules.refused.past"),
            Self::NoneLeft => Message::new("schedules.refused.none_left"),
            Self::TooMany(runs) => Message::new("schedules.refused.too_many").with("n", runs).with("m", MOST_RUNS),
            Self::AllCancelled => Message::new("schedules.refused.all_cancelled"),
        }
    }
}

/// Everything that was typed, or nothing, with what is wrong said on the form.
pub(crate) fn read(form: &mut Form) -> Option<Draft> {
    let name = take(form, name);
    let journey_id = take(form, |form| id(form.value("journey"), Refusal::JourneyMissing, Unfit::JourneyGone));
    let audience_id = take(form, |form| id(form.value("audience"), Refusal::AudienceMissing, Unfit::AudienceGone));
    let timing = timing(form);
    Some(Draft { name: name?, journey_id: journey_id?, audience_id: audience_id?, timing: timing? })
}

/// When it is to run, read by itself, so that the first runs can be shown before all is typed.
pub(crate) fn timing(form: &mut Form) -> Option<Timing> {
    match form.value("frequency") {
        "once" => {
            let at = take(form, time);
            let day = take(form, |form| date(form, "date", Refusal::DateMissing));
            let every = NonZeroU32::MIN;
            Some(Timing { frequency: Frequency::Once, every, starts_on: day?, ends_on: None, at: at? })
        }
        "periodic" => {
            let every = take(form, |form| form.value("every").trim().parse().map_err(|_| Refusal::EveryNotWhole));
            let frequency = take(form, periodic);
            let at = take(form, time);
            let start = take(form, |form| date(form, "start", Refusal::StartMissing));
            let end = take(form, |form| date(form, "end", Refusal::EndMissing));
            Some(Timing { frequency: frequency?, every: every?, starts_on: start?, ends_on: Some(end?), at: at? })
        }
        _ => {
            refuse(form, &Refusal::FrequencyMissing);
            None
        }
    }
}

/// The runs of `timing`, or why there are none.
pub(crate) fn runs(timing: &Timing, zone: Tz, now: NaiveDateTime) -> Result<Vec<NaiveDateTime>, Refusal> {
    timing.recurrence(zone).runs(now).map_err(|why| match why {
        NoRuns::EndBeforeStart => Refusal::EndBeforeStart(timing.starts_on),
        NoRuns::Past => Refusal::Past,
        NoRuns::NoneLeft => Refusal::NoneLeft,
        NoRuns::TooMany(runs) => Refusal::TooMany(runs),
    })
}

/// Says beside its field why it cannot be published.
pub(crate) fn refuse(form: &mut Form, why: &Refusal) {
    form.refuse(why.field(), why.message());
}

/// The form as it would be typed to get this draft.
pub(crate) fn filled(draft: &Draft) -> Form {
    let timing = &draft.timing;
    let start = timing.starts_on.to_string();
    let mut form = Form::filled([
        ("name", draft.name.clone()),
        ("journey", draft.journey_id.to_string()),
        ("audience", draft.audience_id.to_string()),
        ("time", timing.at.format("%H:%M").to_string()),
        ("every", timing.every.to_string()),
    ]);
    match timing.frequency {
        Frequency::Once => {
            form.set("frequency", "once");
            form.set("unit", Frequency::Weeks.word());
            form.set("date", start);
        }
        Frequency::Days | Frequency::Weeks | Frequency::Months => {
            form.set("frequency", "periodic");
            form.set("unit", timing.frequency.word());
            form.set("start", start);
            form.set("end", timing.ends_on.map(|day| day.to_string()).unwrap_or_default());
        }
    }
    form
}

fn take<T>(form: &mut Form, read: impl FnOnce(&Form) -> Result<T, Refusal>) -> Option<T> {
    read(form).map_err(|why| refuse(form, &why)).ok()
}

fn name(form: &Form) -> Result<String, Refusal> {
    let shown: String = form.value("name").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let name = shown.trim();
    match name.chars().count() {
        0 => Err(Refusal::NameMissing),
        1..=LONGEST_NAME => Ok(name.to_owned()),
        found => Err(Refusal::NameTooLong(found)),
    }
}

fn id(text: &str, missing: Refusal, gone: Unfit) -> Result<Id, Refusal> {
    match text.trim() {
        "" => Err(missing),
        text => text.parse().map_err(|_| Refusal::Unfit(gone)),
    }
}

fn periodic(form: &Form) -> Result<Frequency, Refusal> {
    match form.value("unit").parse() {
        Ok(Frequency::Once) | Err(_) => Err(Refusal::UnitMissing),
        Ok(periodic) => Ok(periodic),
    }
}

// The form's own readers would say their own sentence, which names no field.
fn time(form: &Form) -> Result<NaiveTime, Refusal> {
    // To the minute: what a schedule keeps and shows.
    let time = form.clone().time("time").and_then(|time| time.with_second(0));
    time.ok_or(Refusal::TimeMissing)
}

fn date(form: &Form, field: &str, otherwise: Refusal) -> Result<NaiveDate, Refusal> {
    form.clone().date(field).ok_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekly() -> Form {
        Form::filled([
            ("name", " 每週新品通知 "),
            ("journey", "0190f5a0-0000-7000-8000-000000000001"),
            ("audience", "0190f5a0-0000-7000-8000-000000000002"),
            ("frequency", "periodic"),
            ("every", "2"),
            ("unit", "weeks"),
            ("time", "10:00"),
            ("start", "2026-11-23"),
            ("end", "2027-01-31"),
        ])
    }

    fn once() -> Form {
        with(with(weekly(), "frequency", "once"), "date", "2026-12-01")
    }

    fn with(mut form: Form, field: &str, text: &str) -> Form {
        form.set(field, text);
        form
    }

    /// What is said, by field.
    fn said(mut form: Form) -> Vec<(String, String)> {
        assert_eq!(read(&mut form), None);
        form.errors().into_iter().map(|(field, why)| (field.to_owned(), why.key.clone())).collect()
    }

    #[test]
    fn what_is_typed_well_is_read() {
        let draft = read(&mut weekly()).unwrap();
        assert_eq!(draft.name, "每週新品通知");
        assert_eq!(draft.timing.frequency, Frequency::Weeks);
        assert_eq!(draft.timing.every.get(), 2);
        assert_eq!(draft.timing.ends_on, NaiveDate::from_ymd_opt(2027, 1, 31));
        let draft = read(&mut once()).unwrap();
        assert_eq!(draft.timing.frequency, Frequency::Once);
        assert_eq!(draft.timing.ends_on, None);
    }

    #[test]
    fn what_is_read_fills_the_form_again() {
        for mut form in [weekly(), once()] {
            let draft = read(&mut form).unwrap();
            assert_eq!(read(&mut filled(&draft)), Some(draft));
        }
    }

    #[test]
    fn each_wrong_thing_has_its_own_sentence() {
        let long = "旅".repeat(10_000);
        let cases = [
            ("name", "", "schedules.refused.name_missing"),
            ("name", " \t\u{1}", "schedules.refused.name_missing"),
            ("name", &long, "schedules.refused.name_too_long"),
            ("journey", "", "schedules.refused.journey_missing"),
            ("journey", "1 or 1=1", "schedules.refused.journey_gone"),
            ("audience", "", "schedules.refused.audience_missing"),
            ("audience", "-1", "schedules.refused.audience_gone"),
            ("frequency", "", "schedules.refused.frequency_missing"),
            ("frequency", "hourly", "schedules.refused.frequency_missing"),
            ("every", "", "schedules.refused.every_not_whole"),
            ("every", "0", "schedules.refused.every_not_whole"),
            ("every", "-1", "schedules.refused.every_not_whole"),
            ("every", "1.5", "schedules.refused.every_not_whole"),
            ("every", "兩", "schedules.refused.every_not_whole"),
            ("every", "99999999999999999999", "schedules.refused.every_not_whole"),
            ("unit", "", "schedules.refused.unit_missing"),
            ("unit", "once", "schedules.refused.unit_missing"),
            ("unit", "years", "schedules.refused.unit_missing"),
            ("time", "", "schedules.refused.time_missing"),
            ("time", "24:00", "schedules.refused.time_missing"),
            ("start", "", "schedules.refused.start_missing"),
            ("start", "2027-02-29", "schedules.refused.start_missing"),
            ("start", "275760-09-13", "schedules.refused.start_missing"),
            ("end", "", "schedules.refused.end_missing"),
            ("end", "31/12/2026", "schedules.refused.end_missing"),
            ("end", "-0001-01-01", "schedules.refused.end_missing"),
        ];
        for (field, text, key) in cases {
            let said = said(with(weekly(), field, text));
            assert_eq!(said, [(field.to_owned(), key.to_owned())], "{field} {text:?}");
        }
        let said = said(with(once(), "date", "2026-13-01"));
        assert_eq!(said, [("date".to_owned(), "schedules.refused.date_missing".to_owned())]);
    }

    #[test]
    fn an_empty_form_says_everything_at_once() {
        let said = said(Form::filled([("frequency", "periodic")]));
        let fields: Vec<_> = said.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["name", "journey", "audience", "every", "unit", "time", "start", "end"]);
    }

    #[test]
    fn names_keep_every_letter() {
        for name in ["<b>週年慶</b> & \"折扣\"", "🎉👩‍👩‍👧", "مرحبا بالعالم", "'; drop table schedules; --"]
        {
            assert_eq!(read(&mut with(weekly(), "name", name)).unwrap().name, name);
        }
    }

    #[test]
    fn a_time_without_runs_says_why() {
        let now = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap().and_hms_opt(2, 0, 0).unwrap();
        let daily = with(with(weekly(), "unit", "days"), "every", "1");
        let start = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
        let cases = [
            (with(once(), "date", "2026-11-19"), Refusal::Past),
            (with(weekly(), "end", "2026-11-22"), Refusal::EndBeforeStart(start)),
            (with(with(weekly(), "start", "2026-11-02"), "end", "2026-11-20"), Refusal::NoneLeft),
            (with(daily, "end", "9999-12-31"), Refusal::TooMany(2_912_117)),
        ];
        for (mut form, why) in cases {
            let timing = timing(&mut form).unwrap();
            assert_eq!(runs(&timing, chrono_tz::Asia::Taipei, now), Err(why));
        }
    }
}
