use super::show::PersonPage;
use crate::{
    contacts::store::{self, Contact},
    tags::{self, Tag, TagName},
};
use actix_web::web;
use chrono::NaiveDateTime;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, DbError, Id, sql::Sql},
    web::{
        Answer, App, CurrentUser, Error, Form, May, Message, Page, permit::WriteContacts, redirect, redirect_saying,
    },
};

/// POST `/contacts/{id}/tags`: puts one on, which may be new.
pub(in super::super) async fn create(
    app: App,
    who: May<WriteContacts>,
    page: Page,
    id: web::Path<Id>,
    mut form: Form,
) -> Answer {
    let id = id.into_inner();
    let name = match TagName::new(form.value("tag")) {
        Ok(name) => name,
        Err(problem) => {
            form.refuse("tag", Message::new(problem.label()));
            let mut shown = PersonPage::load(&app, &who, id, None).await?;
            shown.tag_form = form;
            return page.render_invalid(&shown);
        }
    };
    let location = format!("/contacts/{id}#tags");
    let (user, scope, now) = (who.clone(), who.scope(), app.clock.now());
    let add = move |conn: &mut Conn| {
        let contact = store::find(conn, &scope, &id).map_err(DbError::from)?.ok_or(Error::NotFound)?;
        let tag = tags::get_or_create(conn, &name, now)?;
        let added = tags::add_to_all(conn, &tag, just(&contact), Some(&user.name), now)?;
        note(conn, &user, (&contact, &tag), added, Action::Tagged, now)?;
        Ok::<_, Error>(Message::new("contacts.tagged").with("name", &tag.name))
    };
    Ok(redirect_saying(&location, app.db.write(add).await?))
}

/// POST `/contacts/{id}/tags/{tag_id}/delete`: takes one off. It stays as a tag.
pub(in super::super) async fn destroy(app: App, who: May<WriteContacts>, ids: web::Path<(Id, Id)>, _: Form) -> Answer {
    let (id, tag_id) = ids.into_inner();
    let location = format!("/contacts/{id}#tags");
    let (user, scope, now) = (who.clone(), who.scope(), app.clock.now());
    let remove = move |conn: &mut Conn| {
        let contact = store::find(conn, &scope, &id).map_err(DbError::from)?.ok_or(Error::NotFound)?;
        let tag = tags::find(conn, &[tag_id])?.pop().ok_or(Error::NotFound)?;
        let removed = tags::remove_from_all(conn, &tag, just(&contact), Some(&user.name), now)?;
        note(conn, &user, (&contact, &tag), removed, Action::Untagged, now)
    };
    app.db.write(remove).await?;
    Ok(redirect(&location))
}

/// One contact, for statements over many.
fn just(contact: &Contact) -> Sql {
    let mut sql = Sql::new("select c.id as id from contacts c where c.id = ");
    sql.bind(&contact.id);
    sql
}

fn note(
    conn: &mut Conn,
    user: &CurrentUser,
    (contact, tag): (&Contact, &Tag),
    changed: usize,
    action: Action,
    now: NaiveDateTime,
) -> Result<(), Error> {
    if changed > 0 {
        let detail = Some(Message::new("contacts.tag_noted").with("name", &tag.name));
        let entry = Entry { action, noun: Noun::Contact, id: contact.id.as_str(), name: contact.shown_name(), detail };
        audit::record(conn, user, now, &entry)?;
    }
    Ok(())
}
