use super::{
    super::{NewAudience, builder::RuleForm, store},
    draft::{Draft, LONGEST_NAME, Wish},
    form::FormPage,
    kind_of, kind_word, load,
};
use crate::channels;
use actix_web::web;
use chrono::NaiveDateTime;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, DbError, Id},
    web::{Answer, App, CurrentUser, Error, Form, May, Message, Page, Query, permit::WriteAudiences, redirect_saying},
};

/// GET `/audiences/new`: an empty form; `?kind=` chooses of whom. Who says nothing means those to whom something can
/// be sent: the contacts of the first account.
pub(in super::super) async fn new(app: App, _who: May<WriteAudiences>, page: Page, query: Query) -> Answer {
    let asked = query.text("kind");
    let kind = match kind_of(asked) {
        Some(kind) => kind,
        None => app
            .db
            .read(|conn| channels::connected(conn).map_err(DbError::from))
            .await?
            .first()
            .map(|account| account.kind),
    };
    page.render(&FormPage::new(&app, Form::filled([("kind", kind_word(kind))]), RuleForm::default()).await?)
}

/// GET `/audiences/{id}/copy`: the form of a new audience, filled from another.
pub(in super::super) async fn copy(app: App, _who: May<WriteAudiences>, page: Page, id: web::Path<Id>) -> Answer {
    let from = app.db.read(move |conn| load(conn, &id)).await?;
    let suffix = page.text("audiences.copy_suffix");
    let room = LONGEST_NAME - suffix.chars().count();
    let name = from.name.chars().take(room).collect::<String>() + &suffix;
    let form =
        Form::filled([("name", name.as_str()), ("description", &from.description), ("kind", kind_word(from.kind))]);
    page.render(&FormPage::new(&app, form, RuleForm::from(&from.rule)).await?)
}

/// POST `/audiences`
pub(in super::super) async fn create(app: App, who: May<WriteAudiences>, page: Page, form: Form) -> Answer {
    let mut draft = Draft::read(form);
    let shown = FormPage::new(&app, Form::default(), RuleForm::default()).await?;
    let new = match draft.wish {
        Wish::Save | Wish::SaveAsNew => draft.audience(&shown.tags),
        Wish::Draw | Wish::Count => None,
    };
    match new {
        Some(new) => save(&app, &who, draft.form, new).await,
        None => shown.draw(&app, &page, draft).await,
    }
}

/// Saves a new audience, once however often the form is sent.
pub(super) async fn save(app: &App, who: &CurrentUser, form: Form, new: NewAudience) -> Answer {
    let (user, now, name) = (who.clone(), app.clock.now(), new.name.clone());
    let effect = move |conn: &mut Conn| form.once().spend(conn, |conn| add(conn, &user, &new, now));
    let at = app.db.write(effect).await?;
    Ok(redirect_saying(&at, Message::new("audiences.created").with("name", name)))
}

fn add(conn: &mut Conn, who: &CurrentUser, new: &NewAudience, now: NaiveDateTime) -> Result<String, Error> {
    let id = store::add(conn, new, Some(&who.id), now)?;
    let entry = Entry { action: Action::Created, noun: Noun::Audience, id: id.as_str(), name: &new.name, detail: None };
    audit::record(conn, who, now, &entry)?;
    Ok(format!("/audiences/{id}"))
}
