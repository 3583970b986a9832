mod list;
mod people;

pub use people::{People, Sampled, people};

pub(super) use list::{Listed, Sort, Wanted, list};

use super::{Lens, Rule, compile, compile_for_members};
use crate::channels::ChannelKind;
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    result::{DatabaseErrorKind, Error},
};
use tidings_base::db::{Conn, Id, schema::audiences, sql::Sql};
use tidings_base::text_enum;

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
    /// Whose contacts it chooses; none where it chooses members.
    pub kind: Option<ChannelKind>,
    pub rule: Rule,
}

/// An audience by name, to be picked.
#[derive(Queryable, Selectable, Clone, PartialEq, Debug)]
#[diesel(table_name = audiences, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct Choice {
    pub id: Id,
    pub name: String,
    /// Whose contacts it chooses; none where it chooses members.
    pub kind: Option<ChannelKind>,
}

/// What names an audience.
#[derive(QueryableByName, Clone, PartialEq, Debug)]
pub struct Use {
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub what: UsedBy,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub id: Id,
    #[diesel(sql_type = diesel::sql_types::Text)]
    pub name: String,
}

text_enum! {
    /// A kind of thing that can name an audience.
    pub enum UsedBy {
        /// A schedule, to run or to have run for it.
        Schedule = "schedule",
        /// A broadcast that was not sent yet.
        Broadcast = "broadcast",
    }
}

impl Use {
    /// The page of it.
    pub fn address(&self) -> String {
        match self.what {
            UsedBy::Schedule => format!("/schedules/{}/tasks", self.id),
            UsedBy::Broadcast => format!("/broadcasts/{}", self.id),
        }
    }
}

impl Audience {
    /// Whether it is made of this.
    pub fn is(&self, made: &NewAudience) -> bool {
        let Self { name, description, kind, rule, .. } = self;
        (name, description, kind, rule) == (&made.name, &made.description, &made.kind, &made.rule)
    }

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

/// Changes an audience that is still at `version`; answers whether it was.
pub fn update(conn: &mut Conn, id: &Id, version: i64, to: &NewAudience, now: NaiveDateTime) -> QueryResult<bool> {
    let row = audiences::table.find(id).filter(audiences::version.eq(version));
    let changed = diesel::update(row)
        .set((
            audiences::name.eq(&to.name),
            audiences::description.eq(&to.description),
            audiences::kind.eq(to.kind),
            audiences::rule.eq(to.rule.to_json()),
            audiences::updated_at.eq(now),
            audiences::version.eq(version + 1),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// Deletes an audience; answers whether it could: a schedule may have taken it up a moment ago.
pub(super) fn remove(conn: &mut Conn, id: &Id) -> QueryResult<bool> {
    match diesel::delete(audiences::table.find(id)).execute(conn) {
        Ok(_) => Ok(true),
        Err(Error::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)) => Ok(false),
        Err(e) => Err(e),
    }
}

/// The schedules that name an audience, or one of whose tasks ran for it, and the broadcasts that will
/// go to it, by name.
pub fn uses(conn: &mut Conn, id: &Id) -> QueryResult<Vec<Use>> {
    let mut sql = Sql::new("select 'schedule' as what, s.id, s.name from schedules s where s.audience_id = ");
    sql.bind(id).push(" or exists (select 1 from schedule_tasks t where t.schedule_id = s.id and t.audience_id = ");
    sql.bind(id).push(") union all select 'broadcast' as what, b.id, b.name from broadcasts b where b.audience_id = ");
    sql.bind(id).push(" and b.status in ('draft', 'scheduled', 'choosing') order by name, id");
    sql.load(conn)
}
