//! What an answer means for the people of a call. No database and no clock.

use super::{
    PauseReason, Reason,
    plan::{Found, Kept, Planned},
    retry,
};
use crate::channels::{Answer, Mark, Refusal, RefusalReason, Stop, StopReason, capabilities};
use chrono::{NaiveDateTime, TimeDelta};
use rand::Rng;
use tidings_base::db::Id;

/// What becomes of one delivery.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Outcome {
    pub(super) delivery: Id,
    pub(super) to: To,
}

/// Where it goes.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum To {
    Sent {
        /// What later events name the message by.
        vendor_id: Option<String>,
        /// The vendor's own name of the call, where it was this person's alone.
        receipt: Option<String>,
    },
    /// A part was taken and more are to come.
    NextPart,
    Failed {
        reason: Reason,
        detail: String,
    },
    LeftOut {
        reason: Reason,
    },
    Cancelled,
    Unknown {
        detail: String,
    },
    /// Tried in vain; again after this wait.
    Again {
        wait: TimeDelta,
        detail: String,
    },
    /// Given back untried; `begun` is how often its slices were lost.
    Freed {
        begun: i64,
    },
}

/// How a call with a key ended, or that it waits to be made again.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct BatchAnswer {
    pub(super) batch: Id,
    /// `ok`, `rejected`, `later`, `stop` or `unknown`.
    pub(super) answer: &'static str,
    pub(super) detail: String,
    pub(super) request_id: Option<String>,
    /// Whether it will be called again with its key.
    pub(super) open: bool,
    /// What its row is made of, where it has none.
    pub(super) new: Option<Alone>,
}

/// A call to one person that had no row until it must be made again.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Alone {
    pub(super) delivery: Id,
    pub(super) retry_key: String,
    /// As [`crate::messages::Words::to_json`] gives them.
    pub(super) payload: String,
    /// Machine time.
    pub(super) first_called_at: NaiveDateTime,
}

/// What a call came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Settled {
    pub(super) outcomes: Vec<Outcome>,
    pub(super) batch: Option<BatchAnswer>,
    /// How long the slice waits before its open batches are called again.
    pub(super) wait: Option<TimeDelta>,
    pub(super) stop: Option<Stop>,
    /// What the vendor told about contacts, by their place in the slice.
    pub(super) marks: Vec<(usize, Mark)>,
    /// The vendor answered in earnest; not so for [`Answer::Later`] and [`Answer::Unknown`].
    pub(super) healthy: bool,
}

/// Turns the answer to `call` into what becomes of its people.
pub(super) fn settle(found: &Found, call: &Planned, answer: Answer, random: &mut impl Rng) -> Settled {
    let people = |to: &dyn Fn(&super::plan::Person) -> To| {
        let outcome = |place: &usize| {
            let person = &found.people[*place];
            Outcome { delivery: person.delivery.clone(), to: to(person) }
        };
        call.people.iter().map(outcome).collect::<Vec<_>>()
    };
    let batch = |answer: &'static str, detail: &str, request_id: Option<String>, open: bool| {
        let key = call.key.as_ref()?;
        let new = match key.kept {
            Kept::Written | Kept::New => None,
            Kept::Alone if !open => return None,
            Kept::Alone => Some(Alone {
                delivery: found.people[*call.people.first()?].delivery.clone(),
                retry_key: key.retry_key.clone(),
                payload: call.words.to_json(),
                first_called_at: key.first_called_at,
            }),
        };
        Some(BatchAnswer { batch: key.batch.clone(), answer, detail: detail.to_owned(), request_id, open, new })
    };
    match answer {
        Answer::Taken { request_id, people: each } => {
            // An index follows the vendor's ids: only those that events will name are worth one.
            let named = capabilities(found.kind).told_by_id;
            let mine = request_id.clone().filter(|_| call.people.len() == 1);
            let mut settled =
                Settled { batch: batch("ok", "", request_id, false), healthy: true, ..Settled::default() };
            let mut each = each.into_iter();
            for place in &call.people {
                let to = match each.next() {
                    Some(Ok(id)) if call.last => {
                        To::Sent { receipt: mine.clone().or_else(|| id.clone()), vendor_id: id.filter(|_| named) }
                    }
                    Some(Ok(_)) => To::NextPart,
                    Some(Err(refusal)) => settled.refuse(*place, refusal),
                    // A connector that answers for fewer people than it was asked for.
                    None => To::Unknown { detail: "the vendor's answer does not name this person".to_owned() },
                };
                settled.outcomes.push(Outcome { delivery: found.people[*place].delivery.clone(), to });
            }
            settled
        }
        Answer::Rejected { people: named, detail } => {
            let mut settled =
                Settled { batch: batch("rejected", &detail, None, false), healthy: true, ..Settled::default() };
            let alone = call.people.len() == 1;
            let unnamed = named.is_empty();
            let mut named: std::collections::HashMap<usize, Refusal> = named.into_iter().collect();
            for (n, place) in call.people.iter().enumerate() {
                let to = match named.remove(&n) {
                    Some(refusal) => settled.refuse(*place, refusal),
                    None if alone => To::Failed { reason: Reason::Refused, detail: detail.clone() },
                    None if unnamed => To::Again { wait: TimeDelta::zero(), detail: detail.clone() },
                    None => To::Freed { begun: 0 },
                };
                settled.outcomes.push(Outcome { delivery: found.people[*place].delivery.clone(), to });
            }
            settled
        }
        Answer::Later { retry_after, detail } => match &call.key {
            Some(key) if key.calls + 1 >= retry::MOST_CALLS => Settled {
                outcomes: people(&|_| spent(key.uncertain, &detail)),
                batch: batch("later", &detail, None, false),
                ..Settled::default()
            },
            Some(key) => Settled {
                batch: batch(if key.uncertain { "unknown" } else { "later" }, &detail, None, true),
                wait: Some(retry::wait(key.calls + 1, retry_after, random)),
                ..Settled::default()
            },
            None => {
                // One wait for the call: those who were together stay together.
                let attempts = call.people.iter().map(|place| found.people[*place].attempts).max().unwrap_or_default();
                let wait = retry::wait(attempts + 1, retry_after, random);
                let again = |person: &super::plan::Person| {
                    if person.attempts + 1 >= retry::MOST_CALLS {
                        spent(false, &detail)
                    } else {
                        To::Again { wait, detail: detail.clone() }
                    }
                };
                Settled { outcomes: people(&again), ..Settled::default() }
            }
        },
        Answer::Stop(stop) => match &call.key {
            // An earlier call may have been accepted: only its own key can tell.
            Some(key) if key.uncertain => Settled {
                batch: batch("unknown", &stop.detail, None, true),
                wait: Some(TimeDelta::zero()),
                stop: Some(stop),
                healthy: true,
                ..Settled::default()
            },
            _ => Settled {
                outcomes: people(&|_| To::Freed { begun: 0 }),
                batch: batch("stop", &stop.detail, None, false),
                stop: Some(stop),
                healthy: true,
                ..Settled::default()
            },
        },
        Answer::Unknown { detail } => match &call.key {
            Some(key) if key.calls + 1 < retry::MOST_CALLS => Settled {
                batch: batch("unknown", &detail, None, true),
                wait: Some(retry::wait(key.calls + 1, None, random)),
                ..Settled::default()
            },
            _ => Settled {
                outcomes: people(&|_| To::Unknown { detail: detail.clone() }),
                batch: batch("unknown", &detail, None, false),
                ..Settled::default()
            },
        },
    }
}

/// All calls were made in vain.
fn spent(uncertain: bool, detail: &str) -> To {
    if uncertain {
        To::Unknown { detail: detail.to_owned() }
    } else {
        To::Failed { reason: Reason::Later, detail: detail.to_owned() }
    }
}

impl Settled {
    fn refuse(&mut self, place: usize, refusal: Refusal) -> To {
        self.marks.extend(refusal.reason.mark().map(|mark| (place, mark)));
        To::Failed { reason: refusal.reason.into(), detail: refusal.detail }
    }
}

impl From<RefusalReason> for Reason {
    fn from(reason: RefusalReason) -> Self {
        match reason {
            RefusalReason::Refused => Self::Refused,
            RefusalReason::Blocked => Self::Blocked,
            RefusalReason::Gone => Self::Gone,
            RefusalReason::OptedOut => Self::OptedOut,
            RefusalReason::OutsideWindow => Self::OutsideWindow,
        }
    }
}

impl From<StopReason> for PauseReason {
    fn from(reason: StopReason) -> Self {
        match reason {
            StopReason::Content => Self::Content,
            StopReason::Token => Self::Token,
            StopReason::Permission => Self::Permission,
            StopReason::Quota => Self::Quota,
            StopReason::Money => Self::Money,
            StopReason::Policy => Self::Policy,
        }
    }
}

#[cfg(test)]
mod test;
