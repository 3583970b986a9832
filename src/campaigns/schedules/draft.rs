//! What somebody typed into the form of a schedule, read into what can be published, or refused
//! with a sentence for each thing that is wrong. Pure.

use std::num::NonZeroU32;

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;
use tidings_base::db::Id;

use super::{
    fit::Unfit,
    model::{Frequency, Timing},
    recurrence::NoRuns,
};

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 100;

/// The years a date may lie in.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9999;

/// The fields of the form, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// 排程名稱.
    pub name: String,
    /// 旅程, an id.
    pub journey: String,
    /// 受眾, an id.
    pub audience: String,
    /// 執行頻率: `once` or `periodic`.
    pub frequency: String,
    /// 間隔.
    pub every: String,
    /// 週期單位: `days`, `weeks` or `months`.
    pub unit: String,
    /// 執行時間, HH:MM.
    pub time: String,
    /// 執行日期 of a single run, YYYY-MM-DD.
    pub date: String,
    /// 開始日期, YYYY-MM-DD.
    pub start: String,
    /// 結束日期, YYYY-MM-DD.
    pub end: String,
}

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
pub enum Refusal {
    /// The name is empty.
    NameMissing,
    /// The name has more than [`LONGEST_NAME`] characters.
    NameTooLong,
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
    pub fn field(&self) -> &'static str {
        match self {
            Self::NameMissing | Self::NameTooLong => "name",
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
}

impl Typed {
    /// Everything that was typed, or everything that is wrong with it.
    pub fn draft(&self) -> Result<Draft, Vec<Refusal>> {
        let mut wrong = Vec::new();
        let name = keep(&mut wrong, self.name());
        let journey_id = keep(&mut wrong, id(&self.journey, Refusal::JourneyMissing, Unfit::JourneyGone));
        let audience_id = keep(&mut wrong, id(&self.audience, Refusal::AudienceMissing, Unfit::AudienceGone));
        let timing = self.timing().map_err(|refusals| wrong.extend(refusals)).ok();
        match (name, journey_id, audience_id, timing) {
            (Some(name), Some(journey_id), Some(audience_id), Some(timing)) => {
                Ok(Draft { name, journey_id, audience_id, timing })
            }
            _ => Err(wrong),
        }
    }

    /// When it is to run, read by itself, so that the first runs can be shown before all is typed.
    pub fn timing(&self) -> Result<Timing, Vec<Refusal>> {
        let mut wrong = Vec::new();
        let timing = match self.frequency.as_str() {
            "once" => {
                let at = keep(&mut wrong, time(&self.time));
                let day = keep(&mut wrong, date(&self.date, Refusal::DateMissing));
                at.zip(day).map(|(at, starts_on)| Timing {
                    frequency: Frequency::Once,
                    every: NonZeroU32::MIN,
                    starts_on,
                    ends_on: None,
                    at,
                })
            }
            "periodic" => {
                let every = keep(&mut wrong, self.every.trim().parse().map_err(|_| Refusal::EveryNotWhole));
                let frequency = keep(&mut wrong, self.periodic());
                let at = keep(&mut wrong, time(&self.time));
                let start = keep(&mut wrong, date(&self.start, Refusal::StartMissing));
                let end = keep(&mut wrong, date(&self.end, Refusal::EndMissing));
                every.zip(frequency).zip(at).zip(start.zip(end)).map(|(((every, frequency), at), (starts_on, end))| {
                    Timing { frequency, every, starts_on, ends_on: Some(end), at }
                })
            }
            _ => {
                wrong.push(Refusal::FrequencyMissing);
                None
            }
        };
        timing.ok_or(wrong)
    }

    fn name(&self) -> Result<String, Refusal> {
        // What cannot be seen has no place in a name, and PostgreSQL takes no NUL.
        let visible: String = self.name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let name = visible.trim();
        match name.chars().count() {
            0 => Err(Refusal::NameMissing),
            1..=LONGEST_NAME => Ok(name.to_owned()),
            _ => Err(Refusal::NameTooLong),
        }
    }

    fn periodic(&self) -> Result<Frequency, Refusal> {
        match self.unit.parse() {
            Ok(Frequency::Once) | Err(_) => Err(Refusal::UnitMissing),
            Ok(periodic) => Ok(periodic),
        }
    }
}

impl From<Draft> for Typed {
    /// What would have to be typed to get this draft; how a schedule that exists fills the form.
    fn from(draft: Draft) -> Self {
        let timing = draft.timing;
        let start = timing.starts_on.to_string();
        let periodic = timing.frequency.unit().is_some();
        Self {
            name: draft.name,
            journey: draft.journey_id.to_string(),
            audience: draft.audience_id.to_string(),
            frequency: if periodic { "periodic" } else { "once" }.to_owned(),
            every: timing.every.to_string(),
            unit: if periodic { timing.frequency } else { Frequency::Weeks }.word().to_owned(),
            time: timing.at.format("%H:%M").to_string(),
            date: if periodic { String::new() } else { start.clone() },
            start: if periodic { start } else { String::new() },
            end: timing.ends_on.map(|day| day.to_string()).unwrap_or_default(),
        }
    }
}

/// The runs of `timing`, or why there are none.
pub fn runs(timing: &Timing, zone: Tz, now: NaiveDateTime) -> Result<Vec<NaiveDateTime>, Refusal> {
    timing.recurrence(zone).runs(now).map_err(|why| match why {
        NoRuns::EndBeforeStart => Refusal::EndBeforeStart(timing.starts_on),
        NoRuns::Past => Refusal::Past,
        NoRuns::NoneLeft => Refusal::NoneLeft,
        NoRuns::TooMany(runs) => Refusal::TooMany(runs),
    })
}

fn keep<T>(wrong: &mut Vec<Refusal>, read: Result<T, Refusal>) -> Option<T> {
    read.map_err(|refusal| wrong.push(refusal)).ok()
}

fn id(text: &str, missing: Refusal, gone: Unfit) -> Result<Id, Refusal> {
    match text.trim() {
        "" => Err(missing),
        text => text.parse().map_err(|_| Refusal::Unfit(gone)),
    }
}

fn time(text: &str) -> Result<NaiveTime, Refusal> {
    let text = text.trim();
    let read = NaiveTime::parse_from_str(text, "%H:%M").or_else(|_| NaiveTime::parse_from_str(text, "%H:%M:%S"));
    read.map_err(|_| Refusal::TimeMissing)
}

fn date(text: &str, missing: Refusal) -> Result<NaiveDate, Refusal> {
    match NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d") {
        Ok(date) if YEARS.contains(&date.year()) => Ok(date),
        Ok(_) | Err(_) => Err(missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekly() -> Typed {
        Typed {
            name: " 每週新品通知 ".into(),
            journey: "0190f5a0-0000-7000-8000-000000000001".into(),
            audience: "0190f5a0-0000-7000-8000-000000000002".into(),
            frequency: "periodic".into(),
            every: "2".into(),
            unit: "weeks".into(),
            time: "10:00".into(),
            start: "2026-11-23".into(),
            end: "2027-01-31".into(),
            date: String::new(),
        }
    }

    fn once() -> Typed {
        Typed { frequency: "once".into(), date: "2026-12-01".into(), ..weekly() }
    }

    #[test]
    fn what_is_typed_well_is_read() {
        let draft = weekly().draft().unwrap();
        assert_eq!(draft.name, "每週新品通知");
        assert_eq!(draft.timing.frequency, Frequency::Weeks);
        assert_eq!(draft.timing.every.get(), 2);
        assert_eq!(draft.timing.ends_on, NaiveDate::from_ymd_opt(2027, 1, 31));
        let draft = once().draft().unwrap();
        assert_eq!(draft.timing.frequency, Frequency::Once);
        assert_eq!(draft.timing.ends_on, None);
    }

    #[test]
    fn what_is_read_fills_the_form_again() {
        for typed in [weekly(), once()] {
            let draft = typed.draft().unwrap();
            assert_eq!(Typed::from(draft.clone()).draft(), Ok(draft));
        }
    }

    #[test]
    fn each_wrong_thing_has_its_own_refusal() {
        use Refusal::{
            AudienceMissing, DateMissing, EndMissing, EveryNotWhole, FrequencyMissing, JourneyMissing, NameMissing,
            NameTooLong, StartMissing, TimeMissing, UnitMissing,
        };
        let long = "旅".repeat(10_000);
        let cases: &[(&str, &str, Refusal)] = &[
            ("name", "", NameMissing),
            ("name", " \t\u{0}", NameMissing),
            ("name", &long, NameTooLong),
            ("journey", "", JourneyMissing),
            ("journey", "1 or 1=1", Refusal::Unfit(Unfit::JourneyGone)),
            ("audience", "", AudienceMissing),
            ("audience", "-1", Refusal::Unfit(Unfit::AudienceGone)),
            ("frequency", "", FrequencyMissing),
            ("frequency", "hourly", FrequencyMissing),
            ("every", "", EveryNotWhole),
            ("every", "0", EveryNotWhole),
            ("every", "-1", EveryNotWhole),
            ("every", "1.5", EveryNotWhole),
            ("every", "兩", EveryNotWhole),
            ("every", "99999999999999999999", EveryNotWhole),
            ("unit", "", UnitMissing),
            ("unit", "once", UnitMissing),
            ("unit", "years", UnitMissing),
            ("time", "", TimeMissing),
            ("time", "25:00", TimeMissing),
            ("time", "24:00", TimeMissing),
            ("start", "", StartMissing),
            ("start", "2027-02-29", StartMissing),
            ("start", "+275760-09-13", StartMissing),
            ("end", "", EndMissing),
            ("end", "31/12/2026", EndMissing),
            ("end", "-0001-01-01", EndMissing),
        ];
        for (field, text, refusal) in cases {
            assert_eq!(with(weekly(), field, text).draft(), Err(vec![refusal.clone()]), "{field} {text:?}");
            let also = if matches!(*field, "every" | "unit") { "every unit" } else { field };
            assert!(also.contains(refusal.field()), "{field}");
        }
        assert_eq!(with(once(), "date", "2026-13-01").draft(), Err(vec![DateMissing]));
        let nothing = Typed { frequency: "periodic".into(), ..Typed::default() }.draft().unwrap_err();
        let all = [
            NameMissing,
            JourneyMissing,
            AudienceMissing,
            EveryNotWhole,
            UnitMissing,
            TimeMissing,
            StartMissing,
            EndMissing,
        ];
        assert_eq!(nothing, all);
    }

    #[test]
    fn names_keep_every_letter() {
        for name in ["<b>週年慶</b> & \"折扣\"", "🎉👩‍👩‍👧", "مرحبا بالعالم", "'; drop table schedules; --"]
        {
            assert_eq!(with(weekly(), "name", name).draft().unwrap().name, name);
        }
    }

    fn with(mut typed: Typed, field: &str, text: &str) -> Typed {
        let place = match field {
            "name" => &mut typed.name,
            "journey" => &mut typed.journey,
            "audience" => &mut typed.audience,
            "frequency" => &mut typed.frequency,
            "every" => &mut typed.every,
            "unit" => &mut typed.unit,
            "time" => &mut typed.time,
            "date" => &mut typed.date,
            "start" => &mut typed.start,
            "end" => &mut typed.end,
            other => panic!("no field {other}"),
        };
        *place = text.to_owned();
        typed
    }
}
