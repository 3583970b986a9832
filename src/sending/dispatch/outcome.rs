//! What an answer means for the people of a call. No database and no clock.

use super::{
    PauseReason, Reason,
    plan::{Found, Planned},
    retry,
};
use crate::channels::{Answer, Mark, Refusal, RefusalReason, Stop, StopReason};
use chrono::TimeDelta;
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
        vendor_id: Option<String>,
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
        call.key.as_ref().map(|key| BatchAnswer {
            batch: key.batch.clone(),
            answer,
            detail: detail.to_owned(),
            request_id,
            open,
        })
    };
    match answer {
        Answer::Taken { request_id, people: each } => {
            let mut settled =
                Settled { batch: batch("ok", "", request_id, false), healthy: true, ..Settled::default() };
            let mut each = each.into_iter();
            for place in &call.people {
                let to = match each.next() {
                    Some(Ok(vendor_id)) if call.last => To::Sent { vendor_id },
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
mod tests {
    use super::*;
    use crate::{
        dispatch::{
            DispatchStatus,
            plan::{Key, Person},
        },
        messages::{Addressee, Content},
    };
    use rand::{SeedableRng, rngs::StdRng};
    use tidings_customers::{channels::ChannelKind, consent::Consent};

    fn found(people: usize, attempts: i64) -> Found {
        let person = || Person {
            delivery: Id::new(),
            contact: Id::new(),
            identity: String::new(),
            name: String::new(),
            last_known_name: None,
            consent: Consent::Granted,
            unreachable: None,
            last_inbound_at: None,
            attempts,
            parts_sent: 0,
            batch: None,
        };
        Found {
            status: DispatchStatus::Sending,
            kind: ChannelKind::Line,
            trial: false,
            content: Content::text("好"),
            called: false,
            begun: 1,
            people: (0..people).map(|_| person()).collect(),
            open: Vec::new(),
        }
    }

    fn call(people: usize, key: Option<(i64, bool)>) -> Planned {
        let key = key.map(|(calls, uncertain)| Key { batch: Id::new(), retry_key: "key".to_owned(), calls, uncertain });
        let words = Content::text("好").render(&Addressee::NOBODY).unwrap();
        Planned { key, words, people: (0..people).collect(), last: true }
    }

    fn settled(attempts: i64, call: &Planned, answer: Answer) -> Settled {
        settle(&found(call.people.len(), attempts), call, answer, &mut StdRng::seed_from_u64(1))
    }

    fn to(settled: &Settled) -> Vec<&To> {
        settled.outcomes.iter().map(|outcome| &outcome.to).collect()
    }

    fn refusal(reason: RefusalReason) -> Refusal {
        Refusal { reason, detail: String::new() }
    }

    fn later() -> Answer {
        Answer::Later { retry_after: None, detail: String::new() }
    }

    fn lost() -> Answer {
        Answer::Unknown { detail: String::new() }
    }

    fn stop() -> Answer {
        Answer::Stop(Stop { reason: StopReason::Token, detail: String::new() })
    }

    #[test]
    fn taken_one_by_one() {
        let people = vec![Ok(Some("m1".to_owned())), Err(refusal(RefusalReason::Gone))];
        let settled = settled(0, &call(3, None), Answer::Taken { request_id: None, people });
        assert!(matches!(
            to(&settled)[..],
            [To::Sent { vendor_id: Some(_) }, To::Failed { reason: Reason::Gone, .. }, To::Unknown { .. }]
        ));
        assert_eq!(settled.marks, [(1, Mark::Gone)]);
        assert!(settled.healthy);
    }

    #[test]
    fn a_refused_call_fails_the_named_and_gives_the_others_back() {
        let people = vec![(1, refusal(RefusalReason::Refused))];
        let settled = settled(0, &call(3, Some((0, false))), Answer::Rejected { people, detail: String::new() });
        assert!(matches!(to(&settled)[..], [To::Freed { begun: 0 }, To::Failed { .. }, To::Freed { begun: 0 }]));
        assert!(!settled.batch.unwrap().open, "another membership, another key");
    }

    #[test]
    fn a_call_refused_without_names_is_taken_apart_until_one_is_left() {
        let rejected = || Answer::Rejected { people: Vec::new(), detail: String::new() };
        assert!(to(&settled(0, &call(2, None), rejected())).iter().all(|to| matches!(to, To::Again { .. })));
        assert!(matches!(
            to(&settled(0, &call(1, None), rejected()))[..],
            [To::Failed { reason: Reason::Refused, .. }]
        ));
    }

    #[test]
    fn with_a_key_a_call_waits_and_is_made_again() {
        for (answer, word) in [(later(), "later"), (lost(), "unknown")] {
            let settled = settled(0, &call(2, Some((0, false))), answer);
            let batch = settled.batch.as_ref().unwrap();
            assert!(settled.outcomes.is_empty() && settled.wait.is_some() && batch.open);
            assert_eq!(batch.answer, word);
        }
        // what may have been accepted stays so, whatever is said afterwards
        let again = settled(0, &call(2, Some((3, true))), later());
        assert_eq!(again.batch.unwrap().answer, "unknown");
    }

    #[test]
    fn without_a_key_a_lost_answer_is_unknown_and_a_busy_vendor_is_tried_again() {
        assert!(matches!(to(&settled(0, &call(1, None), lost()))[..], [To::Unknown { .. }]));
        assert!(matches!(to(&settled(0, &call(1, None), later()))[..], [To::Again { .. }]));
    }

    #[test]
    fn attempts_end() {
        let last = retry::MOST_CALLS - 1;
        assert!(matches!(to(&settled(last, &call(1, None), later()))[..], [To::Failed { reason: Reason::Later, .. }]));
        assert!(matches!(to(&settled(0, &call(1, Some((last, false))), later()))[..], [To::Failed { .. }]));
        assert!(matches!(to(&settled(0, &call(1, Some((last, true))), later()))[..], [To::Unknown { .. }]));
        assert!(matches!(to(&settled(0, &call(1, Some((last, false))), lost()))[..], [To::Unknown { .. }]));
    }

    #[test]
    fn a_stop_gives_everybody_back_who_certainly_got_nothing() {
        for key in [None, Some((0, false))] {
            let settled = settled(0, &call(2, key), stop());
            assert!(to(&settled).iter().all(|to| matches!(to, To::Freed { begun: 0 })));
            assert!(settled.stop.is_some());
        }
        let settled = settled(0, &call(2, Some((1, true))), stop());
        assert!(settled.outcomes.is_empty() && settled.batch.unwrap().open && settled.stop.is_some());
    }
}
