use super::{
    change::{Change, answer},
    load,
};
use crate::journeys::store::{self, Journey, Use};
use actix_web::web;
use askama::Template;
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{Answer, App, Error, Form, May, Message, Page, filters, permit::ManageJourneys, redirect_warning},
};

#[derive(Template)]
#[template(path = "journeys/delete.html")]
struct DeletePage {
    journey: Journey,
    /// What keeps it from being deleted.
    uses: Vec<Use>,
}

/// GET `/journeys/{id}/delete`: asks; only a draft can be deleted.
pub(in super::super) async fn confirm(app: App, _who: May<ManageJourneys>, page: Page, id: web::Path<Id>) -> Answer {
    let wanted = id.clone();
    let read = move |conn: &mut Conn| {
        let shown = DeletePage { journey: load(conn, &wanted)?, uses: store::uses(conn, &wanted)? };
        Ok::<_, Error>(shown)
    };
    let shown = app.db.read(read).await?;
    if !shown.journey.status(page.now()).can_delete() {
        return Ok(redirect_warning(&format!("/journeys/{id}"), Message::new("journeys.cannot_delete")));
    }
    page.render(&shown)
}

/// POST `/journeys/{id}/delete`
pub(in super::super) async fn destroy(app: App, who: May<ManageJourneys>, id: web::Path<Id>, form: Form) -> Answer {
    let id = id.into_inner();
    let effect = |conn: &mut Conn, journey: &Journey, now| {
        let free = store::uses(conn, &journey.id)?.is_empty();
        Ok(free && journey.status(now).can_delete() && store::delete(conn, journey)?)
    };
    let change = Change::new(&app, &who, id.clone(), form);
    let made = change.make(&app, Action::Deleted, effect, |_| "/journeys".to_owned()).await;
    answer(&id, made, Message::new("journeys.deleted"))
}
