//! Who a broadcast means, as statements.

use super::Broadcast;
use crate::broadcasts::model::Who;
use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    result::Error,
    sql_types::{BigInt, Nullable, Text},
};
use tidings_base::db::{Conn, Id, sql::Sql};
use tidings_customers::audiences::{self, Audience, Lens};

/// By what people of an account are walked through: all contacts of a member have the same key, so
/// that they are looked at together and the one active last gets it.
const PERSON: &str = "coalesce(c.member_id, c.id)";

/// ` from contacts c … where …`: everybody meant at `as_of`; `audience` is the broadcast's, where it
/// has one that can be read.
pub(crate) fn meant(broadcast: &Broadcast, audience: Option<&Audience>, as_of: NaiveDateTime) -> Sql {
    let mut picked = Sql::new("select contact_id from broadcast_contacts where broadcast_id = ");
    picked.bind(&broadcast.id);
    let lens = Lens { now: as_of, zone: broadcast.zone };
    chosen(&broadcast.channel_id, &broadcast.who, picked, audience, &lens)
}

/// [`meant`] of what is not kept yet; `picked` selects the ids of the contacts that are picked.
pub(super) fn chosen(channel: &Id, who: &Who, picked: Sql, audience: Option<&Audience>, lens: &Lens) -> Sql {
    let mut sql = Sql::new(" from contacts c left join members m on m.id = c.member_id where c.channel_id = ");
    sql.bind(channel);
    match (who, audience) {
        (Who::Matching(filter), _) => {
            sql.append(filter.condition(lens.now, lens.zone));
        }
        (Who::Picked, _) => {
            sql.push(" and c.id in (").append(picked).push(")");
        }
        (Who::Audience { .. }, Some(audience)) => {
            sql.push(" and (").append(audience.predicate(lens)).push(")");
        }
        (Who::Audience { .. }, None) => {
            sql.push(" and 1 = 0");
        }
    }
    sql
}

/// Those of [`meant`] who stand in the slice after `reached` up to and with `last`.
pub(crate) fn slice(mut meant: Sql, reached: Option<&str>, last: &str) -> Sql {
    meant.push(&format!(" and {PERSON} <= ")).bind(last);
    if let Some(reached) = reached {
        meant.push(&format!(" and {PERSON} > ")).bind(reached);
    }
    meant
}

/// A stretch of an account's people, wanted or not.
#[derive(QueryableByName, Debug)]
pub(crate) struct Range {
    /// The key of the last of them.
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) last: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub(crate) people: i64,
}

/// The next `limit` people of the account after the key `reached`: by key, so that each is looked at
/// once however long it takes.
pub(crate) fn range(conn: &mut Conn, broadcast: &Broadcast, reached: Option<&str>, limit: i64) -> QueryResult<Range> {
    let mut sql = Sql::new("select max(person) as last, count(*) as people from (select ");
    sql.push(PERSON).push(" as person from contacts c where c.channel_id = ").bind(&broadcast.channel_id);
    if let Some(reached) = reached {
        sql.push(&format!(" and {PERSON} > ")).bind(reached);
    }
    sql.push(&format!(" order by c.channel_id, {PERSON} limit ")).bind(limit).push(") as looked_at");
    sql.first(conn)
}

/// The audience of this id; the inner error when its rule cannot be read.
pub(crate) fn audience(conn: &mut Conn, id: &Id) -> QueryResult<Result<Option<Audience>, String>> {
    match audiences::find(conn, id) {
        Ok(audience) => Ok(Ok(audience)),
        Err(Error::DeserializationError(why)) => Ok(Err(why.to_string())),
        Err(other) => Err(other),
    }
}
