//! Who shares calls, and what a hand of packs does. No database and no clock.

use super::{Found, Kept, Key, Plan, Planned};
use crate::{
    channels::{Capabilities, Stop, capabilities},
    dispatch::DispatchStatus,
    messages::Content,
};
use chrono::NaiveDateTime;
use std::ops::Range;
use tidings_base::db::Id;
use tidings_customers::channels::ChannelKind;

/// How many people share a call of a dispatch at most: one, if each gets words of their own.
pub(in crate::dispatch) fn people_per_call(kind: ChannelKind, content: &Content) -> usize {
    if content.is_personal() { 1 } else { capabilities(kind).people_per_call }
}

/// Whether people of a dispatch may share calls.
pub fn shares_calls(kind: ChannelKind, content: &Content) -> bool {
    people_per_call(kind, content) > 1
}

/// People who were chosen to share a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::dispatch) struct Pack {
    /// Also of the call.
    pub(in crate::dispatch) id: Id,
    /// Places in [`Found::people`].
    pub(in crate::dispatch) people: Range<usize>,
}

/// A call for each pack to which it can be made as it is; for the others, there is none. `now` is product time,
/// `machine` machine time.
///
/// # Errors
/// The content cannot be rendered.
pub(in crate::dispatch) fn plan_packs(
    found: &Found,
    packs: &[Pack],
    can: &Capabilities,
    now: NaiveDateTime,
    machine: NaiveDateTime,
) -> Result<Plan, Stop> {
    let (DispatchStatus::Sending, Some(anybody)) = (found.status, found.people.first()) else {
        return Ok(Plan::default());
    };
    // Whom it is too long for, or who gets it in parts, is sent to by rows.
    let Ok((words, true)) = anybody.words(&found.content, found.kind, can)? else { return Ok(Plan::default()) };
    let everybody = |pack: &&Pack| {
        found.people[pack.people.clone()].iter().all(|person| person.refused(found.kind, can, now).is_none())
    };
    let call = |pack: &Pack| Planned {
        key: Some(Key { batch: pack.id.clone(), kept: Kept::New, ..Key::fresh(machine) }),
        words: words.clone(),
        people: pack.people.clone().collect(),
        last: true,
    };
    Ok(Plan { outcomes: Vec::new(), calls: packs.iter().filter(everybody).map(call).collect() })
}
