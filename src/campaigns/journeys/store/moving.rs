//! How the people of a cohort are moved: always a set of them at a time who stand at the same step
//! and came to it at the same moment. Every function here runs in the transaction of one such move.

use super::cohorts::Cohort;
use crate::journeys::model::{Action, Flow, Place, Step, Wait};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::{
    prelude::*,
    sql_types::{Nullable, Text, Timestamp},
};
use tidings_base::{
    db::{Conn, Id, sql::Sql},
    text_enum,
};
use tidings_customers::{
    audiences::{self, Lens, Rule},
    channels, tags,
};
use tidings_sending::{
    dispatch::{self, Begins, NewDispatch, Origin, People},
    messages::Content,
};

text_enum! {
    /// Where somebody stands at their step.
    pub enum EntryState {
        /// Has come to it, or waits for the journey's start.
        Ready = "ready",
        /// At a wait, until the time that it set.
        Waiting = "waiting",
        /// At a message that is not settled yet.
        Sending = "sending",
        /// Has left the journey.
        Done = "done",
    }
}

text_enum! {
    /// How somebody passed a step.
    pub enum Outcome {
        Passed = "passed",
        /// Of a condition: it held.
        Yes = "yes",
        No = "no",
        /// Of a message: what came of it.
        Sent = "sent",
        Failed = "failed",
        LeftOut = "left_out",
        Unknown = "unknown",
        /// Left the journey while at this step.
        Left = "left",
    }
}

impl Outcome {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Passed => "journeys.outcome.passed",
            Self::Yes => "journeys.outcome.yes",
            Self::No => "journeys.outcome.no",
            Self::Sent => "journeys.outcome.sent",
            Self::Failed => "journeys.outcome.failed",
            Self::LeftOut => "journeys.outcome.left_out",
            Self::Unknown => "journeys.outcome.unknown",
            Self::Left => "journeys.outcome.left",
        }
    }

    /// Whether it says what came of a message: the deliveries say so, and no passage is written.
    pub(super) fn is_of_message(self) -> bool {
        match self {
            Self::Sent | Self::Failed | Self::LeftOut | Self::Unknown => true,
            Self::Passed | Self::Yes | Self::No | Self::Left => false,
        }
    }
}

/// People of one cohort who stand at the same step and came to it at the same moment.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Group {
    /// None is before the first step.
    pub step_id: Option<Id>,
    pub state: EntryState,
    /// When they came, or until when they wait.
    pub due_at: NaiveDateTime,
    /// The last of them by key: so that a group of a million is moved in slices.
    pub last: Id,
}

/// The next people of the cohort who are due at `now`, at most `slice` of them.
pub(crate) fn next(conn: &mut Conn, cohort_id: &Id, now: NaiveDateTime, slice: i64) -> QueryResult<Option<Group>> {
    #[derive(QueryableByName)]
    struct Head {
        #[diesel(sql_type = Nullable<Text>)]
        step_id: Option<Id>,
        #[diesel(sql_type = Text)]
        state: EntryState,
        #[diesel(sql_type = Timestamp)]
        due_at: NaiveDateTime,
    }
    #[derive(QueryableByName)]
    struct Last {
        #[diesel(sql_type = Text)]
        id: Id,
    }
    let mut sql = Sql::new("select step_id, state, due_at from journey_entries where cohort_id = ");
    sql.bind(cohort_id).push(" and due_at <= ").bind(now).push(" order by due_at, id limit 1");
    let Some(Head { step_id, state, due_at }) = sql.first(conn).optional()? else { return Ok(None) };

    let mut sql = Sql::new("select max(id) as id from (select id from journey_entries where cohort_id = ");
    sql.bind(cohort_id).push(" and due_at = ").bind(due_at).push(" and state = ").bind(state.word());
    at_step(&mut sql, step_id.as_ref());
    sql.push(" order by id limit ").bind(slice).push(") as slice");
    let Last { id } = sql.first(conn)?;
    Ok(Some(Group { step_id, state, due_at, last: id }))
}

fn at_step(sql: &mut Sql, step_id: Option<&Id>) {
    match step_id {
        Some(step) => sql.push(" and step_id = ").bind(step),
        None => sql.push(" and step_id is null"),
    };
}

/// A group on its way.
pub(crate) struct Move<'a> {
    pub cohort: &'a Cohort,
    pub group: &'a Group,
    /// The steps of the cohort's version, and the zone that they mean.
    pub flow: &'a Flow,
    pub zone: Tz,
    pub now: NaiveDateTime,
    /// What its dispatches are called.
    pub journey_name: &'a str,
    /// The account that its messages go out over.
    pub channel_id: &'a Id,
}

impl Move<'_> {
    /// Moves the group by one step.
    pub(crate) fn make(&self, conn: &mut Conn) -> QueryResult<()> {
        let Some(id) = &self.group.step_id else {
            return match self.flow.first() {
                // Most journeys begin with a message: each person is written once on the way to it.
                Some(step) => match &step.action {
                    Action::Send { content } => self.send(conn, step, content),
                    Action::Wait(_)
                    | Action::AddTag { .. }
                    | Action::RemoveTag { .. }
                    | Action::Condition { .. }
                    | Action::End => self.go(conn, Some(step)),
                },
                None => self.go(conn, None),
            };
        };
        // A version that was published never changes; a step that is gone all the same ends the way.
        let Some(place) = self.flow.find(id) else { return self.go(conn, None) };
        match &place.step.action {
            Action::Send { content } => self.send(conn, place.step, content),
            Action::Wait(wait) => self.wait(conn, &place, *wait),
            Action::AddTag { tag_id } => self.tag(conn, &place, tag_id, true),
            Action::RemoveTag { tag_id } => self.tag(conn, &place, tag_id, false),
            Action::Condition { rule } => self.ask(conn, &place, rule),
            Action::End => self.pass(conn, &place, Outcome::Passed),
        }
    }

    fn send(&self, conn: &mut Conn, step: &Step, content: &Content) -> QueryResult<()> {
        let message = Message {
            cohort: self.cohort,
            journey_name: self.journey_name,
            channel_id: self.channel_id,
            step,
            content,
        };
        message.hand_over(conn, self.these(), self.now)?;
        let mut sql = Sql::new("update journey_entries set state = 'sending', due_at = null, step_id = ");
        sql.bind(&step.id).append(self.these());
        sql.execute(conn).map(drop)
    }

    fn wait(&self, conn: &mut Conn, place: &Place<'_>, wait: Wait) -> QueryResult<()> {
        let over = match self.group.state {
            EntryState::Waiting => self.group.due_at,
            EntryState::Ready | EntryState::Sending | EntryState::Done => wait.over(self.group.due_at, self.zone),
        };
        if over <= self.now {
            return self.pass(conn, place, Outcome::Passed);
        }
        let mut sql = Sql::new("update journey_entries set state = 'waiting', due_at = ");
        sql.bind(over).append(self.these());
        sql.execute(conn).map(drop)
    }

    fn tag(&self, conn: &mut Conn, place: &Place<'_>, tag_id: &Id, add: bool) -> QueryResult<()> {
        // A tag that was deleted since is on nobody, and can be put on nobody.
        if let Some(tag) = tags::find(conn, std::slice::from_ref(tag_id))?.first() {
            let mut contacts = Sql::new("select contact_id as id");
            contacts.append(self.people());
            if add {
                tags::add_to_all(conn, tag, contacts, None, self.now)?;
            } else {
                tags::remove_from_all(conn, tag, contacts, None, self.now)?;
            }
        }
        self.pass(conn, place, Outcome::Passed)
    }

    /// Asks the rule once and keeps each answer; then everybody goes the way of their answer.
    fn ask(&self, conn: &mut Conn, place: &Place<'_>, rule: &Rule) -> QueryResult<()> {
        let lens = Lens { now: self.now, zone: self.zone };
        let mut answers =
            Sql::new("insert into journey_passages (entry_id, step_id, at, outcome) select e.id, e.step_id, ");
        answers.bind(self.now).push(", case when (").append(audiences::compile(rule, &lens));
        answers.push(&format!(") then '{}' else '{}' end", Outcome::Yes, Outcome::No));
        answers.push(
            " from journey_entries e join contacts c on c.id = e.contact_id left join members m on m.id = c.member_id",
        );
        answers.push(" where ").append(self.is_in("e."));
        answers.execute(conn)?;
        for (yes, outcome) in [(true, Outcome::Yes), (false, Outcome::No)] {
            let mut answered =
                Sql::new(" and exists (select 1 from journey_passages p where p.entry_id = journey_entries.id");
            answered.push(" and p.step_id = ").bind(&place.step.id).push(&format!(" and p.outcome = '{outcome}')"));
            self.send_on(conn, place.answered(yes), answered)?;
        }
        Ok(())
    }

    /// Notes that the people passed the step, and lets them go on to the next one.
    fn pass(&self, conn: &mut Conn, place: &Place<'_>, outcome: Outcome) -> QueryResult<()> {
        let mut sql = Sql::new("insert into journey_passages (entry_id, step_id, at, outcome) select id, step_id, ");
        sql.bind(self.now).push(&format!(", '{outcome}'")).append(self.people());
        sql.execute(conn)?;
        self.go(conn, place.next())
    }

    fn go(&self, conn: &mut Conn, to: Option<&Step>) -> QueryResult<()> {
        self.send_on(conn, to, Sql::default())
    }

    /// Puts those of the group of whom `condition` holds at the step, or lets them leave.
    fn send_on(&self, conn: &mut Conn, to: Option<&Step>, condition: Sql) -> QueryResult<()> {
        let mut which = self.is_in("");
        which.append(condition);
        // Steps that take no time keep people's own time, so that one wait follows another as it was
        // meant, also where nobody could look at them until now.
        let arrived = self.group.due_at;
        let onward = Onward { cohort: self.cohort, arrived, now: self.now };
        onward.go(conn, to, which)
    }

    /// ` from journey_entries where …`
    fn people(&self) -> Sql {
        let mut sql = Sql::new(" from journey_entries");
        sql.append(self.these());
        sql
    }

    /// ` where …`
    fn these(&self) -> Sql {
        let mut sql = Sql::new(" where ");
        sql.append(self.is_in(""));
        sql
    }

    /// Whether an entry is of this group.
    fn is_in(&self, alias: &str) -> Sql {
        let mut sql = Sql::new(&format!("{alias}cohort_id = "));
        sql.bind(&self.cohort.id).push(&format!(" and {alias}due_at = ")).bind(self.group.due_at);
        sql.push(&format!(" and {alias}id <= ")).bind(&self.group.last);
        sql.push(&format!(" and {alias}state = ")).bind(self.group.state.word());
        match &self.group.step_id {
            Some(step) => sql.push(&format!(" and {alias}step_id = ")).bind(step),
            None => sql.push(&format!(" and {alias}step_id is null")),
        };
        sql
    }
}

/// A step that sends, and who comes to it.
pub(super) struct Message<'a> {
    pub(super) cohort: &'a Cohort,
    pub(super) journey_name: &'a str,
    pub(super) channel_id: &'a Id,
    pub(super) step: &'a Step,
    pub(super) content: &'a Content,
}

impl Message<'_> {
    /// Hands the entries ` where …` to the step's dispatch, the one of this cohort. They stay at the step
    /// until it is known what came of it.
    pub(super) fn hand_over(&self, conn: &mut Conn, these: Sql, now: NaiveDateTime) -> QueryResult<()> {
        let dispatch = dispatch::open(conn, &self.dispatch(), now)?;
        let mut people = Sql::new("select contact_id, id as entry_id from journey_entries");
        people.append(these);
        dispatch::add(conn, &dispatch, People::Entries(people), now).map(drop)
    }

    /// Whether several people share a call of it.
    pub(super) fn shares_calls(&self, conn: &mut Conn) -> QueryResult<bool> {
        let account = channels::find(conn, self.channel_id)?.ok_or(diesel::NotFound)?;
        Ok(dispatch::shares_calls(account.kind, self.content))
    }

    /// Hands the contacts ` from contacts c … where …` to it, of whom nobody has an entry, if they get the same
    /// words by shared calls; answers how many people then. Their entries are written when it is known what came of it.
    pub(super) fn hand_over_together(
        &self,
        conn: &mut Conn,
        people: Sql,
        now: NaiveDateTime,
    ) -> QueryResult<Option<i64>> {
        let added = dispatch::pack(conn, &self.dispatch(), people, now)?;
        Ok(added.map(|added| added.pending + added.left_out))
    }

    fn dispatch(&self) -> NewDispatch<'_> {
        NewDispatch {
            channel_id: self.channel_id,
            name: self.journey_name,
            origin: Origin::Journey,
            origin_id: &self.cohort.version_id,
            origin_step: &self.step.id,
            cohort: &self.cohort.cohort,
            content: self.content,
            begins: Begins::AtOnce,
        }
    }
}

/// What happens to people when they have done with a step.
pub(super) struct Onward<'a> {
    pub(super) cohort: &'a Cohort,
    /// When they came to where they are put.
    pub(super) arrived: NaiveDateTime,
    pub(super) now: NaiveDateTime,
}

impl Onward<'_> {
    /// Puts the entries of the cohort of which `which` holds at the step `to`, or, where there is
    /// none, lets them leave the journey.
    pub(super) fn go(&self, conn: &mut Conn, to: Option<&Step>, which: Sql) -> QueryResult<()> {
        let Some(step) = to else { return self.leave(conn, which) };
        let mut sql = Sql::new("update journey_entries set state = 'ready', step_id = ");
        sql.bind(&step.id).push(", due_at = ").bind(self.arrived).push(" where ").append(which);
        sql.execute(conn).map(drop)
    }

    /// Lets them leave; they keep the step at which they were last.
    pub(super) fn leave(&self, conn: &mut Conn, which: Sql) -> QueryResult<()> {
        let mut sql = Sql::new("update journey_entries set state = 'done', due_at = null, ");
        if self.cohort.let_go {
            sql.push("reason = 'let_go', ");
        }
        sql.push("ended_at = ").bind(self.now).push(" where ").append(which);
        let left = sql.execute(conn)?;
        super::cohorts::finished(conn, &self.cohort.id, i64::try_from(left).expect("a slice is small"))
    }
}
