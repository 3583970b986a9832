use super::{super::store, costly};
use crate::{
    db::{DbError, Id},
    web::{Answer, App, Form, Message, PERSON, Page, Query, filters, redirect},
};
use actix_session::Session;
use actix_web::{HttpRequest, http::StatusCode};
use askama::Template;

#[derive(Template)]
#[template(path = "accounts/sign_in.html")]
struct SignInPage {
    form: Form,
    /// Where to go afterwards; a path of ours.
    back: String,
    /// What was posted when the session had ended.
    kept: Option<Id>,
    /// Who can sign in to the demo.
    demo: Option<&'static [&'static str]>,
}

const DEMO: &[&str] = &["admin@demo.test", "marketer@demo.test", "manager@demo.test", "sales@demo.test"];

/// GET `/signin`
pub(in super::super) async fn new(app: App, page: Page, query: Query) -> Answer {
    if page.user().is_some() {
        return Ok(redirect("/"));
    }
    page.render(&SignInPage {
        form: Form::default(),
        back: ours(query.text("back")),
        kept: query.id("kept"),
        demo: app.demo.then_some(DEMO),
    })
}

/// POST `/signin`
pub(in super::super) async fn create(
    app: App,
    req: HttpRequest,
    session: Session,
    page: Page,
    mut form: Form,
) -> Answer {
    let email = form.required("email", 254);
    let password = form.value("password").to_owned();
    if password.is_empty() {
        form.refuse("password", Message::new("forms.required"));
    }
    let (back, kept) = (ours(form.value("back")), form.value("kept").parse::<Id>().ok());
    let again = |form: Form, status: StatusCode| {
        let demo = app.demo.then_some(DEMO);
        page.render_as(status, &SignInPage { form, back: back.clone(), kept: kept.clone(), demo })
    };
    if !form.is_valid() {
        return again(form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let address = address(&req);
    let now = app.clock.machine();
    let asked = (email.clone(), address.clone());
    let (wait, found) = app
        .db
        .read(move |conn| {
            let wait = store::wait_until(conn, &asked.0, &asked.1, now)?;
            Ok::<_, DbError>((wait, store::credentials(conn, &asked.0)?))
        })
        .await?;
    if let Some(until) = wait {
        let minutes = ((until - now).num_seconds() + 59) / 60;
        form.refuse("email", Message::new("accounts.wait").with("n", minutes));
        return again(form, StatusCode::TOO_MANY_REQUESTS);
    }
    let hasher = app.hasher.clone();
    let found = costly(move || {
        let stored = found.as_ref().map(|person| person.password_hash.as_str());
        let good = hasher.verify(&password, stored);
        found.filter(|_| good)
    })
    .await?;
    let Some(person) = found else {
        app.db.write(move |conn| store::failed(conn, &email, &address, now).map_err(DbError::from)).await?;
        form.refuse("password", Message::new("accounts.wrong"));
        return again(form, StatusCode::UNPROCESSABLE_ENTITY);
    };
    app.db.write(move |conn| store::got_in(conn, &email).map_err(DbError::from)).await?;
    session.clear();
    session.renew();
    session.insert(PERSON, person.id.as_str())?;
    Ok(match kept {
        Some(kept) => redirect(&format!("/kept/{kept}")),
        None => redirect(&back),
    })
}

/// POST `/signout`
pub(in super::super) async fn destroy(session: Session, _form: Form) -> Answer {
    session.purge();
    Ok(redirect("/signin"))
}

/// A path of this server, never another's address.
fn ours(back: &str) -> String {
    let ours = back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\n', '\r']);
    if ours { back.to_owned() } else { "/".to_owned() }
}

/// Whose wrong passwords are counted together. A proxy on the same machine or network says whom it
/// speaks for; anybody else's word is not taken.
fn address(req: &HttpRequest) -> String {
    let Some(peer) = req.peer_addr().map(|peer| peer.ip()) else { return "unknown".to_owned() };
    let near = match peer {
        std::net::IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        std::net::IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    };
    let said = req.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let said = said.and_then(|list| list.rsplit(',').next()).map(str::trim).filter(|text| text.len() <= 45);
    match said {
        Some(client) if near && !client.is_empty() => client.to_owned(),
        Some(_) | None => peer.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_way_back_stays_here() {
        for (back, goes) in [
            ("/schedules?q=x", "/schedules?q=x"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("", "/"),
        ] {
            assert_eq!(super::ours(back), goes);
        }
    }
}
