use super::{
    change::{Change, answer},
    load,
};
use crate::journeys::store::{self, Journey};
use actix_web::web;
use askama::Template;
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{Answer, App, Error, Form, May, Message, Page, filters, permit::ManageJourneys, redirect_warning},
};

#[derive(Template)]
#[template(path = "journeys/discard.html")]
struct DiscardPage {
    journey: Journey,
}

/// GET `/journeys/{id}/discard`: asks whether the draft version may go. The first one may not: a
/// journey has at least one.
pub(in super::super) async fn confirm(app: App, _who: May<ManageJourneys>, page: Page, id: web::Path<Id>) -> Answer {
    let wanted = id.clone();
    let journey = app.db.read(move |conn| load(conn, &wanted)).await?;
    if !can_discard(&journey, page.now()) {
        return Ok(redirect_warning(&format!("/journeys/{id}"), Message::new("journeys.nothing_to_publish")));
    }
    page.render(&DiscardPage { journey })
}

/// POST `/journeys/{id}/discard`
pub(in super::super) async fn discard(app: App, who: May<ManageJourneys>, id: web::Path<Id>, form: Form) -> Answer {
    let id = id.into_inner();
    let effect = |conn: &mut Conn, journey: &Journey, now| {
        let may = can_discard(journey, now) && store::touch(conn, journey, now)?;
        Ok(may && store::discard_draft(conn, &journey.id)?)
    };
    let change = Change::new(&app, &who, id.clone(), form);
    let made = change.make(&app, Action::Changed, effect, |journey| format!("/journeys/{}", journey.id)).await;
    answer(&id, made, Message::new("journeys.discarded"))
}

fn can_discard(journey: &Journey, now: chrono::NaiveDateTime) -> bool {
    journey.live_version_id.is_some() && journey.status(now).can_edit()
}

/// POST `/journeys/{id}/draft`: begins a draft version with the steps of the live one, or finds the
/// one that there is, and leads to it.
pub(in super::super) async fn begin(
    app: App,
    _who: May<ManageJourneys>,
    page: Page,
    id: web::Path<Id>,
    _form: Form,
) -> Answer {
    let (id, now, zone) = (id.into_inner(), page.now(), page.tz());
    let number = app.db.write(move |conn| {
        let journey = load(conn, &id)?;
        if !journey.status(now).can_edit() {
            return Ok::<_, Error>((id, None));
        }
        let has_one = store::versions(conn, &id)?.iter().any(|version| version.published_at.is_none());
        // Whoever begins one holds the journey's row, so that there is never a second.
        if !has_one && !store::touch(conn, &journey, now)? {
            return Err(Error::Conflict(Message::new("journeys.conflict")));
        }
        let draft = store::draft(conn, &journey.id, zone)?;
        Ok((id, Some(draft.number)))
    });
    match number.await? {
        (id, Some(number)) => Ok(tidings_base::web::redirect(&format!("/journeys/{id}?version={number}"))),
        (id, None) => Ok(redirect_warning(&format!("/journeys/{id}"), Message::new("journeys.live"))),
    }
}
