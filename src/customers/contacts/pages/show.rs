use crate::{
    channels::{self, ChannelAccount},
    consent::{self, Consent, Source},
    contacts::store::{self, Contact, Entry, Message},
    events::{self, EventKind, Happened, Place, UNSENT},
    members::{self, Member},
    orders::{self, Order},
    tags::{self, Tag},
};
use actix_web::web;
use askama::Template;
use tidings_base::{
    db::{Conn, DbError, Id, Scope},
    web::{Answer, App, CurrentUser, Error, Form, May, Page, Permission, Query, filters, permit::ReadContacts},
};

/// Rows of each list on the page, and of one page of the time line.
const ROWS: i64 = 10;
const HAPPENED: i64 = 30;

/// One contact, with everything known about the person.
#[derive(Template)]
#[template(path = "contacts/show.html")]
pub(super) struct PersonPage {
    contact: Contact,
    account: ChannelAccount,
    tags: Vec<Tag>,
    all_tags: Vec<Tag>,
    history: Vec<consent::Record>,
    /// The other contacts of the same member.
    others: Vec<(Contact, ChannelAccount)>,
    member: Option<Member>,
    orders: Vec<Order>,
    messages: Vec<Message>,
    entries: Vec<Entry>,
    happened: Vec<Happened>,
    /// The last row here, where the time line goes on after it.
    older: Option<Place>,
    salespeople: Vec<(Id, String)>,
    pub(super) tag_form: Form,
    pub(super) consent_form: Form,
    pub(super) salesperson_form: Form,
}

/// GET `/contacts/{id}`
pub(in super::super) async fn show(
    app: App,
    who: May<ReadContacts>,
    page: Page,
    id: web::Path<Id>,
    query: Query,
) -> Answer {
    page.render(&PersonPage::load(&app, &who, id.into_inner(), query.text("after").parse().ok()).await?)
}

impl PersonPage {
    /// The page of a contact in the person's scope, its time line from after the place `after`.
    pub(super) async fn load(app: &App, who: &CurrentUser, id: Id, after: Option<Place>) -> Result<Self, Error> {
        let scope = who.scope();
        app.db.read(move |conn| Self::read(conn, &scope, &id, after.as_ref())?.ok_or(Error::NotFound)).await
    }

    fn read(conn: &mut Conn, scope: &Scope, id: &Id, after: Option<&Place>) -> Result<Option<Self>, DbError> {
        let Some(contact) = store::find(conn, scope, id)? else { return Ok(None) };
        let accounts = channels::all(conn)?;
        let account_of = |contact: &Contact| accounts.iter().find(|account| account.id == contact.channel_id).cloned();
        let Some(account) = account_of(&contact) else { return Ok(None) };
        let (member, all) = match &contact.member_id {
            Some(member_id) => (members::find(conn, member_id)?, store::of_member(conn, member_id)?),
            None => (None, vec![contact.clone()]),
        };
        let ids: Vec<Id> = all.iter().map(|contact| contact.id.clone()).collect();
        let others = all.into_iter().filter(|other| other.id != contact.id);
        let others = others.filter_map(|other| account_of(&other).map(|account| (other, account))).collect();
        let orders = match &contact.member_id {
            Some(member_id) => orders::of_member(conn, member_id, ROWS)?,
            None => Vec::new(),
        };
        let mut happened = events::page(conn, &ids, contact.member_id.as_ref(), after, HAPPENED + 1)?;
        let more = happened.len() as i64 > HAPPENED;
        happened.truncate(HAPPENED as usize);
        let older = happened.last().filter(|_| more).map(Place::of);
        let own = std::slice::from_ref(&contact.id);
        let consent_form = Form::filled([("version", contact.version.to_string())]);
        let bound = member.as_ref().and_then(|member| member.salesperson_id.as_ref());
        let salesperson_form = Form::filled([("salesperson", bound.map(Id::to_string).unwrap_or_default())]);
        Ok(Some(Self {
            tags: tags::of_contacts(conn, own)?.into_iter().map(|(_, tag)| tag).collect(),
            all_tags: tags::all(conn)?,
            history: consent::history(conn, own)?,
            messages: store::messages(conn, &ids, ROWS)?,
            entries: store::entries(conn, &ids, ROWS)?,
            salespeople: store::salespeople(conn)?,
            tag_form: Form::default(),
            consent_form,
            salesperson_form,
            contact,
            account,
            others,
            member,
            orders,
            happened,
            older,
        }))
    }

    /// The name of the salesperson whom the member is bound to.
    fn salesperson(&self) -> Option<&str> {
        let id = self.member.as_ref()?.salesperson_id.as_ref()?;
        self.salespeople.iter().find(|(other, _)| other == id).map(|(_, name)| name.as_str())
    }

    fn may_be_written_to(&self) -> bool {
        self.contact.consent.allows(self.account.kind)
    }

    fn sources(&self) -> &'static [Source] {
        Source::BY_HAND
    }

    /// What the contact's consent may become.
    fn consents(&self) -> impl Iterator<Item = Consent> {
        Consent::ALL.iter().copied().filter(|consent| *consent != self.contact.consent)
    }

    /// Whose time line a row belongs to, where it is another contact's.
    fn elsewhere(&self, event: &Happened) -> Option<&ChannelAccount> {
        let id = event.contact_id.as_ref()?;
        self.others.iter().find(|(other, _)| other.id == *id).map(|(_, account)| account)
    }

    /// The key of what more there is to say of an event: where a consent is known from, why
    /// something failed.
    fn note(&self, event: &Happened) -> Option<String> {
        let word = event.about.detail.as_deref()?;
        match event.kind {
            EventKind::ConsentGranted | EventKind::ConsentUnknown | EventKind::ConsentWithdrawn => {
                word.parse::<Source>().ok().map(|source| source.label().to_owned())
            }
            EventKind::MessageFailed | EventKind::Left => Some(format!("dispatch.reason.{word}")),
            EventKind::MessageReceived => (word == UNSENT).then(|| "events.unsent".to_owned()),
            EventKind::Joined
            | EventKind::Returned
            | EventKind::TagAdded
            | EventKind::TagRemoved
            | EventKind::Bound
            | EventKind::Unbound
            | EventKind::OrderPlaced
            | EventKind::JourneyEntered
            | EventKind::JourneyLeft
            | EventKind::MessageSent
            | EventKind::MessageRead => None,
        }
    }
}
