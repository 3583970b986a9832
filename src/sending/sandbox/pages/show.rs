//! `/sandbox/{id}`: one person's phone.

use crate::{
    messages::Rendered,
    sandbox::store::{self, Bubble, Person},
};
use actix_web::web::Path;
use askama::Template;
use chrono::NaiveDateTime;
use tidings_base::{
    db::{DbError, Id, Scope},
    web::{Answer, App, Error, Form, May, Page, filters, permit::UseWorkspace},
};
use tidings_customers::{channels::ChannelKind, consent::unsubscribe};

#[derive(Template)]
#[template(path = "sandbox/show.html")]
pub(super) struct ShowPage {
    person: Person,
    bubbles: Vec<Bubble>,
    form: Form,
    now: NaiveDateTime,
    /// Where the link at the foot of a mail leads.
    unsubscribe: Option<String>,
}

impl ShowPage {
    /// The key of what is known of a message to this person.
    fn state(&self, bubble: &Bubble) -> Option<&'static str> {
        let past = |at: Option<NaiveDateTime>| at.is_some_and(|at| at <= self.now);
        if bubble.is_mine {
            None
        } else if past(bubble.read_at) {
            Some("sandbox.read")
        } else if past(bubble.delivered_at) {
            Some("sandbox.delivered")
        } else {
            None
        }
    }
}

/// GET `/sandbox/{id}`
pub(crate) async fn show(app: App, user: May<UseWorkspace>, page: Page, id: Path<Id>) -> Answer {
    let shown = load(&app, user.scope(), id.into_inner(), Form::default(), page.now()).await?;
    page.render(&shown)
}

/// The page with what was typed.
pub(super) async fn load(app: &App, scope: Scope, id: Id, form: Form, now: NaiveDateTime) -> Result<ShowPage, Error> {
    let (person, bubbles) = app
        .db
        .read(move |conn| {
            let person = store::find(conn, &scope, &id)?;
            let bubbles = store::bubbles(conn, &person)?;
            Ok::<_, DbError>((person, bubbles))
        })
        .await?;
    let mails = person.account.kind == ChannelKind::Email && bubbles.iter().any(|bubble| !bubble.is_mine);
    let unsubscribe = mails.then(|| unsubscribe::path(app.outside.secret(), &person.id));
    Ok(ShowPage { person, bubbles, form, now, unsubscribe })
}
