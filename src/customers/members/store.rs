use super::{Birthday, Gender};
use crate::events::{self, Event, EventKind};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use tidings_base::db::{
    Conn, Id,
    schema::{members, people},
    sql::Sql,
};

/// A member, with what is counted over the orders.
#[derive(Queryable, Selectable, Clone, PartialEq, Debug)]
#[diesel(table_name = members, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct Member {
    pub id: Id,
    pub number: String,
    pub name: String,
    pub gender: Option<Gender>,
    birthday: Option<String>,
    pub city: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub salesperson_id: Option<Id>,
    pub order_count: i64,
    /// In minor units.
    pub total_spent: i64,
    pub last_order_at: Option<NaiveDateTime>,
    pub version: i64,
}

impl Member {
    /// The birthday, if it is known.
    pub fn birthday(&self) -> Option<Birthday> {
        self.birthday.as_deref()?.parse::<NaiveDate>().ok().map(Birthday)
    }
}

/// The member of this id, if there is one.
pub fn find(conn: &mut Conn, id: &Id) -> QueryResult<Option<Member>> {
    members::table.find(id).select(Member::as_select()).first(conn).optional()
}

/// Binds the member to a salesperson, or to nobody, with an event on the time line. Answers whether
/// that changed anything. `by` is the name of who did it.
pub fn bind(
    conn: &mut Conn,
    member: &Member,
    salesperson: Option<&Id>,
    by: Option<&str>,
    now: NaiveDateTime,
) -> QueryResult<bool> {
    if member.salesperson_id.as_ref() == salesperson {
        return Ok(false);
    }
    diesel::update(members::table.find(&member.id))
        .set((members::salesperson_id.eq(salesperson), members::version.eq(members::version + 1)))
        .execute(conn)?;
    let event = match salesperson {
        Some(id) => {
            let name: String = people::table.find(id).select(people::name).first(conn)?;
            Event::of(EventKind::Bound, now).what(&name, Some(id))
        }
        None => Event::of(EventKind::Unbound, now),
    };
    events::record(conn, &event.member(&member.id).by(by))?;
    Ok(true)
}

/// Counts orders and what was spent anew for the members that `members` (`select … as id …`) gives.
/// Cancelled and refunded orders do not count.
pub fn recount(conn: &mut Conn, members: Sql) -> QueryResult<usize> {
    let figure =
        |what: &str| format!("(select {what} from orders o where o.member_id = members.id and o.status = 'completed')");
    let mut update = Sql::new(&format!(
        "update members set order_count = {}, total_spent = {}, first_order_at = {}, last_order_at = {} where id in (",
        figure("count(*)"),
        figure("coalesce(sum(o.total), 0)"),
        figure("min(o.placed_at)"),
        figure("max(o.placed_at)"),
    ));
    update.append(members).push(")");
    update.execute(conn)
}
