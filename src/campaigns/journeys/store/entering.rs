//! How people come in: a slice of an audience at a time, decided and inserted by the database.

use super::{Journey, cohorts, cohorts::Cohort, journeys, moving::Message, versions};
use crate::journeys::model::{EntryRefusal, JourneyStatus, ReEntry};
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Nullable, Text},
};
use std::collections::BTreeMap;
use tidings_base::db::{
    Conn, Id, IdRange,
    sql::{Keep, Sql},
};
use tidings_customers::consent::Consent;
use tidings_sending::dispatch;

/// A slice of people to let in.
#[derive(Clone, PartialEq, Debug)]
pub struct Entering<'a> {
    pub journey: &'a Journey,
    /// The schedule task that brings them: their cohort. All of it takes the version that was live
    /// at its first slice.
    pub task_id: &'a Id,
    /// Who is meant: a predicate over `c` and `m`, as `audiences::compile` gives it. It must mean
    /// the same for every slice of a task.
    pub audience: Sql,
    /// The last contact of the slice before; none for the first.
    pub after: Option<&'a Id>,
    /// How many contacts of the account are looked at; more than a page, less than what would keep
    /// others from writing.
    pub slice: i64,
    /// As many where they share calls, which takes less to write down; none has all of them written at once.
    pub slice_together: Option<i64>,
    pub now: NaiveDateTime,
}

/// What came of a slice.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Entered {
    /// How many people came in.
    pub entered: i64,
    /// How many of those meant did not, and why.
    pub left_out: BTreeMap<EntryRefusal, i64>,
    /// The last contact that was looked at, to go on from; none says that this was the last slice.
    pub reached: Option<Id>,
}

/// The journey lets nobody in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("nobody enters a journey that is {0}")]
pub struct NotOpen(pub JourneyStatus);

/// Lets a slice of people in, in the caller's transaction, which is to keep [`Entered::reached`] too.
/// A task that has begun goes on while the journey is paused: its people wait inside.
///
/// # Errors
/// The inner one when the journey lets nobody in; nothing is changed then, and [`complete`] ends the
/// cohort where one had begun.
pub fn enter(conn: &mut Conn, entering: &Entering<'_>) -> QueryResult<Result<Entered, NotOpen>> {
    let Entering { journey, task_id, now, .. } = *entering;
    let status = journey.status(now);
    let begun = cohorts::find(conn, &journey.id, task_id.as_str())?;
    if !(status.can_enter() || status == JourneyStatus::Paused && begun.is_some()) {
        return Ok(Err(NotOpen(status)));
    }
    let Some(live) = &journey.live_version_id else { return Ok(Err(NotOpen(status))) };
    let cohort = match begun {
        Some(cohort) => cohort,
        None => cohorts::begin(conn, &journey.id, live, task_id.as_str(), now)?,
    };

    // Two tasks may bring the same person at the same moment: into one journey they take turns, and the
    // second finds whom the first brought inside.
    journeys::take_turns(conn, &journey.id)?;
    one_by_one(conn)?;
    let flow = versions::flow(conn, &cohort.version_id)?;
    let at_once = status != JourneyStatus::Paused && begins_at(journey, now) <= now;
    let message = flow.first().filter(|_| at_once).and_then(|step| {
        let (cohort, journey_name, channel_id) = (&cohort, &journey.name, &journey.channel_id);
        let content = step.action.content()?;
        Some(Message { cohort, journey_name, channel_id, step, content })
    });
    let together = match &message {
        Some(message) if message.shares_calls(conn)? => entering.slice_together,
        Some(_) | None => None,
    };
    let most = together.unwrap_or(entering.slice);
    let range = range(conn, entering, most)?;
    let mut entered = Entered::default();
    if let Some(last) = &range.last {
        let ids = IdRange::new();
        let message_step = message.as_ref().map(|message| &message.step.id);
        let packed = in_packs(conn, entering, &cohort, last)?;
        let people = People { entering, cohort: &cohort, last, ids: &ids, message: message_step, packed };
        let together = match message.as_ref().filter(|_| together.is_some()) {
            Some(message) => {
                // Before its dispatch, as by all others.
                cohorts::entered(conn, &cohort.id, 0, None)?;
                message.hand_over_together(conn, people.let_in(), now)?
            }
            None => None,
        };
        entered.entered = match together {
            Some(people) => people,
            None => i64::try_from(people.insert(conn)?).expect("a slice is small"),
        };
        // Where everybody came in there is nobody to ask about.
        if entered.entered < range.people {
            entered.left_out = people.refused(conn)?;
        }
        let due_at = message.is_none().then(|| begins_at(journey, now));
        cohorts::entered(conn, &cohort.id, entered.entered, due_at)?;
        if let Some(message) = message.filter(|_| together.is_none() && entered.entered > 0) {
            let mut inside = Sql::new(" where ");
            inside.append(ids.holds("id"));
            message.hand_over(conn, inside, now)?;
        }
    }
    let more = range.people == most;
    entered.reached = range.last.filter(|_| more);
    if !more {
        cohorts::complete(conn, &cohort, now)?;
    }
    Ok(Ok(entered))
}

/// Says that this task will bring nobody more into the journey, where its slices did not come to
/// their end. Does nothing where none had begun.
pub fn complete(conn: &mut Conn, journey_id: &Id, task_id: &Id, now: NaiveDateTime) -> QueryResult<()> {
    match cohorts::find(conn, journey_id, task_id.as_str())? {
        Some(cohort) => cohorts::complete(conn, &cohort, now),
        None => Ok(()),
    }
}

/// When those who come in now take their first step.
fn begins_at(journey: &Journey, now: NaiveDateTime) -> NaiveDateTime {
    journey.period.starts_at.unwrap_or(now).max(now)
}

#[derive(QueryableByName)]
struct Range {
    #[diesel(sql_type = Nullable<Text>)]
    last: Option<Id>,
    #[diesel(sql_type = BigInt)]
    people: i64,
}

/// The contacts of the account that this slice looks at, wanted or not: by key, so that each is
/// looked at once however long it takes.
fn range(conn: &mut Conn, entering: &Entering<'_>, most: i64) -> QueryResult<Range> {
    let mut sql =
        Sql::new("select max(id) as last, count(*) as people from (select id from contacts where channel_id = ");
    sql.bind(&entering.journey.channel_id);
    if let Some(after) = entering.after {
        sql.push(" and id > ").bind(after);
    }
    sql.push(" order by id limit ").bind(most).push(") as looked_at");
    sql.first(conn)
}

/// Each person's ways are found by one key. PostgreSQL, which makes a map of pages of them, takes three times as long.
fn one_by_one(conn: &mut Conn) -> QueryResult<()> {
    match conn {
        Conn::Pg(_) => Sql::new("set local enable_bitmapscan = off").execute(conn).map(drop),
        Conn::Sqlite(_) => Ok(()),
    }
}

/// A condition on a contact `c` up to `last`: another task brought it into the journey, and its entry is not written
/// yet. None where no entry is to be written.
fn in_packs(conn: &mut Conn, entering: &Entering<'_>, cohort: &Cohort, last: &Id) -> QueryResult<Option<Sql>> {
    let mut dispatches = Sql::new(
        "select d.id from dispatches d join journey_versions v on v.id = d.origin_id where d.origin = 'journey' \
         and v.journey_id = ",
    );
    dispatches.bind(&entering.journey.id).push(" and d.cohort <> ").bind(cohort.cohort.as_str());
    let mut sql = Sql::new("select count(*) as n from packs where dispatch_id in (");
    sql.append(dispatches.clone()).push(")").keep(Keep::Everywhere);
    Ok((sql.count(conn)? > 0).then(|| dispatch::in_packs_of(conn, "c.id", dispatches, entering.after, last)))
}

/// The people of a slice whom the audience means.
struct People<'a> {
    entering: &'a Entering<'a>,
    cohort: &'a Cohort,
    last: &'a Id,
    /// Of their entries.
    ids: &'a IdRange,
    /// The step that writes to them as they come in: most journeys begin with a message, and each
    /// person is written once on the way to it.
    message: Option<&'a Id>,
    /// A condition on a contact `c`, where it may hold: it came in with others, and its entry is not written yet.
    packed: Option<Sql>,
}

#[derive(QueryableByName)]
struct Refused {
    #[diesel(sql_type = Text)]
    refusal: EntryRefusal,
    #[diesel(sql_type = BigInt)]
    people: i64,
}

impl People<'_> {
    /// Inserts those who may enter.
    fn insert(&self, conn: &mut Conn) -> QueryResult<usize> {
        let Entering { journey, task_id, now, .. } = *self.entering;
        let mut sql = Sql::new(
            "insert into journey_entries (id, journey_id, cohort_id, contact_id, task_id, entered_at, state, step_id, due_at) select ",
        );
        sql.append(self.ids.next("c.id"))
            .push(", ")
            .bind(&journey.id)
            .push(", ")
            .bind(&self.cohort.id)
            .push(", c.id, ");
        sql.bind(task_id).push(", ").bind(now);
        match self.message {
            Some(step) => sql.push(", 'sending', ").bind(step).push(", null"),
            None => sql.push(", 'ready', null, ").bind(begins_at(journey, now)),
        };
        sql.append(self.let_in());
        sql.execute(conn)
    }

    /// ` from contacts c … where …`: those who may enter.
    fn let_in(&self) -> Sql {
        let mut sql = self.meant();
        sql.push(" and ").append(self.refusal()).push(" is null");
        sql
    }

    /// Counts those who may not, after those who may have come in.
    fn refused(&self, conn: &mut Conn) -> QueryResult<BTreeMap<EntryRefusal, i64>> {
        let mut sql = Sql::new("select refusal, count(*) as people from (select ");
        sql.append(self.refusal()).push(" as refusal").append(self.meant());
        sql.push(" and not exists (select 1 from journey_entries e where e.contact_id = c.id and e.cohort_id = ");
        sql.bind(&self.cohort.id).push(")) as decided where refusal is not null group by refusal");
        let rows: Vec<Refused> = sql.load(conn)?;
        Ok(rows.into_iter().map(|row| (row.refusal, row.people)).collect())
    }

    /// ` from … where …`: those whom the audience means, in this slice.
    fn meant(&self) -> Sql {
        let mut sql = Sql::new(" from contacts c left join members m on m.id = c.member_id where c.channel_id = ");
        sql.bind(&self.entering.journey.channel_id).push(" and c.id <= ").bind(self.last);
        if let Some(after) = self.entering.after {
            sql.push(" and c.id > ").bind(after);
        }
        sql.push(" and (").append(self.entering.audience.clone()).push(")");
        sql
    }

    /// Why the contact `c` may not enter, or null: the twin of [`ReEntry::decide`].
    fn refusal(&self) -> Sql {
        let journey = self.entering.journey;
        let mut sql = Sql::new(&format!("case when c.unreachable is not null then '{}'", EntryRefusal::Unreachable));
        sql.push(&format!(" when c.consent = '{}' then '{}'", Consent::Withdrawn, EntryRefusal::OptedOut));
        if let Some(packed) = &self.packed {
            sql.push(" when ").append(packed.clone()).push(&format!(" then '{}'", EntryRefusal::Inside));
        }
        // One look at the ways of each: a row comes of nobody's, too.
        sql.push(&format!(" else (select case when count(*) > count(e.ended_at) then '{}'", EntryRefusal::Inside));
        match journey.re_entry {
            ReEntry::Once => {
                sql.push(&format!(" when count(*) > 0 then '{}'", EntryRefusal::EnteredBefore));
            }
            ReEntry::After { .. } => {
                if let Some(since) = journey.re_entry.bars_since(self.entering.now) {
                    sql.push(" when max(e.entered_at) > ").bind(since);
                    sql.push(&format!(" then '{}'", EntryRefusal::EnteredRecently));
                }
            }
            ReEntry::Always => {}
        }
        sql.push(" end from journey_entries e where e.contact_id = c.id and e.journey_id = ").bind(&journey.id);
        sql.push(") end");
        sql
    }
}
