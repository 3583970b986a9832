use super::{
    change::{Change, answer},
    load,
};
use crate::journeys::store::{self, Journey, Use, VersionFigures};
use actix_web::web;
use askama::Template;
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{Answer, App, Error, Form, May, Message, Page, filters, permit::ManageJourneys, redirect_warning},
};

#[derive(Template)]
#[template(path = "journeys/pause.html")]
struct PausePage {
    journey: Journey,
    inside: i64,
    /// The schedules whose tasks will be skipped.
    uses: Vec<Use>,
}

/// GET `/journeys/{id}/pause`: what pausing would do.
pub(in super::super) async fn confirm(app: App, _who: May<ManageJourneys>, page: Page, id: web::Path<Id>) -> Answer {
    let (wanted, now) = (id.clone(), page.now());
    let shown = app.db.read(move |conn| {
        let journey = load(conn, &wanted)?;
        if !journey.status(now).can_pause() {
            return Ok(None);
        }
        let inside = store::of_versions(conn, &wanted)?.iter().map(VersionFigures::inside).sum();
        let uses = store::uses(conn, &wanted)?;
        Ok::<_, Error>(Some(PausePage { journey, inside, uses }))
    });
    match shown.await? {
        Some(shown) => page.render(&shown),
        None => Ok(redirect_warning(&format!("/journeys/{id}"), Message::new("journeys.cannot_pause"))),
    }
}

/// POST `/journeys/{id}/pause`
pub(in super::super) async fn pause(app: App, who: May<ManageJourneys>, id: web::Path<Id>, form: Form) -> Answer {
    let id = id.into_inner();
    let by = who.name.clone();
    let effect = move |conn: &mut Conn, journey: &Journey, now| {
        Ok(journey.status(now).can_pause() && store::pause(conn, journey, &by, now)?)
    };
    let change = Change::new(&app, &who, id.clone(), form);
    let made = change.make(&app, Action::Paused, effect, |journey| format!("/journeys/{}", journey.id)).await;
    answer(&id, made, Message::new("journeys.paused"))
}
