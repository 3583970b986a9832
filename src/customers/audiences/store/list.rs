use crate::channels::ChannelKind;
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{
        Conn, Id,
        sql::{Sql, contains},
    },
    text_enum,
    web::paging::{Column, Cursor, Key, Listing, Order},
};

/// One line of the list.
#[derive(QueryableByName, Clone, Debug)]
pub(in crate::audiences) struct Listed {
    #[diesel(sql_type = Text)]
    pub id: Id,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub description: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub kind: Option<ChannelKind>,
    #[diesel(sql_type = Timestamp)]
    pub updated_at: NaiveDateTime,
    /// How many schedules name it.
    #[diesel(sql_type = BigInt)]
    pub schedules: i64,
}

text_enum! {
    /// What the list is sorted by.
    pub(in crate::audiences) enum Sort {
        Name = "name",
        Updated = "updated",
    }
}

/// What the list is to show.
#[derive(Clone, Default, Debug)]
pub(in crate::audiences) struct Wanted {
    /// Part of a name; empty is no search.
    pub search: String,
    /// Only audiences of these: contacts of a kind, or members (`Some(None)`).
    pub kind: Option<Option<ChannelKind>>,
    pub sort: Option<Sort>,
    pub descending: bool,
}

/// A page of the list. Newest changes stand first unless something else is wanted.
pub(in crate::audiences) fn list(
    conn: &mut Conn,
    wanted: &Wanted,
    cursor: Option<&Cursor>,
) -> QueryResult<Listing<Listed>> {
    let mut condition = Sql::new(" where 1 = 1");
    if !wanted.search.is_empty() {
        condition.push(" and lower(a.name) like lower(").bind(contains(&wanted.search)).push(") escape '\\'");
    }
    match wanted.kind {
        Some(Some(kind)) => condition.push(" and a.kind = ").bind(kind.word()),
        Some(None) => condition.push(" and a.kind is null"),
        None => &mut condition,
    };
    let mut count = Sql::new("select count(*) as n from audiences a");
    let total = count.append(condition.clone()).count(conn)?;
    let mut rows = Sql::new(
        "select a.id, a.name, a.description, a.kind, a.updated_at, \
         (select count(*) from schedules s where s.audience_id = a.id) as schedules from audiences a",
    );
    let sort = wanted.sort.unwrap_or(Sort::Updated);
    let column = match sort {
        Sort::Name => Column::Text("a.name"),
        Sort::Updated => Column::Time("a.updated_at"),
    };
    let descending = wanted.descending || wanted.sort.is_none();
    let start = Order { column, id: "a.id", descending }.page(rows.append(condition), cursor);
    Ok(Listing::new(rows.load(conn)?, total, start, |row: &Listed| {
        let key = match sort {
            Sort::Name => Key::Text(row.name.clone()),
            Sort::Updated => Key::Time(row.updated_at),
        };
        (key, row.id.clone())
    }))
}
