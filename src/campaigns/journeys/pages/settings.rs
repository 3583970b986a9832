//! The fields of a journey as a whole, read from a form and written into one.

use crate::journeys::{
    model::{Period, ReEntry, Trigger},
    store::{Journey, NewJourney},
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use tidings_base::{
    db::Id,
    web::{Form, Message},
    zones,
};
use tidings_customers::channels::ChannelAccount;

/// The longest name, in characters.
pub(super) const LONGEST_NAME: usize = 100;

/// How times stand in the fields of browsers.
const FIELD: &str = "%Y-%m-%dT%H:%M";

/// A journey's fields, all of them right.
#[derive(Clone)]
pub(super) struct Settings {
    pub name: String,
    pub channel_id: Id,
    trigger: Trigger,
    period: Period,
    re_entry: ReEntry,
}

/// The words of the re-entry policies, as the form has them.
const ONCE: &str = "once";
const AFTER: &str = "after";
const ALWAYS: &str = "always";

impl Settings {
    /// Reads the fields; what is wrong is said beside each. The account of a journey that people have
    /// entered is `fixed`. Times are those of `zone`.
    pub(super) fn read(
        form: &mut Form,
        accounts: &[ChannelAccount],
        fixed: Option<&Id>,
        now: NaiveDateTime,
        zone: Tz,
    ) -> Option<Self> {
        let name = form.required("name", LONGEST_NAME);
        let channel_id = match fixed {
            Some(id) => Some(id.clone()),
            None => form.id("channel"),
        };
        if channel_id.as_ref().is_some_and(|id| accounts.iter().all(|account| account.id != *id)) {
            form.refuse("channel", Message::new("forms.choice"));
        }
        let trigger = form.choice::<Trigger>("trigger");
        let period = Period { starts_at: moment(form, "starts_at", zone), ends_at: moment(form, "ends_at", zone) };
        if period.is_reversed() {
            form.refuse("ends_at", Message::new("journeys.form.period_reversed"));
        } else if period.ends_at.is_some_and(|end| end <= now) {
            form.refuse("ends_at", Message::new("journeys.form.period_past"));
        }
        let re_entry = re_entry(form);
        if !form.is_valid() {
            return None;
        }
        Some(Self { name, channel_id: channel_id?, trigger: trigger?, period, re_entry: re_entry? })
    }

    pub(super) fn new_journey(&self) -> NewJourney<'_> {
        NewJourney {
            name: &self.name,
            channel_id: &self.channel_id,
            trigger: self.trigger,
            period: self.period,
            re_entry: self.re_entry,
        }
    }
}

/// The first values of a new journey's form.
pub(super) fn empty() -> Form {
    Form::filled([("trigger", Trigger::System.word()), ("re_entry", ONCE), ("days", "30")])
}

/// A form filled with what the journey is.
pub(super) fn filled(journey: &Journey, zone: Tz) -> Form {
    let time =
        |at: Option<NaiveDateTime>| at.map(|at| zones::local(zone, at).format(FIELD).to_string()).unwrap_or_default();
    let (re_entry, days) = match journey.re_entry {
        ReEntry::Once => (ONCE, 30),
        ReEntry::After { days } => (AFTER, days),
        ReEntry::Always => (ALWAYS, 30),
    };
    Form::filled([
        ("name", journey.name.clone()),
        ("channel", journey.channel_id.to_string()),
        ("trigger", journey.trigger.word().to_owned()),
        ("starts_at", time(journey.period.starts_at)),
        ("ends_at", time(journey.period.ends_at)),
        ("re_entry", re_entry.to_owned()),
        ("days", days.to_string()),
        ("version", journey.version.to_string()),
    ])
}

fn moment(form: &mut Form, name: &str, zone: Tz) -> Option<NaiveDateTime> {
    if form.value(name).trim().is_empty() {
        return None;
    }
    let local = form.date_time(name)?;
    let at = zones::instant(zone, local);
    if at.is_none() {
        form.refuse(name, Message::new("forms.date_time"));
    }
    at
}

fn re_entry(form: &mut Form) -> Option<ReEntry> {
    match form.value("re_entry") {
        ONCE => Some(ReEntry::Once),
        ALWAYS => Some(ReEntry::Always),
        AFTER => {
            let days = form.number("days", 1..=ReEntry::MOST_DAYS.into())?;
            Some(ReEntry::After { days: u32::try_from(days).ok()? })
        }
        _ => {
            form.refuse("re_entry", Message::new("forms.choice"));
            None
        }
    }
}
