//! What vendors send to `/hooks/…`: stored as it came, answered at once, worked on afterwards.

use crate::channels::{
    INBOUND, Received,
    connection::{self, NotConnected},
    line, receive, store,
};
use actix_web::{HttpRequest, HttpResponse, ResponseError, http::StatusCode, web};
use tidings_base::{
    db::{DbError, Id},
    web::{App, Error, body},
};
use tidings_customers::channels::{ChannelKind, Connector};

/// The largest body that is read (4 MB); vendors send less.
const LIMIT: usize = 4 << 20;

/// POST `/hooks/line/{id}`
pub(crate) async fn line(app: App, req: HttpRequest, id: web::Path<Id>, payload: web::Payload) -> HttpResponse {
    let answer = async {
        let body = body(payload.into_inner(), LIMIT).await?;
        let account = app.db.read(move |conn| store::find(conn, &id).map_err(DbError::from)).await?;
        if account.kind != ChannelKind::Line || account.connector != Connector::Live {
            return Err(Error::NotFound);
        }
        let secrets = connection::load::<serde_json::Value, line::Secrets>(&app.db, app.outside.secret(), &account.id);
        let secrets = match secrets.await {
            Ok(stored) => stored.secrets,
            Err(NotConnected::Missing) => return Err(Error::NotFound),
            Err(e) => return Err(Error::internal(e)),
        };
        let signature = req.headers().get("x-line-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !line::signature::is_of(signature, &secrets.channel_secret, &body) {
            tracing::warn!(channel.id = %account.id, "a webhook without the right signature was refused");
            return Ok(StatusCode::UNAUTHORIZED);
        }
        let Ok(events) = line::cut(&body) else { return Ok(StatusCode::BAD_REQUEST) };
        if events.is_empty() {
            return Ok(StatusCode::OK);
        }
        let now = app.clock.now();
        let received = move |event: line::Keyed| Received { key: event.key, body: event.body, due_at: now };
        let events: Vec<_> = events.into_iter().map(received).collect();
        // On disk before LINE hears that it is here.
        app.db.write_durable(move |conn| receive(conn, &account.id, &events, now).map_err(DbError::from)).await?;
        app.wake.kind(INBOUND);
        Ok(StatusCode::OK)
    };
    let status = answer.await.unwrap_or_else(|e| {
        let status = e.status_code();
        if status.is_server_error() {
            // The vendor sends it again.
            tracing::error!(error = %e, "a webhook could not be stored");
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
        status
    });
    // A vendor reads no pages.
    HttpResponse::build(status).content_type("text/plain").body("")
}
