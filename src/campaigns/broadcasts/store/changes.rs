//! Making, changing, confirming and calling off.

use super::Broadcast;
use crate::broadcasts::{
    draft::Draft,
    model::{Stored, Who},
};
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::prelude::*;
use tidings_base::db::{
    Conn, Id,
    schema::{broadcast_contacts, broadcast_tags, broadcasts},
    sql::Sql,
};
use tidings_customers::{
    channels::{ChannelAccount, ChannelStatus},
    tags,
};
use tidings_sending::dispatch;

/// What a broadcast becomes, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edit<'a> {
    pub(crate) draft: &'a Draft,
    pub(crate) zone: Tz,
    pub(crate) now: NaiveDateTime,
}

/// Whether a broadcast over this account may begin: trouble passes by itself, what a person did not.
pub(crate) fn may_begin(account: &ChannelAccount) -> bool {
    match account.status {
        ChannelStatus::Ready | ChannelStatus::Trouble => true,
        ChannelStatus::Paused | ChannelStatus::Disconnected => false,
    }
}

/// Makes a draft.
pub(crate) fn create(conn: &mut Conn, edit: &Edit<'_>, by: &Id) -> QueryResult<Id> {
    let Edit { draft, zone, now } = *edit;
    let id = Id::new();
    let (audience_id, audience_name) = audience(&draft.who);
    diesel::insert_into(broadcasts::table)
        .values((
            broadcasts::id.eq(&id),
            broadcasts::name.eq(&draft.name),
            broadcasts::channel_id.eq(&draft.channel_id),
            broadcasts::who.eq(draft.who.kind()),
            broadcasts::filter.eq(filter(&draft.who)),
            broadcasts::audience_id.eq(audience_id),
            broadcasts::audience_name.eq(audience_name),
            broadcasts::content.eq(draft.content.to_json()),
            (broadcasts::send_at.eq(draft.send_at), broadcasts::due_at.eq(draft.send_at.unwrap_or(now))),
            broadcasts::status.eq(Stored::Draft),
            broadcasts::zone.eq(zone.name()),
            (broadcasts::created_at.eq(now), broadcasts::created_by.eq(by)),
            (broadcasts::epoch.eq(0), broadcasts::begun.eq(0)),
            broadcasts::version.eq(1),
        ))
        .execute(conn)?;
    write_parts(conn, &id, edit)?;
    Ok(id)
}

/// Changes a draft, or one that waits for its time, that is still of `version`; answers whether it was.
pub(crate) fn update(conn: &mut Conn, id: &Id, version: i64, edit: &Edit<'_>) -> QueryResult<bool> {
    let Edit { draft, zone, now } = *edit;
    let (audience_id, audience_name) = audience(&draft.who);
    let row = broadcasts::table
        .find(id)
        .filter(broadcasts::version.eq(version))
        .filter(broadcasts::status.eq_any([Stored::Draft, Stored::Scheduled]));
    let changed = diesel::update(row)
        .set((
            broadcasts::name.eq(&draft.name),
            broadcasts::channel_id.eq(&draft.channel_id),
            broadcasts::who.eq(draft.who.kind()),
            broadcasts::filter.eq(filter(&draft.who)),
            broadcasts::audience_id.eq(audience_id),
            broadcasts::audience_name.eq(audience_name),
            broadcasts::content.eq(draft.content.to_json()),
            broadcasts::send_at.eq(draft.send_at),
            broadcasts::due_at.eq(draft.send_at.unwrap_or(now)),
            broadcasts::zone.eq(zone.name()),
            broadcasts::version.eq(version + 1),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Ok(false);
    }
    diesel::delete(broadcast_contacts::table.filter(broadcast_contacts::broadcast_id.eq(id))).execute(conn)?;
    diesel::delete(broadcast_tags::table.filter(broadcast_tags::broadcast_id.eq(id))).execute(conn)?;
    write_parts(conn, id, edit)?;
    Ok(true)
}

fn write_parts(conn: &mut Conn, id: &Id, Edit { draft, now, .. }: &Edit<'_>) -> QueryResult<()> {
    for picked in draft.picked.chunks(200) {
        // Who is not of the account, or not at all, is not picked.
        let mut sql = Sql::new("insert into broadcast_contacts (broadcast_id, contact_id) select ");
        sql.bind(id).push(", c.id from contacts c where c.channel_id = ").bind(&draft.channel_id);
        sql.push(" and c.id in (").bind_all(picked).push(") on conflict do nothing");
        sql.execute(conn)?;
    }
    let mut wanted = draft.tags.clone();
    for name in &draft.new_tags {
        wanted.push(tags::get_or_create(conn, name, *now)?.id);
    }
    wanted.sort();
    wanted.dedup();
    for tag in tags::find(conn, &wanted)? {
        diesel::insert_into(broadcast_tags::table)
            .values((broadcast_tags::broadcast_id.eq(id), broadcast_tags::tag_id.eq(tag.id)))
            .execute(conn)?;
    }
    Ok(())
}

fn filter(who: &Who) -> String {
    match who {
        Who::Matching(filter) => filter.to_query(),
        Who::Picked | Who::Audience { .. } => String::new(),
    }
}

fn audience(who: &Who) -> (Option<&Id>, &str) {
    match who {
        Who::Audience { id, name } => (id.as_ref(), name),
        Who::Matching(_) | Who::Picked => (None, ""),
    }
}

/// What the confirmation showed, and who pressed its button.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Confirmed<'a> {
    pub(crate) will: i64,
    pub(crate) left_out: i64,
    pub(crate) by: &'a Id,
    pub(crate) now: NaiveDateTime,
}

/// Lets a draft that is still of `version` go when its time comes; answers whether it was.
pub(crate) fn confirm(conn: &mut Conn, broadcast: &Broadcast, confirmed: Confirmed<'_>) -> QueryResult<bool> {
    let row = broadcasts::table
        .find(&broadcast.id)
        .filter(broadcasts::version.eq(broadcast.version))
        .filter(broadcasts::status.eq(Stored::Draft));
    let changed = diesel::update(row)
        .set((
            broadcasts::status.eq(Stored::Scheduled),
            broadcasts::due_at.eq(broadcast.send_at.unwrap_or(confirmed.now)),
            broadcasts::expected.eq(confirmed.will),
            broadcasts::expected_left_out.eq(confirmed.left_out),
            broadcasts::confirmed_at.eq(confirmed.now),
            broadcasts::confirmed_by.eq(confirmed.by),
            broadcasts::version.eq(broadcast.version + 1),
        ))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Calls off one that waits for its time; answers whether it still did.
pub(crate) fn cancel(conn: &mut Conn, id: &Id, now: NaiveDateTime) -> QueryResult<bool> {
    let row = broadcasts::table.find(id).filter(broadcasts::status.eq(Stored::Scheduled));
    let changed = diesel::update(row)
        .set((
            broadcasts::status.eq(Stored::Cancelled),
            broadcasts::ended_at.eq(now),
            broadcasts::owner.eq(None::<String>),
            broadcasts::lease_until.eq(None::<NaiveDateTime>),
            broadcasts::version.eq(broadcasts::version + 1),
        ))
        .execute(conn)?;
    Ok(changed > 0)
}

/// Stops what is left of one that has begun; answers whether there was anything to stop.
pub(crate) fn stop(conn: &mut Conn, id: &Id, now: NaiveDateTime) -> QueryResult<bool> {
    let begun = broadcasts::table.find(id).filter(broadcasts::status.eq_any([Stored::Choosing, Stored::Started]));
    let dispatch: Option<Option<Id>> = begun.select(broadcasts::dispatch_id).first(conn).optional()?;
    let Some(dispatch) = dispatch.flatten() else { return Ok(false) };
    if !dispatch::cancel(conn, &dispatch, now)? {
        return Ok(false);
    }
    // Nobody more is frozen into it.
    diesel::update(broadcasts::table.find(id))
        .set((broadcasts::status.eq(Stored::Started), broadcasts::version.eq(broadcasts::version + 1)))
        .execute(conn)?;
    Ok(true)
}

/// Calls it something else.
pub(crate) fn rename(conn: &mut Conn, id: &Id, name: &str) -> QueryResult<()> {
    diesel::update(broadcasts::table.find(id))
        .set((broadcasts::name.eq(name), broadcasts::version.eq(broadcasts::version + 1)))
        .execute(conn)
        .map(drop)
}

/// Throws a draft away; answers whether it was one.
pub(crate) fn delete(conn: &mut Conn, id: &Id) -> QueryResult<bool> {
    let row = broadcasts::table.find(id).filter(broadcasts::status.eq(Stored::Draft));
    Ok(diesel::delete(row).execute(conn)? > 0)
}
