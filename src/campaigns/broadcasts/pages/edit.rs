//! `/broadcasts/{id}/edit`: a draft, or one that waits for its time.

use super::form::{self, Choices, draw, filled};
use crate::broadcasts::{
    draft,
    model::BroadcastStatus,
    store::{self, Broadcast, Edit},
};
use actix_web::{http::StatusCode, web::Path};
use tidings_base::{
    audit::Action,
    db::{DbError, Id},
    web::{
        Answer, App, Error, Form, May, Message, Page, permit::ManageBroadcasts, redirect, redirect_saying,
        redirect_warning,
    },
};
use tidings_sending::{images, messages};

/// GET `/broadcasts/{id}/edit`
pub(crate) async fn edit(app: App, _user: May<ManageBroadcasts>, page: Page, id: Path<Id>) -> Answer {
    let (broadcast, _) = super::find(&app, &id).await?;
    if !broadcast.status().can_edit() {
        return Ok(redirect_warning(&format!("/broadcasts/{id}"), Message::new("broadcasts.begun_already")));
    }
    let (now, zone, read) = (page.now(), page.tz(), broadcast.clone());
    let fields = app.db.read(move |conn| filled(conn, &read, now, zone)).await?;
    draw(&page, StatusCode::OK, Choices::load(&app).await?, Form::filled(fields), Some(broadcast), None)
}

/// POST `/broadcasts/{id}`
pub(crate) async fn update(app: App, user: May<ManageBroadcasts>, page: Page, id: Path<Id>, mut form: Form) -> Answer {
    let (broadcast, _) = super::find(&app, &id).await?;
    let version: i64 = form.value("version").parse().map_err(|_| Error::BadRequest("no version"))?;
    let mut choices = Choices::load(&app).await?;
    let Some(account) = choices.account(&form).cloned() else { return Err(Error::NotFound) };
    form.set("account", account.id.as_str());
    if !broadcast.status().can_edit() {
        return conflict(&app, &page, choices, form, broadcast.id).await;
    }
    images::take_uploads(&app, &user.id, &mut form).await?;
    if !form.is_valid() {
        return draw(&page, StatusCode::UNPROCESSABLE_ENTITY, choices, form, Some(broadcast), None);
    }
    if messages::pressed(&mut form, account.kind) || !form.has("do", "next") {
        choices.count(&app, &page, &form, Some(&broadcast)).await?;
        return draw(&page, StatusCode::OK, choices, form, Some(broadcast), None);
    }
    let Some(draft) = draft::read(&mut form, &choices.against(&account, &page, Some(&broadcast))) else {
        return draw(&page, StatusCode::UNPROCESSABLE_ENTITY, choices, form, Some(broadcast), None);
    };
    let (by, zone, now, id) = ((*user).clone(), page.tz(), page.now(), broadcast.id.clone());
    let changed = app
        .db
        .write(move |conn| {
            let changed = store::update(conn, &id, version, &Edit { draft: &draft, zone, now })?;
            if changed {
                super::record(conn, &by, now, Action::Changed, (&id, &draft.name), None)?;
            }
            Ok::<_, DbError>(changed)
        })
        .await?;
    if changed {
        return Ok(if broadcast.status() == BroadcastStatus::Scheduled {
            let said = Message::new("broadcasts.changed").with("name", &broadcast.name);
            redirect_saying(&format!("/broadcasts/{}", broadcast.id), said)
        } else {
            redirect(&form::confirm(&broadcast.id))
        });
    }
    conflict(&app, &page, choices, form, broadcast.id).await
}

/// Somebody was faster, or its time has come: what was typed stays, and the page says so.
async fn conflict(app: &App, page: &Page, choices: Choices, mut form: Form, id: Id) -> Answer {
    let (broadcast, _): (Broadcast, _) = super::find(app, &id).await?;
    let notice = if broadcast.status().can_edit() {
        // Sent again, it stands over what the other one saved.
        form.set("version", broadcast.version.to_string());
        "broadcasts.conflict"
    } else {
        "broadcasts.begun_already"
    };
    draw(page, StatusCode::CONFLICT, choices, form, Some(broadcast), Some(Message::new(notice)))
}
