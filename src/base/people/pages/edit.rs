use super::{super::store, new::words, read};
use crate::{
    audit::{self, Action, Entry, Noun},
    db::{DbError, Id},
    web::{
        Answer, App, Error, Form, May, Message, Page, Role, end_sessions, filters, permit::ManagePeople,
        redirect_saying,
    },
};
use actix_web::{http::StatusCode, web};
use askama::Template;

#[derive(Template)]
#[template(path = "people/edit.html")]
pub(super) struct EditPage {
    pub(super) person: store::Row,
    pub(super) form: Form,
    pub(super) password: Form,
}

impl EditPage {
    pub(super) fn of(person: store::Row) -> Self {
        let mut fields = vec![
            ("name", person.name.clone()),
            ("email", person.email.clone()),
            ("active", if person.active { "yes" } else { "no" }.to_owned()),
            ("version", person.version.to_string()),
        ];
        fields.extend(person.roles().iter().map(|role| ("role", role.word().to_owned())));
        Self { person, form: Form::filled(fields), password: Form::default() }
    }
}

/// GET `/people/{id}/edit`
pub(in super::super) async fn edit(app: App, _who: May<ManagePeople>, page: Page, id: web::Path<Id>) -> Answer {
    let person = app.db.read(move |conn| store::find(conn, &id).map_err(DbError::from)).await?;
    page.render(&EditPage::of(person))
}

/// How a change ended.
enum Outcome {
    Done,
    /// The last admin stays one.
    LastAdmin,
    /// Somebody else has the address.
    EmailTaken,
    /// Somebody else was quicker.
    Changed,
}

/// POST `/people/{id}`
pub(in super::super) async fn update(
    app: App,
    who: May<ManagePeople>,
    page: Page,
    id: web::Path<Id>,
    mut form: Form,
) -> Answer {
    let id = id.into_inner();
    let wanted = id.clone();
    let before = app.db.read(move |conn| store::find(conn, &wanted).map_err(DbError::from)).await?;
    let (name, email, roles) = read(&mut form);
    let active = form.value("active") == "yes";
    let version: i64 = form.value("version").parse().map_err(|_| Error::BadRequest("no version"))?;
    if !form.is_valid() {
        return page.render_invalid(&EditPage { form, ..EditPage::of(before) });
    }
    let said = Message::new("people.changed").with("name", &name);
    let (user, now) = ((*who).clone(), app.clock.now());
    let (was_active, was, was_email) = (before.active, before.roles(), before.email.clone());
    let outcome = app
        .db
        .write(move |conn| {
            let stays_admin = active && roles.contains(&Role::Admin);
            if !stays_admin && was.contains(&Role::Admin) && !store::other_admin_exists(conn, &id)? {
                return Ok(Outcome::LastAdmin);
            }
            if email.to_lowercase() != was_email && store::exists(conn, &email)? {
                return Ok(Outcome::EmailTaken);
            }
            let change = store::Change { name, email, active, roles };
            if !store::update(conn, &id, version, &change)? {
                return Ok(Outcome::Changed);
            }
            if was != change.roles || was_active != active {
                end_sessions(conn, &id, None)?;
            }
            let action = match (was_active, active) {
                (true, false) => Action::Deactivated,
                (false, true) => Action::Activated,
                (true, true) | (false, false) => Action::Changed,
            };
            let detail = Some(Message::new("people.audit_roles").with("x", words(&change.roles)));
            let entry = Entry { action, noun: Noun::Person, id: id.as_str(), name: &change.name, detail };
            audit::record(conn, &user, now, &entry)?;
            Ok::<_, DbError>(Outcome::Done)
        })
        .await?;
    match outcome {
        Outcome::Done => return Ok(redirect_saying("/people", said)),
        Outcome::LastAdmin => form.refuse("role", Message::new("people.last_admin")),
        Outcome::EmailTaken => form.refuse("email", Message::new("people.email_taken")),
        Outcome::Changed => {
            // What was typed stays; sent again, it stands over what the other one saved.
            form.set("version", before.version.to_string());
            form.refuse("name", Message::new("people.conflict"));
            return page.render_as(StatusCode::CONFLICT, &EditPage { form, ..EditPage::of(before) });
        }
    }
    page.render_invalid(&EditPage { form, ..EditPage::of(before) })
}
