//! `/broadcasts/{id}/confirm`: who gets it, who does not and why, what, when and at what cost; then
//! one button.

use crate::broadcasts::{
    jobs::START,
    model::{BroadcastStatus, Who},
    store::{self, Broadcast, Confirmed, Outlook},
};
use actix_web::{http::StatusCode, web::Path};
use askama::Template;
use chrono::NaiveDateTime;
use std::time::Duration;
use tidings_base::{
    audit::Action,
    db::{DbError, Id},
    web::{
        Answer, App, Error, Form, May, Message, Page, filters, permit::ManageBroadcasts, redirect, redirect_saying,
        redirect_warning,
    },
};
use tidings_customers::{
    channels::{ChannelAccount, ChannelStatus, Connector},
    tags::Tag,
};
use tidings_sending::{
    channels::{Quota, Trouble, connectors},
    images,
    messages::{Addressee, Bubble, Heading},
};

/// How long the vendor may take to say what is left of its quota.
const ASKING: Duration = Duration::from_secs(3);

#[derive(Template)]
#[template(path = "broadcasts/confirm.html")]
struct ConfirmPage {
    broadcast: Broadcast,
    account: ChannelAccount,
    /// Of its people, in words.
    conditions: Vec<String>,
    tags: Vec<Tag>,
    outlook: Outlook,
    /// None where the vendor did not say.
    quota: Option<Quota>,
    /// What keeps it from going out.
    refusals: Vec<Refusal>,
    notice: Option<Message>,
    now: NaiveDateTime,
}

/// What keeps a broadcast from being sent, and where that is mended.
#[derive(Clone, Debug)]
struct Refusal {
    says: Message,
    /// Where to, and the key of what the link says.
    way: Option<(String, &'static str)>,
}

/// GET `/broadcasts/{id}/confirm`
pub(crate) async fn new(app: App, _user: May<ManageBroadcasts>, page: Page, id: Path<Id>) -> Answer {
    let shown = load(&app, &page, &id, None).await?;
    if shown.broadcast.status() != BroadcastStatus::Draft {
        return Ok(redirect(&format!("/broadcasts/{id}")));
    }
    page.render(&shown)
}

/// POST `/broadcasts/{id}/confirm`: sends it, or lets it wait for its time.
pub(crate) async fn create(app: App, user: May<ManageBroadcasts>, page: Page, id: Path<Id>, form: Form) -> Answer {
    let version: i64 = form.value("version").parse().map_err(|_| Error::BadRequest("no version"))?;
    let once = form.once();
    let spent = once.clone();
    // A second click comes when the first has made it no draft any more.
    if let Some(location) = app.db.read(move |conn| spent.spent(conn).map_err(DbError::from)).await?
        && !location.is_empty()
    {
        return Ok(redirect(&location));
    }
    let mut shown = load(&app, &page, &id, None).await?;
    if shown.broadcast.status() != BroadcastStatus::Draft {
        let name = &shown.broadcast.name;
        return Ok(redirect_warning(
            &format!("/broadcasts/{id}"),
            Message::new("broadcasts.sent_before").with("name", name),
        ));
    }
    if shown.broadcast.version != version {
        shown.notice = Some(Message::new("broadcasts.changed_meanwhile"));
        return page.render_as(StatusCode::CONFLICT, &shown);
    }
    if !shown.refusals.is_empty() {
        return page.render_invalid(&shown);
    }
    let (by, now, broadcast, outlook) = ((*user).clone(), page.now(), shown.broadcast.clone(), shown.outlook.clone());
    let confirmed = app
        .db
        .write(move |conn| {
            once.spend(conn, |conn| {
                let (will, left_out) = (outlook.will, outlook.left_out_total());
                let confirmed = Confirmed { will, left_out, by: &by.id, now };
                if !store::confirm(conn, &broadcast, confirmed)? {
                    return Err(Error::Conflict(Message::new("broadcasts.conflict")));
                }
                let detail = Message::new("broadcasts.audit_confirmed").with("n", will).with("m", left_out);
                super::record(conn, &by, now, Action::Published, (&broadcast.id, &broadcast.name), Some(detail))?;
                Ok::<_, Error>(format!("/broadcasts/{}", broadcast.id))
            })
        })
        .await;
    match confirmed {
        Ok(location) => {
            app.wake.kind(START);
            let key = if shown.broadcast.send_at.is_some() { "broadcasts.scheduled" } else { "broadcasts.begun" };
            let said = Message::new(key).with("name", &shown.broadcast.name).with("n", shown.outlook.will);
            Ok(redirect_saying(&location, said))
        }
        Err(Error::Conflict(_)) => {
            let again = load(&app, &page, &id, Some(Message::new("broadcasts.changed_meanwhile"))).await?;
            page.render_as(StatusCode::CONFLICT, &again)
        }
        Err(e) => Err(e),
    }
}

async fn load(app: &App, page: &Page, id: &Id, notice: Option<Message>) -> Result<ConfirmPage, Error> {
    let (broadcast, account) = super::find(app, id).await?;
    super::stand(page, &broadcast);
    let (read, now) = (broadcast.clone(), page.now());
    let (outlook, tags, named) = app
        .db
        .read(move |conn| {
            let outlook = store::outlook(conn, &read, now)?;
            Ok::<_, DbError>((outlook, store::tags_of(conn, &read.id)?, super::named_tags(conn, &read.who)?))
        })
        .await?;
    let mut refusals = Vec::new();
    let edit = || Some((format!("/broadcasts/{}/edit", broadcast.id), "broadcasts.edit"));
    let outlook = outlook.unwrap_or_else(|problem| {
        refusals.push(Refusal { says: Message::new(problem.label()), way: edit() });
        Outlook::default()
    });
    if account.status != ChannelStatus::Ready {
        let says = Message::new("broadcasts.refused.account").with("name", &account.name);
        refusals.push(Refusal { says, way: Some((format!("/channels/{}", account.id), "broadcasts.see_channel")) });
    }
    if broadcast.send_at.is_some_and(|at| at <= now) {
        refusals.push(Refusal { says: Message::new("broadcasts.refused.past"), way: edit() });
    }
    if broadcast.content.check(account.kind).is_err() {
        refusals.push(Refusal { says: Message::new("broadcasts.refused.content"), way: edit() });
    }
    let unseen = images::warning(&app.outside, account.kind, account.connector);
    if let Some(says) = unseen.filter(|_| broadcast.content.images().next().is_some()) {
        refusals.push(Refusal { says, way: edit() });
    }
    if refusals.is_empty() && outlook.will == 0 {
        refusals.push(Refusal { says: Message::new("broadcasts.refused.nobody"), way: edit() });
    }
    let quota = quota(app, &account).await;
    let (quota, trouble) = match quota {
        Ok(quota) => (quota, None),
        Err(stop) => (None, Some(stop)),
    };
    if let Some(detail) = trouble {
        let says = Message::new("broadcasts.refused.trouble").with("name", &account.name).with("x", detail);
        refusals.push(Refusal { says, way: Some((format!("/channels/{}", account.id), "broadcasts.see_channel")) });
    }
    if let Some(left) = quota.filter(|quota| !quota.fits(outlook.will)).and_then(|quota| quota.left()) {
        let says = Message::new("broadcasts.refused.quota").with("n", outlook.will).with("m", left);
        refusals.push(Refusal { says, way: edit() });
    }
    let conditions = super::conditions(&broadcast.who, &named, page);
    Ok(ConfirmPage { broadcast, account, conditions, tags, outlook, quota, refusals, notice, now })
}

/// What the vendor says of its quota; none if it does not say in time, an error where nobody will get
/// anything until a person acts.
async fn quota(app: &App, account: &ChannelAccount) -> Result<Option<Quota>, String> {
    let Some(channel) = connectors()(account, &app.work()) else { return Ok(None) };
    match tokio::time::timeout(ASKING, channel.quota()).await {
        Ok(Ok(quota)) => Ok(Some(quota)),
        Ok(Err(Trouble::Stop(stop))) => Err(stop.detail),
        Ok(Err(Trouble::Later { detail })) => {
            tracing::info!(channel.id = %account.id, detail, "the vendor did not say what is left of the quota");
            Ok(None)
        }
        Err(_) => Ok(None),
    }
}

impl ConfirmPage {
    fn heading(&self, name: &str) -> Option<Heading> {
        self.broadcast.content.heading(&Addressee { name, last_known_name: None })
    }

    fn bubbles(&self, name: &str) -> Vec<Bubble> {
        self.broadcast.content.preview(&Addressee { name, last_known_name: None })
    }

    /// Whether the vendor counts what is sent.
    fn has_quota(&self) -> bool {
        self.account.connector == Connector::Live && self.quota.is_none_or(|quota| quota.limit.is_some())
    }

    /// Less than an hour to its time: then it can hardly be changed any more.
    fn is_soon(&self) -> bool {
        self.broadcast.send_at.is_some_and(|at| at - self.now < chrono::TimeDelta::hours(1))
    }
}
