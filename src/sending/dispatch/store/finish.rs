use crate::dispatch::{DispatchStatus, Origin};
use chrono::NaiveDateTime;
use diesel::{QueryResult, QueryableByName, sql_types::Text};
use tidings_base::db::{
    Conn, Id,
    sql::{Keep, Sql},
};

/// What a change to a dispatch's rows needs to know of it.
#[derive(QueryableByName, Clone, Debug)]
pub(in crate::dispatch) struct Dispatch {
    #[diesel(sql_type = Text)]
    pub(in crate::dispatch) channel_id: Id,
    #[diesel(sql_type = Text)]
    pub(in crate::dispatch) origin: Origin,
    #[diesel(sql_type = Text)]
    pub(in crate::dispatch) status: DispatchStatus,
}

/// How many rows of a dispatch came into each state (negative: left it) in one transaction.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(in crate::dispatch) struct Moved {
    pub(in crate::dispatch) people: i64,
    pub(in crate::dispatch) pending: i64,
    pub(in crate::dispatch) sent: i64,
    pub(in crate::dispatch) failed: i64,
    pub(in crate::dispatch) left_out: i64,
    pub(in crate::dispatch) cancelled: i64,
    pub(in crate::dispatch) unknown: i64,
    pub(in crate::dispatch) delivered: i64,
    pub(in crate::dispatch) read: i64,
    pub(in crate::dispatch) bounced: i64,
}

/// Reads the dispatch and, on PostgreSQL, holds it until the transaction ends: whoever changes rows
/// of a dispatch takes it first, so that nobody waits for anybody in a circle.
pub(in crate::dispatch) fn lock(conn: &mut Conn, id: &Id) -> QueryResult<Option<Dispatch>> {
    of(conn, id, super::for_update(conn))
}

/// Reads it only: another may change it at this moment.
pub(in crate::dispatch) fn read(conn: &mut Conn, id: &Id) -> QueryResult<Option<Dispatch>> {
    of(conn, id, "")
}

fn of(conn: &mut Conn, id: &Id, lock: &str) -> QueryResult<Option<Dispatch>> {
    let mut sql = Sql::new("select channel_id, origin, status from dispatches where id = ");
    sql.bind(id).push(lock).keep(Keep::Everywhere);
    Ok(sql.load(conn)?.into_iter().next())
}

impl Moved {
    /// Adds this to the figures on the dispatch.
    pub(in crate::dispatch) fn apply(&self, conn: &mut Conn, dispatch: &Id) -> QueryResult<()> {
        let columns = [
            ("people", self.people),
            ("pending", self.pending),
            ("sent", self.sent),
            ("failed", self.failed),
            ("left_out", self.left_out),
            ("cancelled", self.cancelled),
            ("unknown", self.unknown),
            ("delivered", self.delivered),
            ("read", self.read),
            ("bounced", self.bounced),
        ];
        let mut sql = Sql::new("update dispatches set version = version + 1");
        for (column, by) in columns.into_iter().filter(|(_, by)| *by != 0) {
            sql.push(&format!(", {column} = {column} + ")).bind(by);
        }
        sql.push(" where id = ").bind(dispatch).keep(Keep::Everywhere);
        sql.execute(conn).map(drop)
    }
}

/// Ends the dispatch if no more people will come and nobody is pending: in a stretch, in a slice, or
/// waiting to be taken into one, and nobody is in a pack. Looks at the rows, not at the figures.
pub(in crate::dispatch) fn finish(conn: &mut Conn, dispatch: &Id, now: NaiveDateTime) -> QueryResult<()> {
    let any = |what: &str| {
        let mut sql = Sql::new("exists (select 1 from ");
        sql.push(what).push(" and dispatch_id = ").bind(dispatch).push(")");
        sql
    };
    let may_end = || {
        let mut sql = Sql::new(" where id = ");
        sql.bind(dispatch).push(" and status = 'sending' and not accepting and not ");
        sql.append(any("stretches where true")).push(" and not ").append(any("slices where true"));
        sql.push(" and not ").append(any("packs where true"));
        sql
    };
    // Nearly always something is still to come, which is seen without a look at the deliveries.
    let mut sql = Sql::new("select count(*) as n from dispatches");
    sql.append(may_end()).keep(Keep::Everywhere);
    if sql.count(conn)? == 0 {
        return Ok(());
    }
    let mut sql = Sql::new("update dispatches set version = version + 1, finished_at = ");
    sql.bind(now).push(", status = case when ").append(any("deliveries where missed = 'failed'")).push(" and not ");
    sql.append(any("deliveries where missed = 'unknown'")).push(" and not ");
    sql.append(any("deliveries where missed = '' and state = 'sent'")).push(" then 'failed' else 'done' end");
    sql.append(may_end()).push(" and not ").append(any("deliveries where waits"));
    sql.execute(conn).map(drop)
}

impl Moved {
    /// Both together.
    pub(in crate::dispatch) fn plus(self, other: Self) -> Self {
        Self {
            people: self.people + other.people,
            pending: self.pending + other.pending,
            sent: self.sent + other.sent,
            failed: self.failed + other.failed,
            left_out: self.left_out + other.left_out,
            cancelled: self.cancelled + other.cancelled,
            unknown: self.unknown + other.unknown,
            delivered: self.delivered + other.delivered,
            read: self.read + other.read,
            bounced: self.bounced + other.bounced,
        }
    }

    /// `n` more rows are in `state`.
    pub(in crate::dispatch) fn add(&mut self, state: crate::dispatch::DeliveryState, n: i64) {
        use crate::dispatch::DeliveryState::{Cancelled, Failed, LeftOut, Pending, Sent, Unknown};
        *match state {
            Pending => &mut self.pending,
            Sent => &mut self.sent,
            Failed => &mut self.failed,
            LeftOut => &mut self.left_out,
            Cancelled => &mut self.cancelled,
            Unknown => &mut self.unknown,
        } += n;
    }
}
