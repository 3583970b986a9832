use super::change::{Change, answer};
use crate::journeys::{
    ADVANCE,
    store::{self, Journey},
};
use actix_web::web;
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{Answer, App, Form, May, Message, permit::ManageJourneys},
};

/// POST `/journeys/{id}/retry`: lets those go on whose work was set aside.
pub(in super::super) async fn retry(app: App, who: May<ManageJourneys>, id: web::Path<Id>, form: Form) -> Answer {
    let id = id.into_inner();
    let effect = |conn: &mut Conn, journey: &Journey, _| Ok(store::retry(conn, &journey.id)? > 0);
    let change = Change::new(&app, &who, id.clone(), form);
    let made = change.make(&app, Action::Resumed, effect, |journey| format!("/journeys/{}", journey.id)).await;
    if made.is_ok() {
        app.wake.kind(ADVANCE);
    }
    answer(&id, made, Message::new("journeys.retried"))
}
