//! 暫停 and 繼續 of a broadcast that is being sent.

use actix_web::web::Path;
use tidings_base::{
    audit::Action,
    db::{DbError, Id},
    web::{
        Answer, App, CurrentUser, Form, May, Message, Page, permit::ManageBroadcasts, redirect_saying, redirect_warning,
    },
};
use tidings_sending::dispatch;

/// POST `/broadcasts/{id}/pause`
pub(crate) async fn create(app: App, user: May<ManageBroadcasts>, page: Page, id: Path<Id>, _form: Form) -> Answer {
    change(&app, &user, &page, &id, Action::Paused).await
}

/// POST `/broadcasts/{id}/resume`
pub(crate) async fn destroy(app: App, user: May<ManageBroadcasts>, page: Page, id: Path<Id>, _form: Form) -> Answer {
    change(&app, &user, &page, &id, Action::Resumed).await
}

async fn change(app: &App, user: &CurrentUser, page: &Page, id: &Id, action: Action) -> Answer {
    let (broadcast, _) = super::find(app, id).await?;
    let (by, now, location) = (user.clone(), page.now(), format!("/broadcasts/{id}"));
    let pauses = action == Action::Paused;
    let changed = app
        .db
        .write(move |conn| {
            let Some(dispatch) = &broadcast.dispatch_id else { return Ok(false) };
            let changed = if pauses {
                dispatch::pause(conn, dispatch, &by.name)?
            } else {
                dispatch::resume(conn, dispatch, now)?
            };
            if changed {
                super::record(conn, &by, now, action, (&broadcast.id, &broadcast.name), None)?;
            }
            Ok::<_, DbError>(changed)
        })
        .await?;
    app.wake.kind(dispatch::SEND);
    Ok(match (changed, pauses) {
        (true, true) => redirect_saying(&location, Message::new("broadcasts.paused")),
        (true, false) => redirect_saying(&location, Message::new("broadcasts.resumed")),
        (false, true) => redirect_warning(&location, Message::new("broadcasts.cannot_pause")),
        (false, false) => redirect_warning(&location, Message::new("broadcasts.cannot_resume")),
    })
}
