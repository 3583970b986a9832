//! The customers who are bound to a salesperson; for a sales manager, to anybody.

use chrono::{Datelike, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Text, Timestamp},
};
use tidings_base::db::{Conn, Id, Scope, sql::Sql};
use tidings_customers::channels::ChannelKind;

/// How the customers of a salesperson do.
pub(crate) struct Customers {
    pub(crate) figures: Figures,
    /// Who wrote last.
    pub(crate) spoke: Vec<Spoke>,
}

/// Customers in numbers.
#[derive(QueryableByName)]
pub(crate) struct Figures {
    #[diesel(sql_type = BigInt)]
    pub(crate) bound: i64,
    /// Whose birthday is this month.
    #[diesel(sql_type = BigInt)]
    pub(crate) birthdays: i64,
    /// Who ordered in the last 30 days.
    #[diesel(sql_type = BigInt)]
    pub(crate) buyers: i64,
    /// What they spent, in minor units.
    #[diesel(sql_type = BigInt)]
    pub(crate) spent: i64,
}

/// Somebody who wrote to the shop.
#[derive(QueryableByName)]
pub(crate) struct Spoke {
    #[diesel(sql_type = Text)]
    pub(crate) id: Id,
    #[diesel(sql_type = Text)]
    pub(crate) name: String,
    #[diesel(sql_type = Text)]
    pub(crate) kind: ChannelKind,
    #[diesel(sql_type = Text)]
    pub(crate) channel: String,
    #[diesel(sql_type = Timestamp)]
    pub(crate) at: NaiveDateTime,
}

/// The bound customers within `scope`.
pub(crate) fn customers(conn: &mut Conn, scope: &Scope, zone: Tz, now: NaiveDateTime) -> QueryResult<Customers> {
    let month = i64::from(zone.from_utc_datetime(&now).month());
    let mut sql = Sql::new("select count(*) as bound, coalesce(sum(case when m.birth_month = ");
    sql.bind(month).push(" then 1 else 0 end), 0) as birthdays, ");
    let recent = |what: &str| {
        let mut sql = Sql::new(&format!("(select {what} from orders o join members m on m.id = o.member_id where "));
        sql.append(bound(scope))
            .push(" and o.status = 'completed' and o.placed_at >= ")
            .bind(now - TimeDelta::days(30));
        sql.push(")");
        sql
    };
    sql.append(recent("count(distinct o.member_id)")).push(" as buyers, ");
    sql.append(recent("cast(coalesce(sum(o.total), 0) as bigint)"))
        .push(" as spent from members m where ")
        .append(bound(scope));
    let figures = sql.first(conn)?;

    let mut sql = Sql::new(
        "select c.id, c.name, a.kind, a.name as channel, c.last_inbound_at as \"at\" from contacts c \
         join members m on m.id = c.member_id join channels a on a.id = c.channel_id where c.last_inbound_at is not null and ",
    );
    sql.append(bound(scope)).push(" order by c.last_inbound_at desc, c.id limit 8");
    Ok(Customers { figures, spoke: sql.load(conn)? })
}

fn bound(scope: &Scope) -> Sql {
    let mut sql = Sql::new("m.salesperson_id ");
    match scope {
        Scope::All => sql.push("is not null"),
        Scope::Own(person) => sql.push("= ").bind(person),
    };
    sql
}
