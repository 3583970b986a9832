//! Whom a schedule would reach if it ran now, and whether there is anything to schedule at all.

use crate::journeys::Journey;
use diesel::QueryResult;
use tidings_base::db::{Conn, sql::Sql};
use tidings_customers::audiences::{Audience, Lens};
use tidings_sending::dispatch::{self, Outlook, People};

/// Whom of `audience` the account of `journey` would write to at `lens.now`, and whom not.
pub(crate) fn outlook(conn: &mut Conn, journey: &Journey, audience: &Audience, lens: &Lens) -> QueryResult<Outlook> {
    let mut people = Sql::new(" from contacts c left join members m on m.id = c.member_id where c.channel_id = ");
    people.bind(&journey.channel_id).push(" and (").append(audience.predicate(lens)).push(")");
    dispatch::outlook(conn, &journey.channel_id, People::Contacts(people), lens.now)
}

/// Whether there is no audience, and no journey, to make a schedule of.
pub(crate) fn missing(conn: &mut Conn) -> QueryResult<(bool, bool)> {
    let mut none = |table: &str| -> QueryResult<bool> {
        let sql = Sql::new(&format!("select count(*) as n from (select 1 as one from {table} limit 1) as first_row"));
        Ok(sql.count(conn)? == 0)
    };
    Ok((none("audiences")?, none("journeys")?))
}
