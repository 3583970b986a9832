//! Whom a filter lets through, found beforehand: what a list of a million people needs to know before it
//! can choose how to read a page of itself.

use super::Time;
use crate::{
    channels::ChannelKind,
    contacts::{
        filter::Filter,
        search::Search,
        shown_name,
        way::{Way, are_short, shorter},
    },
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

/// Rows of more contacts than these are not counted.
const MOST: usize = 2_000;

/// A way is gone to its end for a page if it leads to no more than these; else the list is looked through in
/// its own order, however far those on the page stand.
const FAR: i64 = 50_000;

/// The contacts of an account that a filter lets through.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Matches {
    /// Nothing is asked for.
    Everybody,
    /// These and nobody else.
    These(Vec<Id>),
    /// More than [`MOST_COUNTED`]: a list read in its own order comes upon them soon, unless they stand together.
    Many,
}

/// Finds out what of an account's contacts a filter lets through, by the index that leads to it.
pub fn matches(conn: &mut Conn, scope: &Scope, channel_id: &Id, filter: &Filter, time: Time) -> QueryResult<Matches> {
    if filter.is_empty() && scope.owner().is_none() {
        return Ok(Matches::Everybody);
    }
    let mut found = HashSet::new();
    for way in ways(conn, scope, filter)? {
        let mut statement = led(&way, scope, channel_id, filter, time);
        statement.push(" limit ").bind(MOST_COUNTED + 1);
        found.extend(statement.load::<Found>(conn)?.into_iter().map(|row| row.id));
        if found.len() as i64 > MOST_COUNTED {
            return Ok(Matches::Many);
        }
    }
    let mut found: Vec<Id> = found.into_iter().collect();
    found.sort();
    Ok(Matches::These(found))
}

/// How many rows there are of these contacts, ` from … where …`: not counted where that took as long as to find
/// those of a page.
pub fn total_of(conn: &mut Conn, contacts: &[Id], rows: &Sql) -> QueryResult<Total> {
    if contacts.len() > MOST { Ok(Total::Unknown) } else { Total::of(conn, rows.clone()) }
}

/// Those on a page of what a statement finds, in its order.
pub(super) fn ids<'a>(
    conn: &mut Conn,
    statement: &Sql,
    order: &Order,
    cursor: Option<&'a Cursor>,
) -> QueryResult<(Vec<Id>, Start<'a>)> {
    order.load(conn, statement, cursor).map(named)
}

/// Those of [`Matches::Many`] who are on a page, in its order.
pub(super) fn of_many<'a>(
    conn: &mut Conn,
    scope: &Scope,
    channel_id: &Id,
    (filter, time): (&Filter, Time),
    order: &Order,
    cursor: Option<&'a Cursor>,
) -> QueryResult<(Vec<Id>, Start<'a>)> {
    let mut list = Sql::new(" from contacts c where c.channel_id = ");
    list.bind(channel_id);
    let mut kept = Sql::new("select c.id as id from contacts c where 1 = 1");
    kept.append(narrowed(scope, channel_id, filter, time));
    if let Some(page) = order.load_near(conn, (&kept, &list), cursor)? {
        return Ok(named(page));
    }
    // Whoever has something in common often came together, and stands far from where the list begins.
    let ways = ways(conn, scope, filter)?;
    if !are_short(conn, &ways, FAR)? {
        return ids(conn, &kept, order, cursor);
    }
    let all = together(ways.iter().map(|way| led(way, scope, channel_id, filter, time)));
    ids(conn, &all, order, cursor)
}

fn named<S>((found, start): (Vec<Found>, S)) -> (Vec<Id>, S) {
    (found.into_iter().map(|row| row.id).collect(), start)
}

/// A statement of contacts `c` of which each is found by one of these, or by several.
fn together(mut statements: impl ExactSizeIterator<Item = Sql>) -> Sql {
    if statements.len() == 1
        && let Some(only) = statements.next()
    {
        return only;
    }
    let mut all = Sql::new("select c.id as id from (");
    for (n, statement) in statements.enumerate() {
        all.push(if n == 0 { "" } else { " union " }).append(statement);
    }
    all.push(") f cross join contacts c where c.id = f.id");
    all
}

/// Finds those of them to whom a way leads.
fn led(way: &Way, scope: &Scope, channel_id: &Id, filter: &Filter, time: Time) -> Sql {
    let mut sql = Sql::new("select c.id as id");
    sql.append(way.contacts()).append(narrowed(scope, channel_id, filter, time));
    sql
}

/// The rest of a statement over contacts `c` of which a part has been chosen.
pub(super) fn narrowed(scope: &Scope, channel_id: &Id, filter: &Filter, (now, zone): Time) -> Sql {
    let mut sql = Sql::new(" and c.channel_id = ");
    sql.bind(channel_id).append(within(scope));
    sql.append(filter.condition(now, zone));
    sql
}

fn ways(conn: &mut Conn, scope: &Scope, filter: &Filter) -> QueryResult<Vec<Way>> {
    let by_text = |conn: &mut Conn| Search::new(&filter.search).ways(conn);
    let by_tags = || {
        let mut rows = Sql::new(" from contact_tags where tag_id in (");
        rows.bind_all(&filter.tags).push(")");
        vec![Way::Named { rows, again: filter.tags.len() > 1 }]
    };
    match (filter.search.is_empty(), filter.tags.is_empty()) {
        (false, false) => {
            let by_text = by_text(conn)?;
            shorter(conn, by_text, by_tags(), FAR)
        }
        (false, true) => by_text(conn),
        (true, false) => Ok(by_tags()),
        (true, true) => Ok(vec![Way::Plain(of_owner(conn, scope))]),
    }
}

fn of_owner(conn: &Conn, scope: &Scope) -> Sql {
    let Some(owner) = scope.owner() else { return Sql::new(" from contacts c where 1 = 1") };
    // Or SQLite goes through the whole account for each member.
    let by_member = match conn {
        Conn::Sqlite(_) => " indexed by contacts_member",
        Conn::Pg(_) => "",
    };
    let mut sql = Sql::new(" from members m cross join contacts c");
    sql.push(by_member).push(" where c.member_id = m.id and m.salesperson_id = ").bind(owner);
    sql
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
        sql.append(way.contacts()).append(within(scope)).push(" and ").append(search.condition());
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
            for way in ways(&mut conn, scope, filter).unwrap() {
                let statement = led(&way, scope, &Id::new(), filter, time);
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
