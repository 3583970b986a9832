use crate::journeys::model::{Action, Branch, Flow, Row};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::{prelude::*, result::Error};
use tidings_base::{
    db::{
        Conn, Id,
        schema::{journey_steps, journey_versions, journeys},
    },
    each_backend,
};

/// A version of a journey: the steps that its people take. One that was published never changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Version {
    pub id: Id,
    pub journey_id: Id,
    /// From 1.
    pub number: i64,
    /// Whose times of day and days its waits and conditions mean; set when it is published.
    pub zone: Tz,
    /// None is a draft; a journey has at most one.
    pub published_at: Option<NaiveDateTime>,
}

/// The version of this id, if there is one.
pub(crate) fn version(conn: &mut Conn, id: &Id) -> QueryResult<Option<Version>> {
    let row = journey_versions::table.find(id).select(VersionRow::as_select()).first(conn).optional()?;
    row.map(TryInto::try_into).transpose()
}

/// The versions of a journey, newest first.
pub(crate) fn versions(conn: &mut Conn, journey_id: &Id) -> QueryResult<Vec<Version>> {
    let rows: Vec<VersionRow> = journey_versions::table
        .filter(journey_versions::journey_id.eq(journey_id))
        .select(VersionRow::as_select())
        .order(journey_versions::number.desc())
        .load(conn)?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The draft version of a journey, made from its live one if there is none. The journey's row is
/// locked by the caller's edit.
pub fn draft(conn: &mut Conn, journey_id: &Id, zone: Tz) -> QueryResult<Version> {
    let latest = versions(conn, journey_id)?.into_iter().next();
    if let Some(draft) = latest.as_ref().filter(|version| version.published_at.is_none()) {
        return Ok(draft.clone());
    }
    let live: Option<Id> = journeys::table.find(journey_id).select(journeys::live_version_id).first(conn)?;
    let steps = live.map(|live| flow(conn, &live)).transpose()?.unwrap_or_default().renewed();
    let number = latest.map_or(1, |version| version.number + 1);
    let draft = Version { id: Id::new(), journey_id: journey_id.clone(), number, zone, published_at: None };
    diesel::insert_into(journey_versions::table)
        .values((
            journey_versions::id.eq(&draft.id),
            journey_versions::journey_id.eq(journey_id),
            journey_versions::number.eq(number),
            journey_versions::zone.eq(zone.name()),
        ))
        .execute(conn)?;
    save_flow(conn, &draft.id, &steps)?;
    Ok(draft)
}

/// Removes the draft version, with its steps; answers whether there was one.
pub(crate) fn discard_draft(conn: &mut Conn, journey_id: &Id) -> QueryResult<bool> {
    let drafts = journey_versions::table
        .filter(journey_versions::journey_id.eq(journey_id))
        .filter(journey_versions::published_at.is_null());
    Ok(diesel::delete(drafts).execute(conn)? > 0)
}

/// The steps of a version.
pub fn flow(conn: &mut Conn, version_id: &Id) -> QueryResult<Flow> {
    let rows: Vec<StepRow> = journey_steps::table
        .filter(journey_steps::version_id.eq(version_id))
        .select(StepRow::as_select())
        .load(conn)?;
    let rows: QueryResult<Vec<Row>> = rows.into_iter().map(TryInto::try_into).collect();
    Ok(Flow::from_rows(rows?))
}

/// What these steps do, of whatever versions.
pub(crate) fn actions(conn: &mut Conn, ids: &[Id]) -> QueryResult<Vec<(Id, Action)>> {
    let rows: Vec<StepRow> =
        journey_steps::table.filter(journey_steps::id.eq_any(ids)).select(StepRow::as_select()).load(conn)?;
    rows.into_iter().map(|row| Row::try_from(row).map(|row| (row.id, row.action))).collect()
}

/// Makes these the steps of a draft version.
pub fn save_flow(conn: &mut Conn, version_id: &Id, flow: &Flow) -> QueryResult<()> {
    diesel::delete(journey_steps::table.filter(journey_steps::version_id.eq(version_id))).execute(conn)?;
    let rows: Vec<_> = flow.rows().iter().map(|row| StepRow::of(version_id, row)).collect();
    each_backend!(conn, c => diesel::insert_into(journey_steps::table).values(&rows).execute(c))?;
    Ok(())
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = journey_versions, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
struct VersionRow {
    id: Id,
    journey_id: Id,
    number: i64,
    zone: String,
    published_at: Option<NaiveDateTime>,
}

impl TryFrom<VersionRow> for Version {
    type Error = Error;

    fn try_from(row: VersionRow) -> QueryResult<Self> {
        let zone = row.zone.parse().map_err(|e| Error::DeserializationError(Box::new(e)))?;
        let VersionRow { id, journey_id, number, published_at, .. } = row;
        Ok(Self { id, journey_id, number, zone, published_at })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = journey_steps, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
struct StepRow {
    id: Id,
    version_id: Id,
    parent_id: Option<Id>,
    branch: Branch,
    position: i64,
    action: String,
}

impl StepRow {
    fn of(version_id: &Id, row: &Row) -> Self {
        Self {
            id: row.id.clone(),
            version_id: version_id.clone(),
            parent_id: row.parent_id.clone(),
            branch: row.branch,
            position: row.position,
            action: serde_json::to_string(&row.action).expect("strings and numbers can always be written as JSON"),
        }
    }
}

impl TryFrom<StepRow> for Row {
    type Error = Error;

    fn try_from(row: StepRow) -> QueryResult<Self> {
        let action: Action = serde_json::from_str(&row.action).map_err(|e| Error::DeserializationError(Box::new(e)))?;
        let StepRow { id, parent_id, branch, position, .. } = row;
        Ok(Self { id, parent_id, branch, position, action })
    }
}
