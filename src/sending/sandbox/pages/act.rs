//! What one does as the person whose phone it is: answering, leaving, coming back. Each is an event
//! like those of real vendors.

use super::show;
use crate::{
    channels::{What, sandbox::act},
    dispatch::INBOUND,
    sandbox::store,
};
use actix_web::web::Path;
use tidings_base::{
    db::{DbError, Id},
    web::{Answer, App, Form, May, Page, permit::UseWorkspace, redirect},
};

/// POST `/sandbox/{id}/reply`
pub(crate) async fn reply(app: App, user: May<UseWorkspace>, page: Page, id: Path<Id>, mut form: Form) -> Answer {
    let id = id.into_inner();
    let text = form.required("reply", 1_000);
    if !form.is_valid() {
        let shown = show::load(&app, user.scope(), id, form, page.now()).await?;
        return page.render_invalid(&shown);
    }
    happen(app, user, page, id, form, move |_| What::Message { text, id: None }).await
}

/// POST `/sandbox/{id}/leave`
pub(crate) async fn leave(app: App, user: May<UseWorkspace>, page: Page, id: Path<Id>, form: Form) -> Answer {
    happen(app, user, page, id.into_inner(), form, |is_chat| if is_chat { What::Unfollow } else { What::OptOut }).await
}

/// POST `/sandbox/{id}/return`
pub(crate) async fn come_back(app: App, user: May<UseWorkspace>, page: Page, id: Path<Id>, form: Form) -> Answer {
    happen(app, user, page, id.into_inner(), form, |is_chat| if is_chat { What::Follow } else { What::OptIn }).await
}

/// Stores the event, once a form; `what` is asked whether the account is on a chat channel.
async fn happen(
    app: App,
    user: May<UseWorkspace>,
    page: Page,
    id: Id,
    form: Form,
    what: impl FnOnce(bool) -> What + Send + 'static,
) -> Answer {
    let (scope, once, now) = (user.scope(), form.once(), page.now());
    let location = app
        .db
        .write(move |conn| {
            let person = store::find(conn, &scope, &id)?;
            once.spend(conn, |conn| {
                act(conn, &person.account, &person.identity, what(person.account.kind.is_chat()), now)?;
                Ok::<_, DbError>(format!("/sandbox/{}", person.id))
            })
        })
        .await?;
    app.wake.kind(INBOUND);
    Ok(redirect(&location))
}
