use super::{
    super::{NewAudience, store},
    draft::{Draft, Wish},
    form::FormPage,
    load, new,
};
use actix_web::{http::StatusCode, web};
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, Id},
    web::{Answer, App, CurrentUser, Error, Form, May, Message, Page, permit::WriteAudiences, redirect_saying},
};

/// GET `/audiences/{id}/edit`
pub(in super::super) async fn edit(app: App, _who: May<WriteAudiences>, page: Page, id: web::Path<Id>) -> Answer {
    let saved = app.db.read(move |conn| load(conn, &id)).await?;
    page.render(&FormPage::of(&app, saved).await?)
}

/// POST `/audiences/{id}`: changes it, or saves what was typed as another.
pub(in super::super) async fn update(
    app: App,
    who: May<WriteAudiences>,
    page: Page,
    id: web::Path<Id>,
    form: Form,
) -> Answer {
    let id = id.into_inner();
    let wanted = id.clone();
    let saved = app.db.read(move |conn| load(conn, &wanted)).await?;
    let mut draft = Draft::read(form);
    let shown = FormPage::of(&app, saved).await?;
    let new = match draft.wish {
        Wish::Save | Wish::SaveAsNew => draft.audience(&shown.tags),
        Wish::Draw | Wish::Count => None,
    };
    let Some(new) = new else { return shown.draw(&app, &page, draft).await };
    if draft.wish == Wish::SaveAsNew {
        return new::save(&app, &who, draft.form, new).await;
    }
    let name = new.name.clone();
    if save(&app, &who, &id, draft.form.value("version").parse().unwrap_or(0), new).await? {
        return Ok(redirect_saying(&format!("/audiences/{id}"), Message::new("audiences.updated").with("name", name)));
    }
    conflict(&app, &page, id, draft).await
}

/// Answers whether it is now as it was typed. A second click finds that it is already, and changes nothing.
async fn save(app: &App, who: &CurrentUser, id: &Id, version: i64, to: NewAudience) -> Result<bool, Error> {
    let (id, user, now) = (id.clone(), who.clone(), app.clock.now());
    let change = move |conn: &mut Conn| -> Result<bool, Error> {
        if !store::update(conn, &id, version, &to, now)? {
            return Ok(load(conn, &id)?.is(&to));
        }
        let entry =
            Entry { action: Action::Changed, noun: Noun::Audience, id: id.as_str(), name: &to.name, detail: None };
        audit::record(conn, &user, now, &entry)?;
        Ok(true)
    };
    app.db.write(change).await
}

/// Somebody else was faster: what was typed stays, and saving it again is about what is there now.
async fn conflict(app: &App, page: &Page, id: Id, draft: Draft) -> Answer {
    let saved = app.db.read(move |conn| load(conn, &id)).await?;
    let mut shown = FormPage::of(app, saved).await?;
    let version = shown.form.value("version").to_owned();
    shown.form = draft.form;
    shown.form.set("version", version);
    shown.rule = draft.rule;
    shown.conflict = true;
    page.render_as(StatusCode::CONFLICT, &shown)
}
