use super::{super::store, read};
use crate::{
    accounts::check_new,
    audit::{self, Action, Entry, Noun},
    db::DbError,
    web::{Answer, App, Form, May, Message, Page, Role, filters, permit::ManagePeople, redirect_saying},
};
use askama::Template;

#[derive(Template)]
#[template(path = "people/new.html")]
struct NewPage {
    form: Form,
}

/// GET `/people/new`
pub(in super::super) async fn new(_who: May<ManagePeople>, page: Page) -> Answer {
    page.render(&NewPage { form: Form::default() })
}

/// POST `/people`
pub(in super::super) async fn create(app: App, who: May<ManagePeople>, page: Page, mut form: Form) -> Answer {
    let (name, email, roles) = read(&mut form);
    let password = form.value("new").to_owned();
    check_new(&mut form, &password);
    let wanted = email.clone();
    let once = form.once();
    if form.is_valid() && app.db.read(move |conn| store::exists(conn, &wanted).map_err(DbError::from)).await? {
        let asked = once.clone();
        // A second click finds the person that the first one added.
        match app.db.read(move |conn| asked.spent(conn).map_err(DbError::from)).await? {
            Some(location) => return Ok(crate::web::redirect(&location)),
            None => form.refuse("email", Message::new("people.email_taken")),
        }
    }
    if !form.is_valid() {
        return page.render_invalid(&NewPage { form });
    }
    let hasher = app.hasher.clone();
    let hash = tokio::task::spawn_blocking(move || hasher.hash(&password)).await.map_err(|_| DbError::Gone)?;
    let (user, now) = ((*who).clone(), app.clock.now());
    let said = Message::new("people.added").with("name", &name);
    let location = app
        .db
        .write(move |conn| {
            once.spend::<DbError>(conn, |conn| {
                let person = store::NewPerson { email: &email, name: &name, password_hash: &hash, roles: &roles };
                let id = store::add(conn, &person, now)?;
                let detail = Some(Message::new("people.audit_roles").with("x", words(&roles)));
                let entry = Entry { action: Action::Created, noun: Noun::Person, id: id.as_str(), name: &name, detail };
                audit::record(conn, &user, now, &entry)?;
                Ok("/people".to_owned())
            })
        })
        .await?;
    Ok(redirect_saying(&location, said))
}

pub(super) fn words(roles: &[Role]) -> String {
    roles.iter().map(|role| role.word()).collect::<Vec<_>>().join(", ")
}
