//! Telling those who wait for deliveries that some are settled: a row for many of them, written with
//! what became of them and deleted with what follows from it.

use super::slice::Reach;
use diesel::{QueryResult, QueryableByName, sql_types::Text};
use tidings_base::db::{
    Conn, Id,
    sql::{Keep, Sql},
};

/// A condition on a row `d` of `dispatches`: of somebody in it, those who wait do not know yet what became of
/// the message. One statement that asks it misses nobody who is settled at that moment.
pub const AWAITED: &str = "(d.pending > 0 or exists (select 1 from dispatch_news n where n.dispatch_id = d.id) \
     or exists (select 1 from packs k where k.dispatch_id = d.id))";

/// Deliveries of some of which it is not known yet, to those who wait for them, what became of them.
#[derive(QueryableByName, Clone, PartialEq, Eq, Debug)]
pub struct News {
    #[diesel(sql_type = Text)]
    pub id: Id,
    #[diesel(sql_type = Text)]
    pub dispatch_id: Id,
    #[diesel(sql_type = Text)]
    after_id: String,
    #[diesel(sql_type = Text)]
    last_id: String,
}

/// What some news tell: deliveries of a dispatch, those of which are final or unknown that are so by the
/// time they are asked about. They may be told of more than once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub dispatch_id: Id,
    after_id: String,
    last_id: String,
    /// How many deliveries were looked at.
    pub people: i64,
}

impl Told {
    /// A condition on `column`, which holds entries: what became of their message is known.
    pub fn is_about(&self, conn: &Conn, column: &str) -> Sql {
        // PostgreSQL gets the entries as a value: joined, its planner may go through all that there are.
        let (before, after) = match conn {
            Conn::Pg(_) => (" = any(array(", "))"),
            Conn::Sqlite(_) => (" in (", ")"),
        };
        let mut sql = Sql::new(column);
        sql.push(before)
            .push("select d.entry_id from deliveries d where d.entry_id is not null and d.state <> 'pending' and ");
        sql.append(within(&self.dispatch_id, &self.after_id, &self.last_id)).push(after);
        sql
    }
}

/// Says that what became of these is known, or may be.
pub(super) fn tell<'a>(conn: &mut Conn, dispatch: &Id, deliveries: impl Iterator<Item = &'a Id>) -> QueryResult<()> {
    let (mut first, mut last): (Option<&Id>, Option<&Id>) = (None, None);
    for delivery in deliveries {
        first = Some(first.map_or(delivery, |first| first.min(delivery)));
        last = last.max(Some(delivery));
    }
    match first.zip(last) {
        // Without its last character it stands before the first and after nearly all before it.
        Some((first, last)) => {
            let first = first.as_str();
            tell_range(conn, dispatch, &first[..first.len() - 1], last.as_str())
        }
        None => Ok(()),
    }
}

/// As [`tell`], of all after the one up to the other.
pub(super) fn tell_range(conn: &mut Conn, dispatch: &Id, after: &str, last: &str) -> QueryResult<()> {
    let mut sql = Sql::new("insert into dispatch_news (id, dispatch_id, after_id, last_id) values (");
    sql.bind(Id::new()).push(", ").bind(dispatch).push(", ").bind(after).push(", ").bind(last).push(")");
    sql.keep(Keep::Everywhere).execute(conn).map(drop)
}

/// How many there are, a hundred at most; nothing is held.
pub fn waiting(conn: &mut Conn) -> QueryResult<i64> {
    Sql::new("select count(*) as n from (select 1 from dispatch_news limit 100) as some_news")
        .keep(Keep::Everywhere)
        .count(conn)
}

/// At most `limit` news, oldest first, held until the transaction ends; what somebody else holds is
/// passed over.
pub fn news(conn: &mut Conn, limit: i64) -> QueryResult<Vec<News>> {
    let mut sql = Sql::new("select id, dispatch_id, after_id, last_id from dispatch_news order by id limit ");
    sql.bind(limit).push(super::skip_locked(conn)).keep(Keep::Everywhere);
    sql.load(conn)
}

/// At most `limit` deliveries of the news, with the news behind them: what is told is deleted, and what was
/// too long begins after what was told.
pub fn hear(conn: &mut Conn, news: News, limit: i64) -> QueryResult<Told> {
    let Reach { last, people } = Reach::of(conn, within(&news.dispatch_id, &news.after_id, &news.last_id), limit)?;
    let last_id = last.unwrap_or(news.last_id);
    let mut sql = if people == limit {
        let mut sql = Sql::new("update dispatch_news set after_id = ");
        sql.bind(last_id.as_str());
        sql
    } else {
        Sql::new("delete from dispatch_news")
    };
    sql.push(" where id = ").bind(&news.id).keep(Keep::Everywhere);
    sql.execute(conn)?;
    Ok(Told { dispatch_id: news.dispatch_id, after_id: news.after_id, last_id, people })
}

/// The deliveries `d` of the dispatch after the one id up to the other.
fn within(dispatch: &Id, after: &str, last: &str) -> Sql {
    let mut sql = Sql::new("d.id > ");
    sql.bind(after).push(" and d.id <= ").bind(last);
    // The bare column would lead SQLite to an index over all of the dispatch.
    sql.push(" and d.dispatch_id || '' = ").bind(dispatch);
    sql
}
