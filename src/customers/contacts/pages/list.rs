use crate::{
    channels::{self, ChannelAccount},
    consent::Consent,
    contacts::{
        address::Address,
        conditions::conditions,
        filter::{Sort, Sorting},
        store::{self, Listed},
    },
    tags::{self, Tag},
};
use askama::Template;
use chrono::NaiveDate;
use std::collections::HashMap;
use tidings_base::{
    db::{Conn, DbError, Id, Scope},
    web::{
        Answer, App, Error, May, Page, Permission, Query, filters,
        paging::{self, Cursor, Listing},
        permit::ReadContacts,
    },
};

#[derive(Template)]
#[template(path = "contacts/list.html")]
struct ListPage {
    accounts: Vec<ChannelAccount>,
    /// None where the shop has no account yet.
    account: Option<ChannelAccount>,
    address: Address,
    list: Listing<Listed>,
    tags: Vec<Tag>,
    tags_of: HashMap<Id, Vec<Tag>>,
    chips: Vec<Chip>,
}

/// A filter that is set, in words, and the list without it.
struct Chip {
    text: String,
    href: String,
}

/// GET `/contacts`
pub(in super::super) async fn index(app: App, who: May<ReadContacts>, page: Page, query: Query) -> Answer {
    let address = Address::from_query(&query);
    let (scope, time, cursor) = (who.scope(), (page.now(), page.tz()), paging::cursor(&query));
    let mut shown = app.db.read(move |conn| load(conn, &scope, address, cursor.as_ref(), time)).await?;
    shown.chips = chips(&shown.address, &shown.tags, &page);
    page.render(&shown)
}

fn load(
    conn: &mut Conn,
    scope: &Scope,
    mut address: Address,
    cursor: Option<&Cursor>,
    time: store::Time,
) -> Result<ListPage, Error> {
    let accounts = channels::all(conn).map_err(DbError::from)?;
    let account = match &address.channel_id {
        Some(id) => Some(accounts.iter().find(|account| account.id == *id).ok_or(Error::NotFound)?.clone()),
        None => accounts.first().cloned(),
    };
    address.channel_id = account.as_ref().map(|account| account.id.clone());
    let (list, tags_of) = match &address.channel_id {
        Some(id) => {
            let list = store::list(conn, scope, id, (&address.filter, address.sorting), cursor, time)?;
            let ids: Vec<Id> = list.rows.iter().map(|row| row.id.clone()).collect();
            (list, tags_by_contact(conn, &ids)?)
        }
        None => (Listing::empty(), HashMap::new()),
    };
    let tags = tags::all(conn)?;
    Ok(ListPage { accounts, account, address, list, tags, tags_of, chips: Vec::new() })
}

pub(super) fn tags_by_contact(conn: &mut Conn, ids: &[Id]) -> Result<HashMap<Id, Vec<Tag>>, Error> {
    let mut by_contact: HashMap<Id, Vec<Tag>> = HashMap::new();
    for (contact_id, tag) in tags::of_contacts(conn, ids)? {
        by_contact.entry(contact_id).or_default().push(tag);
    }
    Ok(by_contact)
}

impl ListPage {
    fn tags_of(&self, id: &Id) -> &[Tag] {
        self.tags_of.get(id).map_or(&[], Vec::as_slice)
    }

    fn is_current(&self, account: &ChannelAccount) -> bool {
        self.account.as_ref().is_some_and(|current| current.id == account.id)
    }

    fn of_account(&self, account: &ChannelAccount) -> String {
        Address { channel_id: Some(account.id.clone()), ..Address::default() }.list()
    }

    fn chosen(&self, tag: &Tag) -> bool {
        self.address.filter.tags.contains(&tag.id)
    }

    fn wanted(&self, consent: &Consent) -> bool {
        self.address.filter.consent.contains(consent)
    }

    fn number(&self, days: &Option<i64>) -> String {
        days.map(|days| days.to_string()).unwrap_or_default()
    }

    fn date(&self, day: &Option<NaiveDate>) -> String {
        day.map(|day| day.to_string()).unwrap_or_default()
    }

    fn neighbour(&self, name: &str, cursor: &Option<String>) -> String {
        cursor.as_deref().map_or_else(String::new, |cursor| self.address.page(name, cursor))
    }
}

fn chips(address: &Address, tags: &[Tag], page: &Page) -> Vec<Chip> {
    let conditions = conditions(&address.filter, tags, page).into_iter();
    conditions.map(|one| Chip { text: one.text, href: address.filtered(one.without) }).collect()
}
