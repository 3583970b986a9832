use super::{
    change::{Change, answer},
    load,
};
use crate::journeys::{
    ADVANCE,
    model::JourneyStatus,
    store::{self, AtOnce, Journey, Use, VersionFigures},
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
#[template(path = "journeys/end.html")]
struct EndPage {
    journey: Journey,
    form: Form,
    inside: i64,
    /// Those who are written to at once where a paused journey lets them finish.
    at_once: AtOnce,
    /// The schedules whose tasks will be skipped.
    uses: Vec<Use>,
}

/// What happens to those inside: the words of the form.
const FINISH: &str = "finish";
const LET_GO: &str = "let_go";

/// GET `/journeys/{id}/end`: what ending would do, and what is to happen to those inside.
pub(in super::super) async fn confirm(app: App, _who: May<ManageJourneys>, page: Page, id: web::Path<Id>) -> Answer {
    match read(&app, &page, &id).await? {
        Some(shown) => page.render(&shown),
        None => Ok(redirect_warning(&format!("/journeys/{id}"), Message::new("journeys.cannot_end"))),
    }
}

/// POST `/journeys/{id}/end`
pub(in super::super) async fn end(
    app: App,
    who: May<ManageJourneys>,
    page: Page,
    id: web::Path<Id>,
    mut form: Form,
) -> Answer {
    let id = id.into_inner();
    let let_go = match form.value("inside") {
        FINISH => false,
        LET_GO => true,
        _ => {
            form.refuse("inside", Message::new("forms.choice"));
            let shown = read(&app, &page, &id).await?.ok_or(Error::Conflict(Message::new("journeys.cannot_end")))?;
            return page.render_invalid(&EndPage { form, ..shown });
        }
    };
    let effect = move |conn: &mut Conn, journey: &Journey, now| {
        let inside = inside(conn, &journey.id)?;
        Ok(journey.status(now).can_end(inside) && store::end(conn, journey, let_go, now)?)
    };
    let change = Change::new(&app, &who, id.clone(), form);
    let made = change.make(&app, Action::Ended, effect, |journey| format!("/journeys/{}", journey.id)).await;
    if made.is_ok() {
        app.wake.kind(ADVANCE);
        app.wake.kind(dispatch::SEND);
    }
    answer(&id, made, Message::new("journeys.ended"))
}

fn inside(conn: &mut Conn, id: &Id) -> Result<i64, Error> {
    Ok(store::of_versions(conn, id)?.iter().map(VersionFigures::inside).sum())
}

async fn read(app: &App, page: &Page, id: &Id) -> Result<Option<EndPage>, Error> {
    let (id, now) = (id.clone(), page.now());
    app.db
        .read(move |conn| {
            let journey = load(conn, &id)?;
            let (status, inside) = (journey.status(now), inside(conn, &id)?);
            if !status.can_end(inside) {
                return Ok(None);
            }
            let form = Form::filled([("inside", FINISH)]);
            let at_once = match status {
                JourneyStatus::Paused => store::at_once(conn, &id, now)?,
                JourneyStatus::Draft | JourneyStatus::Scheduled | JourneyStatus::Running | JourneyStatus::Ended => {
                    AtOnce::default()
                }
            };
            let uses = store::uses(conn, &id)?;
            Ok(Some(EndPage { journey, form, inside, at_once, uses }))
        })
        .await
}
