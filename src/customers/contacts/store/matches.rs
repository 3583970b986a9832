//! Whom a filter lets through, found beforehand: what a list of a million people needs to know before it
//! can choose how to read a page of itself.

use super::Time;
use crate::{
    channels::ChannelKind,
    contacts::{filter::Filter, search::Search, shown_name},
};
use diesel::{
    QueryResult,
    sql_types::{Nullable, Text},
};
use std::collections::HashSet;
use tidings_base::{
    db::{Conn, Id, Scope, sql::Sql},
    web::paging::{Cursor, MOST_COUNTED, Order, Start, Total},
};

/// More than these are not held one by one.
const MOST: usize = 2_000;

/// The contacts of an account that a filter lets through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Matches {
    /// Nothing is asked for.
    Everybody,
    /// These and nobody else.
    These(Vec<Id>),
    /// So many that a list read in its own order comes upon them soon.
    Many(Total),
}

/// Finds out what of an account's contacts a filter lets through, by the index that leads to it.
pub fn matches(conn: &mut Conn, scope: &Scope, channel_id: &Id, filter: &Filter, time: Time) -> QueryResult<Matches> {
    if filter.is_empty() && scope.owner().is_none() {
        return Ok(Matches::Everybody);
    }
    let mut found = HashSet::new();
    for mut statement in statements(conn, scope, channel_id, filter, time)? {
        statement.push(" limit ").bind(MOST_COUNTED + 1);
        found.extend(statement.load::<Found>(conn)?.into_iter().map(|row| row.id));
        if found.len() as i64 > MOST_COUNTED {
            return Ok(Matches::Many(Total::MoreThan(MOST_COUNTED)));
        }
    }
    if found.len() > MOST {
        return Ok(Matches::Many(Total::Exactly(found.len() as i64)));
    }
    let mut found: Vec<Id> = found.into_iter().collect();
    found.sort();
    Ok(Matches::These(found))
}

/// Those of [`Matches::Many`] who are on a page, in its order.
pub(super) fn on_page<'a>(
    conn: &mut Conn,
    scope: &Scope,
    channel_id: &Id,
    (filter, total, time): (&Filter, Total, Time),
    order: &Order,
    cursor: Option<&'a Cursor>,
) -> QueryResult<(Vec<Id>, Start<'a>)> {
    let ids = |(found, start): (Vec<Found>, Start<'a>)| (found.into_iter().map(|row| row.id).collect(), start);
    // Whoever has something in common often came together, and stands far from where the list begins.
    if matches!(total, Total::MoreThan(_)) {
        let mut list = Sql::new(" from contacts c where c.channel_id = ");
        list.bind(channel_id);
        let mut kept = Sql::new("select c.id as id from contacts c where 1 = 1");
        kept.append(narrowed(scope, channel_id, filter, time));
        if let Some(found) = order.load_near(conn, (&kept, &list), cursor)? {
            return Ok(ids(found));
        }
    }
    let mut statements = statements(conn, scope, channel_id, filter, time)?;
    let mut all = statements.swap_remove(0);
    if !statements.is_empty() {
        let mut each = Sql::new("select c.id as id from (");
        each.append(all);
        for statement in statements {
            each.push(" union ").append(statement);
        }
        each.push(") f cross join contacts c where c.id = f.id");
        all = each;
    }
    order.load(conn, &all, cursor).map(ids)
}

/// Statements of which each finds some of them, led by an index, and all together everybody.
fn statements(conn: &mut Conn, scope: &Scope, channel_id: &Id, filter: &Filter, time: Time) -> QueryResult<Vec<Sql>> {
    let lead = |way| {
        let mut sql = Sql::new("select c.id as id");
        sql.append(way).append(narrowed(scope, channel_id, filter, time));
        sql
    };
    Ok(ways(conn, scope, filter)?.into_iter().map(lead).collect())
}

/// The rest of a statement over contacts `c` of which a part has been chosen.
pub(super) fn narrowed(scope: &Scope, channel_id: &Id, filter: &Filter, (now, zone): Time) -> Sql {
    let mut sql = Sql::new(" and c.channel_id = ");
    sql.bind(channel_id).append(within(scope));
    sql.append(filter.condition(now, zone));
    sql
}

fn ways(conn: &mut Conn, scope: &Scope, filter: &Filter) -> QueryResult<Vec<Sql>> {
    if !filter.search.is_empty() {
        return Search::new(&filter.search).ways(conn);
    }
    let mut sql = Sql::default();
    if !filter.tags.is_empty() {
        sql.push(" from (select distinct contact_id from contact_tags where tag_id in (").bind_all(&filter.tags);
        sql.push(")) t cross join contacts c where c.id = t.contact_id");
    } else if let Some(owner) = scope.owner() {
        // Or SQLite goes through the whole account for each member.
        let by_member = match conn {
            Conn::Sqlite(_) => " indexed by contacts_member",
            Conn::Pg(_) => "",
        };
        sql.push(" from members m cross join contacts c").push(by_member);
        sql.push(" where c.member_id = m.id and m.salesperson_id = ").bind(owner);
    } else {
        sql.push(" from contacts c where 1 = 1");
    }
    Ok(vec![sql])
}

/// Somebody found by a few letters, on whichever account.
#[derive(diesel::QueryableByName, Clone, PartialEq, Debug)]
pub struct LookedUp {
    #[diesel(sql_type = Text)]
    pub id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    last_known_name: Option<String>,
    #[diesel(sql_type = Text)]
    identity: String,
    #[diesel(sql_type = Text)]
    pub channel: String,
    #[diesel(sql_type = Text)]
    pub kind: ChannelKind,
}

impl LookedUp {
    /// The newest name, else the last one known, else the identity.
    pub fn shown_name(&self) -> &str {
        shown_name(&self.name, self.last_known_name.as_deref(), &self.identity)
    }
}

/// At most `limit` contacts whom this text finds, on all accounts.
pub fn look_up(conn: &mut Conn, scope: &Scope, text: &str, limit: usize) -> QueryResult<Vec<LookedUp>> {
    let search = Search::new(text);
    let mut found: Vec<LookedUp> = Vec::new();
    for way in search.ways(conn)? {
        let mut sql = Sql::new(
            "select c.id, c.name, c.last_known_name, c.identity, (select a.name from channels a where a.id = c.channel_id) \
             as channel, (select a.kind from channels a where a.id = c.channel_id) as kind",
        );
        sql.append(way).append(within(scope)).push(" and ").append(search.condition());
        sql.push(" limit ").bind(limit as i64);
        for one in sql.load::<LookedUp>(conn)? {
            if found.len() < limit && found.iter().all(|known| known.id != one.id) {
                found.push(one);
            }
        }
    }
    Ok(found)
}

/// The contacts `c` that somebody may see.
fn within(scope: &Scope) -> Sql {
    let mut sql = Sql::default();
    if let Some(owner) = scope.owner() {
        sql.push(" and exists (select 1 from members m where m.id = c.member_id and m.salesperson_id = ");
        sql.bind(owner).push(")");
    }
    sql
}

#[derive(diesel::QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    id: Id,
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_base::db::{Url, migrate};

    #[derive(diesel::QueryableByName)]
    struct Planned {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    /// An index beside these can lead SQLite to go through the whole account for each person found.
    #[test]
    fn whoever_is_found_is_read_by_a_key() {
        let mut conn = migrate::open(&Url::Sqlite(":memory:".into())).unwrap();
        migrate::up(&mut conn).unwrap();
        let time = (chrono::NaiveDateTime::default(), chrono_tz::Asia::Taipei);
        let filters = [
            Filter { search: "王".into(), ..Filter::default() },
            Filter { search: "王小明".into(), ..Filter::default() },
            Filter { search: "nobody".into(), ..Filter::default() },
            Filter { search: "0912345".into(), ..Filter::default() },
            Filter { search: "+886912".into(), ..Filter::default() },
            Filter { tags: vec![Id::new()], ..Filter::default() },
            Filter { tags: vec![Id::new()], search: "nobody".into(), ..Filter::default() },
        ];
        let salesperson = Scope::Own(Id::new());
        let mut asked: Vec<(&Scope, &Filter)> = filters.iter().map(|filter| (&Scope::All, filter)).collect();
        asked.extend(filters.iter().map(|filter| (&salesperson, filter)));
        let own = Filter::default();
        asked.push((&salesperson, &own));
        for (scope, filter) in asked {
            for statement in statements(&mut conn, scope, &Id::new(), filter, time).unwrap() {
                let mut explained = Sql::new("explain query plan ");
                let plan = explained.append(statement).load::<Planned>(&mut conn).unwrap();
                let of_contacts: Vec<&str> =
                    plan.iter().map(|step| step.detail.as_str()).filter(|step| step.contains(" c ")).collect();
                let [one] = of_contacts[..] else { panic!("{filter:?}: {of_contacts:?}") };
                let keys = [
                    "(id=?)",
                    "(channel_id=? AND id=?)",
                    "(member_id=?)",
                    "(channel_id=? AND identity>? AND identity<?)",
                ];
                assert!(keys.iter().any(|key| one.ends_with(key)), "{scope:?} {filter:?}: {one}");
            }
        }
    }
}
