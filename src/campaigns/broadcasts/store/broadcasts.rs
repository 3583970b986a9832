use crate::broadcasts::model::{BroadcastStatus, Problem, Stored, Who, WhoKind};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::prelude::*;
use tidings_base::db::{
    Conn, Id,
    schema::{broadcast_tags, broadcasts, dispatches, people, tags},
};
use tidings_customers::{contacts::filter::Filter, tags::Tag};
use tidings_sending::{
    dispatch::{DispatchStatus, PauseReason},
    messages::Content,
};

/// A broadcast.
#[derive(Clone, Debug)]
pub(crate) struct Broadcast {
    pub(crate) id: Id,
    /// 主題: what it is called inside the product.
    pub(crate) name: String,
    pub(crate) channel_id: Id,
    pub(crate) who: Who,
    pub(crate) content: Content,
    /// None is at once.
    pub(crate) send_at: Option<NaiveDateTime>,
    pub(crate) stored: Stored,
    pub(crate) problem: Option<Problem>,
    pub(crate) dispatch_id: Option<Id>,
    /// What days in its filter mean.
    pub(crate) zone: Tz,
    /// The moment for which its people were asked, the same for every slice.
    pub(crate) as_of: Option<NaiveDateTime>,
    /// How many the confirmation said would get it, and would not.
    pub(crate) expected: Option<(i64, i64)>,
    pub(crate) created_at: NaiveDateTime,
    pub(crate) created_by: Option<String>,
    pub(crate) confirmed_at: Option<NaiveDateTime>,
    pub(crate) confirmed_by: Option<String>,
    /// When the sending began.
    pub(crate) started_at: Option<NaiveDateTime>,
    /// When it was cancelled or failed before that.
    pub(crate) ended_at: Option<NaiveDateTime>,
    pub(crate) version: i64,
    pub(crate) dispatch: Option<Dispatch>,
}

/// What its page says of its dispatch.
#[derive(Queryable, Clone, Debug)]
pub(crate) struct Dispatch {
    pub(crate) status: DispatchStatus,
    pub(crate) pause_reason: Option<PauseReason>,
    pub(crate) pause_detail: Option<String>,
    pub(crate) paused_by: Option<String>,
    pub(crate) finished_at: Option<NaiveDateTime>,
}

impl Broadcast {
    /// How it stands.
    pub(crate) fn status(&self) -> BroadcastStatus {
        BroadcastStatus::of(self.stored, self.dispatch.as_ref().map(|dispatch| dispatch.status))
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = broadcasts, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub(super) struct Row {
    id: Id,
    name: String,
    channel_id: Id,
    who: WhoKind,
    filter: String,
    audience_id: Option<Id>,
    audience_name: String,
    content: String,
    send_at: Option<NaiveDateTime>,
    status: Stored,
    problem: Option<Problem>,
    dispatch_id: Option<Id>,
    zone: String,
    as_of: Option<NaiveDateTime>,
    expected: Option<i64>,
    expected_left_out: Option<i64>,
    created_at: NaiveDateTime,
    created_by: Option<Id>,
    confirmed_at: Option<NaiveDateTime>,
    confirmed_by: Option<Id>,
    started_at: Option<NaiveDateTime>,
    ended_at: Option<NaiveDateTime>,
    version: i64,
}

/// The broadcast of this id, if there is one.
pub(crate) fn find(conn: &mut Conn, id: &Id) -> QueryResult<Option<Broadcast>> {
    let row = broadcasts::table.find(id).select(Row::as_select()).first(conn).optional()?;
    row.map(|row| row.read(conn)).transpose()
}

impl Row {
    fn read(self, conn: &mut Conn) -> QueryResult<Broadcast> {
        let dispatch = match &self.dispatch_id {
            None => None,
            Some(id) => dispatches::table
                .find(id)
                .select((
                    dispatches::status,
                    dispatches::pause_reason,
                    dispatches::pause_detail,
                    dispatches::paused_by,
                    dispatches::finished_at,
                ))
                .first(conn)
                .optional()?,
        };
        let names: Vec<(Id, String)> = people::table
            .filter(people::id.eq_any(self.created_by.iter().chain(&self.confirmed_by)))
            .select((people::id, people::name))
            .load(conn)?;
        let name = |id: &Option<Id>| names.iter().find(|(of, _)| Some(of) == id.as_ref()).map(|(_, name)| name.clone());
        Ok(Broadcast {
            created_by: name(&self.created_by),
            confirmed_by: name(&self.confirmed_by),
            who: match self.who {
                WhoKind::Matching => Who::Matching(Filter::parse(&self.filter)),
                WhoKind::Picked => Who::Picked,
                WhoKind::Audience => Who::Audience { id: self.audience_id, name: self.audience_name },
            },
            content: Content::from_json(&self.content).map_err(unreadable)?,
            zone: self.zone.parse().map_err(unreadable)?,
            expected: self.expected.zip(self.expected_left_out),
            id: self.id,
            name: self.name,
            channel_id: self.channel_id,
            send_at: self.send_at,
            stored: self.status,
            problem: self.problem,
            dispatch_id: self.dispatch_id,
            as_of: self.as_of,
            created_at: self.created_at,
            confirmed_at: self.confirmed_at,
            started_at: self.started_at,
            ended_at: self.ended_at,
            version: self.version,
            dispatch,
        })
    }
}

/// The tags that it puts on everyone chosen, by name.
pub(crate) fn tags_of(conn: &mut Conn, broadcast: &Id) -> QueryResult<Vec<Tag>> {
    broadcast_tags::table
        .inner_join(tags::table.on(tags::id.eq(broadcast_tags::tag_id)))
        .filter(broadcast_tags::broadcast_id.eq(broadcast))
        .select(Tag::as_select())
        .order((tags::name, tags::id))
        .load(conn)
}

pub(super) fn unreadable(e: impl std::error::Error + Send + Sync + 'static) -> diesel::result::Error {
    diesel::result::Error::DeserializationError(Box::new(e))
}
