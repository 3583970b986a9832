//! Refusals of people that are really about the account.

use super::{Answer, RefusalReason, Stop, StopReason};
use std::sync::atomic::{AtomicUsize, Ordering};

/// People in a row who are refused for no known reason before it is taken to mean the account.
const MOST: usize = 20;

/// How many were refused for no known reason since somebody was not.
#[derive(Default)]
pub(super) struct Refusals(AtomicUsize);

impl Refusals {
    /// Looks whether the answer to a call to `people` people is one refusal of many in a row: then
    /// nobody else would succeed either, until somebody sees to it.
    pub(super) fn judge(&self, people: usize, answer: Answer) -> Answer {
        let detail = match &answer {
            Answer::Taken { people, .. } => match people.as_slice() {
                [Err(refusal)] if refusal.reason == RefusalReason::Refused => &refusal.detail,
                _ => {
                    self.0.store(0, Ordering::Relaxed);
                    return answer;
                }
            },
            Answer::Rejected { people: named, detail } if named.is_empty() && people == 1 => detail,
            Answer::Rejected { .. } | Answer::Later { .. } | Answer::Stop(_) | Answer::Unknown { .. } => return answer,
        };
        if self.0.fetch_add(1, Ordering::Relaxed) + 1 < MOST {
            return answer;
        }
        self.0.store(0, Ordering::Relaxed);
        Answer::Stop(Stop { reason: StopReason::Policy, detail: detail.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::Refusal;

    fn person(reason: RefusalReason) -> Answer {
        Answer::Taken { request_id: None, people: vec![Err(Refusal { reason, detail: "no".to_owned() })] }
    }

    fn nobody_named() -> Answer {
        Answer::Rejected { people: Vec::new(), detail: "no".to_owned() }
    }

    fn stops(refusals: &Refusals, people: usize, answer: Answer) -> bool {
        matches!(refusals.judge(people, answer), Answer::Stop(Stop { reason: StopReason::Policy, detail }) if detail == "no")
    }

    #[test]
    fn twenty_in_a_row_are_not_about_people() {
        let refusals = Refusals::default();
        for n in 1..=40 {
            let answer = if n % 2 == 0 { person(RefusalReason::Refused) } else { nobody_named() };
            assert_eq!(stops(&refusals, 1, answer), n % 20 == 0, "{n}");
        }
    }

    #[test]
    fn what_happens_between_breaks_the_row_or_does_not_count() {
        for (between, stops_after) in [
            (Answer::Taken { request_id: None, people: vec![Ok(None)] }, false),
            (person(RefusalReason::Gone), false),
            (Answer::Later { retry_after: None, detail: String::new() }, true),
            (Answer::Unknown { detail: String::new() }, true),
        ] {
            let refusals = Refusals::default();
            (1..20).for_each(|_| assert!(!stops(&refusals, 1, nobody_named())));
            assert!(!stops(&refusals, 1, between.clone()));
            assert_eq!(stops(&refusals, 1, nobody_named()), stops_after, "{between:?}");
        }
        // of several people some may be fine: they are asked for one by one
        let refusals = Refusals::default();
        assert!((1..60).all(|_| !stops(&refusals, 5, nobody_named())));
    }
}
