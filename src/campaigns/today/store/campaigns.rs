//! What the shop sends: next, now, lately, and what is stuck.

use crate::{
    broadcasts,
    schedules::{self, Coming, Reason, TaskStatus},
    today::week,
};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use std::collections::HashMap;
use tidings_base::db::{Conn, Id, sql::Sql};
use tidings_customers::{
    audiences::{self, Lens},
    channels::{self, ChannelAccount, ChannelKind},
};
use tidings_sending::dispatch::{self, Figures, Origin, PauseReason};

/// Rows in each part of the page.
const ROWS: i64 = 6;
/// Schedules and broadcasts of the week whose people are counted.
const COUNTED: i64 = 40;

/// What the shop sends.
pub(crate) struct Campaigns {
    pub(crate) coming: Vec<Coming>,
    /// Every run of the week ahead: of which schedule, and when.
    pub(crate) runs: Vec<(Id, NaiveDateTime)>,
    /// Broadcasts that wait for their time, the next one first.
    pub(crate) broadcasts: Vec<broadcasts::Listed>,
    pub(crate) going: Vec<Going>,
    /// Runs that are done, newest first.
    pub(crate) came: Vec<Came>,
    /// Runs of the last days that failed or were skipped.
    pub(crate) broken: Vec<Came>,
    pub(crate) paused: Vec<Paused>,
    /// Accounts that cannot send.
    pub(crate) channels: Vec<ChannelAccount>,
}

/// What is sent next.
pub(crate) enum Next<'a> {
    Run(&'a Coming),
    Broadcast(&'a broadcasts::Listed),
}

impl Next<'_> {
    /// None is at once.
    fn at(&self) -> Option<NaiveDateTime> {
        match self {
            Self::Run(run) => Some(run.due_at),
            Self::Broadcast(broadcast) => broadcast.send_at,
        }
    }
}

impl Campaigns {
    /// Runs and broadcasts as they come. Of each kind only so many were read: together there are no more.
    pub(crate) fn next(&self) -> Vec<Next<'_>> {
        let runs = self.coming.iter().map(Next::Run);
        let mut next: Vec<_> = runs.chain(self.broadcasts.iter().map(Next::Broadcast)).collect();
        next.sort_by_key(Next::at);
        next.truncate(ROWS as usize);
        next
    }

    /// The next runs that would be skipped.
    pub(crate) fn unfit(&self) -> Vec<&Coming> {
        self.coming.iter().filter(|coming| coming.unfit.is_some()).take(ROWS as usize).collect()
    }

    /// Everything that goes out in the week ahead, with how many people it reaches as far as that is known.
    pub(crate) fn sends(&self, counts: &HashMap<Id, i64>) -> Vec<week::Send> {
        // What would be skipped as it is now reaches nobody.
        let goes = |id: &Id| !self.coming.iter().any(|coming| coming.id == *id && coming.unfit.is_some());
        let runs = self.runs.iter().filter(|(id, _)| goes(id));
        let runs = runs.map(|(id, at)| week::Send { at: *at, people: counts.get(id).copied() });
        let broadcasts = self
            .broadcasts
            .iter()
            .filter_map(|broadcast| Some(week::Send { at: broadcast.send_at?, people: broadcast.expected }));
        runs.chain(broadcasts).collect()
    }

    /// Whether nothing needs a hand.
    pub(crate) fn is_calm(&self) -> bool {
        self.broken.is_empty() && self.paused.is_empty() && self.channels.is_empty() && self.unfit().is_empty()
    }
}

/// A dispatch on its way.
#[derive(QueryableByName)]
pub(crate) struct Going {
    #[diesel(sql_type = Text)]
    pub(crate) name: String,
    #[diesel(sql_type = Text)]
    pub(crate) kind: ChannelKind,
    #[diesel(sql_type = Text)]
    pub(crate) channel: String,
    #[diesel(sql_type = BigInt)]
    pub(crate) people: i64,
    #[diesel(sql_type = BigInt)]
    pub(crate) settled: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) schedule_id: Option<Id>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) broadcast_id: Option<Id>,
}

/// A dispatch that stopped.
#[derive(QueryableByName)]
pub(crate) struct Paused {
    #[diesel(sql_type = Text)]
    pub(crate) name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) reason: Option<PauseReason>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) by: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub(crate) open: i64,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) journey_id: Option<Id>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) broadcast_id: Option<Id>,
}

/// A run that is over.
pub(crate) struct Came {
    pub(crate) schedule_id: Id,
    pub(crate) name: String,
    pub(crate) due_at: NaiveDateTime,
    pub(crate) status: TaskStatus,
    pub(crate) reason: Option<Reason>,
    pub(crate) entered: i64,
    /// How many entered on average in the five runs before; none before the second run.
    pub(crate) usual: Option<i64>,
    pub(crate) messages: Figures,
}

/// Everything but the counts of [`count`].
pub(crate) fn load(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<Campaigns> {
    let mut campaigns = Campaigns {
        coming: schedules::coming(conn, now, COUNTED)?,
        runs: schedules::runs_before(conn, now + TimeDelta::days(week::DAYS as i64))?,
        broadcasts: broadcasts::coming(conn, COUNTED)?,
        going: going(conn)?,
        came: Vec::new(),
        broken: Vec::new(),
        paused: paused(conn)?,
        channels: channels::all(conn)?.into_iter().filter(|account| !account.status.can_send()).collect(),
    };
    for came in ended(conn, now)? {
        let part = if came.status == TaskStatus::Done { &mut campaigns.came } else { &mut campaigns.broken };
        if part.len() < ROWS as usize {
            part.push(came);
        }
    }
    Ok(campaigns)
}

/// How many people each of these would mean, were it to run now: by schedule, where it can run.
pub(crate) fn count(conn: &mut Conn, coming: &[Coming], now: NaiveDateTime) -> QueryResult<HashMap<Id, i64>> {
    let (mut counts, mut counted) = (HashMap::new(), HashMap::new());
    for schedule in coming.iter().filter(|schedule| schedule.unfit.is_none()) {
        let whom = (&schedule.audience_id, &schedule.channel_id, schedule.zone);
        if let Some(people) = counted.get(&whom) {
            counts.insert(schedule.id.clone(), *people);
            continue;
        }
        let Some(audience) = audiences::find(conn, &schedule.audience_id)? else { continue };
        let mut sql = Sql::new(
            "select count(*) as n from contacts c left join members m on m.id = c.member_id where c.channel_id = ",
        );
        sql.bind(&schedule.channel_id)
            .push(" and (")
            .append(audience.predicate(&Lens { now, zone: schedule.zone }))
            .push(")");
        let people = sql.count(conn)?;
        counted.insert(whom, people);
        counts.insert(schedule.id.clone(), people);
    }
    Ok(counts)
}

fn going(conn: &mut Conn) -> QueryResult<Vec<Going>> {
    let mut sql = Sql::new(
        "select d.name, c.kind, c.name as channel, d.people, d.people - d.pending as settled, t.schedule_id, \
         case when d.origin = 'broadcast' then d.origin_id end as broadcast_id \
         from dispatches d join channels c on c.id = d.channel_id left join schedule_tasks t on t.id = d.cohort \
         where d.status = 'sending' and d.pending > 0 order by d.id desc limit ",
    );
    sql.bind(ROWS);
    sql.load(conn)
}

fn paused(conn: &mut Conn) -> QueryResult<Vec<Paused>> {
    let mut sql = Sql::new(
        "select d.name, d.pause_reason as reason, d.paused_by as \"by\", d.pending as open, v.journey_id, \
         case when d.origin = 'broadcast' then d.origin_id end as broadcast_id \
         from dispatches d left join journey_versions v on v.id = d.origin_id where d.status = 'paused' order by d.id desc limit ",
    );
    sql.bind(ROWS);
    sql.load(conn)
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    schedule_id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Timestamp)]
    due_at: NaiveDateTime,
    #[diesel(sql_type = Text)]
    status: TaskStatus,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = BigInt)]
    entered: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    usual: Option<i64>,
}

fn ended(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<Vec<Came>> {
    let mut sql = Sql::new(
        "select t.id, t.schedule_id, s.name, t.due_at, t.status, t.reason, t.entered, \
         (select cast(avg(b.entered) as bigint) from (select e.entered from schedule_tasks e \
           where e.schedule_id = t.schedule_id and e.status = 'done' and e.due_at < t.due_at order by e.due_at desc limit 5) as b) \
         as usual from schedule_tasks t join schedules s on s.id = t.schedule_id \
         where (t.status = 'done' or t.status = 'failed' or t.status = 'skipped') and t.finished_at >= ",
    );
    sql.bind(now - TimeDelta::days(7)).push(" order by t.finished_at desc, t.id desc limit 40");
    let rows: Vec<Row> = sql.load(conn)?;
    let cohorts: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let messages = dispatch::of_cohorts(conn, Origin::Journey, &cohorts)?;
    let came = |row: Row| Came {
        messages: messages.get(row.id.as_str()).copied().unwrap_or_default(),
        schedule_id: row.schedule_id,
        name: row.name,
        due_at: row.due_at,
        status: row.status,
        reason: row.reason.and_then(|word| word.parse().ok()),
        entered: row.entered,
        usual: row.usual,
    };
    Ok(rows.into_iter().map(came).collect())
}
