use super::show::PersonPage;
use crate::{
    consent::{self, Change, Consent, Source},
    contacts::store,
};
use actix_web::web;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, DbError, Id},
    web::{Answer, App, Error, Form, May, Message, Page, permit::WriteContacts, redirect_saying},
};

/// POST `/contacts/{id}/consent`
pub(in super::super) async fn create(
    app: App,
    who: May<WriteContacts>,
    page: Page,
    id: web::Path<Id>,
    mut form: Form,
) -> Answer {
    let id = id.into_inner();
    let to: Option<Consent> = form.choice("consent");
    let source: Option<Source> = form.choice("source");
    let version = form.value("version").parse::<i64>().ok();
    if source.is_some_and(|source| !Source::BY_HAND.contains(&source)) {
        form.refuse("source", Message::new("forms.choice"));
    }
    if let (Some(to), Some(source), true) = (to, source, form.is_valid()) {
        let (user, scope, now, contact_id) = (who.clone(), who.scope(), app.clock.now(), id.clone());
        let change = move |conn: &mut Conn| {
            let contact = store::find(conn, &scope, &contact_id).map_err(DbError::from)?.ok_or(Error::NotFound)?;
            if version != Some(contact.version) {
                return Ok::<_, Error>(false);
            }
            let by = Some(user.name.as_str());
            consent::change(conn, &Change { contact_id: &contact_id, to, source, by, at: now })?;
            let detail = Some(Message::new(to.label()));
            let name = contact.shown_name();
            let entry = Entry { action: Action::Changed, noun: Noun::Contact, id: contact_id.as_str(), name, detail };
            audit::record(conn, &user, now, &entry)?;
            Ok(true)
        };
        if app.db.write(change).await? {
            return Ok(redirect_saying(&format!("/contacts/{id}"), Message::new("contacts.consent_changed")));
        }
        form.refuse("consent", Message::new("contacts.changed_meanwhile"));
    }
    let mut shown = PersonPage::load(&app, &who, id, None).await?;
    // Sent again, it is about what the page shows now.
    form.set("version", shown.consent_form.value("version").to_owned());
    shown.consent_form = form;
    page.render_invalid(&shown)
}
