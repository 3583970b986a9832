//! The people of a shop, put straight into the database.

use super::App;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use tidings_base::db::{
    Id,
    schema::{contact_tags, contacts, members, orders, tags},
    sql::Sql,
};
use tidings_customers::{
    channels::{self, ChannelKind, Connector, NewChannel},
    consent::Consent,
};
use tidings_sending::{
    dispatch::{self, Added, Begins, NewDispatch, Origin},
    messages::Content,
};

/// A contact to be put into the database: `Someone::called("王怡君")`, and what is special about it.
#[derive(Clone)]
pub(crate) struct Someone {
    name: String,
    identity: String,
    consent: Consent,
    subscribed_at: Option<NaiveDateTime>,
    last_interaction_at: Option<NaiveDateTime>,
    member: Option<Id>,
    tags: Vec<String>,
}

impl Someone {
    pub(crate) fn called(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            identity: format!("U{}", uuid::Uuid::new_v4().simple()),
            consent: Consent::None,
            subscribed_at: None,
            last_interaction_at: None,
            member: None,
            tags: Vec::new(),
        }
    }

    pub(crate) fn at(mut self, identity: &str) -> Self {
        identity.clone_into(&mut self.identity);
        self
    }

    pub(crate) fn who(mut self, consent: Consent) -> Self {
        self.consent = consent;
        self
    }

    pub(crate) fn subscribed(mut self, at: NaiveDateTime) -> Self {
        self.subscribed_at = Some(at);
        self
    }

    pub(crate) fn interacted(mut self, at: NaiveDateTime) -> Self {
        self.last_interaction_at = Some(at);
        self
    }

    pub(crate) fn of(mut self, member: &Id) -> Self {
        self.member = Some(member.clone());
        self
    }

    pub(crate) fn tagged(mut self, tag: &str) -> Self {
        self.tags.push(tag.to_owned());
        self
    }
}

impl App {
    /// A sandbox account.
    pub(crate) async fn channel(&self, kind: ChannelKind, name: &str) -> Id {
        let (name, now) = (name.to_owned(), self.clock.now());
        self.write(move |conn| {
            let connector = Connector::Sandbox;
            let new = NewChannel { kind, connector, name: &name, rate_per_second: 500, failure_share: 0.0 };
            channels::add(conn, &new, now)
        })
        .await
    }

    /// A member, perhaps bound to a salesperson.
    pub(crate) async fn member(&self, name: &str, salesperson: Option<&Id>) -> Id {
        let (id, name, now, salesperson) = (Id::new(), name.to_owned(), self.clock.now(), salesperson.cloned());
        let member = id.clone();
        self.write(move |conn| {
            diesel::insert_into(members::table)
                .values((
                    members::id.eq(&member),
                    members::number.eq(format!("M-{member}")),
                    members::name.eq(name),
                    members::salesperson_id.eq(salesperson),
                    (members::order_count.eq(0), members::total_spent.eq(0)),
                    members::created_at.eq(now),
                    members::version.eq(1),
                ))
                .execute(conn)
        })
        .await;
        id
    }

    /// An order of a member, in whole dollars.
    pub(crate) async fn order(&self, member: &Id, number: &str, total: i64) {
        let (member, number, now) = (member.clone(), number.to_owned(), self.clock.now());
        self.write(move |conn| {
            diesel::insert_into(orders::table)
                .values((
                    orders::id.eq(Id::new()),
                    orders::member_id.eq(&member),
                    orders::number.eq(number),
                    orders::placed_at.eq(now),
                    orders::total.eq(total * 100),
                    orders::currency.eq("TWD"),
                    orders::status.eq("completed"),
                ))
                .execute(conn)?;
            let mut one = tidings_base::db::sql::Sql::new("select id from members where id = ");
            one.bind(&member);
            tidings_customers::members::recount(conn, one)
        })
        .await;
    }

    /// A contact of an account. Who says nothing else subscribed a day ago.
    pub(crate) async fn contact(&self, channel: &Id, someone: Someone) -> Id {
        self.contacts(channel, vec![someone]).await.remove(0)
    }

    /// Many contacts of an account, in one transaction.
    pub(crate) async fn contacts(&self, channel: &Id, people: Vec<Someone>) -> Vec<Id> {
        let (channel, now) = (channel.clone(), self.clock.now());
        self.write(move |conn| {
            let mut ids = Vec::new();
            for someone in people {
                let id = Id::new();
                diesel::insert_into(contacts::table)
                    .values((
                        contacts::id.eq(&id),
                        contacts::channel_id.eq(&channel),
                        contacts::identity.eq(&someone.identity),
                        contacts::member_id.eq(someone.member),
                        contacts::name.eq(&someone.name),
                        contacts::consent.eq(someone.consent),
                        contacts::subscribed_at.eq(someone.subscribed_at.unwrap_or(now - TimeDelta::days(1))),
                        contacts::last_interaction_at.eq(someone.last_interaction_at),
                        contacts::source.eq("other"),
                        contacts::created_at.eq(now),
                        contacts::version.eq(1),
                    ))
                    .execute(conn)?;
                for name in someone.tags {
                    let tag = tidings_customers::tags::TagName::new(&name).unwrap();
                    let tag = tidings_customers::tags::get_or_create(conn, &tag, now)?;
                    diesel::insert_into(contact_tags::table)
                        .values((
                            contact_tags::contact_id.eq(&id),
                            contact_tags::tag_id.eq(tag.id),
                            contact_tags::at.eq(now),
                        ))
                        .execute(conn)?;
                }
                ids.push(id);
            }
            Ok(ids)
        })
        .await
    }

    /// Opens a dispatch of these words to everybody on the account, and wakes who sends it.
    pub(crate) async fn send_to_all(&self, channel: &Id, origin: Origin, content: Content) -> (Id, Added) {
        let (channel, now) = (channel.clone(), self.clock.now());
        let opened = self
            .write(move |conn| {
                let (origin_id, step) = (Id::new(), Id::new());
                let new = NewDispatch {
                    channel_id: &channel,
                    name: "週年慶",
                    origin,
                    origin_id: &origin_id,
                    origin_step: &step,
                    cohort: "一",
                    content: &content,
                    begins: Begins::AtOnce,
                };
                let id = dispatch::open(conn, &new, now)?;
                let mut people = Sql::new(" from contacts c where c.channel_id = ");
                people.bind(&channel);
                let added = dispatch::add(conn, &id, dispatch::People::Contacts(people), now)?;
                dispatch::close(conn, &id, now)?;
                Ok((id, added))
            })
            .await;
        self.work.wake.kind(dispatch::SEND);
        opened
    }

    /// The id of the tag of this name.
    pub(crate) async fn tag(&self, name: &str) -> Id {
        let name = name.to_owned();
        self.read(move |conn| tags::table.filter(tags::name.eq(name)).select(tags::id).first(conn)).await
    }

    /// How many contacts have the tag of this name.
    pub(crate) async fn tagged(&self, name: &str) -> i64 {
        let name = name.to_owned();
        self.read(move |conn| {
            contact_tags::table
                .inner_join(tags::table.on(tags::id.eq(contact_tags::tag_id)))
                .filter(tags::name.eq(name))
                .count()
                .get_result(conn)
        })
        .await
    }
}
