use super::{
    super::{SHORTEST_PASSWORD, store},
    account::AccountPage,
    costly,
};
use crate::{
    audit::{self, Action, Entry, Noun},
    db::DbError,
    web::{Answer, App, Form, May, Message, Page, end_sessions, permit::UseWorkspace, redirect_saying},
};
use actix_session::Session;

/// POST `/account/password`: this session goes on under a new name, every other one ends.
pub(in super::super) async fn update(
    app: App,
    who: May<UseWorkspace>,
    session: Session,
    page: Page,
    mut form: Form,
) -> Answer {
    let id = who.id.clone();
    let stored = app.db.read(move |conn| store::password_hash(conn, &id).map_err(DbError::from)).await?;
    let (current, wanted) = (form.value("current").to_owned(), form.value("new").to_owned());
    let hasher = app.hasher.clone();
    if !costly(move || hasher.verify(&current, Some(&stored))).await? {
        form.refuse("current", Message::new("accounts.wrong_current"));
    }
    check_new(&mut form, &wanted);
    if form.value("again") != wanted {
        form.refuse("again", Message::new("accounts.not_the_same"));
    }
    if !form.is_valid() {
        return page.render_invalid(&AccountPage { password: form, ..AccountPage::of(&who) });
    }
    let hasher = app.hasher.clone();
    let hash = costly(move || hasher.hash(&wanted)).await?;
    let (user, now) = ((*who).clone(), app.clock.now());
    app.db
        .write(move |conn| {
            store::set_password(conn, &user.id, &hash)?;
            end_sessions(conn, &user.id, None)?;
            let (id, name) = (user.id.as_str(), user.name.as_str());
            let entry = Entry { action: Action::PasswordChanged, noun: Noun::Person, id, name, detail: None };
            audit::record(conn, &user, now, &entry).map_err(DbError::from)
        })
        .await?;
    session.renew();
    Ok(redirect_saying("/account", Message::new("accounts.password_changed")))
}

/// What every new password must be.
pub(crate) fn check_new(form: &mut Form, password: &str) {
    let length = password.chars().count();
    if length < SHORTEST_PASSWORD {
        form.refuse("new", Message::new("accounts.too_short").with("n", SHORTEST_PASSWORD).with("m", length));
    } else if length > 1000 {
        form.refuse("new", Message::new("forms.too_long").with("n", 1000).with("m", length));
    }
}
