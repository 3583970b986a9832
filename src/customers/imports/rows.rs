//! From the rows of a file to what they change: the one way that every kind of import goes.

use super::{
    bad::{Bad, RowProblem},
    mapping::Mapping,
};
use crate::sheets::Row;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::QueryResult;
use tidings_base::db::Conn;

/// How the rows of one kind of import are read, worked out and written.
pub(super) trait Rows {
    /// What one row says.
    type Draft;
    /// What is stored of those whom rows are about, as the rows taken so far leave it.
    type Known: Default;
    /// What is to be written.
    type Plan: Default;

    /// Reads a row, without asking what is there; or says everything that is wrong with it.
    fn read(&self, mapping: &Mapping, row: &Row, calendar: Calendar) -> Result<Self::Draft, Vec<RowProblem>>;

    /// Adds what is stored of those whom the drafts are about; what is known already stays.
    fn learn(&self, conn: &mut Conn, drafts: &[&Self::Draft], known: &mut Self::Known) -> QueryResult<()>;

    /// Adds to the plan what a draft changes of what is known.
    fn take(plan: &mut Self::Plan, draft: Self::Draft, known: &mut Self::Known) -> Result<Taken, Vec<RowProblem>>;

    /// Writes the plan.
    fn write(&self, conn: &mut Conn, plan: &Self::Plan, now: NaiveDateTime) -> QueryResult<()>;
}

/// What dates in a file are read by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calendar {
    pub zone: Tz,
    pub now: NaiveDateTime,
}

/// What a row met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Taken {
    /// Nothing, and made it.
    Created,
    /// What was there before, perhaps by an earlier row.
    Updated,
}

/// What became, or would become, of rows.
#[derive(Clone, Default, PartialEq, Debug)]
pub(super) struct Outcome {
    pub created: i64,
    pub updated: i64,
    pub bad: Vec<Bad>,
}

impl Outcome {
    /// How many rows were taken.
    pub(super) fn good(&self) -> i64 {
        self.created + self.updated
    }

    /// Adds what became of further rows.
    pub(super) fn add(&mut self, more: Self) {
        self.created += more.created;
        self.updated += more.updated;
        self.bad.extend(more.bad);
    }
}

/// Works out what the rows change, and what becomes of each. Writes nothing.
pub(super) fn work_out<R: Rows>(
    conn: &mut Conn,
    kind: &R,
    rows: &[Row],
    mapping: &Mapping,
    calendar: Calendar,
    known: &mut R::Known,
) -> QueryResult<(R::Plan, Outcome)> {
    let read: Vec<_> = rows.iter().map(|row| kind.read(mapping, row, calendar)).collect();
    let drafts: Vec<&R::Draft> = read.iter().filter_map(|read| read.as_ref().ok()).collect();
    kind.learn(conn, &drafts, known)?;
    Ok(take_all::<R>(read, rows, known))
}

fn take_all<R: Rows>(
    read: Vec<Result<R::Draft, Vec<RowProblem>>>,
    rows: &[Row],
    known: &mut R::Known,
) -> (R::Plan, Outcome) {
    let (mut plan, mut outcome) = (R::Plan::default(), Outcome::default());
    for (read, row) in read.into_iter().zip(rows) {
        match read.and_then(|draft| R::take(&mut plan, draft, known)) {
            Ok(Taken::Created) => outcome.created += 1,
            Ok(Taken::Updated) => outcome.updated += 1,
            Err(problems) => outcome.bad.push(Bad::of(row, problems)),
        }
    }
    (plan, outcome)
}

/// [`work_out`] over what the caller knows, for tables of cases without a database.
#[cfg(test)]
pub(super) fn worked_out<R: Rows>(
    kind: &R,
    rows: &[Row],
    mapping: &Mapping,
    calendar: Calendar,
    known: &mut R::Known,
) -> (R::Plan, Outcome) {
    take_all::<R>(rows.iter().map(|row| kind.read(mapping, row, calendar)).collect(), rows, known)
}
