//! What a journey's page counts.

use super::{
    messages,
    moving::{EntryState, Outcome},
    versions,
};
use chrono::NaiveDateTime;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamp},
};
use std::collections::BTreeMap;
use tidings_base::db::{Conn, Id, sql::Sql};
use tidings_sending::dispatch;

/// How many people came into a version and left it.
#[derive(QueryableByName, Clone, PartialEq, Eq, Debug)]
pub(crate) struct VersionFigures {
    #[diesel(sql_type = Text)]
    pub id: Id,
    #[diesel(sql_type = BigInt)]
    pub number: i64,
    /// None is a draft.
    #[diesel(sql_type = Nullable<Timestamp>)]
    pub published_at: Option<NaiveDateTime>,
    #[diesel(sql_type = BigInt)]
    pub entered: i64,
    #[diesel(sql_type = BigInt)]
    pub finished: i64,
    /// Whether the work on some of its people broke off three times and was set aside.
    #[diesel(sql_type = Bool)]
    pub set_aside: bool,
}

impl VersionFigures {
    /// How many people are inside.
    pub(crate) fn inside(&self) -> i64 {
        self.entered - self.finished
    }
}

/// The versions of a journey with their figures, newest first.
pub(crate) fn of_versions(conn: &mut Conn, journey_id: &Id) -> QueryResult<Vec<VersionFigures>> {
    let sum = |column: &str| format!("cast(coalesce(sum(c.{column}), 0) as bigint) as {column}");
    let mut sql = Sql::new("select v.id, v.number, v.published_at, ");
    sql.push(&sum("entered")).push(", ").push(&sum("finished"));
    sql.push(", count(case when c.begun >= 3 and c.closed_at is null then 1 end) > 0 as set_aside");
    sql.push(" from journey_versions v left join journey_cohorts c on c.version_id = v.id where v.journey_id = ");
    sql.bind(journey_id).push(" group by v.id, v.number, v.published_at order by v.number desc");
    sql.load(conn)
}

/// How many people stand at a step, and how many passed it how.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct StepFigures {
    pub waiting: i64,
    pub outcomes: BTreeMap<Outcome, i64>,
}

impl StepFigures {
    /// How many did what the step does, however it went.
    pub(crate) fn passed(&self) -> i64 {
        self.outcomes.iter().filter(|(outcome, _)| **outcome != Outcome::Left).map(|(_, people)| people).sum()
    }

    fn add(&mut self, messages: &dispatch::Figures) {
        self.waiting += messages.open;
        let settled = [
            (Outcome::Sent, messages.sent),
            (Outcome::Failed, messages.failed),
            (Outcome::LeftOut, messages.left_out + messages.cancelled),
            (Outcome::Unknown, messages.unknown),
        ];
        for (outcome, people) in settled.into_iter().filter(|(_, people)| *people > 0) {
            *self.outcomes.entry(outcome).or_default() += people;
        }
    }

    /// How many passed it in this way.
    pub(crate) fn of(&self, outcome: Outcome) -> i64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }
}

/// The figures of every step of a version; under none, those of the time before the first. How people
/// passed a message, and who waits at it, is what became of it: `messages` are the dispatches' figures of
/// the version.
pub(crate) fn of_steps(
    conn: &mut Conn,
    version_id: &Id,
    messages: &[dispatch::StepFigures],
) -> QueryResult<BTreeMap<Option<Id>, StepFigures>> {
    #[derive(QueryableByName)]
    struct Tally {
        #[diesel(sql_type = Nullable<Text>)]
        step_id: Option<Id>,
        /// None counts those who stand there.
        #[diesel(sql_type = Nullable<Text>)]
        outcome: Option<Outcome>,
        #[diesel(sql_type = BigInt)]
        people: i64,
    }
    let of_messages = || Outcome::ALL.iter().filter(|outcome| outcome.is_of_message()).map(|outcome| outcome.word());
    let mut sql = Sql::new(
        "select p.step_id, p.outcome, count(*) as people from journey_passages p where p.step_id in \
         (select id from journey_steps where version_id = ",
    );
    // There are passages of messages from earlier releases.
    sql.bind(version_id).push(") and p.outcome not in (").bind_all(of_messages());
    sql.push(") group by p.step_id, p.outcome union all ");
    sql.push(
        "select t.step_id, t.outcome, t.people from journey_step_totals t join journey_steps s on s.id = t.step_id ",
    );
    sql.push("where s.version_id = ").bind(version_id).push(" and t.outcome not in (").bind_all(of_messages());
    sql.push(") union all ");
    sql.push("select e.step_id, null, count(*) from journey_entries e join journey_cohorts c on c.id = e.cohort_id ");
    sql.push("where e.due_at is not null and c.closed_at is null and c.version_id = ").bind(version_id);
    sql.push(" group by e.step_id");
    let mut steps: BTreeMap<Option<Id>, StepFigures> = BTreeMap::new();
    for Tally { step_id, outcome, people } in sql.load(conn)? {
        let figures = steps.entry(step_id).or_default();
        match outcome {
            Some(outcome) => *figures.outcomes.entry(outcome).or_default() += people,
            None => figures.waiting += people,
        }
    }
    for step in messages {
        if let Ok(id) = step.origin_step.parse() {
            steps.entry(Some(id)).or_default().add(&step.figures);
        }
    }
    Ok(steps)
}

/// How many people are written to when a paused journey goes on.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct AtOnce {
    /// Those who come to a message, and those whose message was held back.
    pub people: i64,
    /// Further people whom a condition decides about.
    pub perhaps: i64,
}

/// How many people are written to at once when this paused journey goes on at `now`.
pub(crate) fn at_once(conn: &mut Conn, journey_id: &Id, now: NaiveDateTime) -> QueryResult<AtOnce> {
    let mut flows = BTreeMap::new();
    let mut at_once = AtOnce { people: messages::held_back(conn, journey_id)?, perhaps: 0 };
    for group in held(conn, journey_id, now)? {
        if !flows.contains_key(&group.version_id) {
            let version = versions::version(conn, &group.version_id)?.ok_or(diesel::NotFound)?;
            flows.insert(group.version_id.clone(), (version.zone, versions::flow(conn, &group.version_id)?));
        }
        let (zone, flow) = &flows[&group.version_id];
        let from = match (&group.step_id, group.state) {
            (None, _) => flow.first(),
            // Their wait is over.
            (Some(step), EntryState::Waiting) => flow.find(step).and_then(|place| place.next()),
            (Some(step), EntryState::Ready | EntryState::Sending | EntryState::Done) => {
                flow.find(step).map(|place| place.step)
            }
        };
        match flow.writes_at_once(from, group.due_at, now, *zone) {
            Some(true) => at_once.people += group.people,
            Some(false) => {}
            None => at_once.perhaps += group.people,
        }
    }
    Ok(at_once)
}

/// People of a journey who came to the same step at the same time and whose time has come.
#[derive(QueryableByName)]
struct Held {
    #[diesel(sql_type = Text)]
    version_id: Id,
    #[diesel(sql_type = Nullable<Text>)]
    step_id: Option<Id>,
    #[diesel(sql_type = Text)]
    state: EntryState,
    #[diesel(sql_type = Timestamp)]
    due_at: NaiveDateTime,
    #[diesel(sql_type = BigInt)]
    people: i64,
}

fn held(conn: &mut Conn, journey_id: &Id, now: NaiveDateTime) -> QueryResult<Vec<Held>> {
    let mut sql =
        Sql::new("select c.version_id, e.step_id, e.state, e.due_at, count(*) as people from journey_cohorts c ");
    sql.push("join journey_entries e on e.cohort_id = c.id and e.due_at <= ").bind(now).push(" where c.journey_id = ");
    sql.bind(journey_id).push(" and c.closed_at is null group by c.version_id, e.step_id, e.state, e.due_at");
    sql.load(conn)
}
