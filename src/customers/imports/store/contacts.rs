//! What a file changes of contacts and members.

use super::{
    super::contacts::{ContactChange, Draft, Known, KnownContact, MemberChange, MemberDraft, Plan},
    BATCH,
};
use crate::{
    consent::{Consent, Source},
    events::{self, Event, EventKind},
    tags::{self, Tag, TagName},
};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};
use tidings_base::{
    db::{
        Conn, Id,
        schema::{consents, contact_tags, contacts, members},
    },
    each_backend,
};

/// Adds what is stored of those whom the drafts are about.
pub(in super::super) fn learn(
    conn: &mut Conn,
    channel_id: &Id,
    drafts: &[&Draft],
    known: &mut Known,
) -> QueryResult<()> {
    let identities: BTreeSet<&str> = drafts.iter().map(|draft| draft.identity.as_str()).collect();
    let numbers: BTreeSet<&str> = drafts.iter().filter_map(|draft| draft.member_number.as_deref()).collect();
    let found: Vec<(Id, String, Option<Id>, Consent)> = contacts::table
        .filter(contacts::channel_id.eq(channel_id).and(contacts::identity.eq_any(identities)))
        .select((contacts::id, contacts::identity, contacts::member_id, contacts::consent))
        .load(conn)?;
    let members: Vec<(String, Id)> =
        members::table.filter(members::number.eq_any(numbers)).select((members::number, members::id)).load(conn)?;
    let ids: Vec<Id> = found.iter().map(|(id, ..)| id.clone()).collect();
    let mut tags_of: HashMap<Id, HashSet<String>> = HashMap::new();
    for (contact_id, tag) in tags::of_contacts(conn, &ids)? {
        tags_of.entry(contact_id).or_default().insert(tag.name);
    }
    for (id, identity, member_id, consent) in found {
        let tags = tags_of.remove(&id).unwrap_or_default();
        known.contacts.entry(identity).or_insert(KnownContact { id, member_id, consent, tags });
    }
    for (number, id) in members {
        known.members.entry(number).or_insert(id);
    }
    Ok(())
}

/// Writes the plan, with what happened to whom.
pub(in super::super) fn write(conn: &mut Conn, channel_id: &Id, plan: &Plan, now: NaiveDateTime) -> QueryResult<()> {
    for change in &plan.members {
        write_member(conn, change, now)?;
    }
    write_contacts(conn, channel_id, &plan.contacts, now)?;
    write_consents(conn, &plan.contacts, now)?;
    write_tags(conn, &plan.contacts, now)
}

#[derive(AsChangeset)]
#[diesel(table_name = members)]
struct MemberSays<'a> {
    gender: Option<crate::members::Gender>,
    birthday: Option<String>,
    birth_month: Option<i64>,
    city: Option<&'a str>,
    phone: Option<&'a str>,
    email: Option<&'a str>,
}

fn write_member(conn: &mut Conn, change: &MemberChange, now: NaiveDateTime) -> QueryResult<()> {
    if let Some((number, name)) = &change.new {
        diesel::insert_into(members::table)
            .values((
                members::id.eq(&change.id),
                members::number.eq(number),
                members::name.eq(name),
                (members::order_count.eq(0), members::total_spent.eq(0)),
                members::created_at.eq(now),
                members::version.eq(1),
            ))
            .execute(conn)?;
    }
    if change.says == MemberDraft::default() {
        return Ok(());
    }
    let says = MemberSays {
        gender: change.says.gender,
        birthday: change.says.birthday.map(|day| day.to_string()),
        birth_month: change.says.birthday.map(|day| day.month()),
        city: change.says.city.as_deref(),
        phone: change.says.phone.as_deref(),
        email: change.says.email.as_deref(),
    };
    diesel::update(members::table.find(&change.id))
        .set((says, members::version.eq(members::version + 1)))
        .execute(conn)
        .map(drop)
}

#[derive(Insertable)]
#[diesel(table_name = contacts, treat_none_as_default_value = false)]
struct NewContact<'a> {
    id: &'a Id,
    channel_id: &'a Id,
    identity: &'a str,
    member_id: Option<&'a Id>,
    name: &'a str,
    last_known_name: Option<&'a str>,
    consent: Consent,
    consent_at: Option<NaiveDateTime>,
    consent_source: Option<Source>,
    subscribed_at: NaiveDateTime,
    source: Source,
    created_at: NaiveDateTime,
    version: i64,
}

#[derive(AsChangeset)]
#[diesel(table_name = contacts)]
struct ContactSays<'a> {
    member_id: Option<&'a Id>,
    name: Option<&'a str>,
    last_known_name: Option<&'a str>,
    consent: Option<Consent>,
    consent_at: Option<NaiveDateTime>,
    consent_source: Option<Source>,
    subscribed_at: Option<NaiveDateTime>,
}

fn write_contacts(conn: &mut Conn, channel_id: &Id, all: &[ContactChange], now: NaiveDateTime) -> QueryResult<()> {
    let (new, old): (Vec<_>, Vec<_>) = all.iter().partition(|change| change.is_new);
    for some in new.chunks(BATCH) {
        let rows: Vec<_> = some.iter().map(|change| new_contact(channel_id, change, now)).collect();
        each_backend!(conn, c => diesel::insert_into(contacts::table).values(&rows).execute(c))?;
    }
    for change in old {
        let says = ContactSays {
            member_id: change.member_id.as_ref(),
            name: change.name.as_deref(),
            last_known_name: change.name.as_deref(),
            consent: change.consent,
            consent_at: change.consent.map(|_| now),
            consent_source: change.consent.map(|_| Source::Import),
            subscribed_at: change.subscribed_at,
        };
        diesel::update(contacts::table.find(&change.id))
            .set((says, contacts::version.eq(contacts::version + 1)))
            .execute(conn)?;
    }
    let joined: Vec<Event> = all
        .iter()
        .filter(|change| change.is_new)
        .map(|change| Event::of(EventKind::Joined, change.subscribed_at.unwrap_or(now)).contact(&change.id))
        .collect();
    events::record_all(conn, &joined)
}

fn new_contact<'a>(channel_id: &'a Id, change: &'a ContactChange, now: NaiveDateTime) -> NewContact<'a> {
    NewContact {
        id: &change.id,
        channel_id,
        identity: &change.identity,
        member_id: change.member_id.as_ref(),
        name: change.name.as_deref().unwrap_or_default(),
        last_known_name: change.name.as_deref(),
        consent: change.consent.unwrap_or(Consent::None),
        consent_at: change.consent.map(|_| now),
        consent_source: change.consent.map(|_| Source::Import),
        subscribed_at: change.subscribed_at.unwrap_or(now),
        source: Source::Import,
        created_at: now,
        version: 1,
    }
}

fn write_consents(conn: &mut Conn, all: &[ContactChange], now: NaiveDateTime) -> QueryResult<()> {
    let changed: Vec<(&Id, Consent)> = all.iter().filter_map(|change| Some((&change.id, change.consent?))).collect();
    for some in changed.chunks(BATCH) {
        let row = |(contact_id, state): &(&Id, Consent)| {
            (
                consents::id.eq(Id::new()),
                consents::contact_id.eq((*contact_id).clone()),
                consents::state.eq(*state),
                consents::at.eq(now),
                consents::source.eq(Source::Import),
            )
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        each_backend!(conn, c => diesel::insert_into(consents::table).values(&rows).execute(c))?;
    }
    let event = |(contact_id, state): &(&Id, Consent)| {
        Event::of(state.event(), now).contact(contact_id).detail(Source::Import.word())
    };
    events::record_all(conn, &changed.iter().map(event).collect::<Vec<_>>())
}

fn write_tags(conn: &mut Conn, all: &[ContactChange], now: NaiveDateTime) -> QueryResult<()> {
    let mut by_name: HashMap<&TagName, Tag> = HashMap::new();
    for name in all.iter().flat_map(|change| &change.tags) {
        if !by_name.contains_key(name) {
            by_name.insert(name, tags::get_or_create(conn, name, now)?);
        }
    }
    let put: Vec<(&Id, &Tag)> =
        all.iter().flat_map(|change| change.tags.iter().map(|name| (&change.id, &by_name[name]))).collect();
    for some in put.chunks(BATCH) {
        let row = |(contact_id, tag): &(&Id, &Tag)| {
            (
                contact_tags::contact_id.eq((*contact_id).clone()),
                contact_tags::tag_id.eq(tag.id.clone()),
                contact_tags::at.eq(now),
            )
        };
        let rows: Vec<_> = some.iter().map(row).collect();
        each_backend!(conn, c => diesel::insert_into(contact_tags::table).values(&rows).on_conflict_do_nothing().execute(c))?;
    }
    let event = |(contact_id, tag): &(&Id, &Tag)| {
        Event::of(EventKind::TagAdded, now).contact(contact_id).what(&tag.name, Some(&tag.id))
    };
    events::record_all(conn, &put.iter().map(event).collect::<Vec<_>>())
}
