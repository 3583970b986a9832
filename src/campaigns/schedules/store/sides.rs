//! What of a journey and an audience decides whether they fit.

use crate::{
    journeys::{self, Journey},
    schedules::fit::{AudienceSide, JourneySide},
};
use chrono::NaiveDateTime;
use diesel::{prelude::*, result::Error};
use tidings_base::db::{Conn, Id, schema::audiences};
use tidings_customers::{
    audiences::{Audience, find},
    channels,
};

/// The journey of this id at `now`, with what decides whether it fits.
pub(crate) fn journey_side(
    conn: &mut Conn,
    id: &Id,
    now: NaiveDateTime,
) -> QueryResult<Option<(Journey, JourneySide)>> {
    let Some(journey) = journeys::find(conn, id)? else { return Ok(None) };
    let Some(channel) = channels::find(conn, &journey.channel_id)? else { return Ok(None) };
    let side = JourneySide { unfit: journey.unfit(now), kind: journey.kind, channel: channel.status };
    Ok(Some((journey, side)))
}

/// What decides whether the audience of this id fits.
pub(crate) fn audience_side(conn: &mut Conn, id: &Id) -> QueryResult<Option<AudienceSide>> {
    let kind = audiences::table.find(id).select(audiences::kind).first(conn).optional()?;
    Ok(kind.map(|kind| AudienceSide { kind }))
}

/// The audience of this id; the inner error when its rule cannot be read.
pub(crate) fn audience(conn: &mut Conn, id: &Id) -> QueryResult<Result<Option<Audience>, String>> {
    match find(conn, id) {
        Ok(audience) => Ok(Ok(audience)),
        Err(Error::DeserializationError(why)) => Ok(Err(why.to_string())),
        Err(other) => Err(other),
    }
}
