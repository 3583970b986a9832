use crate::{
    audit::Action,
    db::Id,
    web::{Answer, App, Form, May, Message, permit::ManageJobs, redirect_saying, redirect_warning},
};
use actix_web::web::Path;

/// POST `/jobs/{kind}/{id}/retry`
pub(in super::super) async fn create(app: App, who: May<ManageJobs>, path: Path<(String, Id)>, _form: Form) -> Answer {
    let (name, id) = path.into_inner();
    let kind = super::kind(&app, &name)?;
    let done =
        super::act(&app, &who, &kind, &id, Action::Resumed, |care, conn, id, now| care.retry(conn, id, now)).await?;
    Ok(if done {
        redirect_saying("/jobs", Message::new("jobs.retried"))
    } else {
        redirect_warning("/jobs", Message::new("jobs.over"))
    })
}
