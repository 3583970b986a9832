use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use tidings_base::{
    db::{
        Conn, Id,
        schema::{inbound_events, inbound_events::dsl as e},
        sql::Sql,
    },
    each_backend, text_enum,
};
use tidings_customers::channels::{self, ChannelAccount, ChannelKind, ChannelStatus};

text_enum! {
    /// How far the work on an event from a vendor got.
    pub enum InboundStatus { Waiting = "waiting", Done = "done", Failed = "failed" }
}

/// The kind of work that lets events take effect; wake it after storing some.
pub const INBOUND: &str = "inbound.process";

/// Stores what a vendor sent, to be worked on at `due_at` (product time); what was stored before
/// under the same key is passed over. The one way in, whatever the vendor and the wire.
pub fn receive(conn: &mut Conn, channel: &Id, events: &[Received], now: NaiveDateTime) -> QueryResult<()> {
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            (
                e::id.eq(Id::new()),
                e::channel_id.eq(channel),
                e::vendor_event_id.eq(&event.key),
                e::body.eq(&event.body),
                e::status.eq(InboundStatus::Waiting),
                e::received_at.eq(now),
                e::due_at.eq(event.due_at),
                e::epoch.eq(0),
                e::begun.eq(0),
            )
        })
        .collect();
    for rows in rows.chunks(50) {
        each_backend!(conn, c => diesel::insert_into(inbound_events::table).values(rows).on_conflict_do_nothing().execute(c))?;
    }
    Ok(())
}

/// One event as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Received {
    /// What tells it from every other event of the account: the vendor's own id of it, where there is one.
    pub key: String,
    /// As it came, for the connector to read.
    pub body: String,
    /// When to work on it, product time; now, but for a sandbox's future.
    pub due_at: NaiveDateTime,
}

/// An account in the list.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Listed {
    pub(super) account: ChannelAccount,
    pub(super) contacts: i64,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Text)]
    channel_id: Id,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// Every account, with how many contacts it has.
pub(super) fn list(conn: &mut Conn) -> QueryResult<Vec<Listed>> {
    let counts: Vec<Count> =
        Sql::new("select channel_id, cast(sum(contacts) as bigint) as n from contact_totals group by channel_id")
            .load(conn)?;
    let of = |id: &Id| counts.iter().find(|count| count.channel_id == *id).map_or(0, |count| count.n);
    Ok(channels::all(conn)?.into_iter().map(|account| Listed { contacts: of(&account.id), account }).collect())
}

/// The account, or [`diesel::NotFound`].
pub(super) fn find(conn: &mut Conn, id: &Id) -> QueryResult<ChannelAccount> {
    channels::find(conn, id)?.ok_or(diesel::NotFound)
}

/// What can be changed about an account.
pub(super) struct Change<'a> {
    pub(super) name: &'a str,
    pub(super) rate_per_second: i64,
    pub(super) failure_share: f64,
}

/// Changes the account, unless somebody changed it since `version`.
pub(super) fn update(conn: &mut Conn, id: &Id, version: i64, change: &Change<'_>) -> QueryResult<bool> {
    let mut sql = Sql::new("update channels set version = version + 1, name = ");
    sql.bind(change.name).push(", rate_per_second = ").bind(change.rate_per_second).push(", failure_share = ");
    sql.bind(change.failure_share).push(" where version = ").bind(version).push(" and id = ").bind(id);
    Ok(sql.execute(conn)? > 0)
}

/// Pauses the account, or lets it send again as if it had never failed; answers whether that is new.
pub(super) fn set_status(conn: &mut Conn, id: &Id, status: ChannelStatus) -> QueryResult<bool> {
    let mut sql = Sql::new("update channels set trouble = null, version = version + 1, status = ");
    sql.bind(status.word()).push(" where status <> ").bind(status.word()).push(" and id = ").bind(id);
    let changed = sql.execute(conn)? > 0;
    let mut sql = Sql::new("update channel_health set failing = 0, open_until = null where channel_id = ");
    sql.bind(id);
    sql.execute(conn)?;
    Ok(changed)
}

/// Notes what the vendor calls the account.
pub(super) fn set_vendor_id(conn: &mut Conn, id: &Id, vendor_id: Option<&str>) -> QueryResult<()> {
    let mut sql = Sql::new("update channels set version = version + 1, vendor_id = ");
    sql.bind(vendor_id.map(str::to_owned)).push(" where id = ").bind(id);
    sql.execute(conn).map(drop)
}

/// The account that the vendor calls this, if it is here.
pub(super) fn of_vendor(conn: &mut Conn, kind: ChannelKind, vendor_id: &str) -> QueryResult<Option<ChannelAccount>> {
    let same = |account: &ChannelAccount| account.kind == kind && account.vendor_id.as_deref() == Some(vendor_id);
    Ok(channels::all(conn)?.into_iter().find(same))
}

/// What cannot do without an account.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Dependents {
    pub(super) journeys: Vec<Named>,
    pub(super) schedules: Vec<Named>,
    pub(super) broadcasts: Vec<Named>,
    /// Dispatches that still have somebody to send to.
    pub(super) dispatches: i64,
    pub(super) contacts: i64,
}

/// A thing with a page.
#[derive(QueryableByName, Clone, PartialEq, Debug)]
pub(super) struct Named {
    #[diesel(sql_type = Text)]
    pub(super) id: Id,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
}

/// What depends on the account now: journeys that are published or paused, schedules with runs to
/// come, broadcasts that wait for their time, dispatches that are not at their end, and its contacts.
pub(super) fn dependents(conn: &mut Conn, id: &Id) -> QueryResult<Dependents> {
    let mut journeys =
        Sql::new("select id, name from journeys where status in ('published', 'paused') and channel_id = ");
    journeys.bind(id).push(" order by name, id");
    let mut schedules = Sql::new(
        "select s.id, s.name from schedules s join journeys j on j.id = s.journey_id where exists (select 1 from \
         schedule_tasks t where t.schedule_id = s.id and t.status in ('waiting', 'running')) and j.channel_id = ",
    );
    schedules.bind(id).push(" order by s.name, s.id");
    let mut broadcasts = Sql::new("select id, name from broadcasts where status = 'scheduled' and channel_id = ");
    broadcasts.bind(id).push(" order by name, id");
    let mut dispatches = Sql::new(
        "select count(*) as n from dispatches where status in ('scheduled', 'sending', 'paused') and channel_id = ",
    );
    dispatches.bind(id);
    let mut contacts = Sql::new("select count(*) as n from contacts where channel_id = ");
    contacts.bind(id);
    Ok(Dependents {
        journeys: journeys.load(conn)?,
        schedules: schedules.load(conn)?,
        broadcasts: broadcasts.load(conn)?,
        dispatches: dispatches.count(conn)?,
        contacts: contacts.count(conn)?,
    })
}
