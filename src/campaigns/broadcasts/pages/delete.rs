//! `/broadcasts/{id}/delete`: a draft is thrown away.

use crate::broadcasts::store::{self, Broadcast};
use actix_web::web::Path;
use askama::Template;
use tidings_base::{
    audit::Action,
    db::{DbError, Id},
    web::{
        Answer, App, Error, Form, May, Message, Page, filters, permit::ManageBroadcasts, redirect_saying,
        redirect_warning,
    },
};

#[derive(Template)]
#[template(path = "broadcasts/delete.html")]
struct DeletePage {
    broadcast: Broadcast,
}

/// GET `/broadcasts/{id}/delete`
pub(crate) async fn new(app: App, _user: May<ManageBroadcasts>, page: Page, id: Path<Id>) -> Answer {
    let (broadcast, _) = super::find(&app, &id).await?;
    if !broadcast.status().can_delete() {
        return Err(Error::Conflict(Message::new("broadcasts.no_draft").with("name", &broadcast.name)));
    }
    page.render(&DeletePage { broadcast })
}

/// POST `/broadcasts/{id}/delete`
pub(crate) async fn destroy(app: App, user: May<ManageBroadcasts>, page: Page, id: Path<Id>, _form: Form) -> Answer {
    let (broadcast, _) = super::find(&app, &id).await?;
    let (by, now, name) = ((*user).clone(), page.now(), broadcast.name.clone());
    let deleted = app
        .db
        .write(move |conn| {
            let deleted = store::delete(conn, &broadcast.id)?;
            if deleted {
                super::record(conn, &by, now, Action::Deleted, (&broadcast.id, &broadcast.name), None)?;
            }
            Ok::<_, DbError>(deleted)
        })
        .await?;
    Ok(if deleted {
        redirect_saying("/broadcasts", Message::new("broadcasts.deleted").with("name", name))
    } else {
        redirect_warning(&format!("/broadcasts/{id}"), Message::new("broadcasts.no_draft").with("name", name))
    })
}
