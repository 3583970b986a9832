//! The form of a broadcast, whether it is new or changed, and the phone beside it.

use crate::broadcasts::{
    draft::{self, Against, When},
    model::{Who, WhoKind},
    store::{self, Broadcast, Outlook},
};
use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;
use chrono::{Days, NaiveDateTime};
use chrono_tz::Tz;
use std::time::Duration;
use tidings_base::{
    db::{Conn, DbError},
    outside::Outside,
    web::{App, Error, Form, Message, Page, Permission, filters},
    zones,
};
use tidings_customers::{
    audiences::{self, Lens},
    channels::{self, ChannelAccount, ChannelStatus},
    consent::Consent,
    tags::{self, Tag},
};
use tidings_sending::{
    images,
    messages::{Addressee, Bubble, Composer, Content, Heading},
};

#[derive(Template)]
#[template(path = "broadcasts/form.html")]
pub(super) struct FormPage {
    form: Form,
    /// What is changed; none for a new one.
    editing: Option<Broadcast>,
    accounts: Vec<ChannelAccount>,
    account: ChannelAccount,
    audiences: Vec<audiences::Choice>,
    tags: Vec<Tag>,
    /// How many contacts are picked.
    picked: i64,
    /// What would become of the people chosen, if it went out now; none where nobody asked or counting took too long.
    reach: Option<Outlook>,
    /// Something to know above the form: that somebody else changed it meanwhile, for one.
    notice: Option<Message>,
    /// What will keep its pictures from arriving.
    warning: Option<Message>,
    now: NaiveDateTime,
}

/// What a form is read and drawn against.
pub(super) struct Choices {
    pub(super) accounts: Vec<ChannelAccount>,
    pub(super) audiences: Vec<audiences::Choice>,
    tags: Vec<Tag>,
    reach: Option<Outlook>,
    outside: Outside,
}

/// Counting people may not hold the form up.
const PATIENCE: Duration = Duration::from_secs(2);

impl Choices {
    pub(super) async fn load(app: &App) -> Result<Self, Error> {
        let outside = app.outside.clone();
        app.db.read(|conn| Self::read(conn, outside).map_err(Error::from)).await
    }

    fn read(conn: &mut Conn, outside: Outside) -> Result<Self, DbError> {
        let accounts = channels::connected(conn)?.into_iter().filter(|account| draft::takes_broadcasts(account.kind));
        let (audiences, tags) = (audiences::choices(conn)?, tags::all(conn)?);
        Ok(Self { accounts: accounts.collect(), audiences, tags, reach: None, outside })
    }

    /// The account that the form names, else the first that can send, else any.
    pub(super) fn account(&self, form: &Form) -> Option<&ChannelAccount> {
        let named = self.accounts.iter().find(|account| account.id.as_str() == form.value("account"));
        let ready = || self.accounts.iter().find(|account| account.status == ChannelStatus::Ready);
        named.or_else(ready).or_else(|| self.accounts.first())
    }

    /// Counts whom the form reaches as it is.
    pub(super) async fn count(
        &mut self,
        app: &App,
        page: &Page,
        form: &Form,
        editing: Option<&Broadcast>,
    ) -> Result<(), Error> {
        let Some(account) = self.account(form) else { return Ok(()) };
        let Some((who, picked)) = draft::chosen(form, &self.against(account, page, editing)) else { return Ok(()) };
        let (channel, lens) = (account.id.clone(), Lens { now: page.now(), zone: page.tz() });
        let counted = move |conn: &mut Conn| store::reach(conn, &channel, &who, &picked, &lens).map_err(DbError::from);
        self.reach = match app.db.read_within(PATIENCE, counted).await {
            Ok(reach) => reach,
            Err(e) if e.is_busy() => None,
            Err(e) => return Err(e.into()),
        };
        Ok(())
    }

    /// What the form is read against.
    pub(super) fn against<'a>(
        &'a self,
        account: &'a ChannelAccount,
        page: &Page,
        editing: Option<&Broadcast>,
    ) -> Against<'a> {
        let scheduled = editing.is_some_and(|broadcast| broadcast.status().can_cancel());
        Against { account, audiences: &self.audiences, zone: page.tz(), now: page.now(), scheduled }
    }
}

/// Draws the form, or what to do first where there is no account.
pub(super) fn draw(
    page: &Page,
    status: StatusCode,
    choices: Choices,
    form: Form,
    editing: Option<Broadcast>,
    notice: Option<Message>,
) -> Result<HttpResponse, Error> {
    let Some(account) = choices.account(&form).cloned() else { return page.render(&NoAccountPage) };
    if let Some(broadcast) = &editing {
        super::stand(page, broadcast);
    }
    let picked = draft::picked(&form).len() as i64;
    let warning = images::warning(&choices.outside, account.kind, account.connector);
    let Choices { accounts, audiences, tags, reach, .. } = choices;
    let now = page.now();
    let shown = FormPage { form, editing, accounts, account, audiences, tags, picked, reach, notice, warning, now };
    page.render_as(status, &shown)
}

/// Without an account there is nothing to send over.
#[derive(Template)]
#[template(path = "broadcasts/no_account.html")]
struct NoAccountPage;

/// The first values of a new one: to everybody, at once; if later, tomorrow at ten.
pub(super) fn blank(now: NaiveDateTime, zone: Tz) -> Vec<(String, String)> {
    let tomorrow = zones::local(zone, now).date() + Days::new(1);
    [
        ("who", WhoKind::Matching.word().to_owned()),
        ("when", When::Now.word().to_owned()),
        ("date", tomorrow.to_string()),
        ("time", "10:00".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

/// The fields of a broadcast that there is.
pub(super) fn filled(
    conn: &mut Conn,
    broadcast: &Broadcast,
    now: NaiveDateTime,
    zone: Tz,
) -> Result<Vec<(String, String)>, DbError> {
    let mut fields = vec![
        ("name".to_owned(), broadcast.name.clone()),
        ("account".to_owned(), broadcast.channel_id.to_string()),
        ("who".to_owned(), broadcast.who.kind().word().to_owned()),
        ("version".to_owned(), broadcast.version.to_string()),
    ];
    match &broadcast.who {
        Who::Matching(filter) => {
            fields.extend(filter.pairs().into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        Who::Picked => {
            let picked = store::picked(conn, &broadcast.id)?;
            fields.extend(picked.into_iter().map(|id| ("contact".to_owned(), id.to_string())));
        }
        Who::Audience { id, .. } => {
            fields.extend(id.iter().map(|id| ("audience".to_owned(), id.to_string())));
        }
    }
    let times = blank(now, zone).into_iter().filter(|(name, _)| name == "date" || name == "time");
    match broadcast.send_at.map(|at| zones::local(zone, at)) {
        None => {
            fields.push(("when".to_owned(), When::Now.word().to_owned()));
            fields.extend(times);
        }
        Some(at) => fields.extend([
            ("when".to_owned(), When::Later.word().to_owned()),
            ("date".to_owned(), at.date().to_string()),
            ("time".to_owned(), at.format("%H:%M").to_string()),
        ]),
    }
    let tags = store::tags_of(conn, &broadcast.id)?;
    fields.extend(tags.into_iter().map(|tag| ("add_tag".to_owned(), tag.id.to_string())));
    fields.extend(broadcast.content.to_fields());
    Ok(fields)
}

impl FormPage {
    fn title(&self) -> &'static str {
        if self.editing.is_some() { "broadcasts.edit_title" } else { "broadcasts.new" }
    }

    fn action(&self) -> String {
        self.editing.as_ref().map_or_else(|| "/broadcasts".to_owned(), |one| format!("/broadcasts/{}", one.id))
    }

    fn back(&self) -> String {
        self.editing.as_ref().map_or_else(|| "/broadcasts".to_owned(), |one| format!("/broadcasts/{}", one.id))
    }

    /// Whether it waits for its time already.
    fn is_scheduled(&self) -> bool {
        self.editing.as_ref().is_some_and(|one| one.status().can_cancel())
    }

    /// Less than an hour before its time, changing it is advised against.
    fn is_late_to_change(&self) -> bool {
        let soon = |at: NaiveDateTime| at - self.now < chrono::TimeDelta::hours(1);
        self.is_scheduled() && self.editing.as_ref().and_then(|one| one.send_at).is_some_and(soon)
    }

    /// Whether tags are chosen or named, or something is wrong with them.
    fn adds_tags(&self) -> bool {
        let named = |name| !self.form.value(name).is_empty() || self.form.error(name).is_some();
        named("add_tag") || named("new_tags")
    }

    fn submit(&self) -> &'static str {
        if self.is_scheduled() { "broadcasts.save" } else { "broadcasts.next" }
    }

    /// Audiences of the account's channel, and the one that is chosen.
    fn audiences_of_kind(&self) -> impl Iterator<Item = &audiences::Choice> {
        self.audiences.iter().filter(|audience| {
            audience.kind == Some(self.account.kind) || audience.id.as_str() == self.form.value("audience")
        })
    }

    fn composer(&self) -> Composer<'_> {
        Composer::new(&self.form, self.account.kind).warned(self.warning.clone())
    }

    /// The message as somebody of the shop would see it.
    fn bubbles(&self, name: &str) -> Vec<Bubble> {
        let person = Addressee { name, last_known_name: None };
        let content = Content::from_form(&self.form, self.account.kind);
        content.preview(&person).into_iter().filter(|bubble| !bubble.is_empty()).collect()
    }

    /// Whether a condition is set that stands behind "more".
    fn has_days(&self) -> bool {
        ["subscribed_from", "subscribed_to", "interacted_from", "interacted_to", "interacted_never", "consent"]
            .iter()
            .any(|name| !self.form.value(name).is_empty())
    }

    fn heading(&self, name: &str) -> Option<Heading> {
        Content::from_form(&self.form, self.account.kind).heading(&Addressee { name, last_known_name: None })
    }
}

/// Where a broadcast is confirmed.
pub(super) fn confirm(id: &tidings_base::db::Id) -> String {
    format!("/broadcasts/{id}/confirm")
}
