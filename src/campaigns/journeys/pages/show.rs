use super::{
    drawing::{Drawing, Piece},
    load, words,
};
use crate::{
    funnel::Funnel,
    journeys::{
        model::{Against, JourneyStatus, Problem, StepKind, check},
        store::{self, Journey, StepFigures, Use, Version, VersionFigures},
    },
};
use actix_web::web;
use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use std::collections::HashMap;
use tidings_base::{
    db::{Conn, Id},
    web::{Answer, App, Error, May, Message, Page, Query, filters, permit::ManageJourneys},
};
use tidings_customers::{channels::ChannelKind, tags};
use tidings_sending::dispatch::{self, Origin};

#[derive(Template)]
#[template(path = "journeys/show.html")]
struct ShowPage {
    journey: Journey,
    status: JourneyStatus,
    versions: Vec<VersionFigures>,
    /// The version that is drawn.
    shown: Version,
    pieces: Vec<Piece>,
    /// What became of its messages together, where there are any.
    results: Option<Funnel>,
    /// Those who wait for the journey's start.
    before: StepFigures,
    /// What keeps the version that is drawn from being published, as a whole.
    problems: Vec<Problem>,
    /// The schedules that will bring people in.
    uses: Vec<Use>,
}

/// GET `/journeys/{id}`: the flow of the version that people enter, or of `?version=`.
pub(in super::super) async fn show(
    app: App,
    _who: May<ManageJourneys>,
    page: Page,
    id: web::Path<Id>,
    query: Query,
) -> Answer {
    let (wanted, now, zone, lang) = (query.get::<i64>("version"), page.now(), page.tz(), page.language());
    let shown = app.db.read(move |conn| {
        let journey = load(conn, &id)?;
        let status = journey.status(now);
        let versions = store::of_versions(conn, &id)?;
        let shown = shown(conn, &journey, wanted)?.ok_or(Error::NotFound)?;
        let (flow, tags) = (store::flow(conn, &shown.id)?, tags::all(conn)?);
        let messages = dispatch::of_origin(conn, Origin::Journey, &shown.id)?;
        let figures = store::of_steps(conn, &shown.id, &messages)?;
        let is_draft = shown.published_at.is_none();
        let problems = if is_draft { problems(&journey, &flow, &tags, now, zone) } else { Vec::new() };
        let editable = is_draft && status.can_edit();
        let (results, of_steps) = results(journey.kind, &messages);
        let drawing = Drawing {
            flow: &flow,
            tags: &tags,
            figures: &figures,
            results: &of_steps,
            problems: &problems,
            editable,
            lang,
        };
        let pieces = drawing.pieces();
        let before = figures.get(&None).cloned().unwrap_or_default();
        let uses = store::uses(conn, &id)?;
        Ok::<_, Error>(ShowPage { journey, status, versions, shown, pieces, results, before, problems, uses })
    });
    page.render(&shown.await?)
}

/// What became of the messages of a version: of all of them, and of those of each step by its id.
fn results(kind: ChannelKind, messages: &[dispatch::StepFigures]) -> (Option<Funnel>, HashMap<String, Funnel>) {
    let some: Vec<_> = messages.iter().filter(|step| step.figures.people > 0).collect();
    let all = some.iter().map(|step| step.figures).sum();
    let of_steps = some.iter().map(|step| (step.origin_step.clone(), Funnel::of(kind, &step.figures)));
    ((!some.is_empty()).then(|| Funnel::of(kind, &all)), of_steps.collect())
}

/// What keeps a flow of the journey from being published now.
pub(super) fn problems(
    journey: &Journey,
    flow: &crate::journeys::model::Flow,
    tags: &[tags::Tag],
    now: NaiveDateTime,
    zone: Tz,
) -> Vec<Problem> {
    let tags = tags.iter().map(|tag| tag.id.clone()).collect();
    check(flow, &Against { kind: journey.kind, now, zone, tags: &tags })
}

/// The version of this number; without one the live version, or the draft where there is none.
fn shown(conn: &mut Conn, journey: &Journey, number: Option<i64>) -> Result<Option<Version>, Error> {
    let versions = store::versions(conn, &journey.id)?;
    let live = |version: &&Version| match (number, &journey.live_version_id) {
        (Some(number), _) => version.number == number,
        (None, Some(live)) => version.id == *live,
        (None, None) => true,
    };
    Ok(versions.iter().find(live).cloned())
}

impl ShowPage {
    fn is_draft(&self) -> bool {
        self.shown.published_at.is_none()
    }

    fn editable(&self) -> bool {
        self.is_draft() && self.status.can_edit()
    }

    /// Its first step is what comes next.
    fn has_no_step(&self) -> bool {
        !self.pieces.iter().any(|piece| matches!(piece, Piece::Card(_)))
    }

    /// The draft that waits to be published, where another version is drawn.
    fn other_draft(&self) -> Option<&VersionFigures> {
        self.versions.iter().find(|version| version.published_at.is_none() && version.id != self.shown.id)
    }

    fn entered(&self) -> i64 {
        self.versions.iter().map(|version| version.entered).sum()
    }

    fn finished(&self) -> i64 {
        self.versions.iter().map(|version| version.finished).sum()
    }

    fn inside(&self) -> i64 {
        self.entered() - self.finished()
    }

    fn set_aside(&self) -> bool {
        self.versions.iter().any(|version| version.set_aside)
    }

    fn re_entry(&self) -> Message {
        words::re_entry(self.journey.re_entry)
    }

    fn kinds(&self) -> &'static [StepKind] {
        StepKind::ALL
    }

    fn glyph(&self, kind: StepKind) -> &'static str {
        words::looks(kind).1
    }

    /// Problems of the flow as a whole.
    fn whole(&self) -> Vec<&'static str> {
        self.problems.iter().filter(|problem| problem.step.is_none()).map(|problem| problem.fault.label()).collect()
    }
}
