//! Broadcasts with a history, for the demo shop.

use super::{
    draft::Draft,
    model::Who,
    start,
    store::{self, Confirmed, Edit},
};
use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use tidings_base::{
    db::{Conn, DbError, Id},
    jobs::Claimed,
    zones,
};
use tidings_customers::contacts::filter::{Filter, Period};
use tidings_sending::messages::Content;

/// A broadcast as it was made.
#[derive(Clone, Debug)]
pub struct Planted<'a> {
    pub name: &'a str,
    pub channel_id: &'a Id,
    /// The saved audience it goes to, with its name; none is everybody of the account.
    pub audience: Option<(&'a Id, &'a str)>,
    pub content: Content,
    pub created_at: NaiveDateTime,
    pub by: &'a Id,
    pub then: Then,
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// It is still being written.
    Draft,
    /// It waits for this time.
    Waits(NaiveDateTime),
    /// It was to go out then and was cancelled.
    Cancelled(NaiveDateTime),
    /// Its people were frozen then; sending is the dispatch's.
    Began(NaiveDateTime),
}

/// Makes the broadcast as if it had been made then.
///
/// # Errors
/// What the database says.
pub fn plant(conn: &mut Conn, planted: &Planted<'_>, zone: Tz) -> Result<Id, DbError> {
    let at = match planted.then {
        Then::Draft => None,
        Then::Waits(at) | Then::Cancelled(at) | Then::Began(at) => Some(at),
    };
    let who = match planted.audience {
        Some((id, name)) => Who::Audience { id: Some(id.clone()), name: name.to_owned() },
        None => Who::Matching(Filter { subscribed: until(planted.then, zone), ..Filter::default() }),
    };
    let draft = Draft {
        name: planted.name.to_owned(),
        channel_id: planted.channel_id.clone(),
        who,
        picked: Vec::new(),
        content: planted.content.clone(),
        send_at: at,
        tags: Vec::new(),
        new_tags: Vec::new(),
    };
    let now = planted.created_at;
    let id = store::create(conn, &Edit { draft: &draft, zone, now }, planted.by)?;
    let Some(at) = at else { return Ok(id) };
    let broadcast = store::find(conn, &id)?.ok_or(diesel::NotFound)?;
    let outlook = store::outlook(conn, &broadcast, now)?.unwrap_or_default();
    let confirmed = Confirmed { will: outlook.will, left_out: outlook.left_out_total(), by: planted.by, now };
    store::confirm(conn, &broadcast, confirmed)?;
    match planted.then {
        Then::Draft | Then::Waits(_) => {}
        Then::Cancelled(_) => {
            store::cancel(conn, &id, now)?;
        }
        Then::Began(_) => start::begin_at(conn, &Claimed { id: id.clone(), epoch: 0, begun: 0 }, at)?,
    }
    Ok(id)
}

/// Who subscribed on the day it went out, or later, did not get it.
fn until(then: Then, zone: Tz) -> Period {
    let day: Option<NaiveDate> = match then {
        Then::Began(at) => zones::local(zone, at).date().pred_opt(),
        Then::Draft | Then::Waits(_) | Then::Cancelled(_) => None,
    };
    Period { to: day, ..Period::default() }
}
