use super::show::PersonPage;
use crate::{contacts::store, members};
use actix_web::web;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, DbError, Id},
    web::{Answer, App, Error, Form, May, Message, Page, permit::WriteContacts, redirect_saying},
};

/// POST `/contacts/{id}/salesperson`: who looks after the member; empty is nobody.
pub(in super::super) async fn update(
    app: App,
    who: May<WriteContacts>,
    page: Page,
    id: web::Path<Id>,
    mut form: Form,
) -> Answer {
    let id = id.into_inner();
    let wanted: Option<Id> = if form.value("salesperson").is_empty() { None } else { form.id("salesperson") };
    if form.is_valid() {
        let (user, scope, now, contact_id) = (who.clone(), who.scope(), app.clock.now(), id.clone());
        let bind = move |conn: &mut Conn| {
            let contact = store::find(conn, &scope, &contact_id).map_err(DbError::from)?.ok_or(Error::NotFound)?;
            let member_id = contact.member_id.as_ref().ok_or(Error::NotFound)?;
            let member = members::find(conn, member_id)?.ok_or(Error::NotFound)?;
            let known = store::salespeople(conn)?;
            let name = match &wanted {
                Some(id) => match known.iter().find(|(other, _)| other == id) {
                    Some((_, name)) => name.as_str(),
                    None => return Ok::<_, Error>(false),
                },
                None => "",
            };
            if members::bind(conn, &member, wanted.as_ref(), Some(&user.name), now)? {
                let detail = Some(Message::new("contacts.bound_noted").with("name", name));
                let id = contact_id.as_str();
                let entry =
                    Entry { action: Action::Changed, noun: Noun::Contact, id, name: contact.shown_name(), detail };
                audit::record(conn, &user, now, &entry)?;
            }
            Ok(true)
        };
        if app.db.write(bind).await? {
            return Ok(redirect_saying(&format!("/contacts/{id}"), Message::new("contacts.bound")));
        }
        form.refuse("salesperson", Message::new("forms.choice"));
    }
    let mut shown = PersonPage::load(&app, &who, id, None).await?;
    shown.salesperson_form = form;
    page.render_invalid(&shown)
}
