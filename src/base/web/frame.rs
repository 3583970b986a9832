//! Around every handler: a reference for the log, the headers, and pages for what went wrong.

use super::{
    current_user::known,
    error::{self, Error},
    flash::redirect,
    kept,
    page::Page,
    permissions::Role,
    routes::{Access, Route, Verb},
};
use crate::db::{
    DbError,
    schema::{people, people_roles},
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web,
};
use diesel::prelude::*;
use tracing::Instrument;
use uuid::Uuid;

/// No script, style or picture but our own; nobody may put a page of ours into theirs.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Every route, for the frame to know which addresses need somebody to have signed in.
#[derive(Clone)]
pub struct Routes(pub std::sync::Arc<Vec<Route>>);

/// The middleware; it stands inside that of the sessions.
pub async fn frame(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let reference = Uuid::now_v7().simple().to_string();
    let span = tracing::info_span!("request", id = %reference, method = %req.method(), path = req.path());
    async {
        if let Some(answer) = signed_out(&mut req).await {
            return Ok(req.into_response(answer));
        }
        let answer = next.call(req).await?.map_into_boxed_body();
        let (req, answer) = answer.into_parts();
        let mut answer = explained(&req, answer, &reference).await;
        let headers = answer.headers_mut();
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "same-origin"),
            (header::X_FRAME_OPTIONS, "DENY"),
        ] {
            headers.insert(name, header::HeaderValue::from_static(value));
        }
        if let Ok(value) = header::HeaderValue::from_str(&reference) {
            headers.insert(header::HeaderName::from_static("x-request-id"), value);
        }
        Ok(ServiceResponse::new(req, answer))
    }
    .instrument(span)
    .await
}

/// A POST to an address behind the sign-in by nobody: what was typed is kept, and the way back is
/// part of the address of the sign-in page.
async fn signed_out(req: &mut ServiceRequest) -> Option<HttpResponse> {
    if req.method() != Method::POST {
        return None;
    }
    let pattern = req.match_pattern()?;
    let routes = req.app_data::<web::Data<Routes>>()?.clone();
    let route = routes.0.iter().find(|route| route.verb == Verb::Post && route.path == pattern)?;
    if !matches!(route.access, Access::To(_)) {
        return None;
    }
    let asked = req.request().clone();
    if known(&asked).await.ok()?.user.is_some() {
        return None;
    }
    let payload: Payload = req.take_payload();
    let kept = kept::keep(&asked, payload).await;
    Some(to_sign_in(&asked, kept.as_ref().map(crate::db::Id::as_str)))
}

fn to_sign_in(req: &HttpRequest, kept: Option<&str>) -> HttpResponse {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(kept) = kept {
        query.append_pair("kept", kept);
    } else if req.method() == Method::GET && req.uri().path() != "/" {
        let back = req.uri().path_and_query().map_or("/", |address| address.as_str());
        query.append_pair("back", back);
    }
    let query = query.finish();
    redirect(&if query.is_empty() { "/signin".to_owned() } else { format!("/signin?{query}") })
}

/// Draws the page of an error; other answers pass as they are.
async fn explained(req: &HttpRequest, answer: HttpResponse<BoxBody>, reference: &str) -> HttpResponse<BoxBody> {
    let status = answer.status();
    if let Some(Error::SignIn { .. }) = answer.error().and_then(|e| e.as_error()) {
        return to_sign_in(req, None);
    }
    let failed = status.is_client_error() || status.is_server_error();
    let drawn = answer.headers().contains_key(header::CONTENT_TYPE) && answer.error().is_none();
    if !failed || drawn {
        return answer;
    }
    let error = answer.error().and_then(|e| e.as_error::<Error>());
    // A path that cannot be read as an id names nothing.
    let status = match answer.error() {
        Some(e) if e.as_error::<actix_web::error::PathError>().is_some() => StatusCode::NOT_FOUND,
        Some(_) | None => status,
    };
    if let Some(Error::Internal(source)) = error {
        tracing::error!(error = %source, reference, "a page failed");
    } else if status.is_server_error() {
        tracing::warn!(%status, reference, "a page was refused");
    }
    match page(req, status, error, reference).await {
        Ok(page) => page,
        Err(e) => {
            tracing::error!(error = %e, reference, "the page of an error failed");
            HttpResponse::build(if status.is_server_error() { status } else { e.status_code() })
                .content_type("text/plain; charset=utf-8")
                .body(format!("Something went wrong. Reference: {reference}"))
        }
    }
}

async fn page(
    req: &HttpRequest,
    status: StatusCode,
    error: Option<&Error>,
    reference: &str,
) -> Result<HttpResponse, Error> {
    let page = Page::from_request(req, &mut Payload::None).await?;
    let admins = if status == StatusCode::FORBIDDEN && page.user().is_some() { admins(req).await? } else { Vec::new() };
    error::render(&page, status, error, admins, reference)
}

async fn admins(req: &HttpRequest) -> Result<Vec<String>, Error> {
    let app = req.app_data::<super::App>().ok_or_else(|| Error::internal("the application has no state"))?;
    let names = app.db.read(|conn| {
        people::table
            .inner_join(people_roles::table.on(people_roles::person_id.eq(people::id)))
            .filter(people::active)
            .filter(people_roles::role.eq(Role::Admin))
            .select(people::name)
            .order(people::name)
            .limit(5)
            .load(conn)
            .map_err(DbError::from)
    });
    Ok(names.await?)
}
