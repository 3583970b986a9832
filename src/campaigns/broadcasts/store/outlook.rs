//! What would happen, before it does.

use super::{Broadcast, audience, meant, who::chosen};
use crate::broadcasts::model::{Problem, Who};
use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{Nullable, Text},
};
use tidings_base::db::{Conn, Id, sql::Sql};
use tidings_customers::{
    audiences::{Audience, Lens},
    contacts::{self, filter::Filter},
};
use tidings_sending::dispatch::{self, People};

/// Who would get it now, and who not and why.
pub(crate) use dispatch::Outlook;

/// What would become of a broadcast's people now; the inner error when it is not known who they are.
pub(crate) fn outlook(
    conn: &mut Conn,
    broadcast: &Broadcast,
    now: NaiveDateTime,
) -> QueryResult<Result<Outlook, Problem>> {
    let audience = match named(conn, &broadcast.who)? {
        Ok(audience) => audience,
        Err(problem) => return Ok(Err(problem)),
    };
    let meant = meant(broadcast, audience.as_ref(), now);
    dispatch::outlook(conn, &broadcast.channel_id, People::Contacts(meant), now).map(Ok)
}

/// What would become of these people of an account now, before a broadcast of them is kept; none when
/// it is not known who they are. `picked` are those of [`Who::Picked`].
pub(crate) fn reach(
    conn: &mut Conn,
    channel: &Id,
    who: &Who,
    picked: &[Id],
    lens: &Lens,
) -> QueryResult<Option<Outlook>> {
    let Ok(audience) = named(conn, who)? else { return Ok(None) };
    let mut ids = Sql::new("select id from contacts where id in (");
    ids.bind_all(picked).push(")");
    let chosen = chosen(channel, who, ids, audience.as_ref(), lens);
    dispatch::outlook(conn, channel, People::Contacts(chosen), lens.now).map(Some)
}

/// The audience that is meant, if one is; the inner error when there is none any more.
fn named(conn: &mut Conn, who: &Who) -> QueryResult<Result<Option<Audience>, Problem>> {
    match who {
        Who::Matching(_) | Who::Picked => Ok(Ok(None)),
        Who::Audience { id: None, .. } => Ok(Err(Problem::AudienceGone)),
        Who::Audience { id: Some(id), .. } => Ok(match audience(conn, id)? {
            Err(_) => Err(Problem::Rule),
            Ok(None) => Err(Problem::AudienceGone),
            Ok(found) => Ok(found),
        }),
    }
}

/// How many contacts are picked.
pub(crate) fn picked(conn: &mut Conn, broadcast: &Id) -> QueryResult<Vec<Id>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        contact_id: Id,
    }
    let mut sql = Sql::new("select contact_id from broadcast_contacts where broadcast_id = ");
    sql.bind(broadcast).push(" order by contact_id");
    Ok(sql.load(conn)?.into_iter().map(|row: Row| row.contact_id).collect())
}

/// Somebody a message can be tried on.
#[derive(QueryableByName, Clone, Debug)]
pub(crate) struct Somebody {
    #[diesel(sql_type = Text)]
    pub(crate) id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    last_known_name: Option<String>,
    #[diesel(sql_type = Text)]
    pub(crate) identity: String,
}

impl Somebody {
    /// The newest name, else the last one known, else the identity.
    pub(crate) fn shown_name(&self) -> &str {
        contacts::shown_name(&self.name, self.last_known_name.as_deref(), &self.identity)
    }
}

/// Those of these contacts of the account who are `ticked`, and those whose name or identity is like
/// `search`, active last first.
pub(crate) fn people_like(
    conn: &mut Conn,
    channel: &Id,
    search: &str,
    ticked: &[Id],
    now: NaiveDateTime,
    limit: i64,
) -> QueryResult<Vec<Somebody>> {
    let filter = Filter { search: search.to_owned(), ..Filter::default() };
    let mut sql = Sql::new("select c.id, c.name, c.last_known_name, c.identity from contacts c where c.channel_id = ");
    // The search asks for no days, so that the zone does not matter.
    sql.bind(channel).push(" and (1 = 1").append(filter.condition(now, chrono_tz::Tz::UTC));
    let mut first = Sql::new("c.channel_id");
    if !ticked.is_empty() {
        sql.push(" or c.id in (").bind_all(ticked).push(")");
        first = Sql::new("case when c.id in (");
        first.bind_all(ticked).push(") then 0 else 1 end");
    }
    sql.push(") order by ").append(first).push(", c.last_interaction_at desc nulls last, c.id desc limit ").bind(limit);
    sql.load(conn)
}
