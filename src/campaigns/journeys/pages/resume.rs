use super::{
    change::{Change, answer},
    load,
};
use crate::journeys::{
    ADVANCE,
    model::{JourneyStatus, Stored},
    store::{self, AtOnce, Journey, VersionFigures},
};
use actix_web::web;
use askama::Template;
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{Answer, App, Error, Form, May, Message, Page, filters, permit::ManageJourneys, redirect_warning},
};
use tidings_sending::dispatch;

#[derive(Template)]
#[template(path = "journeys/resume.html")]
struct ResumePage {
    journey: Journey,
    /// What it will be.
    status: JourneyStatus,
    inside: i64,
    at_once: AtOnce,
    /// The number of a draft version that is not published by this.
    draft: Option<i64>,
}

/// GET `/journeys/{id}/resume`: how many people would be written to at once.
pub(in super::super) async fn confirm(app: App, _who: May<ManageJourneys>, page: Page, id: web::Path<Id>) -> Answer {
    let (wanted, now) = (id.clone(), page.now());
    let shown = app.db.read(move |conn| {
        let journey = load(conn, &wanted)?;
        if !journey.status(now).can_resume() {
            return Ok(None);
        }
        let versions = store::of_versions(conn, &wanted)?;
        let inside = versions.iter().map(VersionFigures::inside).sum();
        let draft = versions.iter().find(|version| version.published_at.is_none()).map(|version| version.number);
        let at_once = store::at_once(conn, &wanted, now)?;
        let status = Stored::Published.at(journey.period, now);
        Ok::<_, Error>(Some(ResumePage { journey, status, inside, at_once, draft }))
    });
    match shown.await? {
        Some(shown) => page.render(&shown),
        None => Ok(redirect_warning(&format!("/journeys/{id}"), Message::new("journeys.cannot_resume"))),
    }
}

/// POST `/journeys/{id}/resume`
pub(in super::super) async fn resume(app: App, who: May<ManageJourneys>, id: web::Path<Id>, form: Form) -> Answer {
    let id = id.into_inner();
    let effect = |conn: &mut Conn, journey: &Journey, now| {
        Ok(journey.status(now).can_resume() && store::resume(conn, journey, now)?)
    };
    let change = Change::new(&app, &who, id.clone(), form);
    let made = change.make(&app, Action::Resumed, effect, |journey| format!("/journeys/{}", journey.id)).await;
    if made.is_ok() {
        app.wake.kind(ADVANCE);
        app.wake.kind(dispatch::SEND);
    }
    answer(&id, made, Message::new("journeys.resumed"))
}
