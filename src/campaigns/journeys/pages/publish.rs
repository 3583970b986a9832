use super::{
    change::{Change, answer},
    drawing::Card,
    load,
    show::problems,
    words,
};
use crate::journeys::{
    model::{JourneyStatus, Problem, StepKind},
    store::{self, AtOnce, Journey, Version},
};
use actix_web::{http::StatusCode, web};
use askama::Template;
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{Answer, App, Error, Form, Lang, May, Message, Page, filters, permit::ManageJourneys, redirect_warning},
};
use tidings_customers::{channels, tags};

#[derive(Template)]
#[template(path = "journeys/publish.html")]
struct PublishPage {
    journey: Journey,
    /// What it will be.
    status: JourneyStatus,
    draft: Version,
    /// Every step with what keeps it from being published.
    steps: Vec<Card>,
    whole: Vec<&'static str>,
    /// Its account was disconnected: nobody could be written to.
    disconnected: bool,
    /// People who are inside and go on with the version they entered.
    inside: i64,
    at_once: AtOnce,
    is_valid: bool,
}

/// GET `/journeys/{id}/publish`: what publishing would do, or what keeps it from being done.
pub(in super::super) async fn confirm(app: App, _who: May<ManageJourneys>, page: Page, id: web::Path<Id>) -> Answer {
    match read(&app, &page, &id).await? {
        Some(shown) => page.render(&shown),
        None => Ok(redirect_warning(&format!("/journeys/{id}"), Message::new("journeys.nothing_to_publish"))),
    }
}

/// POST `/journeys/{id}/publish`
pub(in super::super) async fn publish(
    app: App,
    who: May<ManageJourneys>,
    page: Page,
    id: web::Path<Id>,
    form: Form,
) -> Answer {
    let id = id.into_inner();
    if let Some(shown) = read(&app, &page, &id).await?.filter(|shown| !shown.is_valid) {
        return page.render_as(StatusCode::UNPROCESSABLE_ENTITY, &shown);
    }
    let zone = page.tz();
    let effect = move |conn: &mut Conn, journey: &Journey, now| {
        if !journey.status(now).can_publish() {
            return Ok(false);
        }
        let Some(draft) = draft(conn, &journey.id)? else { return Ok(false) };
        let (flow, tags) = (store::flow(conn, &draft.id)?, tags::all(conn)?);
        // What was right when the page was drawn may not be any more: a date goes by, a tag is deleted.
        if !problems(journey, &flow, &tags, now, zone).is_empty() || is_disconnected(conn, journey)? {
            return Ok(false);
        }
        Ok(store::publish(conn, journey, &draft.id, zone, now)?)
    };
    let change = Change::new(&app, &who, id.clone(), form);
    let made = change.make(&app, Action::Published, effect, |journey| format!("/journeys/{}", journey.id)).await;
    if made.is_ok() {
        app.wake.kind(crate::journeys::ADVANCE);
    }
    answer(&id, made, Message::new("journeys.published"))
}

fn draft(conn: &mut Conn, journey_id: &Id) -> Result<Option<Version>, Error> {
    Ok(store::versions(conn, journey_id)?.into_iter().find(|version| version.published_at.is_none()))
}

fn is_disconnected(conn: &mut Conn, journey: &Journey) -> Result<bool, Error> {
    Ok(channels::find(conn, &journey.channel_id)?.is_none_or(|account| !account.status.is_connected()))
}

async fn read(app: &App, page: &Page, id: &Id) -> Result<Option<PublishPage>, Error> {
    let (id, now, zone, lang) = (id.clone(), page.now(), page.tz(), page.language());
    app.db
        .read(move |conn| {
            let journey = load(conn, &id)?;
            if !journey.status(now).can_publish() {
                return Ok(None);
            }
            let Some(draft) = draft(conn, &id)? else { return Ok(None) };
            let (flow, tags) = (store::flow(conn, &draft.id)?, tags::all(conn)?);
            let problems = problems(&journey, &flow, &tags, now, zone);
            let steps = flow.places().iter().map(|place| card(place, &tags, &problems, lang)).collect();
            let whole = problems.iter().filter(|problem| problem.step.is_none()).map(|p| p.fault.label()).collect();
            let inside = store::of_versions(conn, &id)?.iter().map(store::VersionFigures::inside).sum();
            let at_once = store::at_once(conn, &id, now)?;
            let status = crate::journeys::model::Stored::Published.at(journey.period, now);
            let disconnected = is_disconnected(conn, &journey)?;
            let is_valid = problems.is_empty() && !disconnected;
            Ok(Some(PublishPage { journey, status, draft, steps, whole, disconnected, inside, at_once, is_valid }))
        })
        .await
}

fn card(place: &crate::journeys::model::Place<'_>, tags: &[tags::Tag], problems: &[Problem], lang: Lang) -> Card {
    let step = place.step;
    let mine = problems.iter().filter(|problem| problem.step.as_ref() == Some(&step.id));
    Card {
        id: step.id.clone(),
        kind: step.kind(),
        about: words::about(&step.action, tags, lang),
        images: step.action.images().map(str::to_owned).collect(),
        figures: store::StepFigures::default(),
        results: None,
        problems: mine.map(|problem| problem.fault.label()).collect(),
        up: false,
        down: false,
    }
}

impl PublishPage {
    fn re_entry(&self) -> Message {
        words::re_entry(self.journey.re_entry)
    }

    fn messages(&self) -> i64 {
        i64::try_from(self.steps.iter().filter(|step| step.kind == StepKind::Send).count()).unwrap_or(i64::MAX)
    }

    fn broken(&self) -> impl Iterator<Item = &Card> {
        self.steps.iter().filter(|step| !step.problems.is_empty())
    }
}
