use super::OrderStatus;
use chrono::NaiveDateTime;
use diesel::prelude::*;
use tidings_base::db::{Conn, Id, schema::orders};

/// An order.
#[derive(Queryable, Selectable, Clone, PartialEq, Debug)]
#[diesel(table_name = orders, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct Order {
    pub id: Id,
    pub number: String,
    pub placed_at: NaiveDateTime,
    /// In minor units of the currency.
    pub total: i64,
    /// ISO 4217.
    pub currency: String,
    pub status: OrderStatus,
}

/// The newest orders of a member.
pub fn of_member(conn: &mut Conn, member_id: &Id, limit: i64) -> QueryResult<Vec<Order>> {
    orders::table
        .filter(orders::member_id.eq(member_id))
        .select(Order::as_select())
        .order((orders::placed_at.desc(), orders::id.desc()))
        .limit(limit)
        .load(conn)
}
