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
        called_at: None,
        begun: 1,
        people: (0..people).map(|_| person()).collect(),
        open: Vec::new(),
        made: Vec::new(),
    }
}

fn call(people: usize, key: Option<(i64, bool)>) -> Planned {
    let key = key.map(|(calls, uncertain)| Key {
        batch: Id::new(),
        retry_key: "key".to_owned(),
        calls,
        uncertain,
        first_called_at: NaiveDateTime::default(),
        kept: Kept::Written,
    });
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
        [To::Sent { vendor_id: None, receipt: Some(_) }, To::Failed { reason: Reason::Gone, .. }, To::Unknown { .. }]
    ));
    assert_eq!(settled.marks, [(1, Mark::Gone)]);
    assert!(settled.healthy);
}

#[test]
fn an_id_that_events_name_is_kept_as_one() {
    let mut sms = found(1, 0);
    sms.kind = ChannelKind::Sms;
    let taken = Answer::Taken { request_id: Some("r1".to_owned()), people: vec![Ok(Some("m1".to_owned()))] };
    let settled = settle(&sms, &call(1, None), taken, &mut StdRng::seed_from_u64(1));
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(to(&settled), [&To::Sent { vendor_id: named("m1"), receipt: named("r1") }]);
}

#[test]
fn a_call_alone_has_a_row_only_if_it_must_be_made_again() {
    let alone = || {
        let mut call = call(1, Some((0, false)));
        if let Some(key) = &mut call.key {
            key.kept = Kept::Alone;
        }
        call
    };
    let taken = Answer::Taken { request_id: None, people: vec![Ok(None)] };
    assert_eq!(settled(0, &alone(), taken).batch, None);
    assert_eq!(settled(0, &alone(), stop()).batch, None);
    for answer in [later(), lost()] {
        let new = settled(0, &alone(), answer).batch.and_then(|batch| batch.new).expect("a row to write");
        assert_eq!(new.retry_key, "key");
    }
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
    assert!(matches!(to(&settled(0, &call(1, None), rejected()))[..], [To::Failed { reason: Reason::Refused, .. }]));
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
