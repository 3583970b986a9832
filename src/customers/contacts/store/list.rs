use super::matches::{Matches, ids, matches, narrowed, of_many};
use super::totals;
use crate::{
    consent::Consent,
    contacts::{
        chosen::Selection,
        filter::{Filter, Sort, Sorting},
    },
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::{
    QueryResult,
    sql_types::{Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{Conn, Id, Scope, sql::Sql},
    web::paging::{Column, Cursor, Key, Listing, MOST_COUNTED, Order, Total},
};

/// A row of the list.
#[derive(diesel::QueryableByName, Clone, PartialEq, Debug)]
pub(crate) struct Listed {
    #[diesel(sql_type = Text)]
    pub id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    last_known_name: Option<String>,
    #[diesel(sql_type = Text)]
    pub identity: String,
    #[diesel(sql_type = Text)]
    pub consent: Consent,
    #[diesel(sql_type = Timestamp)]
    pub subscribed_at: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub last_interaction_at: Option<NaiveDateTime>,
    /// Why nothing reaches this identity any more.
    #[diesel(sql_type = Nullable<Text>)]
    pub unreachable: Option<String>,
    /// The name of the salesperson whom the member is bound to.
    #[diesel(sql_type = Nullable<Text>)]
    pub salesperson: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub member_number: Option<String>,
}

impl Listed {
    /// The newest name, else the last one known, else the identity.
    pub(crate) fn shown_name(&self) -> &str {
        super::super::shown_name(&self.name, self.last_known_name.as_deref(), &self.identity)
    }
}

/// Product time and the workspace's zone: what "the last 30 days" and "from 1 November" mean.
pub(crate) type Time = (NaiveDateTime, Tz);

const SELECT: &str = "select c.id, c.name, c.last_known_name, c.identity, c.consent, c.subscribed_at, \
     c.last_interaction_at, c.unreachable, m.number as member_number, \
     (select p.name from people p where p.id = m.salesperson_id) as salesperson ";

/// A page of an account's contacts, and how many there are in all.
pub(crate) fn list(
    conn: &mut Conn,
    scope: &Scope,
    channel_id: &Id,
    (filter, sorting): (&Filter, Sorting),
    cursor: Option<&Cursor>,
    time: Time,
) -> QueryResult<Listing<Listed>> {
    let order = order(sorting);
    let mut of_all = Sql::new("select c.id as id from contacts c where ");
    let ((ids, start), total) = match matches(conn, scope, channel_id, filter, time)? {
        Matches::These(ids) if ids.is_empty() => return Ok(Listing::empty()),
        Matches::Everybody => {
            of_all.push("c.channel_id = ").bind(channel_id);
            (ids(conn, &of_all, &order, cursor)?, Total::Exactly(totals::count(conn, channel_id)?))
        }
        Matches::These(found) => {
            of_all.push("c.id in (").bind_all(&found).push(")");
            (ids(conn, &of_all, &order, cursor)?, Total::Exactly(found.len() as i64))
        }
        Matches::Many => {
            (of_many(conn, scope, channel_id, (filter, time), &order, cursor)?, Total::MoreThan(MOST_COUNTED))
        }
    };
    let mut rows: Vec<Listed> = Vec::new();
    if !ids.is_empty() {
        let mut sql = Sql::new(SELECT);
        sql.push("from contacts c left join members m on m.id = c.member_id where c.id in (");
        rows = sql.bind_all(&ids).push(")").load(conn)?;
    }
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(Listing::new(rows, total, start, |row| {
        let key = match sorting.by {
            Sort::Name => Key::Text(row.name.clone()),
            Sort::Subscribed => Key::Time(row.subscribed_at),
            Sort::Interacted => row.last_interaction_at.into(),
        };
        (key, row.id.clone())
    }))
}

fn order(sorting: Sorting) -> Order {
    let column = match sorting.by {
        Sort::Name => Column::Text("c.name"),
        Sort::Subscribed => Column::Time("c.subscribed_at"),
        Sort::Interacted => Column::TimeOrNone("c.last_interaction_at"),
    };
    Order { column, id: "c.id", descending: sorting.descending }
}

/// The contacts that a filter lets through in the order they became known, at most `limit` of those
/// after `after`.
pub(crate) fn batch(
    conn: &mut Conn,
    scope: &Scope,
    channel_id: &Id,
    filter: &Filter,
    after: Option<&Id>,
    limit: i64,
    time: Time,
) -> QueryResult<Vec<Listed>> {
    let mut sql = Sql::new(SELECT);
    sql.append(chosen(scope, channel_id, filter, time));
    if let Some(after) = after {
        sql.push(" and c.id > ").bind(after);
    }
    sql.push(" order by c.id limit ").bind(limit);
    sql.load(conn)
}

/// `select c.id as id …` of the contacts meant, for statements that change them all.
pub(crate) fn selected(scope: &Scope, channel_id: &Id, selection: &Selection, time: Time) -> Sql {
    let mut sql = Sql::new("select c.id as id ");
    match selection {
        Selection::Matching(filter) => {
            sql.append(chosen(scope, channel_id, filter, time));
        }
        Selection::Picked(ids) => {
            sql.append(chosen(scope, channel_id, &Filter::default(), time));
            if ids.is_empty() {
                sql.push(" and false");
            } else {
                sql.push(" and c.id in (").bind_all(ids).push(")");
            }
        }
    }
    sql
}

/// How many contacts [`selected`] gives.
pub(crate) fn count(conn: &mut Conn, selected: Sql) -> QueryResult<i64> {
    let mut sql = Sql::new("select count(*) as n from (");
    sql.append(selected).push(") as selected");
    sql.count(conn)
}

fn chosen(scope: &Scope, channel_id: &Id, filter: &Filter, time: Time) -> Sql {
    let mut sql = Sql::new("from contacts c left join members m on m.id = c.member_id where 1 = 1");
    sql.append(narrowed(scope, channel_id, filter, time));
    sql
}
