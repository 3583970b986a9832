use super::{About, Event, EventKind, UNSENT};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::{
    db::{
        Conn, Id,
        schema::events,
        sql::{Sql, new_id},
    },
    each_backend,
    retention::{Sweep, Terms},
};

/// A row of a time line.
#[derive(Clone, PartialEq, Debug)]
pub struct Happened {
    pub id: Id,
    pub at: NaiveDateTime,
    pub kind: EventKind,
    pub contact_id: Option<Id>,
    pub about: About,
}

/// Records what happened, in the caller's transaction.
pub fn record(conn: &mut Conn, event: &Event) -> QueryResult<()> {
    record_all(conn, std::slice::from_ref(event))
}

/// [`record`]; answers which row it is.
pub fn record_one(conn: &mut Conn, event: &Event) -> QueryResult<Id> {
    let row = row(event);
    diesel::insert_into(events::table).values(&row).execute(conn)?;
    Ok(row.id)
}

/// Takes the words out of an event: whoever said them took them back.
pub fn unsay(conn: &mut Conn, id: &Id) -> QueryResult<()> {
    let about = About { detail: Some(UNSENT.to_owned()), ..About::default() };
    diesel::update(events::table.find(id)).set(events::data.eq(about.to_json())).execute(conn).map(drop)
}

/// [`record`] for many.
pub fn record_all(conn: &mut Conn, all: &[Event]) -> QueryResult<()> {
    // 50 rows of six values: more gain nothing, and PostgreSQL takes 65,535 values at most.
    for some in all.chunks(50) {
        let rows: Vec<_> = some.iter().map(row).collect();
        each_backend!(conn, c => diesel::insert_into(events::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Records the same event for every contact that `contacts` (`select … as id …`) gives, in one
/// statement. Answers for how many.
pub fn record_for(conn: &mut Conn, event: &Event, contacts: Sql) -> QueryResult<usize> {
    let mut sql = Sql::new(&format!("insert into events (id, at, kind, contact_id, data) select {}, ", new_id(conn)));
    sql.bind(event.at).push(", ").bind(event.kind.word()).push(", chosen.id, ").bind(event.about.to_json());
    sql.push(" from (").append(contacts).push(") as chosen");
    sql.execute(conn)
}

/// Puts right to which member something happened and when, where it was recorded as `was` and is
/// `becomes` in truth: an order that was another member's. Nothing where that changes nothing.
pub fn correct(conn: &mut Conn, was: &Event, becomes: &Event) -> QueryResult<()> {
    if was == becomes {
        return Ok(());
    }
    let recorded = events::table
        .filter(events::member_id.eq(&was.member_id).and(events::at.eq(was.at)))
        .filter(events::kind.eq(was.kind).and(events::data.eq(was.about.to_json())));
    diesel::update(recorded)
        .set((events::member_id.eq(&becomes.member_id), events::at.eq(becomes.at)))
        .execute(conn)
        .map(drop)
}

/// What happened to these contacts and to the member they belong to, newest first: at most `limit`
/// rows, those that stand after the row `after`.
pub fn page(
    conn: &mut Conn,
    contact_ids: &[Id],
    member_id: Option<&Id>,
    after: Option<&Id>,
    limit: i64,
) -> QueryResult<Vec<Happened>> {
    let mut query = events::table
        .filter(events::contact_id.eq_any(contact_ids).or(events::member_id.eq(member_id)))
        .select((events::id, events::at, events::kind, events::contact_id, events::data))
        .order((events::at.desc(), events::id.desc()))
        .limit(limit)
        .into_boxed();
    let row =
        after.map(|id| events::table.find(id).select((events::at, events::id)).first(conn).optional()).transpose()?;
    if let Some((at, id)) = row.flatten() {
        let (at, id): (NaiveDateTime, Id) = (at, id);
        query = query.filter(events::at.lt(at).or(events::at.eq(at).and(events::id.lt(id))));
    }
    let rows: Vec<(Id, NaiveDateTime, EventKind, Option<Id>, String)> = query.load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(id, at, kind, contact_id, data)| Happened { id, at, kind, contact_id, about: About::from_json(&data) })
        .collect())
}

/// Events of the time lines that are too old.
pub const SWEEPS: &[Sweep] = &[Sweep { name: "events", some: some_old }];

/// Rows stand in the order they were recorded, nearly that in which things happened: the first of them
/// are looked through, so that no index by time has to be kept for this.
fn some_old(conn: &mut Conn, terms: &Terms) -> QueryResult<usize> {
    let Some(before) = terms.before else { return Ok(0) };
    let mut sql =
        Sql::new("delete from events where id in (select id from (select id, at from events order by id limit ");
    sql.bind(terms.limit * 20).push(") as first_rows where at < ").bind(before);
    sql.push(" limit ").bind(terms.limit).push(")").execute(conn)
}

#[derive(Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct NewRow<'a> {
    id: Id,
    at: NaiveDateTime,
    kind: EventKind,
    contact_id: Option<&'a Id>,
    member_id: Option<&'a Id>,
    data: String,
}

fn row(event: &Event) -> NewRow<'_> {
    NewRow {
        id: Id::new(),
        at: event.at,
        kind: event.kind,
        contact_id: event.contact_id.as_ref(),
        member_id: event.member_id.as_ref(),
        data: event.about.to_json(),
    }
}
