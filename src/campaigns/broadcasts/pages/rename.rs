//! `/broadcasts/{id}/rename` (修改主題): what it is called inside the product, whatever its status.

use crate::broadcasts::{
    draft::LONGEST_NAME,
    store::{self, Broadcast},
};
use actix_web::web::Path;
use askama::Template;
use tidings_base::{
    audit::Action,
    db::{DbError, Id},
    web::{Answer, App, Form, May, Message, Page, filters, permit::ManageBroadcasts, redirect_saying},
};

#[derive(Template)]
#[template(path = "broadcasts/rename.html")]
struct RenamePage {
    broadcast: Broadcast,
    form: Form,
}

/// GET `/broadcasts/{id}/rename`
pub(crate) async fn edit(app: App, _user: May<ManageBroadcasts>, page: Page, id: Path<Id>) -> Answer {
    let (broadcast, _) = super::find(&app, &id).await?;
    let form = Form::filled([("name", broadcast.name.clone())]);
    page.render(&RenamePage { broadcast, form })
}

/// POST `/broadcasts/{id}/rename`
pub(crate) async fn update(app: App, user: May<ManageBroadcasts>, page: Page, id: Path<Id>, mut form: Form) -> Answer {
    let (broadcast, _) = super::find(&app, &id).await?;
    let name = form.required("name", LONGEST_NAME);
    if !form.is_valid() {
        return page.render_invalid(&RenamePage { broadcast, form });
    }
    let (by, now, location) = ((*user).clone(), page.now(), format!("/broadcasts/{}", broadcast.id));
    app.db
        .write(move |conn| {
            store::rename(conn, &broadcast.id, &name)?;
            let detail = Message::new("broadcasts.audit_renamed").with("name", &broadcast.name);
            super::record(conn, &by, now, Action::Changed, (&broadcast.id, &name), Some(detail))?;
            Ok::<_, DbError>(())
        })
        .await?;
    Ok(redirect_saying(&location, Message::new("broadcasts.renamed")))
}
