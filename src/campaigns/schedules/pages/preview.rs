//! What the form would do: the first runs and the total, whom it would reach now, and what to know
//! before publishing.

use crate::{
    journeys::{Journey, ReEntry},
    schedules::{
        calendar::{Calendar, Mark},
        draft::{self, Refusal},
        fit,
        model::Timing,
        store::{self, Schedule},
    },
};
use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use tidings_base::{
    db::{Conn, DbError},
    web::{Form, Lang, Message, dates},
};
use tidings_customers::audiences::Lens;
use tidings_sending::dispatch::Outlook;

/// How many runs are shown one by one.
const SHOWN: usize = 5;

/// What stands beside the form.
#[derive(Default)]
pub(super) struct Preview {
    /// The first runs.
    pub(super) runs: Vec<Planned>,
    /// On which days of the weeks ahead it would run.
    pub(super) calendar: Option<Calendar>,
    /// How many tasks would be made.
    pub(super) total: i64,
    /// The last run, where it is not shown.
    pub(super) last: Option<String>,
    /// Why there would be no runs.
    pub(super) refusal: Option<Message>,
    /// Whom it would reach, if it ran now.
    pub(super) reach: Option<Outlook>,
    /// What to know before publishing.
    pub(super) warnings: Vec<Message>,
    /// Whether the journey lets a person in once only while there are several runs.
    pub(super) once_only: bool,
}

/// A run to come.
pub(super) struct Planned {
    pub(super) at: NaiveDateTime,
    pub(super) written: String,
    /// Cancelled by hand before; it stays so.
    pub(super) cancelled: bool,
}

impl Preview {
    pub(super) fn load(
        conn: &mut Conn,
        typed: &Form,
        editing: Option<&Schedule>,
        zone: Tz,
        now: NaiveDateTime,
        lang: Lang,
    ) -> Result<Self, DbError> {
        // What is wrong with the fields is said by the handler, beside them.
        let mut reading = typed.clone();
        let timing = draft::timing(&mut reading);
        let journey = match typed.value("journey").parse() {
            Ok(id) => store::journey_side(conn, &id, now)?,
            Err(_) => None,
        };
        let mut preview = Self::default();
        if let Some(timing) = timing {
            preview.plan(conn, &timing, editing, zone, now, lang)?;
            if let Some((journey, _)) = &journey {
                preview.warn(journey, &timing, zone, now, lang);
            }
        }
        if let Some((journey, side)) = journey
            && let Ok(id) = typed.value("audience").parse()
            && let Ok(Some(audience)) = store::audience(conn, &id)?
            && fit::audience(Some(fit::AudienceSide { kind: audience.kind }), side.kind).is_none()
        {
            preview.reach = Some(store::outlook(conn, &journey, &audience, &Lens { now, zone })?);
        }
        Ok(preview)
    }

    fn plan(
        &mut self,
        conn: &mut Conn,
        timing: &Timing,
        editing: Option<&Schedule>,
        zone: Tz,
        now: NaiveDateTime,
        lang: Lang,
    ) -> Result<(), DbError> {
        let runs = match draft::runs(timing, zone, now) {
            Ok(runs) => runs,
            Err(why) => {
                self.refusal = Some(why.message());
                return Ok(());
            }
        };
        let cancelled = match editing {
            Some(schedule) => store::cancelled_times(conn, &schedule.id, now)?,
            None => Default::default(),
        };
        let kept = runs.iter().filter(|at| !cancelled.contains(at)).count();
        if kept == 0 {
            self.refusal = Some(Refusal::AllCancelled.message());
        }
        self.total = i64::try_from(kept).expect("a schedule has few runs");
        let marked = |at: &NaiveDateTime| (*at, if cancelled.contains(at) { Mark::Dropped } else { Mark::Runs });
        let next = runs.iter().find(|at| !cancelled.contains(at)).or(runs.first());
        self.calendar = Some(Calendar::from(now, next.copied(), zone).marked(runs.iter().map(marked)));
        let written = |at: &NaiveDateTime| dates::when(*at, zone, lang);
        self.last = runs.get(SHOWN..).and_then(<[_]>::last).map(written);
        let planned = |at: &NaiveDateTime| Planned { at: *at, written: written(at), cancelled: cancelled.contains(at) };
        self.runs = runs.iter().take(SHOWN).map(planned).collect();
        if let Some(schedule) = editing.filter(|schedule| schedule.remaining > 0) {
            let warning = Message::new("schedules.warn.replaces").with("n", schedule.remaining).with("m", self.total);
            self.warnings.push(warning);
        }
        Ok(())
    }

    fn warn(&mut self, journey: &Journey, timing: &Timing, zone: Tz, now: NaiveDateTime, lang: Lang) {
        let Ok(runs) = draft::runs(timing, zone, now) else { return };
        let several = runs.len() > 1;
        match journey.re_entry {
            ReEntry::Once => self.once_only = several,
            ReEntry::After { days } => {
                let wait = TimeDelta::days(days.into());
                if runs.windows(2).any(|pair| pair[1] - pair[0] < wait) {
                    self.warnings.push(Message::new("schedules.warn.too_soon").with("n", days));
                }
            }
            ReEntry::Always => {}
        }
        if let Some(start) = journey.period.starts_at.filter(|start| runs.iter().any(|at| at < start)) {
            let start = dates::when(start, zone, lang);
            self.warnings.push(Message::new("schedules.warn.starts_later").with("when", start));
        }
        if let Some(end) = journey.period.ends_at {
            let lost = runs.iter().filter(|at| **at >= end).count();
            if lost > 0 {
                let warning = Message::new("schedules.warn.ends_before").with("n", lost);
                self.warnings.push(warning.with("when", dates::when(end, zone, lang)));
            }
        }
    }
}
