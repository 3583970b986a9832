//! Telling those who wait for deliveries that some are settled: a row for many of them, written with
//! what became of them and deleted with what follows from it.

use crate::dispatch::DeliveryState;
use diesel::{QueryResult, QueryableByName, sql_types::Text};
use tidings_base::db::{Conn, Id, sql::Sql};

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

/// A delivery that is final or unknown. It may be told of more than once.
#[derive(QueryableByName, Clone, PartialEq, Eq, Debug)]
pub struct Settled {
    #[diesel(sql_type = Text)]
    pub delivery: Id,
    /// Who waits for it, if they still do.
    #[diesel(sql_type = Text)]
    pub entry_id: Id,
    /// The step that sent it.
    #[diesel(sql_type = Text)]
    pub step_id: Id,
    #[diesel(sql_type = Text)]
    pub state: DeliveryState,
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
    sql.execute(conn).map(drop)
}

/// How many there are, a hundred at most; nothing is held.
pub fn waiting(conn: &mut Conn) -> QueryResult<i64> {
    Sql::new("select count(*) as n from (select 1 from dispatch_news limit 100) as some_news").count(conn)
}

/// At most `limit` news, oldest first, held until the transaction ends; what somebody else holds is
/// passed over.
pub fn news(conn: &mut Conn, limit: i64) -> QueryResult<Vec<News>> {
    let mut sql = Sql::new("select id, dispatch_id, after_id, last_id from dispatch_news order by id limit ");
    sql.bind(limit).push(super::skip_locked(conn));
    sql.load(conn)
}

/// At most `limit` settled deliveries of the news, with the news behind it: what is told is deleted, and
/// what was too long begins after what was told.
pub fn settled(conn: &mut Conn, news: &News, limit: i64) -> QueryResult<Vec<Settled>> {
    let mut sql = Sql::new(
        "select d.id as delivery, d.entry_id, p.origin_step as step_id, d.state from deliveries d \
         join dispatches p on p.id = d.dispatch_id where d.entry_id is not null and d.state <> 'pending' and d.id > ",
    );
    sql.bind(news.after_id.as_str()).push(" and d.id <= ").bind(news.last_id.as_str());
    // Joined to nothing the column would lead SQLite to an index over all of the dispatch.
    sql.push(" and d.dispatch_id || '' = ").bind(&news.dispatch_id);
    sql.push(" order by d.id limit ").bind(limit);
    let settled: Vec<Settled> = sql.load(conn)?;
    let mut sql = match settled.last() {
        Some(last) if settled.len() as i64 == limit => {
            let mut sql = Sql::new("update dispatch_news set after_id = ");
            sql.bind(&last.delivery);
            sql
        }
        _ => Sql::new("delete from dispatch_news"),
    };
    sql.push(" where id = ").bind(&news.id);
    sql.execute(conn)?;
    Ok(settled)
}
