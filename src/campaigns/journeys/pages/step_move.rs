use super::change::{Change, answer};
use super::step_form::Editing;
use crate::journeys::{
    model::Direction,
    store::{self, Journey},
};
use actix_web::web;
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{Answer, App, Error, Form, May, Message, permit::ManageJourneys},
};

/// POST `/journeys/{id}/steps/{step}/move`: past its neighbour, up or down.
pub(in super::super) async fn update(
    app: App,
    who: May<ManageJourneys>,
    path: web::Path<(Id, Id)>,
    form: Form,
) -> Answer {
    let (id, step) = path.into_inner();
    let direction = match form.value("direction") {
        "up" => Direction::Up,
        "down" => Direction::Down,
        _ => return Err(Error::BadRequest("a step is moved up or down")),
    };
    let number: i64 = form.value("number").parse().unwrap_or_default();
    let anchor = step.clone();
    let effect = move |conn: &mut Conn, journey: &Journey, now| {
        let Some(Editing { draft, mut flow, .. }) = Editing::load(conn, &journey.id, now)? else { return Ok(false) };
        if flow.shift(&step, direction).is_err() || !store::touch(conn, journey, now)? {
            return Ok(false);
        }
        store::save_flow(conn, &draft.id, &flow)?;
        Ok(true)
    };
    let change = Change::new(&app, &who, id.clone(), form);
    let location = move |journey: &Journey| format!("/journeys/{}?version={number}#step-{anchor}", journey.id);
    let made = change.make(&app, Action::Changed, effect, location).await;
    answer(&id, made, Message::new("journeys.step_moved"))
}
