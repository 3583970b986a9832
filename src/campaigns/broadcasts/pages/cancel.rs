//! `/broadcasts/{id}/cancel`: 取消推播 before its time, 停止 while it is being sent.

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
use tidings_sending::dispatch::{self, Figures};

#[derive(Template)]
#[template(path = "broadcasts/cancel.html")]
struct CancelPage {
    broadcast: Broadcast,
    figures: Figures,
}

impl CancelPage {
    /// Whether it has begun, so that only the rest can be stopped.
    fn stops(&self) -> bool {
        self.broadcast.status().can_stop()
    }
}

/// GET `/broadcasts/{id}/cancel`
pub(crate) async fn new(app: App, _user: May<ManageBroadcasts>, page: Page, id: Path<Id>) -> Answer {
    let (broadcast, _) = super::find(&app, &id).await?;
    let status = broadcast.status();
    if !status.can_cancel() && !status.can_stop() {
        return Err(Error::Conflict(Message::new("broadcasts.over_already").with("name", &broadcast.name)));
    }
    let dispatch = broadcast.dispatch_id.clone();
    let figures = app
        .db
        .read(move |conn| match dispatch {
            None => Ok(None),
            Some(id) => dispatch::figures(conn, &id).map_err(DbError::from),
        })
        .await?;
    page.render(&CancelPage { broadcast, figures: figures.unwrap_or_default() })
}

/// POST `/broadcasts/{id}/cancel`
pub(crate) async fn create(app: App, user: May<ManageBroadcasts>, page: Page, id: Path<Id>, form: Form) -> Answer {
    let (broadcast, _) = super::find(&app, &id).await?;
    let (by, now, location) = ((*user).clone(), page.now(), format!("/broadcasts/{}", broadcast.id));
    // Who meant to cancel it before its time is asked again once it has begun.
    let stops = form.has("do", "stop");
    let done = app
        .db
        .write(move |conn| {
            let done =
                if stops { store::stop(conn, &broadcast.id, now)? } else { store::cancel(conn, &broadcast.id, now)? };
            if done {
                let action = if stops { Action::Ended } else { Action::Cancelled };
                super::record(conn, &by, now, action, (&broadcast.id, &broadcast.name), None)?;
            }
            Ok::<_, DbError>(done)
        })
        .await?;
    Ok(match (done, stops) {
        (true, true) => redirect_saying(&location, Message::new("broadcasts.stopped")),
        (true, false) => redirect_saying(&location, Message::new("broadcasts.cancelled")),
        (false, true) => redirect_warning(&location, Message::new("broadcasts.nothing_to_stop")),
        (false, false) => redirect_warning(&location, Message::new("broadcasts.too_late_to_cancel")),
    })
}
