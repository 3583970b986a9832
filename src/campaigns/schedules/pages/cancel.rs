//! `/schedules/{id}/cancel`: how many tasks would be cancelled, and the button that does it.

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
        Answer, App, Error, Form, May, Message, Page, dates, filters, permit::ManageSchedules, redirect_saying,
        redirect_warning,
    },
};

#[derive(Template)]
#[template(path = "schedules/cancel.html")]
struct CancelPage {
    schedule: Schedule,
    /// When the next task is due, written out.
    next: Option<String>,
}

/// GET `/schedules/{id}/cancel`
pub(crate) async fn new(app: App, _user: May<ManageSchedules>, page: Page, id: Path<Id>) -> Answer {
    let schedule = super::find(&app, id.into_inner()).await?;
    if !schedule.status.can_change() {
        return Err(Error::Conflict(Message::new("schedules.ended_already").with("name", &schedule.name)));
    }
    let next = schedule.next_at.map(|at| dates::when(at, schedule.zone, page.language()));
    page.render(&CancelPage { schedule, next })
}

/// POST `/schedules/{id}/cancel`
pub(crate) async fn create(app: App, user: May<ManageSchedules>, page: Page, id: Path<Id>, _form: Form) -> Answer {
    let schedule = super::find(&app, id.into_inner()).await?;
    let (by, now, location) = ((*user).clone(), page.now(), publish::tasks_of(&schedule.id));
    let cancelled = app
        .db
        .write(move |conn| {
            let cancelled = store::cancel_remaining(conn, &schedule.id, &by.name, now)?;
            if cancelled > 0 {
                let detail = Message::new("schedules.audit.cancelled").with("n", cancelled);
                publish::record(conn, Action::Cancelled, &schedule.id, &schedule.name, Some(detail), &by, now)?;
            }
            Ok::<_, DbError>(cancelled)
        })
        .await?;
    Ok(match cancelled {
        0 => redirect_warning(&location, Message::new("schedules.nothing_cancelled")),
        n => redirect_saying(&location, Message::new("schedules.cancelled").with("n", n)),
    })
}
