use super::{Consent, Source};
use crate::events::{self, Event};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::db::{
    Conn, Id,
    schema::{consents, contacts},
};

/// One line of a contact's history of consent.
#[derive(Queryable, Selectable, Clone, PartialEq, Debug)]
#[diesel(table_name = consents, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct Record {
    pub contact_id: Id,
    pub state: Consent,
    pub at: NaiveDateTime,
    pub source: Source,
}

/// A consent that becomes another one.
#[derive(Clone, PartialEq, Debug)]
pub struct Change<'a> {
    pub contact_id: &'a Id,
    pub to: Consent,
    pub source: Source,
    /// Who changed it by hand: the name for the time line.
    pub by: Option<&'a str>,
    pub at: NaiveDateTime,
}

/// Makes the contact's consent what `change` says, with a line in its history and on its time line.
/// Answers whether anything changed: the same state again does not.
pub fn change(conn: &mut Conn, change: &Change<'_>) -> QueryResult<bool> {
    let changed = diesel::update(contacts::table.find(change.contact_id))
        .filter(contacts::consent.ne(change.to))
        .set((
            contacts::consent.eq(change.to),
            contacts::consent_at.eq(change.at),
            contacts::consent_source.eq(change.source),
            contacts::version.eq(contacts::version + 1),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Ok(false);
    }
    diesel::insert_into(consents::table)
        .values((
            consents::id.eq(Id::new()),
            consents::contact_id.eq(change.contact_id),
            consents::state.eq(change.to),
            consents::at.eq(change.at),
            consents::source.eq(change.source),
        ))
        .execute(conn)?;
    let event = Event::of(change.to.event(), change.at).contact(change.contact_id);
    events::record(conn, &event.detail(change.source.word()).by(change.by))?;
    Ok(true)
}

/// Who wants no more messages, as far as their page says.
#[derive(Queryable, Clone, PartialEq, Debug)]
pub(super) struct Reader {
    pub(super) identity: String,
    pub(super) consent: Consent,
}

/// The contact, or [`diesel::NotFound`].
pub(super) fn reader(conn: &mut Conn, contact: &Id) -> QueryResult<Reader> {
    contacts::table.find(contact).select((contacts::identity, contacts::consent)).first(conn)
}

/// What these contacts agreed to and when, newest first.
pub fn history(conn: &mut Conn, contact_ids: &[Id]) -> QueryResult<Vec<Record>> {
    consents::table
        .filter(consents::contact_id.eq_any(contact_ids))
        .select(Record::as_select())
        .order((consents::at.desc(), consents::id.desc()))
        .load(conn)
}
