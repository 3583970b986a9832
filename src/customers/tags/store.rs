use super::TagName;
use crate::events::{About, EventKind};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::{
    db::{
        Conn, Id,
        schema::{contact_tags, tags},
        sql::{Sql, new_id},
    },
    each_backend,
};

/// A tag.
#[derive(Queryable, Selectable, Clone, PartialEq, Eq, Debug)]
#[diesel(table_name = tags, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct Tag {
    pub id: Id,
    pub name: String,
}

/// Every tag, by name.
pub fn all(conn: &mut Conn) -> QueryResult<Vec<Tag>> {
    tags::table.select(Tag::as_select()).order((tags::name, tags::id)).load(conn)
}

/// The tags of these ids that there are, by name.
pub fn find(conn: &mut Conn, ids: &[Id]) -> QueryResult<Vec<Tag>> {
    tags::table.filter(tags::id.eq_any(ids)).select(Tag::as_select()).order((tags::name, tags::id)).load(conn)
}

/// The tag of this name, made if there is none.
pub fn get_or_create(conn: &mut Conn, name: &TagName, now: NaiveDateTime) -> QueryResult<Tag> {
    let row = (tags::id.eq(Id::new()), tags::name.eq(name.as_str()), tags::created_at.eq(now));
    each_backend!(conn, c => diesel::insert_into(tags::table)
        .values(&row).on_conflict(tags::name).do_nothing().execute(c))?;
    tags::table.filter(tags::name.eq(name.as_str())).select(Tag::as_select()).first(conn)
}

/// The tags of these contacts, by name.
pub fn of_contacts(conn: &mut Conn, contact_ids: &[Id]) -> QueryResult<Vec<(Id, Tag)>> {
    contact_tags::table
        .inner_join(tags::table.on(tags::id.eq(contact_tags::tag_id)))
        .filter(contact_tags::contact_id.eq_any(contact_ids))
        .select((contact_tags::contact_id, Tag::as_select()))
        .order((tags::name, tags::id))
        .load(conn)
}

/// Puts the tag on every contact that `contacts` (`select … as id …`) gives and that does not have it
/// yet, with an event on each time line. Answers on how many. `by` is the name of who did it.
pub fn add_to_all(
    conn: &mut Conn,
    tag: &Tag,
    contacts: Sql,
    by: Option<&str>,
    now: NaiveDateTime,
) -> QueryResult<usize> {
    // The events come first: afterwards nobody could tell who had the tag before.
    let mut chosen = Sql::new("(select id from (");
    chosen.append(contacts).push(") as chosen where not exists (select 1 from contact_tags t where t.tag_id = ");
    chosen.bind(&tag.id).push(" and t.contact_id = chosen.id)) as fresh");
    events(conn, EventKind::TagAdded, tag, chosen.clone(), by, now)?;
    let mut insert = Sql::new("insert into contact_tags (contact_id, tag_id, at) select id, ");
    insert.bind(&tag.id).push(", ").bind(now).push(" from ").append(chosen);
    insert.execute(conn)
}

/// Takes the tag off every contact that `contacts` (`select … as id …`) gives and that has it.
pub fn remove_from_all(
    conn: &mut Conn,
    tag: &Tag,
    contacts: Sql,
    by: Option<&str>,
    now: NaiveDateTime,
) -> QueryResult<usize> {
    let mut tagged = Sql::new("(select t.contact_id as id from contact_tags t where t.tag_id = ");
    tagged.bind(&tag.id).push(" and t.contact_id in (").append(contacts).push(")) as tagged");
    events(conn, EventKind::TagRemoved, tag, tagged.clone(), by, now)?;
    let mut delete = Sql::new("delete from contact_tags where tag_id = ");
    delete.bind(&tag.id).push(" and contact_id in (select id from ").append(tagged).push(")");
    delete.execute(conn)
}

fn events(
    conn: &mut Conn,
    kind: EventKind,
    tag: &Tag,
    contacts: Sql,
    by: Option<&str>,
    now: NaiveDateTime,
) -> QueryResult<usize> {
    let about =
        About { what: Some(tag.name.clone()), id: Some(tag.id.clone()), by: by.map(str::to_owned), ..About::default() };
    let mut insert =
        Sql::new(&format!("insert into events (id, at, kind, contact_id, data) select {}, ", new_id(conn)));
    insert.bind(now).push(", ").bind(kind.word()).push(", id, ").bind(about.to_json()).push(" from ").append(contacts);
    insert.execute(conn)
}
