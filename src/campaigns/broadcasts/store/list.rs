//! The records: one statement with what the page needs, and one for the total.

use crate::broadcasts::model::{BroadcastStatus, WhoKind};
use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{
        Conn, Id,
        sql::{Sql, contains},
    },
    web::paging::{Column, Cursor, Key, Listing, Order},
};
use tidings_customers::channels::ChannelKind;
use tidings_sending::dispatch::Figures;

/// What of the records is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// In the subject, in any case of Latin letters.
    pub(crate) search: String,
    /// Any of these.
    pub(crate) statuses: Vec<BroadcastStatus>,
    /// Any of these.
    pub(crate) channels: Vec<ChannelKind>,
    /// Sent, or to be sent, in this time; the end is exclusive.
    pub(crate) from: Option<NaiveDateTime>,
    pub(crate) to: Option<NaiveDateTime>,
    pub(crate) sort: Sort,
    pub(crate) cursor: Option<Cursor>,
}

/// The three orders of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    /// What was made last stands first.
    #[default]
    Made,
    /// By when sending began, old to new; what was never sent stands last.
    OldFirst,
    /// New to old; what was never sent stands last.
    NewFirst,
}

/// A line of the records.
#[derive(Clone, Debug)]
pub(crate) struct Listed {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) who: WhoKind,
    pub(crate) audience: String,
    pub(crate) status: BroadcastStatus,
    pub(crate) send_at: Option<NaiveDateTime>,
    pub(crate) started_at: Option<NaiveDateTime>,
    pub(crate) kind: ChannelKind,
    pub(crate) channel: String,
    /// How many the confirmation said would get it.
    pub(crate) expected: Option<i64>,
    pub(crate) figures: Figures,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    who: WhoKind,
    #[diesel(sql_type = Text)]
    audience_name: String,
    #[diesel(sql_type = Text)]
    status: BroadcastStatus,
    #[diesel(sql_type = Nullable<Timestamp>)]
    send_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    started_at: Option<NaiveDateTime>,
    #[diesel(sql_type = Text)]
    kind: ChannelKind,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    expected: Option<i64>,
    #[diesel(embed)]
    figures: Figures,
}

/// A page of the records.
pub(crate) fn list(conn: &mut Conn, asked: &Asked) -> QueryResult<Listing<Listed>> {
    let (column, descending) = match asked.sort {
        Sort::Made => (Column::Text("b.id"), true),
        Sort::OldFirst => (Column::TimeOrNone("b.started_at"), false),
        Sort::NewFirst => (Column::TimeOrNone("b.started_at"), true),
    };
    let order = Order { column, id: "b.id", descending };
    let mut sql = columns();
    sql.append(from(asked));
    let (rows, start) = order.load::<Row>(conn, &sql, asked.cursor.as_ref())?;
    let rows: Vec<Listed> = rows.into_iter().map(Row::into).collect();
    let mut total = Sql::new("select count(*) as n");
    let total = total.append(from(asked)).count(conn)?;
    Ok(Listing::new(rows, total, start, |row| {
        let key = match asked.sort {
            Sort::Made => Key::Text(row.id.to_string()),
            Sort::OldFirst | Sort::NewFirst => row.started_at.into(),
        };
        (key, row.id.clone())
    }))
}

/// All that is asked for, newest first, at most `limit`: for the report.
pub(crate) fn export(conn: &mut Conn, asked: &Asked, limit: i64) -> QueryResult<Vec<Listed>> {
    let mut sql = columns();
    sql.append(from(asked)).push(" order by b.started_at desc nulls last, b.id desc limit ").bind(limit);
    Ok(sql.load(conn)?.into_iter().map(|row: Row| row.into()).collect())
}

/// Whether there is any broadcast at all.
pub(crate) fn is_empty(conn: &mut Conn) -> QueryResult<bool> {
    Ok(Sql::new("select count(*) as n from (select 1 as one from broadcasts limit 1) as first_row").count(conn)? == 0)
}

/// Those that wait for their time, the next one first.
pub(crate) fn coming(conn: &mut Conn, limit: i64) -> QueryResult<Vec<Listed>> {
    let mut sql = columns();
    sql.append(from(&Asked::default())).push(" and b.status = 'scheduled' order by b.due_at, b.id limit ").bind(limit);
    Ok(sql.load(conn)?.into_iter().map(|row: Row| row.into()).collect())
}

fn columns() -> Sql {
    // No other table here has columns of these names.
    let figures = Figures::columns(|count| format!("coalesce({count}, 0)"));
    let mut sql = Sql::new("select b.id, b.name, b.who, b.audience_name, ");
    sql.push(BroadcastStatus::SQL).push(" as status, b.send_at, b.started_at, c.kind, c.name as channel, b.expected, ");
    sql.push(&figures);
    sql
}

fn from(asked: &Asked) -> Sql {
    let mut sql = Sql::new(
        " from broadcasts b join channels c on c.id = b.channel_id left join dispatches d on d.id = b.dispatch_id where 1 = 1",
    );
    if !asked.search.is_empty() {
        sql.push(" and lower(b.name) like ").bind(contains(&asked.search.to_ascii_lowercase())).push(" escape '\\'");
    }
    if !asked.statuses.is_empty() {
        sql.push(" and ").push(BroadcastStatus::SQL).push(" in (");
        sql.bind_all(asked.statuses.iter().map(|status| status.word())).push(")");
    }
    if !asked.channels.is_empty() {
        sql.push(" and c.kind in (").bind_all(asked.channels.iter().map(|kind| kind.word())).push(")");
    }
    for (sign, at) in [(">=", asked.from), ("<", asked.to)] {
        if let Some(at) = at {
            sql.push(&format!(" and coalesce(b.started_at, b.send_at) {sign} ")).bind(at);
        }
    }
    sql
}

impl From<Row> for Listed {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            who: row.who,
            audience: row.audience_name,
            status: row.status,
            send_at: row.send_at,
            started_at: row.started_at,
            kind: row.kind,
            channel: row.channel,
            expected: row.expected,
            figures: row.figures,
        }
    }
}
