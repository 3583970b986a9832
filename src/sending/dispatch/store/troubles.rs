//! What went wrong in the corridor and needs a person, for the page of jobs.

use super::control;
use crate::dispatch::PauseReason;
use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{Conn, Id, sql::Sql},
    jobs::{Care, Trouble},
    web::Message,
};

/// Dispatches that paused because nobody would get them.
pub(in crate::dispatch) struct Held;

#[derive(QueryableByName)]
struct HeldRow {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    reason: PauseReason,
    #[diesel(sql_type = Nullable<Text>)]
    detail: Option<String>,
    #[diesel(sql_type = Nullable<Timestamp>)]
    at: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    people: i64,
    #[diesel(sql_type = Nullable<Text>)]
    href: Option<String>,
}

impl Care for Held {
    fn troubles(&self, conn: &mut Conn, _now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Trouble>> {
        let mut sql = Sql::new(
            "select d.id, d.name, d.pause_reason as reason, d.pause_detail as detail, d.started_at as at, d.pending as people, \
             case when d.origin = 'broadcast' then '/broadcasts/' || d.origin_id when v.journey_id is not null then \
             '/journeys/' || v.journey_id end as href from dispatches d left join journey_versions v on v.id = d.origin_id \
             where d.status = 'paused' and d.pause_reason <> 'person' order by d.id desc limit ",
        );
        sql.bind(limit);
        let trouble = |row: HeldRow| Trouble {
            id: row.id,
            name: row.name,
            href: row.href,
            why: Message::new(row.reason.label()),
            detail: row.detail.filter(|detail| !detail.is_empty()),
            at: row.at,
            can_retry: true,
            can_cancel: true,
            people: Some(row.people),
        };
        Ok(sql.load(conn)?.into_iter().map(trouble).collect())
    }

    fn retry(&self, conn: &mut Conn, id: &Id, now: NaiveDateTime) -> QueryResult<bool> {
        control::resume(conn, id, now)
    }

    fn cancel(&self, conn: &mut Conn, id: &Id, now: NaiveDateTime) -> QueryResult<bool> {
        control::cancel(conn, id, now)
    }
}

/// Events of vendors that could not be understood, or broke off three times.
pub(in crate::dispatch) struct Unread;

#[derive(QueryableByName)]
struct UnreadRow {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    detail: Option<String>,
    #[diesel(sql_type = Timestamp)]
    at: NaiveDateTime,
    #[diesel(sql_type = Text)]
    channel_id: Id,
}

impl Care for Unread {
    fn troubles(&self, conn: &mut Conn, _now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Trouble>> {
        let mut sql = Sql::new(
            "select e.id, c.name, e.problem as detail, e.received_at as at, e.channel_id from inbound_events e \
             join channels c on c.id = e.channel_id where e.status = 'failed' order by e.id desc limit ",
        );
        sql.bind(limit);
        let trouble = |row: UnreadRow| Trouble {
            id: row.id,
            name: row.name,
            href: Some(format!("/channels/{}", row.channel_id)),
            why: Message::new("dispatch.inbound_failed"),
            detail: row.detail,
            at: Some(row.at),
            can_retry: true,
            can_cancel: true,
            people: None,
        };
        Ok(sql.load(conn)?.into_iter().map(trouble).collect())
    }

    fn retry(&self, conn: &mut Conn, id: &Id, now: NaiveDateTime) -> QueryResult<bool> {
        let mut sql = Sql::new("update inbound_events set status = 'waiting', problem = null, begun = 0, due_at = ");
        sql.bind(now).push(" where status = 'failed' and id = ").bind(id);
        Ok(sql.execute(conn)? > 0)
    }

    fn cancel(&self, conn: &mut Conn, id: &Id, _now: NaiveDateTime) -> QueryResult<bool> {
        let mut sql = Sql::new("update inbound_events set status = 'given_up' where status = 'failed' and id = ");
        sql.bind(id);
        Ok(sql.execute(conn)? > 0)
    }
}
