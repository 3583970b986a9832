//! `/schedules/{id}/edit`: what has not run is made anew, what has run stays.

use super::{
    form::{FormPage, Purpose, filled},
    new::looked_at,
};
use crate::schedules::{draft, jobs, publish, store::Stopped};
use actix_web::{http::StatusCode, web::Path};
use tidings_base::{
    db::Id,
    web::{Answer, App, Error, Form, May, Message, Page, permit::ManageSchedules, redirect_saying},
};

/// GET `/schedules/{id}/edit`
pub(crate) async fn edit(app: App, _user: May<ManageSchedules>, page: Page, id: Path<Id>) -> Answer {
    let schedule = super::find(&app, id.into_inner()).await?;
    if !schedule.status.can_change() {
        return Err(Error::Conflict(Message::new("schedules.ended_already").with("name", &schedule.name)));
    }
    let form = filled(&schedule);
    FormPage::draw(&app, &page, StatusCode::OK, Purpose::Edit(Box::new(schedule)), form, None).await
}

/// POST `/schedules/{id}`
pub(crate) async fn update(app: App, user: May<ManageSchedules>, page: Page, id: Path<Id>, mut form: Form) -> Answer {
    let schedule = super::find(&app, id.into_inner()).await?;
    let draft = draft::read(&mut form);
    let (Some(draft), false) = (draft, form.has("do", "preview")) else {
        return looked_at(&app, &page, Purpose::Edit(Box::new(schedule)), form).await;
    };
    let version = form.value("version").parse().unwrap_or(0);
    let (once, name, now) = (form.once(), draft.name.clone(), page.now());
    let (by, id) = ((*user).clone(), schedule.id.clone());
    let updated =
        app.db.write(move |conn| once.spend(conn, |conn| publish::update(conn, &id, version, &draft, &by, now))).await;
    match updated {
        Ok(location) => {
            app.wake.kind(jobs::RUN);
            Ok(redirect_saying(&location, Message::new("schedules.saved").with("name", name)))
        }
        Err(Stopped::Refused(refusals)) => {
            super::refuse(&mut form, &refusals);
            let purpose = Purpose::Edit(Box::new(schedule));
            FormPage::draw(&app, &page, StatusCode::UNPROCESSABLE_ENTITY, purpose, form, None).await
        }
        Err(Stopped::Changed) => {
            // As it is now: what was typed stays, and can be saved over it knowingly.
            let schedule = super::find(&app, schedule.id).await?;
            if !schedule.status.can_change() {
                return Err(Error::Conflict(Message::new("schedules.ended_already").with("name", &schedule.name)));
            }
            form.set("version", schedule.version.to_string());
            let notice = Message::new("schedules.changed_meanwhile");
            let purpose = Purpose::Edit(Box::new(schedule));
            FormPage::draw(&app, &page, StatusCode::CONFLICT, purpose, form, Some(notice)).await
        }
        Err(Stopped::Db(e)) => Err(e.into()),
    }
}
