use super::Workspace;
use crate::{
    db::{Conn, schema::settings},
    each_backend,
};
use chrono::{NaiveDateTime, TimeDelta};

use diesel::prelude::*;
use std::collections::HashMap;

const NAME: &str = "workspace.name";
const ZONE: &str = "workspace.zone";
const LATEST: &str = "workspace.latest_minutes";
const KEEP: &str = "workspace.keep_days";
const NOTIFY: &str = "workspace.notify";

/// The workspace as it is set now.
pub fn load(conn: &mut Conn) -> QueryResult<Workspace> {
    let rows: Vec<(String, String)> = settings::table
        .filter(settings::name.like("workspace.%"))
        .select((settings::name, settings::value))
        .load(conn)?;
    let mut rows: HashMap<_, _> = rows.into_iter().collect();
    let default = Workspace::default();
    let zone = rows.get(ZONE).and_then(|text| text.parse().ok()).unwrap_or(default.zone);
    let latest = rows.get(LATEST).and_then(|text| text.parse().ok()).map_or(default.latest, TimeDelta::minutes);
    let keep = match rows.get(KEEP).map(|text| text.parse::<u32>()) {
        None | Some(Err(_)) => default.keep,
        Some(Ok(0)) => None,
        Some(Ok(days)) => Some(TimeDelta::days(days.into())),
    };
    let notify = rows.get(NOTIFY).map(|text| text.split_whitespace().map(str::to_owned).collect()).unwrap_or_default();
    Ok(Workspace { name: rows.remove(NAME).unwrap_or(default.name), zone, latest, keep, notify })
}

/// Sets the zone of a workspace that has none yet.
pub fn begin(conn: &mut Conn, zone: chrono_tz::Tz, now: NaiveDateTime) -> QueryResult<()> {
    if get(conn, ZONE)?.is_none() { set(conn, ZONE, zone.name(), now) } else { Ok(()) }
}

/// Sets the whole of it.
pub fn save(conn: &mut Conn, workspace: &Workspace, now: NaiveDateTime) -> QueryResult<()> {
    set(conn, NAME, &workspace.name, now)?;
    set(conn, ZONE, workspace.zone.name(), now)?;
    set(conn, LATEST, &workspace.latest.num_minutes().to_string(), now)?;
    set(conn, KEEP, &workspace.keep.map_or(0, |keep| keep.num_days()).to_string(), now)?;
    set(conn, NOTIFY, &workspace.notify.join("\n"), now)
}

/// One value of the table `settings`.
pub fn get(conn: &mut Conn, name: &str) -> QueryResult<Option<String>> {
    settings::table.find(name).select(settings::value).first(conn).optional()
}

/// Sets one value of the table `settings`.
pub fn set(conn: &mut Conn, name: &str, value: &str, now: NaiveDateTime) -> QueryResult<()> {
    let row = (settings::name.eq(name), settings::value.eq(value), settings::changed_at.eq(now));
    let change = (settings::value.eq(value), settings::changed_at.eq(now));
    each_backend!(conn, c => diesel::insert_into(settings::table)
        .values(row).on_conflict(settings::name).do_update().set(change).execute(c))
    .map(drop)
}

/// Takes one value of the table `settings` away.
pub fn remove(conn: &mut Conn, name: &str) -> QueryResult<()> {
    diesel::delete(settings::table.find(name)).execute(conn).map(drop)
}
