use crate::{channels::ChannelKind, consent::Consent};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::{
    db::{
        Conn, Id, Scope,
        schema::{
            channels, contacts, deliveries, dispatches, journey_entries, journeys, members, people, people_roles,
        },
    },
    web::Role,
};

/// A contact as its page shows it.
#[derive(Queryable, Selectable, Clone, PartialEq, Debug)]
#[diesel(table_name = contacts, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct Contact {
    pub id: Id,
    pub channel_id: Id,
    pub identity: String,
    pub member_id: Option<Id>,
    name: String,
    last_known_name: Option<String>,
    pub consent: Consent,
    pub consent_at: Option<NaiveDateTime>,
    pub subscribed_at: NaiveDateTime,
    pub last_interaction_at: Option<NaiveDateTime>,
    /// Why nothing reaches this identity any more.
    pub unreachable: Option<String>,
    pub version: i64,
}

impl Contact {
    /// The newest name, else the last one known, else the identity.
    pub fn shown_name(&self) -> &str {
        super::super::shown_name(&self.name, self.last_known_name.as_deref(), &self.identity)
    }
}

/// The contact of this id, if it is in the scope.
pub fn find(conn: &mut Conn, scope: &Scope, id: &Id) -> QueryResult<Option<Contact>> {
    let contact: Option<Contact> = contacts::table.find(id).select(Contact::as_select()).first(conn).optional()?;
    let Some(owner) = scope.owner() else { return Ok(contact) };
    let Some(member_id) = contact.as_ref().and_then(|contact| contact.member_id.as_ref()) else { return Ok(None) };
    let theirs = members::table.find(member_id).filter(members::salesperson_id.eq(owner));
    let theirs: bool = diesel::select(diesel::dsl::exists(theirs)).get_result(conn)?;
    Ok(contact.filter(|_| theirs))
}

/// Every contact of a member, in the order they became known.
pub fn of_member(conn: &mut Conn, member_id: &Id) -> QueryResult<Vec<Contact>> {
    contacts::table
        .filter(contacts::member_id.eq(member_id))
        .select(Contact::as_select())
        .order((contacts::subscribed_at, contacts::id))
        .load(conn)
}

/// Something that was to be sent to a contact.
#[derive(Queryable, Clone, PartialEq, Debug)]
pub(crate) struct Message {
    /// The name of what sent it.
    pub name: String,
    pub kind: ChannelKind,
    /// Words of the delivery's state and, where it has one, of its reason; what they are is decided
    /// where messages are sent.
    state: String,
    reason: Option<String>,
    pub created_at: NaiveDateTime,
    pub sent_at: Option<NaiveDateTime>,
    pub delivered_at: Option<NaiveDateTime>,
    pub read_at: Option<NaiveDateTime>,
}

impl Message {
    /// The key of what came of it.
    pub(crate) fn state_label(&self) -> String {
        format!("dispatch.state.{}", self.state)
    }

    /// The key of why.
    pub(crate) fn reason_label(&self) -> Option<String> {
        self.reason.as_ref().map(|reason| format!("dispatch.reason.{reason}"))
    }

    /// The tone of its badge.
    pub(crate) fn tone(&self) -> &'static str {
        match self.state.as_str() {
            "sent" => "done",
            "failed" => "failed",
            "left_out" => "skipped",
            "cancelled" => "cancelled",
            "unknown" => "paused",
            _ => "waiting",
        }
    }
}

/// The newest messages to these contacts.
pub(crate) fn messages(conn: &mut Conn, contact_ids: &[Id], limit: i64) -> QueryResult<Vec<Message>> {
    deliveries::table
        .inner_join(dispatches::table.on(dispatches::id.eq(deliveries::dispatch_id)))
        .inner_join(channels::table.on(channels::id.eq(deliveries::channel_id)))
        .filter(deliveries::contact_id.eq_any(contact_ids))
        .select((
            dispatches::name,
            channels::kind,
            deliveries::state,
            deliveries::reason,
            deliveries::created_at,
            deliveries::sent_at,
            deliveries::delivered_at,
            deliveries::read_at,
        ))
        .order(deliveries::id.desc())
        .limit(limit)
        .load(conn)
}

/// A journey that a contact is or was in.
#[derive(Queryable, Clone, PartialEq, Debug)]
pub(crate) struct Entry {
    pub journey_id: Id,
    pub name: String,
    pub entered_at: NaiveDateTime,
    pub ended_at: Option<NaiveDateTime>,
}

/// The newest journeys of these contacts.
pub(crate) fn entries(conn: &mut Conn, contact_ids: &[Id], limit: i64) -> QueryResult<Vec<Entry>> {
    journey_entries::table
        .inner_join(journeys::table.on(journeys::id.eq(journey_entries::journey_id)))
        .filter(journey_entries::contact_id.eq_any(contact_ids))
        .select((journeys::id, journeys::name, journey_entries::entered_at, journey_entries::ended_at))
        .order((journey_entries::entered_at.desc(), journey_entries::id.desc()))
        .limit(limit)
        .load(conn)
}

/// Id and name of everybody whom a member can be bound to.
pub(crate) fn salespeople(conn: &mut Conn) -> QueryResult<Vec<(Id, String)>> {
    people::table
        .inner_join(people_roles::table.on(people_roles::person_id.eq(people::id)))
        .filter(people_roles::role.eq(Role::Salesperson).and(people::active))
        .select((people::id, people::name))
        .order((people::name, people::id))
        .load(conn)
}
