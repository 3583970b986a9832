//! What would become of people if they were added now: the freeze without its rows.

use super::decide::{Decision, People};
use crate::dispatch::Reason;
use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text},
};
use tidings_base::db::{Conn, Id, sql::Sql};
use tidings_customers::channels;

/// How many would be written to, and how many not and why.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Outlook {
    pub will: i64,
    /// Most first.
    pub left_out: Vec<(Reason, i64)>,
}

impl Outlook {
    /// How many would not be written to.
    pub fn left_out_total(&self) -> i64 {
        self.left_out.iter().map(|(_, people)| people).sum()
    }

    /// Everybody.
    pub fn people(&self) -> i64 {
        self.will + self.left_out_total()
    }
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<Reason>,
    #[diesel(sql_type = BigInt)]
    people: i64,
}

/// What would become of `people` (as for [`add`](super::door::add)) in a dispatch of their own over
/// this account. `now` is product time.
///
/// # Errors
/// [`diesel::NotFound`] if there is no such account.
pub fn outlook(conn: &mut Conn, channel: &Id, people: People, now: NaiveDateTime) -> QueryResult<Outlook> {
    let kind = channels::find(conn, channel)?.ok_or(diesel::NotFound)?.kind;
    let mut sql = Sql::new("select reason, count(*) as people from (");
    sql.append(Decision { dispatch: &Id::new(), channel, kind, packed: false, now }.of(conn, people));
    sql.push(") outlook group by reason order by people desc, reason");
    let mut outlook = Outlook::default();
    for Row { reason, people } in sql.load(conn)? {
        match reason {
            None => outlook.will = people,
            Some(reason) => outlook.left_out.push((reason, people)),
        }
    }
    Ok(outlook)
}
