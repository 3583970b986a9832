//! `/channels/{id}`: how one account sends.

use crate::channels::{
    connection::{Vendor, vendor},
    store,
};
use actix_web::{http::StatusCode, web::Path};
use askama::Template;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{DbError, Id},
    web::{Answer, App, Error, Form, May, Message, Page, filters, permit::ManageChannels, redirect_saying},
};
use tidings_customers::channels::{ChannelAccount, ChannelStatus, Connector};

/// Fast enough for every vendor there is; more is a slip of the finger.
const FASTEST: i64 = 100_000;

#[derive(Template)]
#[template(path = "channels/edit.html")]
struct EditPage {
    account: ChannelAccount,
    form: Form,
    /// Where the vendor sends what happens, if it does.
    webhook: Option<String>,
}

impl EditPage {
    fn of(account: ChannelAccount, app: &App) -> Self {
        let form = Form::filled([
            ("name", account.name.clone()),
            ("rate", account.rate_per_second.to_string()),
            ("failures", percent(account.failure_share)),
            ("version", account.version.to_string()),
        ]);
        Self::with(account, form, app)
    }

    fn with(account: ChannelAccount, form: Form, app: &App) -> Self {
        let called = live(&account).filter(|vendor| vendor.has_webhook && account.status.is_connected());
        let webhook = called.map(|vendor| format!("{}/hooks/{}/{}", app.outside.public_url(), vendor.kind, account.id));
        Self { account, form, webhook }
    }

    /// Whether there is a form for its way to the vendor.
    fn can_connect(&self) -> bool {
        live(&self.account).is_some()
    }

    fn tone(&self) -> &'static str {
        tone(self.account.status)
    }

    fn is_sandbox(&self) -> bool {
        self.account.connector == Connector::Sandbox
    }
}

/// GET `/channels/{id}`
pub(crate) async fn edit(app: App, _user: May<ManageChannels>, page: Page, id: Path<Id>) -> Answer {
    let account = app.db.read(move |conn| store::find(conn, &id).map_err(DbError::from)).await?;
    page.render(&EditPage::of(account, &app))
}

/// POST `/channels/{id}`
pub(crate) async fn update(app: App, user: May<ManageChannels>, page: Page, id: Path<Id>, mut form: Form) -> Answer {
    let account = app.db.read(move |conn| store::find(conn, &id).map_err(DbError::from)).await?;
    let name = form.required("name", 100);
    let rate = form.number("rate", 1..=FASTEST);
    let failures = match account.connector {
        Connector::Sandbox => share(&mut form),
        Connector::Live => Some(account.failure_share),
    };
    let version: i64 = form.value("version").parse().map_err(|_| Error::BadRequest("no version"))?;
    let (Some(rate), Some(failures), true) = (rate, failures, form.is_valid()) else {
        return page.render_invalid(&EditPage::with(account, form, &app));
    };
    let said = Message::new("channels.changed").with("name", &name);
    let (by, now, id) = ((*user).clone(), page.now(), account.id.clone());
    let changed = app
        .db
        .write(move |conn| {
            let change = store::Change { name: &name, rate_per_second: rate, failure_share: failures };
            let changed = store::update(conn, &id, version, &change)?;
            if changed {
                let detail = Message::new("channels.audit_changed").with("n", rate).with("x", percent(failures));
                let entry = Entry {
                    action: Action::Changed,
                    noun: Noun::Channel,
                    id: id.as_str(),
                    name: &name,
                    detail: Some(detail),
                };
                audit::record(conn, &by, now, &entry)?;
            }
            Ok::<_, DbError>(changed)
        })
        .await?;
    if changed {
        return Ok(redirect_saying("/channels", said));
    }
    // What was typed stays; sent again, it stands over what the other one saved.
    form.set("version", account.version.to_string());
    form.refuse("name", Message::new("channels.conflict"));
    page.render_as(StatusCode::CONFLICT, &EditPage::with(account, form, &app))
}

/// The vendor of a live account that is connected by form.
fn live(account: &ChannelAccount) -> Option<&'static Vendor> {
    vendor(account.kind).filter(|_| account.connector == Connector::Live)
}

/// A share as per cent, typed with up to two decimals.
fn share(form: &mut Form) -> Option<f64> {
    let typed = form.value("failures").trim().trim_end_matches('%').trim().parse::<f64>().ok();
    let share =
        typed.filter(|percent| (0.0..=100.0).contains(percent)).map(|percent| (percent * 100.0).round() / 10_000.0);
    if share.is_none() {
        form.refuse("failures", Message::new("channels.failures_wrong"));
    }
    share
}

/// `2.5` of 0.025.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2}", share * 100.0).trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The tone of a status' badge.
pub(super) fn tone(status: ChannelStatus) -> &'static str {
    match status {
        ChannelStatus::Ready => "running",
        ChannelStatus::Paused => "paused",
        ChannelStatus::Trouble => "failed",
        ChannelStatus::Disconnected => "ended",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_typed_in_per_cent() {
        for (typed, wanted) in [
            ("0", Some(0.0)),
            ("2.5", Some(0.025)),
            ("100 %", Some(1.0)),
            ("101", None),
            ("-1", None),
            ("NaN", None),
            ("x", None),
        ] {
            let mut form = Form::filled([("failures", typed)]);
            assert_eq!(share(&mut form), wanted, "{typed}");
            assert_eq!(form.is_valid(), wanted.is_some());
        }
        assert_eq!([percent(0.0), percent(0.025), percent(1.0)], ["0", "2.5", "100"]);
    }
}
