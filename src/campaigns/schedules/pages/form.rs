//! The form of a schedule, whether it is new, a copy or an edit, and what stands beside it.

use super::preview::Preview;
use crate::{
    journeys::{self, JourneyStatus, ReEntry},
    schedules::{
        draft,
        fit::{self, AudienceSide, JourneySide, Unfit},
        model::Frequency,
        store::Schedule,
    },
};
use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;
use chrono::{Days, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use std::collections::HashMap;
use tidings_base::{
    db::{Conn, DbError, Id},
    web::{App, Error, Form, Message, Page, filters},
};
use tidings_customers::{
    audiences,
    channels::{self, ChannelKind},
};

/// The form page.
#[derive(Template)]
#[template(path = "schedules/form.html")]
pub(super) struct FormPage {
    form: Form,
    /// What the form does.
    purpose: Purpose,
    zone: Tz,
    choices: Choices,
    preview: Preview,
    /// Something to know above the form: that somebody else changed it meanwhile, for one.
    notice: Option<Message>,
}

/// What a form is for.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    New,
    Copy,
    Edit(Box<Schedule>),
}

/// What can be picked, and why the rest cannot.
pub(super) struct Choices {
    journeys: Vec<JourneyChoice>,
    journeys_unfit: Vec<(String, Unfit)>,
    audiences: Vec<AudienceChoice>,
    audiences_unfit: Vec<(String, Unfit)>,
    /// Whether there is no journey or no audience at all yet.
    no_journey: bool,
    no_audience: bool,
}

struct JourneyChoice {
    id: Id,
    name: String,
    kind: ChannelKind,
    status: JourneyStatus,
    re_entry: ReEntry,
}

struct AudienceChoice {
    id: Id,
    name: String,
    kind: Option<ChannelKind>,
}

impl Purpose {
    fn title(&self) -> &'static str {
        match self {
            Self::New => "schedules.new",
            Self::Copy => "schedules.copy_title",
            Self::Edit(_) => "schedules.edit_title",
        }
    }

    fn action(&self) -> String {
        match self {
            Self::New | Self::Copy => "/schedules".to_owned(),
            Self::Edit(schedule) => format!("/schedules/{}", schedule.id),
        }
    }

    fn submit(&self) -> &'static str {
        match self {
            Self::New | Self::Copy => "schedules.publish",
            Self::Edit(_) => "schedules.save",
        }
    }

    fn cancel(&self) -> String {
        match self {
            Self::New | Self::Copy => "/schedules".to_owned(),
            Self::Edit(schedule) => format!("/schedules/{}/tasks", schedule.id),
        }
    }

    /// The zone in which its times are meant: a schedule keeps its own.
    pub(super) fn zone(&self, page: &Page) -> Tz {
        self.schedule().map_or(page.tz(), |schedule| schedule.zone)
    }

    /// The schedule that is edited.
    pub(super) fn schedule(&self) -> Option<&Schedule> {
        match self {
            Self::New | Self::Copy => None,
            Self::Edit(schedule) => Some(schedule),
        }
    }
}

impl FormPage {
    /// Whether there is nothing to fill in yet. What was typed is never put aside for it.
    fn nothing_to_schedule(&self) -> bool {
        let empty = self.form.is_valid() && self.form.value("name").is_empty();
        empty && (self.choices.no_journey || self.choices.no_audience)
    }

    /// How often the journey lets a person in: for the warning that depends on it.
    fn entry(&self, journey: &JourneyChoice) -> &'static str {
        match journey.re_entry {
            ReEntry::Once => "once",
            ReEntry::After { .. } => "after",
            ReEntry::Always => "always",
        }
    }

    /// What the page shows beside what was typed.
    pub(super) async fn draw(
        app: &App,
        page: &Page,
        status: StatusCode,
        purpose: Purpose,
        form: Form,
        notice: Option<Message>,
    ) -> Result<HttpResponse, Error> {
        let zone = purpose.zone(page);
        let (typed, about, now, lang) = (form.clone(), purpose.clone(), page.now(), page.language());
        let (choices, preview) = app
            .db
            .read(move |conn| {
                let choices = Choices::load(conn, &typed, now)?;
                let preview = Preview::load(conn, &typed, about.schedule(), zone, now, lang)?;
                Ok::<_, DbError>((choices, preview))
            })
            .await?;
        page.render_as(status, &Self { form, purpose, zone, choices, preview, notice })
    }
}

/// The first values of a new schedule: once, tomorrow at ten.
pub(super) fn blank(now: NaiveDateTime, zone: Tz) -> Form {
    let today = zone.from_utc_datetime(&now).date_naive();
    let tomorrow = (today + Days::new(1)).to_string();
    let month = (today + Days::new(28)).to_string();
    Form::filled([
        ("name", ""),
        ("journey", ""),
        ("audience", ""),
        ("frequency", "once"),
        ("every", "1"),
        ("unit", Frequency::Weeks.word()),
        ("time", "10:00"),
        ("date", tomorrow.as_str()),
        ("start", tomorrow.as_str()),
        ("end", month.as_str()),
    ])
}

/// The form of a schedule that exists.
pub(super) fn filled(schedule: &Schedule) -> Form {
    let mut form = draft::filled(&draft::Draft {
        name: schedule.name.clone(),
        journey_id: schedule.journey_id.clone(),
        audience_id: schedule.audience_id.clone(),
        timing: schedule.timing,
    });
    form.set("version", schedule.version.to_string());
    form
}

impl Choices {
    fn load(conn: &mut Conn, typed: &Form, now: NaiveDateTime) -> Result<Self, DbError> {
        let accounts = channels::all(conn)?;
        let accounts: HashMap<_, _> = accounts.into_iter().map(|account| (account.id, account.status)).collect();
        let mut journeys = Vec::new();
        let mut journeys_unfit = Vec::new();
        let all = journeys::choices(conn, now)?;
        let no_journey = all.is_empty();
        for choice in all {
            let journey = choice.journey;
            let side = accounts.get(&journey.channel_id).map(|channel| JourneySide {
                unfit: choice.unfit,
                kind: journey.kind,
                channel: *channel,
            });
            let why = fit::journey(side);
            let chosen = typed.value("journey") == journey.id.as_str();
            if let Some(why) = why {
                journeys_unfit.push((journey.name.clone(), why));
            }
            if why.is_none() || chosen {
                journeys.push(JourneyChoice {
                    id: journey.id,
                    name: journey.name,
                    kind: journey.kind,
                    status: choice.status,
                    re_entry: journey.re_entry,
                });
            }
        }
        let chosen = journeys.iter().find(|journey| typed.value("journey") == journey.id.as_str());
        let chosen = chosen.map(|journey| journey.kind);
        let mut audiences = Vec::new();
        let mut audiences_unfit = Vec::new();
        let all = audiences::choices(conn)?;
        let no_audience = all.is_empty();
        for audience in all {
            let side = Some(AudienceSide { kind: audience.kind });
            let why = match chosen {
                Some(kind) => fit::audience(side, kind),
                // As long as no journey is chosen, one of any journey's kind may be.
                None => match audience.kind {
                    None => Some(Unfit::AudienceOfMembers),
                    Some(kind) if !journeys.iter().any(|journey| journey.kind == kind) => Some(Unfit::AudienceChannel),
                    Some(_) => None,
                },
            };
            if let Some(why) = why {
                audiences_unfit.push((audience.name.clone(), why));
            }
            if why.is_none() || typed.value("audience") == audience.id.as_str() {
                audiences.push(AudienceChoice { id: audience.id, name: audience.name, kind: audience.kind });
            }
        }
        Ok(Self { journeys, journeys_unfit, audiences, audiences_unfit, no_journey, no_audience })
    }
}
