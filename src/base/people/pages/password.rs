use super::{super::store, edit::EditPage};
use crate::{
    accounts::{check_new, set_password},
    audit::{self, Action, Entry, Noun},
    db::{DbError, Id},
    web::{Answer, App, Form, May, Message, Page, end_sessions, permit::ManagePeople, redirect_saying},
};
use actix_web::web;

/// POST `/people/{id}/password`: an admin sets it; the person's sessions end.
pub(in super::super) async fn update(
    app: App,
    who: May<ManagePeople>,
    page: Page,
    id: web::Path<Id>,
    mut form: Form,
) -> Answer {
    let id = id.into_inner();
    let wanted = id.clone();
    let person = app.db.read(move |conn| store::find(conn, &wanted).map_err(DbError::from)).await?;
    let password = form.value("new").to_owned();
    check_new(&mut form, &password);
    if !form.is_valid() {
        return page.render_invalid(&EditPage { password: form, ..EditPage::of(person) });
    }
    let hasher = app.hasher.clone();
    let hash = tokio::task::spawn_blocking(move || hasher.hash(&password)).await.map_err(|_| DbError::Gone)?;
    let (user, now, name) = ((*who).clone(), app.clock.now(), person.name.clone());
    app.db
        .write(move |conn| {
            set_password(conn, &id, &hash)?;
            end_sessions(conn, &id, None)?;
            let entry = Entry {
                action: Action::PasswordChanged,
                noun: Noun::Person,
                id: id.as_str(),
                name: &name,
                detail: None,
            };
            audit::record(conn, &user, now, &entry).map_err(DbError::from)
        })
        .await?;
    Ok(redirect_saying("/people", Message::new("people.password_set").with("name", person.name)))
}
