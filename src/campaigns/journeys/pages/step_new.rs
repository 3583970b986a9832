use super::{
    change::Change,
    step_form::{self, Editing, Wanted},
};
use crate::journeys::{
    model::{MOST_STEPS, Spot, Step, StepKind},
    store::{self, Journey},
};
use actix_web::{http::StatusCode, web};
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{
        Answer, App, CurrentUser, Error, Form, May, Message, Page, Query, permit::ManageJourneys, redirect_saying,
        redirect_warning,
    },
};
use tidings_customers::audiences::builder::RuleForm;
use tidings_sending::images;

/// GET `/journeys/{id}/steps/new?kind=…&at=…`: the form of a new step, to be put there.
pub(in super::super) async fn new(
    app: App,
    _who: May<ManageJourneys>,
    page: Page,
    id: web::Path<Id>,
    query: Query,
) -> Answer {
    let kind: StepKind = query.get("kind").ok_or(Error::NotFound)?;
    let at: Spot = query.get("at").ok_or(Error::NotFound)?;
    let Some(editing) = Editing::read(&app, &id, page.now()).await? else { return Ok(live(&id)) };
    let (mut fields, rule) = step_form::empty(kind);
    fields.push(("kind".to_owned(), kind.word().to_owned()));
    fields.push(("at".to_owned(), at.to_string()));
    fields.push(("version".to_owned(), editing.journey.version.to_string()));
    page.render(&editing.page(kind, None, Form::filled(fields), rule))
}

/// POST `/journeys/{id}/steps`
pub(in super::super) async fn create(
    app: App,
    who: May<ManageJourneys>,
    page: Page,
    id: web::Path<Id>,
    mut form: Form,
) -> Answer {
    let id = id.into_inner();
    let kind: StepKind = form.value("kind").parse().map_err(|_| Error::BadRequest("no kind of step"))?;
    let at: Spot = form.value("at").parse().map_err(|_| Error::BadRequest("no place for the step"))?;
    let Some(editing) = Editing::read(&app, &id, page.now()).await? else { return Ok(live(&id)) };
    if editing.flow.places().len() >= MOST_STEPS {
        return Ok(redirect_warning(&format!("/journeys/{id}"), Message::new("journeys.fault.too_many")));
    }
    images::take_uploads(&app, &who.id, &mut form).await?;
    let posted = form.clone();
    let rule = RuleForm::read(form.fields());
    let mut shown = editing.page(kind, None, form, rule);
    let Some(wanted) = step_form::read(&mut shown) else {
        return if shown.form.is_valid() { page.render(&shown) } else { page.render_invalid(&shown) };
    };
    let number = shown.draft.number;
    match save(&app, &who, &id, posted, at, wanted, number).await {
        Ok(location) => Ok(redirect_saying(&location, Message::new("journeys.step_added"))),
        Err(Error::Conflict(_)) => {
            // What was typed stays, and is put at the end where its place is gone.
            let Some(editing) = Editing::read(&app, &id, page.now()).await? else { return Ok(live(&id)) };
            let kept = editing.flow.clone().insert(&place_of(&shown.form)?, Step::new(crate::journeys::Action::End));
            let (end, version) = (editing.end(), editing.journey.version);
            let mut again = editing.page(kind, None, shown.form, shown.rule);
            if kept.is_err() {
                again.form.set("at", end.to_string());
            }
            again.form.set("version", version.to_string());
            again.conflict = Some(if kept.is_ok() { "journeys.step_conflict" } else { "journeys.step_place_gone" });
            page.render_as(StatusCode::CONFLICT, &again)
        }
        Err(e) => Err(e),
    }
}

async fn save(
    app: &App,
    who: &CurrentUser,
    id: &Id,
    form: Form,
    at: Spot,
    wanted: Wanted,
    number: i64,
) -> Result<String, Error> {
    let new = Id::new();
    let anchor = new.clone();
    let effect = move |conn: &mut Conn, journey: &Journey, now| {
        let Some(Editing { draft, mut flow, .. }) = Editing::load(conn, &journey.id, now)? else { return Ok(false) };
        let step = Step::named(new, wanted.action(conn, now)?);
        if flow.insert(&at, step).is_err() || !store::touch(conn, journey, now)? {
            return Ok(false);
        }
        store::save_flow(conn, &draft.id, &flow)?;
        Ok(true)
    };
    let change = Change::new(app, who, id.clone(), form);
    let location = move |journey: &Journey| format!("/journeys/{}?version={number}#step-{anchor}", journey.id);
    change.make(app, Action::Changed, effect, location).await
}

fn place_of(form: &Form) -> Result<Spot, Error> {
    form.value("at").parse().map_err(|_| Error::BadRequest("no place for the step"))
}

/// The journey is live, or has no draft version: its page says what to do first.
pub(super) fn live(id: &Id) -> actix_web::HttpResponse {
    redirect_warning(&format!("/journeys/{id}"), Message::new("journeys.live"))
}
