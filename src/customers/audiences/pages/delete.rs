use super::{
    super::{
        Audience,
        store::{self, Use},
    },
    load,
};
use actix_web::{http::StatusCode, web};
use askama::Template;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, Id},
    web::{
        Answer, App, CurrentUser, Error, Form, May, Message, Page, Permission, filters, permit::WriteAudiences,
        redirect_saying,
    },
};

#[derive(Template)]
#[template(path = "audiences/delete.html")]
struct DeletePage {
    audience: Audience,
    /// What keeps it from being deleted.
    uses: Vec<Use>,
}

/// GET `/audiences/{id}/delete`: asks, or says why it cannot be.
pub(in super::super) async fn delete(app: App, _who: May<WriteAudiences>, page: Page, id: web::Path<Id>) -> Answer {
    page.render(&shown(&app, id.into_inner()).await?)
}

/// POST `/audiences/{id}/delete`
pub(in super::super) async fn destroy(
    app: App,
    who: May<WriteAudiences>,
    page: Page,
    id: web::Path<Id>,
    form: Form,
) -> Answer {
    let id = id.into_inner();
    let (user, now, wanted) = (who.clone(), app.clock.now(), id.clone());
    let effect = move |conn: &mut Conn| form.once().spend(conn, |conn| remove(conn, &user, &wanted, now));
    match app.db.write(effect).await {
        Ok(at) => Ok(redirect_saying(&at, Message::new("audiences.deleted"))),
        Err(Error::Conflict(_)) => page.render_as(StatusCode::CONFLICT, &shown(&app, id).await?),
        Err(e) => Err(e),
    }
}

async fn shown(app: &App, id: Id) -> Result<DeletePage, Error> {
    app.db.read(move |conn| Ok(DeletePage { audience: load(conn, &id)?, uses: store::uses(conn, &id)? })).await
}

fn remove(conn: &mut Conn, who: &CurrentUser, id: &Id, now: chrono::NaiveDateTime) -> Result<String, Error> {
    let audience = load(conn, id)?;
    if !store::uses(conn, id)?.is_empty() || !store::remove(conn, id)? {
        return Err(Error::Conflict(Message::new("audiences.in_use")));
    }
    let name = &audience.name;
    let entry = Entry { action: Action::Deleted, noun: Noun::Audience, id: id.as_str(), name, detail: None };
    audit::record(conn, who, now, &entry)?;
    Ok("/audiences".to_owned())
}
