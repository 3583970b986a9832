//! `/channels/{id}/connection`: new secrets for an account, or its first ones again.

use super::new::works;
use crate::channels::{
    connection::{self, Field, Input, NotConnected, Vendor, vendor},
    store,
};
use actix_web::web::Path;
use askama::Template;
use serde_json::Value;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{DbError, Id},
    web::{Answer, App, Error, Form, May, Message, Page, filters, permit::ManageChannels, redirect_saying},
};
use tidings_customers::channels::{ChannelAccount, ChannelStatus, Connector};

#[derive(Template)]
#[template(path = "channels/connection.html")]
struct ConnectionPage {
    account: ChannelAccount,
    vendor: &'static Vendor,
    form: Form,
}

impl ConnectionPage {
    fn fields(&self) -> &'static [Field] {
        self.vendor.fields
    }

    fn title(&self) -> &'static str {
        if self.is_kept() { "channels.rotate" } else { "channels.connect_again" }
    }

    fn about(&self) -> &'static str {
        if self.is_kept() { "channels.rotate_about" } else { "channels.connect_again_about" }
    }

    fn submit(&self) -> &'static str {
        if self.is_kept() { "channels.rotate_now" } else { "channels.connect_now" }
    }

    /// Whether there is something that an empty field leaves as it is.
    fn is_kept(&self) -> bool {
        self.account.status.is_connected()
    }
}

/// The account, its vendor and what is stored; nothing is kept of one that was disconnected.
async fn load(app: &App, id: Id) -> Result<(ChannelAccount, &'static Vendor, Value, Value), Error> {
    let account = app.db.read(move |conn| store::find(conn, &id).map_err(DbError::from)).await?;
    let vendor = vendor(account.kind).filter(|_| account.connector == Connector::Live).ok_or(Error::NotFound)?;
    let stored = connection::load::<Value, Value>(&app.db, app.outside.secret(), &account.id).await;
    match stored {
        Ok(stored) => Ok((account, vendor, stored.settings, stored.secrets)),
        Err(NotConnected::Missing) => Ok((account, vendor, Value::Null, Value::Null)),
        Err(e) => Err(Error::internal(e)),
    }
}

/// GET `/channels/{id}/connection`
pub(crate) async fn edit(app: App, _user: May<ManageChannels>, page: Page, id: Path<Id>) -> Answer {
    let (account, vendor, settings, _) = load(&app, id.into_inner()).await?;
    let mut form = Form::filled([("version", account.version.to_string())]);
    vendor.fill(&mut form, &settings);
    page.render(&ConnectionPage { account, vendor, form })
}

/// POST `/channels/{id}/connection`
pub(crate) async fn update(app: App, user: May<ManageChannels>, page: Page, id: Path<Id>, mut form: Form) -> Answer {
    let (account, vendor, _, kept) = load(&app, id.into_inner()).await?;
    let values = vendor.read_again(&mut form, &kept);
    let (Some(values), true) = (values, form.is_valid()) else {
        return page.render_invalid(&ConnectionPage { account, vendor, form });
    };
    let known = Some((&account.id, account.vendor_id.as_deref()));
    let Some(checked) = works(&app, vendor, &values, known, &mut form).await? else {
        return page.render_invalid(&ConnectionPage { account, vendor, form });
    };
    let again = !account.status.is_connected();
    let key = if again { "channels.connected" } else { "channels.rotated" };
    let said = Message::new(key).with("name", &account.name).with("x", &checked.name);
    let at = format!("/channels/{}", account.id);
    let (by, now, secret) = ((*user).clone(), page.now(), app.outside.secret().clone());
    app.db
        .write(move |conn| {
            let (id, name) = (&account.id, &account.name);
            connection::save(conn, &secret, id, &values.settings, &values.secrets, now).map_err(Error::internal)?;
            store::set_vendor_id(conn, id, checked.vendor_id.as_deref())?;
            if again {
                store::set_status(conn, id, ChannelStatus::Ready)?;
            }
            let key = if again { "channels.audit_connected" } else { "channels.audit_rotated" };
            let detail = Some(Message::new(key).with("name", &checked.name));
            let entry = Entry { action: Action::Changed, noun: Noun::Channel, id: id.as_str(), name, detail };
            Ok::<_, Error>(audit::record(conn, &by, now, &entry)?)
        })
        .await?;
    Ok(redirect_saying(&at, said))
}
