//! `/schedules/{id}/tasks/{task}/cancel`: one task by its time, and the button that cancels it.

use crate::schedules::{
    publish,
    store::{self, Schedule},
};
use actix_web::web::Path;
use askama::Template;
use tidings_base::{
    audit::Action,
    db::{DbError, Id},
    web::{
        Answer, App, Error, Form, May, Message, Page, dates, filters, permit::ManageSchedules, redirect,
        redirect_saying, redirect_warning,
    },
};

#[derive(Template)]
#[template(path = "schedules/cancel_task.html")]
struct CancelTaskPage {
    schedule: Schedule,
    task_id: Id,
    /// When it is due, written out.
    due: String,
}

/// GET `/schedules/{id}/tasks/{task}/cancel`
pub(crate) async fn new(app: App, _user: May<ManageSchedules>, page: Page, at: Path<(Id, Id)>) -> Answer {
    let (id, task_id) = at.into_inner();
    let schedule = super::find(&app, id).await?;
    let (schedule_id, task) = (schedule.id.clone(), task_id.clone());
    let found = app.db.read(move |conn| store::task_at(conn, &schedule_id, &task).map_err(DbError::from)).await?;
    let (due, status) = found.ok_or(Error::NotFound)?;
    if !status.can_cancel() {
        return Ok(redirect(&publish::tasks_of(&schedule.id)));
    }
    let due = dates::when(due, schedule.zone, page.language());
    page.render(&CancelTaskPage { schedule, task_id, due })
}

/// POST `/schedules/{id}/tasks/{task}/cancel`
pub(crate) async fn create(
    app: App,
    user: May<ManageSchedules>,
    page: Page,
    at: Path<(Id, Id)>,
    _form: Form,
) -> Answer {
    let (id, task_id) = at.into_inner();
    let schedule = super::find(&app, id).await?;
    let (by, now, lang, location) = ((*user).clone(), page.now(), page.language(), publish::tasks_of(&schedule.id));
    let cancelled = app
        .db
        .write(move |conn| {
            let Some((due, _)) = store::task_at(conn, &schedule.id, &task_id)? else { return Err(Error::NotFound) };
            let due = dates::when(due, schedule.zone, lang);
            let cancelled = store::cancel_task(conn, &schedule.id, &task_id, &by.name, now)?;
            if cancelled {
                let detail = Message::new("schedules.audit.cancelled_task").with("when", &due);
                publish::record(conn, Action::Cancelled, &schedule.id, &schedule.name, Some(detail), &by, now)?;
            }
            Ok(cancelled.then_some(due))
        })
        .await?;
    Ok(match cancelled {
        Some(due) => redirect_saying(&location, Message::new("schedules.cancelled_task").with("when", due)),
        None => redirect_warning(&location, Message::new("schedules.nothing_cancelled")),
    })
}
