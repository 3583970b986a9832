//! Rows of what happened.

use super::ROWS;
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{Nullable, Text},
};
use tidings_base::{
    db::{
        Conn, Id,
        schema::{dispatches, sandbox_messages, schedule_tasks},
        sql::Sql,
    },
    each_backend,
};
use tidings_campaigns::schedules::TaskStatus;
use tidings_sending::{
    channels::sandbox::{Direction, phones},
    dispatch::{DeliveryState, Reason},
};

/// Id, schedule and time of every task that was due until `now`, in the order of their times.
pub(in crate::demo) fn tasks_until(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<Vec<(Id, Id, NaiveDateTime)>> {
    schedule_tasks::table
        .filter(schedule_tasks::due_at.le(now))
        .select((schedule_tasks::id, schedule_tasks::schedule_id, schedule_tasks::due_at))
        .order((schedule_tasks::due_at, schedule_tasks::id))
        .load(conn)
}

/// Cancels the first task of the schedule after `from`, in the name of the person `by`.
pub(in crate::demo) fn cancel_next_task(
    conn: &mut Conn,
    schedule: &Id,
    from: NaiveDateTime,
    by: &str,
    then: NaiveDateTime,
) -> QueryResult<()> {
    let next: Id = schedule_tasks::table
        .filter(schedule_tasks::schedule_id.eq(schedule).and(schedule_tasks::due_at.gt(from)))
        .select(schedule_tasks::id)
        .order(schedule_tasks::due_at)
        .first(conn)?;
    diesel::update(schedule_tasks::table.find(next))
        .set((
            schedule_tasks::status.eq(TaskStatus::Cancelled),
            schedule_tasks::detail.eq(by),
            schedule_tasks::finished_at.eq(then),
        ))
        .execute(conn)
        .map(drop)
}

/// A dispatch with messages to be sent.
#[derive(Queryable)]
pub(in crate::demo) struct PendingDispatch {
    pub(in crate::demo) id: Id,
    pub(in crate::demo) channel_id: Id,
    pub(in crate::demo) content: String,
    /// Whether more people may come.
    pub(in crate::demo) accepting: bool,
}

/// Every dispatch with messages to be sent.
pub(in crate::demo) fn pending_dispatches(conn: &mut Conn) -> QueryResult<Vec<PendingDispatch>> {
    dispatches::table
        .filter(dispatches::pending.gt(0))
        .select((dispatches::id, dispatches::channel_id, dispatches::content, dispatches::accepting))
        .order(dispatches::id)
        .load(conn)
}

/// A message to be sent.
#[derive(QueryableByName)]
pub(in crate::demo) struct PendingPerson {
    #[diesel(sql_type = Text)]
    pub(in crate::demo) id: Id,
    #[diesel(sql_type = Text)]
    pub(in crate::demo) identity: String,
    #[diesel(sql_type = Text)]
    pub(in crate::demo) name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(in crate::demo) last_known_name: Option<String>,
}

/// Whom the dispatch is still to be sent to.
pub(in crate::demo) fn pending_people(conn: &mut Conn, dispatch: &Id) -> QueryResult<Vec<PendingPerson>> {
    let mut sql = Sql::new("select d.id, c.identity, c.name, c.last_known_name from deliveries d ");
    sql.push("join contacts c on c.id = d.contact_id where d.state = 'pending' and d.dispatch_id = ").bind(dispatch);
    sql.push(" order by d.id").load(conn)
}

/// What came of a message.
pub(in crate::demo) struct Outcome<'a> {
    pub(in crate::demo) delivery: &'a Id,
    pub(in crate::demo) state: DeliveryState,
    pub(in crate::demo) reason: Option<Reason>,
    pub(in crate::demo) detail: Option<&'static str>,
    pub(in crate::demo) parts_sent: i64,
    pub(in crate::demo) vendor_id: Option<String>,
    pub(in crate::demo) settled_at: NaiveDateTime,
    pub(in crate::demo) delivered_at: Option<NaiveDateTime>,
    pub(in crate::demo) read_at: Option<NaiveDateTime>,
}

impl<'a> Outcome<'a> {
    /// Refused by the vendor.
    pub(in crate::demo) fn failed(delivery: &'a Id, reason: Reason, detail: &'static str, at: NaiveDateTime) -> Self {
        Self {
            delivery,
            state: DeliveryState::Failed,
            reason: Some(reason),
            detail: Some(detail),
            parts_sent: 0,
            vendor_id: None,
            settled_at: at,
            delivered_at: None,
            read_at: None,
        }
    }

    fn sent_at(&self) -> Option<NaiveDateTime> {
        (self.state == DeliveryState::Sent).then_some(self.settled_at)
    }
}

/// Writes what came of all of a dispatch's messages that waited, counts it on the dispatch and tells it to
/// those who wait for it.
pub(in crate::demo) fn settle(conn: &mut Conn, dispatch: &Id, outcomes: &[Outcome<'_>]) -> QueryResult<()> {
    for some in outcomes.chunks(200) {
        let mut sql = Sql::new(
            "with outcome (delivery, state, reason, detail, parts, vendor_id, settled_at, sent_at, delivered_at, read_at) as (values ",
        );
        for (n, outcome) in some.iter().enumerate() {
            sql.push(if n == 0 { "(" } else { ", (" }).bind(outcome.delivery).push(", ").bind(outcome.state.word());
            sql.push(", ").bind(outcome.reason.map(|reason| reason.word().to_owned()));
            sql.push(", ").bind(outcome.detail.map(str::to_owned)).push(", ").bind(outcome.parts_sent);
            sql.push(", ").bind(outcome.vendor_id.clone()).push(", ").bind(outcome.settled_at);
            sql.push(", ").bind(outcome.sent_at()).push(", ").bind(outcome.delivered_at);
            sql.push(", ").bind(outcome.read_at).push(")");
        }
        sql.push(
            ") update deliveries set state = outcome.state, missed = case when outcome.state = 'sent' then '' else outcome.state end, reason = outcome.reason, detail = outcome.detail, \
             parts_sent = outcome.parts, vendor_id = outcome.vendor_id, settled_at = outcome.settled_at, \
             sent_at = outcome.sent_at, delivered_at = outcome.delivered_at, read_at = outcome.read_at, attempts = 1 \
             from outcome where deliveries.id = outcome.delivery",
        );
        sql.execute(conn)?;
    }
    let mut sql = Sql::new(
        "insert into dispatch_news (id, dispatch_id, after_id, last_id) select id, dispatch_id, after_id, last_id from stretches where dispatch_id = ",
    );
    sql.bind(dispatch).execute(conn)?;
    let mut sql = Sql::new("delete from stretches where dispatch_id = ");
    sql.bind(dispatch).execute(conn)?;
    let count = |is: &dyn Fn(&Outcome<'_>) -> bool| outcomes.iter().filter(|outcome| is(outcome)).count() as i64;
    diesel::update(dispatches::table.find(dispatch))
        .set((
            dispatches::pending.eq(dispatches::pending - outcomes.len() as i64),
            dispatches::sent.eq(dispatches::sent + count(&|outcome| outcome.state == DeliveryState::Sent)),
            dispatches::failed.eq(dispatches::failed + count(&|outcome| outcome.state == DeliveryState::Failed)),
            dispatches::delivered.eq(dispatches::delivered + count(&|outcome| outcome.delivered_at.is_some())),
            dispatches::read.eq(dispatches::read + count(&|outcome| outcome.read_at.is_some())),
            dispatches::version.eq(dispatches::version + 1),
        ))
        .execute(conn)
        .map(drop)
}

/// A message as the sandbox keeps it.
#[derive(Insertable)]
#[diesel(table_name = sandbox_messages, treat_none_as_default_value = false)]
pub(in crate::demo) struct Message<'a> {
    pub(in crate::demo) id: Id,
    pub(in crate::demo) channel_id: &'a Id,
    pub(in crate::demo) identity: &'a str,
    pub(in crate::demo) direction: Direction,
    pub(in crate::demo) body: String,
    pub(in crate::demo) reference: Option<&'a Id>,
    pub(in crate::demo) at: NaiveDateTime,
    pub(in crate::demo) delivered_at: Option<NaiveDateTime>,
    pub(in crate::demo) read_at: Option<NaiveDateTime>,
}

/// Keeps messages where the sandbox does.
pub(in crate::demo) fn add_messages(conn: &mut Conn, all: &[Message<'_>]) -> QueryResult<()> {
    for some in all.chunks(ROWS) {
        each_backend!(conn, c => diesel::insert_into(sandbox_messages::table).values(some).execute(c))?;
        phones::count(conn, some.iter().map(|message| &message.id))?;
    }
    Ok(())
}
