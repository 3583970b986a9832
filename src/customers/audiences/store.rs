use super::{Lens, Rule, compile, compile_for_members};
use crate::channels::ChannelKind;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::db::{Conn, Id, schema::audiences, sql::Sql};

/// A saved rule.
#[derive(Queryable, Selectable, Clone, PartialEq, Debug)]
#[diesel(table_name = audiences, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct Audience {
    pub id: Id,
    pub name: String,
    pub description: String,
    /// Whose contacts it chooses; none where it chooses members.
    pub kind: Option<ChannelKind>,
    #[diesel(deserialize_as = String)]
    pub rule: Rule,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    /// Rises with each change; an edit names the one it started from.
    pub version: i64,
}

/// What an audience is made of; see [`add`].
#[derive(Clone, PartialEq, Debug)]
pub struct NewAudience {
    pub name: String,
    pub description: String,
    pub kind: Option<ChannelKind>,
    pub rule: Rule,
}

/// An audience by name, to be picked.
#[derive(Queryable, Selectable, Clone, PartialEq, Debug)]
#[diesel(table_name = audiences, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct Choice {
    pub id: Id,
    pub name: String,
    pub kind: Option<ChannelKind>,
}

impl Audience {
    /// Who is in it, as a predicate over `c` (contacts) and `m` (members, left joined): see [`compile`]. One of members is
    /// about the member alone, and no contact that belongs to nobody is in it.
    pub fn predicate(&self, lens: &Lens) -> Sql {
        match self.kind {
            Some(_) => compile(&self.rule, lens),
            None => {
                let mut sql = Sql::new("(m.id is not null and ");
                sql.append(compile_for_members(&self.rule, lens)).push(")");
                sql
            }
        }
    }
}

/// The audience of this id, if there is one.
pub fn find(conn: &mut Conn, id: &Id) -> QueryResult<Option<Audience>> {
    audiences::table.find(id).select(Audience::as_select()).first(conn).optional()
}

/// Every audience, by name.
pub fn choices(conn: &mut Conn) -> QueryResult<Vec<Choice>> {
    audiences::table.select(Choice::as_select()).order((audiences::name, audiences::id)).load(conn)
}

/// Saves a new audience.
pub fn add(conn: &mut Conn, new: &NewAudience, by: Option<&Id>, now: NaiveDateTime) -> QueryResult<Id> {
    let id = Id::new();
    diesel::insert_into(audiences::table)
        .values((
            audiences::id.eq(&id),
            audiences::name.eq(&new.name),
            audiences::description.eq(&new.description),
            audiences::kind.eq(new.kind),
            audiences::rule.eq(new.rule.to_json()),
            audiences::created_by.eq(by),
            audiences::created_at.eq(now),
            audiences::updated_at.eq(now),
            audiences::version.eq(1),
        ))
        .execute(conn)?;
    Ok(id)
}
