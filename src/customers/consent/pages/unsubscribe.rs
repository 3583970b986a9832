//! `/u/{token}`: where the readers of a mail say that they want no more of them. Opening the address
//! changes nothing, because programs open what stands in mails; pressing the button does, and so does
//! a mail program that posts by itself (RFC 8058): no session, no cookie, no token of a form.

use crate::consent::{Change, Consent, Source, change, store, unsubscribe};
use actix_web::web::{Path, Payload};
use askama::Template;
use futures_util::StreamExt;
use tidings_base::{
    db::DbError,
    web::{Answer, App, Error, Page, filters},
};

/// Longer than any body that a mail program posts, in bytes.
const LONGEST_BODY: usize = 16 << 10;

#[derive(Template)]
#[template(path = "consent/unsubscribe.html")]
struct UnsubscribePage {
    /// The identity that is meant, masked.
    identity: String,
    /// Whether nothing more will be sent.
    done: bool,
}

/// GET `/u/{token}`
pub(crate) async fn show(app: App, page: Page, token: Path<String>) -> Answer {
    let contact = unsubscribe::read(app.outside.secret(), &token).ok_or(Error::NotFound)?;
    let reader = app.db.read(move |conn| store::reader(conn, &contact).map_err(DbError::from)).await?;
    let done = reader.consent == Consent::Withdrawn;
    page.render(&UnsubscribePage { identity: unsubscribe::masked(&reader.identity), done })
}

/// POST `/u/{token}`: what the body says does not matter, the address says it all.
pub(crate) async fn create(app: App, page: Page, token: Path<String>, body: Payload) -> Answer {
    let contact = unsubscribe::read(app.outside.secret(), &token).ok_or(Error::NotFound)?;
    read_through(body).await?;
    let now = page.now();
    let reader = app
        .db
        .write(move |conn| {
            let reader = store::reader(conn, &contact)?;
            let source = Source::UnsubscribeLink;
            change(conn, &Change { contact_id: &contact, to: Consent::Withdrawn, source, by: None, at: now })?;
            Ok::<_, DbError>(reader)
        })
        .await?;
    page.render(&UnsubscribePage { identity: unsubscribe::masked(&reader.identity), done: true })
}

async fn read_through(mut body: Payload) -> Result<(), Error> {
    let mut read = 0;
    while let Some(chunk) = body.next().await {
        read += chunk.map_err(|_| Error::BadRequest("the body ended early"))?.len();
        if read > LONGEST_BODY {
            return Err(Error::TooLarge);
        }
    }
    Ok(())
}
