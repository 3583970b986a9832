use super::Trouble;
use crate::{
    audit::Action,
    db::{DbError, Id},
    web::{
        Answer, App, Error, Form, May, Message, Page, filters, permit::ManageJobs, redirect_saying, redirect_warning,
    },
};
use actix_web::web::Path;
use askama::Template;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "jobs/cancel.html")]
struct CancelPage {
    kind: &'static str,
    label: &'static str,
    trouble: Trouble,
}

/// GET `/jobs/{kind}/{id}/cancel`
pub(in super::super) async fn new(app: App, _who: May<ManageJobs>, page: Page, path: Path<(String, Id)>) -> Answer {
    let (name, id) = path.into_inner();
    let kind = super::kind(&app, &name)?;
    let (care, now) = (Arc::clone(&kind.care), page.now());
    let found = app.db.read(move |conn| care.trouble(conn, &id, now).map_err(DbError::from)).await?;
    let trouble = found.filter(|trouble| trouble.can_cancel).ok_or(Error::NotFound)?;
    page.render(&CancelPage { kind: kind.name, label: kind.label, trouble })
}

/// POST `/jobs/{kind}/{id}/cancel`
pub(in super::super) async fn create(app: App, who: May<ManageJobs>, path: Path<(String, Id)>, _form: Form) -> Answer {
    let (name, id) = path.into_inner();
    let kind = super::kind(&app, &name)?;
    let done =
        super::act(&app, &who, &kind, &id, Action::Cancelled, |care, conn, id, now| care.cancel(conn, id, now)).await?;
    Ok(if done {
        redirect_saying("/jobs", Message::new("jobs.cancelled"))
    } else {
        redirect_warning("/jobs", Message::new("jobs.over"))
    })
}
