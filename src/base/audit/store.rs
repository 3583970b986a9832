use super::{Action, Entry, Noun};
use crate::{
    db::{
        Conn, Id,
        schema::audit,
        sql::{Sql, contains, like},
    },
    web::{
        Message,
        paging::{Column, Cursor, Key, Listing, Order, PAGE, Total},
    },
};
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{Text, Timestamp},
};

/// Characters of a name that are kept: no name is longer by now, and it has room in a key of PostgreSQL's.
const LONGEST_NAME: usize = 200;

pub(super) fn add(conn: &mut Conn, who: Option<(&Id, &str)>, now: NaiveDateTime, entry: &Entry<'_>) -> QueryResult<()> {
    let detail = entry.detail.as_ref().and_then(|detail| serde_json::to_string(detail).ok()).unwrap_or_default();
    diesel::insert_into(audit::table)
        .values((
            audit::id.eq(Id::new()),
            audit::at.eq(now),
            audit::person_id.eq(who.map(|(id, _)| id.as_str())),
            audit::person_name.eq(who.map_or("Tidings", |(_, name)| name)),
            audit::action.eq(entry.action),
            audit::noun.eq(entry.noun),
            audit::object_id.eq(entry.id),
            audit::object_name.eq(entry.name.chars().take(LONGEST_NAME).collect::<String>()),
            audit::detail.eq(detail),
        ))
        .execute(conn)
        .map(drop)
}

#[derive(QueryableByName)]
pub(super) struct Row {
    #[diesel(sql_type = Text)]
    pub id: Id,
    #[diesel(sql_type = Timestamp)]
    pub at: NaiveDateTime,
    #[diesel(sql_type = Text)]
    pub person_name: String,
    #[diesel(sql_type = Text)]
    pub action: Action,
    #[diesel(sql_type = Text)]
    pub noun: Noun,
    #[diesel(sql_type = Text)]
    pub object_id: String,
    #[diesel(sql_type = Text)]
    pub object_name: String,
    #[diesel(sql_type = Text)]
    detail: String,
}

impl Row {
    pub(super) fn detail(&self) -> Option<Message> {
        serde_json::from_str(&self.detail).ok()
    }

    pub(super) fn address(&self) -> Option<String> {
        self.noun.address(&self.object_id)
    }
}

/// The trail, newest first; `search` looks for names of people and of things.
pub(super) fn list(
    conn: &mut Conn,
    search: &str,
    noun: Option<Noun>,
    cursor: Option<&Cursor>,
) -> QueryResult<Listing<Row>> {
    let mut condition = Sql::new(" where 1 = 1");
    if !search.is_empty() {
        let (like, pattern) = (like(conn), contains(search));
        condition.push(" and (person_name").push(like).bind(pattern.as_str());
        condition.push(" escape '\\' or object_name").push(like).bind(pattern).push(" escape '\\')");
    }
    if let Some(noun) = noun {
        condition.push(" and noun = ").bind(noun.word());
    }
    let mut rows = Sql::new("select id, at, person_name, action, noun, object_id, object_name, detail from audit");
    rows.append(condition.clone());
    let order = Order { column: Column::Time("at"), id: "id", descending: true };
    let start = order.page(&mut rows, cursor);
    let rows: Vec<Row> = rows.load(conn)?;
    let total = if cursor.is_none() && rows.len() as i64 <= PAGE {
        Total::Exactly(rows.len() as i64)
    } else {
        let mut from = Sql::new("from audit");
        Total::of(conn, from.append(condition).clone())?
    };
    Ok(Listing::new(rows, total, start, |row| (Key::Time(row.at), row.id.clone())))
}
