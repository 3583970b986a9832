//! `/broadcasts/new` and the copy of a broadcast: fill in, then look at what it would do.

use super::form::{self, Choices, blank, draw, filled};
use crate::broadcasts::{
    draft::{self, LONGEST_NAME},
    model::WhoKind,
    store::{self, Edit},
};
use actix_web::{http::StatusCode, web::Path};
use tidings_base::{
    audit::Action,
    db::{DbError, Id},
    web::{Answer, App, Form, May, Page, Query, permit::ManageBroadcasts, redirect},
};
use tidings_customers::contacts::{self, Selection};
use tidings_sending::{images, messages};

/// GET `/broadcasts/new`: empty, for contacts chosen in their list, or for `?audience=`.
pub(crate) async fn new(app: App, _user: May<ManageBroadcasts>, page: Page, query: Query) -> Answer {
    let mut fields = blank(page.now(), page.tz());
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    let mut who = WhoKind::Matching;
    if let Some((channel, selection)) = contacts::chosen(&query) {
        add("account", channel.to_string());
        match selection {
            Selection::Matching(filter) => filter.pairs().into_iter().for_each(|(name, value)| add(name, value)),
            Selection::Picked(ids) => {
                who = WhoKind::Picked;
                ids.into_iter().for_each(|id| add("contact", id.to_string()));
            }
        }
    } else if let Some(audience) = query.id("audience") {
        who = WhoKind::Audience;
        add("audience", audience.to_string());
    }
    let choices = Choices::load(&app).await?;
    let mut form = Form::filled(fields);
    form.set("who", who.word());
    if who == WhoKind::Audience {
        let kind =
            choices.audiences.iter().find(|one| one.id.as_str() == form.value("audience")).and_then(|one| one.kind);
        if let Some(account) = choices.accounts.iter().find(|account| Some(account.kind) == kind) {
            form.set("account", account.id.as_str());
        }
    }
    draw(&page, StatusCode::OK, choices, form, None, None)
}

/// GET `/broadcasts/{id}/copy`
pub(crate) async fn copy(app: App, _user: May<ManageBroadcasts>, page: Page, id: Path<Id>) -> Answer {
    let (broadcast, _) = super::find(&app, &id).await?;
    let (now, zone, name) = (page.now(), page.tz(), broadcast.name.clone());
    let fields = app.db.read(move |conn| filled(conn, &broadcast, now, zone)).await?;
    let mut form = Form::filled(fields);
    let suffix = page.text("broadcasts.copied");
    let room = LONGEST_NAME.saturating_sub(suffix.chars().count());
    form.set("name", name.chars().take(room).chain(suffix.chars()).collect::<String>());
    draw(&page, StatusCode::OK, Choices::load(&app).await?, form, None, None)
}

/// POST `/broadcasts`
pub(crate) async fn create(app: App, user: May<ManageBroadcasts>, page: Page, mut form: Form) -> Answer {
    let mut choices = Choices::load(&app).await?;
    let Some(account) = choices.account(&form).cloned() else {
        return draw(&page, StatusCode::UNPROCESSABLE_ENTITY, choices, form, None, None);
    };
    form.set("account", account.id.as_str());
    images::take_uploads(&app, &user.id, &mut form).await?;
    if !form.is_valid() {
        return draw(&page, StatusCode::UNPROCESSABLE_ENTITY, choices, form, None, None);
    }
    if messages::pressed(&mut form, account.kind) || !form.has("do", "next") {
        choices.count(&app, &page, &form, None).await?;
        return draw(&page, StatusCode::OK, choices, form, None, None);
    }
    let Some(draft) = draft::read(&mut form, &choices.against(&account, &page, None)) else {
        return draw(&page, StatusCode::UNPROCESSABLE_ENTITY, choices, form, None, None);
    };
    let (once, by, zone, now) = (form.once(), (*user).clone(), page.tz(), page.now());
    let location = app
        .db
        .write(move |conn| {
            once.spend(conn, |conn| {
                let id = store::create(conn, &Edit { draft: &draft, zone, now }, &by.id)?;
                super::record(conn, &by, now, Action::Created, (&id, &draft.name), None)?;
                Ok::<_, DbError>(form::confirm(&id))
            })
        })
        .await?;
    Ok(redirect(&location))
}
