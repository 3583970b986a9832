//! Ways to contacts: what a statement about some of a million begins with.

use diesel::QueryResult;
use tidings_base::db::{Conn, sql::Sql};

/// What leads to contacts `c`.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// Rows of an index that name them, ` from … where …` with a `contact_id`; whether it may name somebody again.
    Named { rows: Sql, again: bool },
    /// ` from … where …` over contacts `c` themselves.
    Plain(Sql),
}

impl Way {
    /// ` from … where …` over contacts `c`.
    pub(super) fn contacts(&self) -> Sql {
        match self {
            Self::Plain(sql) => sql.clone(),
            Self::Named { rows, again } => {
                let mut sql = Sql::new(" from (select ");
                sql.push(if *again { "distinct contact_id" } else { "contact_id" });
                // SQLite takes tables in this order.
                sql.append(rows.clone()).push(") g cross join contacts c where c.id = g.contact_id");
                sql
            }
        }
    }
}

/// To tell apart whom a way names again costs as much as this many who are named once.
const AGAIN: i64 = 3;

/// Whether these ways are known to be no longer than to `most` people, read in an index alone.
pub(super) fn are_short(conn: &mut Conn, ways: &[Way], most: i64) -> QueryResult<bool> {
    length(conn, ways, most).map(|length| length.is_some())
}

/// The shorter of two manners to go, as far as they differ below `most`.
pub(super) fn shorter(conn: &mut Conn, one: Vec<Way>, other: Vec<Way>, most: i64) -> QueryResult<Vec<Way>> {
    let (of_one, of_other) = (length(conn, &one, most)?, length(conn, &other, most)?);
    Ok(if of_other.is_some_and(|other| of_one.is_none_or(|one| other < one)) { other } else { one })
}

/// How long they are, if no longer than `most`.
fn length(conn: &mut Conn, ways: &[Way], most: i64) -> QueryResult<Option<i64>> {
    let mut length = 0;
    for way in ways {
        let Way::Named { rows, again } = way else { return Ok(None) };
        let each = if *again { AGAIN } else { 1 };
        let mut sql = Sql::new("select count(*) as n from (select 1 as one");
        sql.append(rows.clone()).push(" limit ").bind((most - length) / each + 1).push(") as counted");
        length += each * sql.count(conn)?;
        if length > most {
            return Ok(None);
        }
    }
    Ok(Some(length))
}
