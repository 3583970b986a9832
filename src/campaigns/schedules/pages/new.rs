//! `/schedules/new` and the copy of a schedule: fill in, look, publish.

use super::form::{FormPage, Purpose, blank, filled};
use crate::schedules::{
    draft::{self, LONGEST_NAME, Refusal},
    jobs, publish,
    store::Stopped,
};
use actix_web::{http::StatusCode, web::Path};
use tidings_base::{
    db::Id,
    web::{Answer, App, Error, Form, May, Message, Page, Query, permit::ManageSchedules, redirect_saying},
};

/// GET `/schedules/new`; `?journey=` and `?audience=` choose what somebody came from.
pub(crate) async fn new(app: App, _user: May<ManageSchedules>, page: Page, query: Query) -> Answer {
    let mut form = blank(page.now(), page.tz());
    for name in ["journey", "audience"] {
        form.set(name, query.text(name));
    }
    FormPage::draw(&app, &page, StatusCode::OK, Purpose::New, form, None).await
}

/// GET `/schedules/{id}/copy`
pub(crate) async fn copy(app: App, _user: May<ManageSchedules>, page: Page, id: Path<Id>) -> Answer {
    let schedule = super::find(&app, id.into_inner()).await?;
    let mut form = filled(&schedule);
    form.set("name", copied(&schedule.name, &page.text("schedules.copied")));
    FormPage::draw(&app, &page, StatusCode::OK, Purpose::Copy, form, None).await
}

/// POST `/schedules`
pub(crate) async fn create(app: App, user: May<ManageSchedules>, page: Page, mut form: Form) -> Answer {
    let draft = draft::read(&mut form);
    let (Some(draft), false) = (draft, form.has("do", "preview")) else {
        return looked_at(&app, &page, Purpose::New, form).await;
    };
    let (once, name, zone, now) = (form.once(), draft.name.clone(), page.tz(), page.now());
    let by = (*user).clone();
    let published =
        app.db.write(move |conn| once.spend(conn, |conn| publish::publish(conn, &draft, zone, &by, now))).await;
    match published {
        Ok(location) => {
            app.wake.kind(jobs::RUN);
            Ok(redirect_saying(&location, Message::new("schedules.published").with("name", name)))
        }
        Err(Stopped::Refused(refusals)) => {
            super::refuse(&mut form, &refusals);
            FormPage::draw(&app, &page, StatusCode::UNPROCESSABLE_ENTITY, Purpose::New, form, None).await
        }
        Err(Stopped::Changed) => Err(Error::internal("a new schedule cannot have been changed")),
        Err(Stopped::Db(e)) => Err(e.into()),
    }
}

/// The form again, with what is wrong said, or what it would do shown.
pub(super) async fn looked_at(app: &App, page: &Page, purpose: Purpose, mut form: Form) -> Answer {
    let (draft, zone, now) = (draft::read(&mut form), purpose.zone(page), page.now());
    let refusals: Vec<Refusal> = match draft {
        Some(draft) => {
            let editing = purpose.schedule().cloned();
            app.db.read(move |conn| publish::refusals(conn, &draft, editing.as_ref(), zone, now)).await?
        }
        // Whatever else is wrong, say what is wrong with the time in the same answer.
        None => draft::timing(&mut form.clone())
            .and_then(|timing| draft::runs(&timing, zone, now).err())
            .into_iter()
            .collect(),
    };
    super::refuse(&mut form, &refusals);
    let status = if form.is_valid() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    FormPage::draw(app, page, status, purpose, form, None).await
}

/// The name of a copy: cut so that the suffix still fits.
fn copied(name: &str, suffix: &str) -> String {
    let room = LONGEST_NAME.saturating_sub(suffix.chars().count());
    name.chars().take(room).chain(suffix.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_named_so_and_its_name_still_fits() {
        assert_eq!(copied("每週新品", "（複製）"), "每週新品（複製）");
        let long = copied(&"名".repeat(LONGEST_NAME), "（複製）");
        assert_eq!(long.chars().count(), LONGEST_NAME);
        assert!(long.ends_with("（複製）"));
    }
}
