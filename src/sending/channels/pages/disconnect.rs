//! 中斷連接: names what depends on the account, then takes its way to the vendor away.

use crate::channels::{
    connection,
    store::{self, Dependents},
};
use actix_web::web::Path;
use askama::Template;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, Id},
    web::{Answer, App, Error, Form, May, Message, Page, filters, permit::ManageChannels, redirect_saying},
};
use tidings_customers::channels::{ChannelAccount, ChannelStatus, Connector};

#[derive(Template)]
#[template(path = "channels/disconnect.html")]
struct DisconnectPage {
    account: ChannelAccount,
    dependents: Dependents,
}

impl DisconnectPage {
    /// Whether the vendor sends events that nobody will take.
    fn is_called(&self) -> bool {
        connection::vendor(self.account.kind).is_some_and(|vendor| vendor.has_webhook)
    }
}

/// Only a live account that is connected can be disconnected.
fn find(conn: &mut Conn, id: &Id) -> Result<ChannelAccount, Error> {
    let account = store::find(conn, id)?;
    if account.connector != Connector::Live || !account.status.is_connected() {
        return Err(Error::Conflict(Message::new("channels.check.not_connected")));
    }
    Ok(account)
}

/// GET `/channels/{id}/disconnect`
pub(crate) async fn new(app: App, _user: May<ManageChannels>, page: Page, id: Path<Id>) -> Answer {
    let read = move |conn: &mut Conn| {
        let account = find(conn, &id)?;
        let dependents = store::dependents(conn, &account.id)?;
        Ok::<_, Error>(DisconnectPage { account, dependents })
    };
    let shown = app.db.read(read).await?;
    page.render(&shown)
}

/// POST `/channels/{id}/disconnect`: nothing else is changed; what was going out waits.
pub(crate) async fn create(app: App, user: May<ManageChannels>, page: Page, id: Path<Id>, _form: Form) -> Answer {
    let (by, now) = ((*user).clone(), page.now());
    let disconnect = move |conn: &mut Conn| {
        let account = find(conn, &id)?;
        connection::forget(conn, &account.id)?;
        store::set_status(conn, &account.id, ChannelStatus::Disconnected)?;
        let detail = Some(Message::new("channels.audit_disconnected"));
        let (id, name) = (account.id.as_str(), account.name.as_str());
        audit::record(conn, &by, now, &Entry { action: Action::Changed, noun: Noun::Channel, id, name, detail })?;
        Ok::<_, Error>(account)
    };
    let account = app.db.write(disconnect).await?;
    let said = Message::new("channels.was_disconnected").with("name", &account.name);
    Ok(redirect_saying(&format!("/channels/{}", account.id), said))
}
