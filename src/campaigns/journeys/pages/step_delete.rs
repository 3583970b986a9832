use super::{
    change::{Change, answer},
    step_form::Editing,
    step_new::live,
    words,
};
use crate::journeys::{
    model::StepKind,
    store::{self, Journey, Version},
};
use actix_web::web;
use askama::Template;
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{Answer, App, Error, Form, May, Message, Page, filters, permit::ManageJourneys},
};

#[derive(Template)]
#[template(path = "journeys/step_delete.html")]
struct DeletePage {
    journey: Journey,
    draft: Version,
    step: Id,
    kind: StepKind,
    about: Vec<String>,
    /// How many steps its branches hold, which go with it.
    below: i64,
}

/// GET `/journeys/{id}/steps/{step}/delete`
pub(in super::super) async fn confirm(
    app: App,
    _who: May<ManageJourneys>,
    page: Page,
    path: web::Path<(Id, Id)>,
) -> Answer {
    let (id, step) = path.into_inner();
    let Some(mut editing) = Editing::read(&app, &id, page.now()).await? else { return Ok(live(&id)) };
    let before = editing.flow.places().len();
    let gone = editing.flow.remove(&step).map_err(|_| Error::NotFound)?;
    let below = i64::try_from(before - editing.flow.places().len() - 1).unwrap_or(i64::MAX);
    let about = words::about(&gone.action, &editing.tags, page.language());
    let (kind, journey, draft) = (gone.kind(), editing.journey, editing.draft);
    page.render(&DeletePage { journey, draft, step, kind, about, below })
}

/// POST `/journeys/{id}/steps/{step}/delete`
pub(in super::super) async fn destroy(
    app: App,
    who: May<ManageJourneys>,
    path: web::Path<(Id, Id)>,
    form: Form,
) -> Answer {
    let (id, step) = path.into_inner();
    let number: i64 = form.value("number").parse().unwrap_or_default();
    let effect = move |conn: &mut Conn, journey: &Journey, now| {
        let Some(Editing { draft, mut flow, .. }) = Editing::load(conn, &journey.id, now)? else { return Ok(false) };
        if flow.remove(&step).is_err() || !store::touch(conn, journey, now)? {
            return Ok(false);
        }
        store::save_flow(conn, &draft.id, &flow)?;
        Ok(true)
    };
    let change = Change::new(&app, &who, id.clone(), form);
    let location = move |journey: &Journey| format!("/journeys/{}?version={number}", journey.id);
    let made = change.make(&app, Action::Changed, effect, location).await;
    answer(&id, made, Message::new("journeys.step_deleted"))
}
