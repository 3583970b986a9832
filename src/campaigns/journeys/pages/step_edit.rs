use super::{
    change::Change,
    step_form::{self, Editing, Wanted},
    step_new::live,
};
use crate::journeys::store::{self, Journey};
use actix_web::{http::StatusCode, web};
use tidings_base::{
    audit::Action,
    db::{Conn, Id},
    web::{Answer, App, CurrentUser, Error, Form, May, Message, Page, permit::ManageJourneys, redirect_saying},
};
use tidings_customers::audiences::builder::RuleForm;
use tidings_sending::images;

/// GET `/journeys/{id}/steps/{step}/edit`
pub(in super::super) async fn edit(
    app: App,
    _who: May<ManageJourneys>,
    page: Page,
    path: web::Path<(Id, Id)>,
) -> Answer {
    let (id, step) = path.into_inner();
    let Some(editing) = Editing::read(&app, &id, page.now()).await? else { return Ok(live(&id)) };
    let action = editing.flow.find(&step).ok_or(Error::NotFound)?.step.action.clone();
    let (mut fields, rule) = step_form::filled(&action);
    fields.push(("kind".to_owned(), action.kind().word().to_owned()));
    fields.push(("version".to_owned(), editing.journey.version.to_string()));
    page.render(&editing.page(action.kind(), Some(step), Form::filled(fields), rule))
}

/// POST `/journeys/{id}/steps/{step}`
pub(in super::super) async fn update(
    app: App,
    who: May<ManageJourneys>,
    page: Page,
    path: web::Path<(Id, Id)>,
    mut form: Form,
) -> Answer {
    let (id, step) = path.into_inner();
    let Some(editing) = Editing::read(&app, &id, page.now()).await? else { return Ok(live(&id)) };
    images::take_uploads(&app, &who.id, &mut form).await?;
    let Some(kind) = editing.flow.find(&step).map(|place| place.step.kind()) else {
        return gone(&app, &page, &id, form).await;
    };
    let posted = form.clone();
    let rule = RuleForm::read(form.fields());
    let mut shown = editing.page(kind, Some(step.clone()), form, rule);
    let Some(wanted) = step_form::read(&mut shown) else {
        return if shown.form.is_valid() { page.render(&shown) } else { page.render_invalid(&shown) };
    };
    let number = shown.draft.number;
    match save(&app, &who, &id, &step, posted, wanted, number).await {
        Ok(location) => Ok(redirect_saying(&location, Message::new("journeys.step_changed"))),
        Err(Error::Conflict(_)) => {
            let Some(editing) = Editing::read(&app, &id, page.now()).await? else { return Ok(live(&id)) };
            if editing.flow.find(&step).is_none() {
                return gone(&app, &page, &id, shown.form).await;
            }
            // What was typed stays; sent again, it stands over what the other one saved.
            let version = editing.journey.version;
            let mut again = editing.page(kind, Some(step), shown.form, shown.rule);
            again.form.set("version", version.to_string());
            again.conflict = Some("journeys.step_conflict");
            page.render_as(StatusCode::CONFLICT, &again)
        }
        Err(e) => Err(e),
    }
}

async fn save(
    app: &App,
    who: &CurrentUser,
    id: &Id,
    step: &Id,
    form: Form,
    wanted: Wanted,
    number: i64,
) -> Result<String, Error> {
    let (step, anchor) = (step.clone(), step.clone());
    let effect = move |conn: &mut Conn, journey: &Journey, now| {
        let Some(Editing { draft, mut flow, .. }) = Editing::load(conn, &journey.id, now)? else { return Ok(false) };
        let action = wanted.action(conn, now)?;
        if flow.replace(&step, action).is_err() || !store::touch(conn, journey, now)? {
            return Ok(false);
        }
        store::save_flow(conn, &draft.id, &flow)?;
        Ok(true)
    };
    let change = Change::new(app, who, id.clone(), form);
    let location = move |journey: &Journey| format!("/journeys/{}?version={number}#step-{anchor}", journey.id);
    change.make(app, Action::Changed, effect, location).await
}

/// Somebody deleted the step meanwhile: what was typed becomes the form of a new one, at the end.
async fn gone(app: &App, page: &Page, id: &Id, form: Form) -> Answer {
    let kind = form.value("kind").parse().map_err(|_| Error::NotFound)?;
    let Some(editing) = Editing::read(app, id, page.now()).await? else { return Ok(live(id)) };
    let (end, version) = (editing.end(), editing.journey.version);
    let rule = RuleForm::read(form.fields());
    let mut shown = editing.page(kind, None, form, rule);
    shown.form.set("at", end.to_string());
    shown.form.set("version", version.to_string());
    shown.conflict = Some("journeys.step_gone");
    page.render_as(StatusCode::CONFLICT, &shown)
}
