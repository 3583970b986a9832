use super::{About, Event, EventKind, Place, UNSENT};
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{Conn, Id, schema::events, sql::Sql},
    each_backend,
    retention::{Sweep, Terms},
};

/// A row of a time line.
#[derive(Clone, PartialEq, Debug)]
pub struct Happened {
    /// Of the event or of the journey's entry, which has two rows.
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
/// rows, those that stand after `after`. When somebody came into a journey and left it is read from
/// the journey's own row, which is written once for everybody of a million.
pub fn page(
    conn: &mut Conn,
    contact_ids: &[Id],
    member_id: Option<&Id>,
    after: Option<&Place>,
    limit: i64,
) -> QueryResult<Vec<Happened>> {
    let ways = [(EventKind::JourneyEntered, "entered_at"), (EventKind::JourneyLeft, "ended_at")];
    let mut sql = Sql::new(
        "select * from (select id, at, kind, contact_id, data, null as journey, null as journey_id from events where ",
    );
    // An earlier release that runs beside this one still writes a row for each.
    sql.push("kind not in (").bind_all(ways.map(|(kind, _)| kind.word())).push(") and (");
    theirs(&mut sql, contact_ids);
    sql.push(" or member_id = ").bind(member_id.map(ToString::to_string)).push(")");
    for (kind, at) in ways {
        sql.push(&format!(" union all select e.id, e.{at}, '{kind}', e.contact_id, null, j.name, j.id from "));
        sql.push(&format!("journey_entries e join journeys j on j.id = e.journey_id where e.{at} is not null and "));
        theirs(&mut sql, contact_ids);
    }
    sql.push(") as happened");
    if let Some(Place { at, id, kind }) = after {
        sql.push(" where at < ").bind(*at).push(" or at = ").bind(*at).push(" and (id < ").bind(id);
        sql.push(" or id = ").bind(id).push(" and kind < ").bind(kind.word()).push(")");
    }
    sql.push(" order by at desc, id desc, kind desc limit ").bind(limit);
    Ok(sql.load::<Row>(conn)?.into_iter().map(Happened::from).collect())
}

fn theirs(sql: &mut Sql, contact_ids: &[Id]) {
    match contact_ids {
        [] => sql.push("1 = 0"),
        some => sql.push("contact_id in (").bind_all(some).push(")"),
    };
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Timestamp)]
    at: NaiveDateTime,
    #[diesel(sql_type = Text)]
    kind: EventKind,
    #[diesel(sql_type = Nullable<Text>)]
    contact_id: Option<Id>,
    #[diesel(sql_type = Nullable<Text>)]
    data: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    journey: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    journey_id: Option<Id>,
}

impl From<Row> for Happened {
    fn from(row: Row) -> Self {
        let Row { id, at, kind, contact_id, data, journey, journey_id } = row;
        let about = match data {
            Some(data) => About::from_json(&data),
            None => About { what: journey, id: journey_id, ..About::default() },
        };
        Self { id, at, kind, contact_id, about }
    }
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
