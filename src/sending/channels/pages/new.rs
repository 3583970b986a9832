//! `/channels/new`: which vendor, then its form.

use crate::channels::{
    Checked,
    connection::{self, Field, Input, VENDORS, Values, Vendor, vendor},
    store,
};
use askama::Template;
use std::time::Duration;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, DbError, Id},
    web::{
        Answer, App, Error, Form, May, Message, Page, Query, filters, permit::ManageChannels, redirect, redirect_saying,
    },
};
use tidings_customers::channels::{self, ChannelKind, Connector, NewChannel};

#[derive(Template)]
#[template(path = "channels/new.html")]
struct NewPage {
    vendors: &'static [&'static Vendor],
    /// The one that was chosen.
    vendor: Option<&'static Vendor>,
    form: Form,
}

impl NewPage {
    fn of(vendor: Option<&'static Vendor>, form: Form) -> Self {
        Self { vendors: VENDORS, vendor, form }
    }

    fn fields(&self) -> &'static [Field] {
        self.vendor.map_or(&[], |vendor| vendor.fields)
    }
}

/// GET `/channels/new`
pub(crate) async fn new(_user: May<ManageChannels>, page: Page, query: Query) -> Answer {
    let chosen = query.get::<ChannelKind>("kind").and_then(vendor);
    page.render(&NewPage::of(chosen, Form::default()))
}

/// POST `/channels`: the vendor is asked first, so that nothing is kept that does not work.
pub(crate) async fn create(app: App, user: May<ManageChannels>, page: Page, mut form: Form) -> Answer {
    let Some(vendor) = form.value("kind").parse().ok().and_then(vendor) else {
        return page.render_invalid(&NewPage::of(None, form));
    };
    let name = form.required("name", 100);
    let values = (vendor.read)(&mut form);
    let (Some(values), true) = (values, form.is_valid()) else {
        return page.render_invalid(&NewPage::of(Some(vendor), form));
    };
    let once = form.once();
    let spent = once.clone();
    if let Some(location) = app.db.read(move |conn| spent.spent(conn).map_err(DbError::from)).await? {
        return Ok(redirect(&location));
    }
    let Some(checked) = works(&app, vendor, &values, None, &mut form).await? else {
        return page.render_invalid(&NewPage::of(Some(vendor), form));
    };
    let said = Message::new("channels.connected").with("name", &name).with("x", &checked.name);
    let (by, now, secret) = ((*user).clone(), page.now(), app.outside.secret().clone());
    let connect = move |conn: &mut Conn| {
        let new = NewChannel {
            kind: vendor.kind,
            connector: Connector::Live,
            name: &name,
            rate_per_second: vendor.rate,
            failure_share: 0.0,
        };
        let id = channels::add(conn, &new, now)?;
        store::set_vendor_id(conn, &id, checked.vendor_id.as_deref())?;
        connection::save(conn, &secret, &id, &values.settings, &values.secrets, now).map_err(Error::internal)?;
        let detail = Some(Message::new("channels.audit_connected").with("name", &checked.name));
        let entry = Entry { action: Action::Created, noun: Noun::Channel, id: id.as_str(), name: &name, detail };
        audit::record(conn, &by, now, &entry)?;
        Ok::<_, Error>(format!("/channels/{id}"))
    };
    let location = app.db.write(move |conn| once.spend(conn, connect)).await?;
    Ok(redirect_saying(&location, said))
}

/// How long a vendor may take while somebody waits for the page.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks the vendor whether `values` work, for a new account or for the one named; what is wrong is
/// said beside the field it comes from.
pub(super) async fn works(
    app: &App,
    vendor: &Vendor,
    values: &Values,
    account: Option<(&Id, Option<&str>)>,
    form: &mut Form,
) -> Result<Option<Checked>, Error> {
    let first = vendor.fields.first().map_or("name", |field| field.name);
    if app.clock.anchor().is_some() && !(vendor.is_loopback)(&values.settings, app.outside.reach()) {
        form.refuse(first, Message::new("channels.clock_moved"));
        return Ok(None);
    }
    let channel = (vendor.channel)(values, &app.work());
    let asked = tokio::time::timeout(PATIENCE, channel.check()).await;
    let checked = match asked.unwrap_or_else(|_| Err(super::check::no_answer())) {
        Ok(checked) => checked,
        Err(trouble) => {
            form.refuse((vendor.blames)(&trouble), connection::words(&trouble));
            return Ok(None);
        }
    };
    let Some(vendor_id) = checked.vendor_id.clone() else { return Ok(Some(checked)) };
    if let Some((_, Some(known))) = account
        && known != vendor_id
    {
        // Its contacts are people of the other account.
        form.refuse(first, Message::new("channels.another_account").with("name", &checked.name));
        return Ok(None);
    }
    let kind = vendor.kind;
    let holder = app.db.read(move |conn| store::of_vendor(conn, kind, &vendor_id).map_err(DbError::from)).await?;
    if let Some(holder) = holder.filter(|holder| account.is_none_or(|(id, _)| holder.id != *id)) {
        let key = if holder.status.is_connected() { "channels.already" } else { "channels.was_here" };
        form.refuse(first, Message::new(key).with("name", &holder.name));
        return Ok(None);
    }
    Ok(Some(checked))
}
