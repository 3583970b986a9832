use super::*;
use crate::channels::capabilities;
use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn time(hours: i64) -> NaiveDateTime {
    DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::days(20_000) + TimeDelta::hours(hours)
}

fn person(name: &str) -> Person {
    Person {
        delivery: Id::new(),
        contact: Id::new(),
        identity: format!("id of {name}"),
        name: name.to_owned(),
        last_known_name: None,
        consent: Consent::Granted,
        unreachable: None,
        last_inbound_at: Some(time(-1)),
        attempts: 0,
        parts_sent: 0,
        batch: None,
    }
}

fn found(kind: ChannelKind, text: &str, people: Vec<Person>) -> Found {
    Found {
        status: DispatchStatus::Sending,
        kind,
        trial: false,
        content: Content::text(text),
        called_at: None,
        begun: 1,
        people,
        open: Vec::new(),
        made: Vec::new(),
    }
}

fn planned(found: &Found) -> Plan {
    plan(found, &capabilities(found.kind), time(0), time(0)).unwrap()
}

fn sizes(plan: &Plan) -> Vec<usize> {
    plan.calls.iter().map(|call| call.people.len()).collect()
}

#[test]
fn the_same_words_share_a_call_where_there_is_one() {
    let names = ["怡君", "志明", "怡君"];
    let people = || names.map(person).to_vec();
    let same = planned(&found(ChannelKind::Line, "週年慶", people()));
    assert_eq!(sizes(&same), [3]);
    let personal = planned(&found(ChannelKind::Line, "{{name|貴賓}}，週年慶", people()));
    assert_eq!(sizes(&personal), [2, 1]);
    assert!(personal.calls.iter().all(|call| call.key.is_some() && call.last));
    let alone = planned(&found(ChannelKind::WhatsApp, "週年慶", people()));
    assert_eq!(sizes(&alone), [1, 1, 1]);
    assert!(alone.calls.iter().all(|call| call.key.is_none()));
}

#[test]
fn a_call_has_no_more_people_than_it_may() {
    let mut people: Vec<_> = (0..1_001).map(|_| person("王")).collect();
    assert_eq!(sizes(&planned(&found(ChannelKind::Line, "好", people.clone()))), [500, 500, 1]);
    // refused without a name once and twice: smaller calls, down to one
    people.truncate(4);
    for person in &mut people {
        person.attempts = 4;
    }
    assert_eq!(sizes(&planned(&found(ChannelKind::Line, "好", people.clone()))), [1, 1, 1, 1]);
}

#[test]
fn a_call_is_the_one_that_its_people_are_meant_for() {
    let meant: Vec<Id> = (0..3).map(|_| Id::new()).collect();
    let person = |n: usize| Person { batch: Some(meant[n].clone()), ..person("王") };
    let batches = |found: &Found| -> Vec<Id> {
        planned(found).calls.into_iter().filter_map(|call| Some(call.key?.batch)).collect()
    };
    let together = found(ChannelKind::Line, "好", (0..500).map(|_| person(0)).chain([person(1)]).collect());
    assert_eq!(batches(&together), meant[..2]);
    // One was made already, in another slice; the other's people are not all that share the call.
    let mut others = found(ChannelKind::Line, "好", (0..500).map(|_| person(0)).collect());
    others.made = vec![meant[0].clone()];
    assert_ne!(batches(&others), meant[..1]);
    let mixed = found(ChannelKind::Line, "好", vec![person(1), person(2)]);
    assert!(!meant.contains(&batches(&mixed)[0]));
    // Nobody's words differ, but each has a call alone.
    let mut apart = found(ChannelKind::Line, "好", vec![person(0), person(0)]);
    apart.people.iter_mut().for_each(|person| person.attempts = 5);
    let batches = batches(&apart);
    assert_eq!((&batches[0], batches.len()), (&meant[0], 2));
    assert_ne!(batches[1], meant[0]);
}

#[test]
fn what_changed_since_the_freeze_counts() {
    type Change = fn(&mut Person);
    let cases: [(Change, Reason); 5] = [
        (|p| p.consent = Consent::Withdrawn, Reason::Withdrawn),
        (|p| p.unreachable = Some("blocked".to_owned()), Reason::Blocked),
        (|p| p.unreachable = Some("gone".to_owned()), Reason::Gone),
        (|p| p.last_inbound_at = Some(time(-24)), Reason::OutsideWindow),
        (|p| p.last_inbound_at = None, Reason::OutsideWindow),
    ];
    for (change, reason) in cases {
        let mut person = person("怡君");
        change(&mut person);
        let plan = planned(&found(ChannelKind::Messenger, "好", vec![person]));
        assert_eq!(plan.outcomes[0].to, To::LeftOut { reason });
        assert!(plan.calls.is_empty());
    }
    let mut none = person("怡君");
    none.consent = Consent::None;
    assert_eq!(planned(&found(ChannelKind::Line, "好", vec![none.clone()])).calls.len(), 1);
    let plan = planned(&found(ChannelKind::Sms, "好", vec![none]));
    assert_eq!(plan.outcomes[0].to, To::LeftOut { reason: Reason::NoConsent });
}

#[test]
fn a_name_may_make_a_message_too_long() {
    let text = format!("{}{{{{name|王}}}}", "好".repeat(4_999));
    let plan = planned(&found(ChannelKind::Line, &text, vec![person("王"), person("歐陽怡君")]));
    assert_eq!(sizes(&plan), [1]);
    assert!(matches!(plan.outcomes[0].to, To::Failed { reason: Reason::TooLong, .. }));
}

#[test]
fn parts_go_one_call_after_the_other_where_a_call_carries_one() {
    let mut found = found(ChannelKind::Messenger, "一", vec![person("王")]);
    found.content.parts.extend(Content::text("二").parts);
    let first = planned(&found);
    assert!(!first.calls[0].last && first.calls[0].words.parts.len() == 1);
    found.people[0].parts_sent = 1;
    let second = planned(&found);
    assert!(second.calls[0].last && second.calls[0].words != first.calls[0].words);
    found.kind = ChannelKind::Line;
    found.people[0].parts_sent = 0;
    assert_eq!(planned(&found).calls[0].words.parts.len(), 2);
}

#[test]
fn a_call_without_a_key_is_never_made_again() {
    let mut found = found(ChannelKind::Sms, "好", vec![person("王"), person("李")]);
    found.called_at = Some(time(-1));
    for status in DispatchStatus::ALL {
        found.status = *status;
        let plan = planned(&found);
        assert!(plan.calls.is_empty());
        assert!(plan.outcomes.iter().all(|outcome| matches!(outcome.to, To::Unknown { .. })), "{status}");
    }
}

fn with_batch(uncertain: bool, first_called_at: NaiveDateTime) -> Found {
    let mut found = found(ChannelKind::Line, "{{name|貴賓}}", vec![person("王"), person("李"), person("陳")]);
    found.called_at = Some(time(-1));
    let batch = Id::new();
    for person in &mut found.people[..2] {
        person.batch = Some(batch.clone());
        person.consent = Consent::Withdrawn;
    }
    // Tried and refused before, so that no call to them alone can be lost.
    found.people[2].attempts = 1;
    let words = Content::text("as it was").render(&Addressee::NOBODY).unwrap();
    found.open =
        vec![OpenBatch { id: batch, retry_key: "key".to_owned(), words, first_called_at, calls: 1, uncertain }];
    found
}

#[test]
fn a_call_with_a_key_is_made_again_as_it_was() {
    let found = with_batch(true, time(-22));
    let plan = planned(&found);
    assert_eq!(sizes(&plan), [2, 1]);
    let again = &plan.calls[0];
    assert_eq!(again.key.as_ref().unwrap().retry_key, "key");
    assert_eq!(again.words, found.open[0].words);
    assert!(plan.outcomes.is_empty());
}

#[test]
fn a_first_call_to_one_person_has_the_deliverys_id_for_a_key_and_is_made_again_with_it() {
    let mut found = found(ChannelKind::Line, "{{name|貴賓}}", vec![person("王"), person("李")]);
    found.people[1].attempts = 1;
    let keys =
        |found: &Found| -> Vec<Key> { planned(found).calls.into_iter().map(|call| call.key.expect("a key")).collect() };
    let first = keys(&found);
    assert_eq!((&first[0].retry_key, first[0].kept), (&found.people[0].delivery.to_string(), Kept::Alone));
    assert!(first[1].retry_key != found.people[1].delivery.to_string() && first[1].kept == Kept::New);
    // the answer was lost: only the key can tell, even of somebody who cannot be reached now
    found.called_at = Some(time(-1));
    found.people[0].unreachable = Some("blocked".to_owned());
    let again = keys(&found);
    let lost = again.iter().find(|key| key.retry_key == first[0].retry_key).expect("asked again");
    assert_eq!((lost.kept, lost.calls, lost.uncertain), (Kept::New, 1, true));
    found.called_at = Some(time(-23));
    assert!(matches!(planned(&found).outcomes[..], [Outcome { to: To::Unknown { .. }, .. }]));
    // whoever opted out is not asked about: that might send it
    found.called_at = Some(time(-1));
    found.people[0].consent = Consent::Withdrawn;
    assert!(matches!(planned(&found).outcomes[..], [Outcome { to: To::Unknown { .. }, .. }]));
    assert!(keys(&found).iter().all(|key| key.retry_key != first[0].retry_key));
}

#[test]
fn a_key_that_is_too_old_is_not_used() {
    let plan = planned(&with_batch(true, time(-23)));
    assert_eq!(sizes(&plan), [1]);
    assert!(plan.outcomes.iter().all(|outcome| matches!(outcome.to, To::Unknown { .. })));
    let plan = planned(&with_batch(false, time(-23)));
    assert!(plan.outcomes.iter().all(|outcome| outcome.to == To::Freed { begun: 0 }));
}

#[test]
fn who_withdrew_gets_nothing_where_nobody_can_have_it_yet() {
    // Refused for now: nobody has it. The others get a new call, this person none.
    let refused = planned(&with_batch(false, time(0)));
    assert_eq!(sizes(&refused), [1]);
    assert!(refused.outcomes.iter().all(|outcome| outcome.to == To::Freed { begun: 0 }));
    // The answer was lost: the others' can be learnt only by asking for all.
    let lost = with_batch(true, time(0));
    assert_eq!(sizes(&planned(&lost)), [2, 1]);
    // With nobody else in it there is nothing to ask for.
    let mut alone = lost;
    alone.people.remove(1);
    let plan = planned(&alone);
    assert_eq!(sizes(&plan), [1]);
    assert!(matches!(plan.outcomes[..], [Outcome { to: To::Unknown { .. }, .. }]));
}

#[test]
fn cancelling_winds_up_what_waits() {
    let mut found = with_batch(true, time(0));
    found.status = DispatchStatus::Cancelled;
    let to: Vec<_> = planned(&found).outcomes.into_iter().map(|outcome| outcome.to).collect();
    assert!(matches!(to[..], [To::Unknown { .. }, To::Unknown { .. }, To::Cancelled]));
    let mut found = with_batch(false, time(0));
    found.status = DispatchStatus::Cancelled;
    assert!(planned(&found).outcomes.iter().all(|outcome| outcome.to == To::Cancelled));
}

#[test]
fn a_pause_keeps_what_has_a_key_and_gives_the_rest_back() {
    let mut found = with_batch(true, time(0));
    found.status = DispatchStatus::Paused;
    let plan = planned(&found);
    assert!(plan.calls.is_empty());
    assert_eq!(plan.outcomes.len(), 1);
    assert_eq!(plan.outcomes[0].to, To::Freed { begun: 0 });
}

#[test]
fn what_breaks_off_is_taken_apart_and_then_set_aside() {
    let mut many = found(ChannelKind::Sms, "好", vec![person("王"), person("李")]);
    many.begun = 3;
    assert!(planned(&many).outcomes.iter().all(|outcome| outcome.to == To::Freed { begun: 2 }));
    many.people.truncate(1);
    assert_eq!(planned(&many).calls.len(), 1);
    many.begun = 4;
    assert!(matches!(planned(&many).outcomes[0].to, To::Failed { reason: Reason::Poison, .. }));
}

#[test]
fn content_that_cannot_be_sent_stops_everybody() {
    let found = found(ChannelKind::Line, "{{nickname|x}}", vec![person("王")]);
    let stop = plan(&found, &capabilities(ChannelKind::Line), time(0), time(0)).unwrap_err();
    assert_eq!(stop.reason, StopReason::Content);
}

proptest! {
    /// Whatever the slice looks like, everybody in it is either settled or in exactly one call,
    /// or waits with the batch that has their key.
    #[test]
    fn nobody_is_forgotten_and_nobody_called_twice(
        kind in proptest::sample::select(ChannelKind::ALL),
        status in proptest::sample::select(DispatchStatus::ALL),
        called: bool, begun in 1i64..6,
        people in proptest::collection::vec((0usize..3, 0usize..3, 0usize..7, 0i64..3), 0..30),
    ) {
        let mut found = found(kind, "{{name|貴賓}}", Vec::new());
        if kind == ChannelKind::Email {
            found.content.subject = Some("主旨".to_owned());
        }
        (found.status, found.called_at, found.begun) = (status, called.then(|| time(-1)), begun);
        let words = Content::text("舊").render(&Addressee::NOBODY).unwrap();
        found.open = (0..2).map(|n| OpenBatch {
            id: Id::new(), retry_key: n.to_string(), words: words.clone(), first_called_at: time(-20 * n), calls: 1, uncertain: n == 0,
        }).collect();
        // Calls that people may be meant for: two that were not made, and one that was.
        let meant: Vec<Id> = (0..3).map(|_| Id::new()).collect();
        found.made = vec![meant[2].clone()];
        let named: Vec<Id> = found.open.iter().map(|batch| batch.id.clone()).chain(meant).collect();
        for (name, consent, batch, attempts) in people {
            let mut person = person(["王", "李", ""][name]);
            person.consent = Consent::ALL[consent];
            person.batch = named.get(batch).cloned();
            person.attempts = attempts;
            found.people.push(person);
        }
        let plan = planned(&found);
        let mut seen = BTreeSet::new();
        for outcome in &plan.outcomes {
            prop_assert!(seen.insert(outcome.delivery.clone()), "settled twice");
        }
        for call in &plan.calls {
            prop_assert!(call.people.len() <= capabilities(kind).people_per_call);
            for place in &call.people {
                prop_assert!(seen.insert(found.people[*place].delivery.clone()), "called and settled, or called twice");
            }
        }
        for person in &found.people {
            let is_in = |batch: &Id| found.open.iter().any(|open| open.id == *batch);
            let was_called = match &person.batch {
                Some(batch) => is_in(batch),
                None => called && person.attempts == 0 && capabilities(kind).key_life.is_some(),
            };
            let waits = was_called && !matches!(status, DispatchStatus::Sending | DispatchStatus::Cancelled);
            prop_assert!(waits || seen.contains(&person.delivery));
        }
        if status != DispatchStatus::Sending {
            prop_assert!(plan.calls.is_empty());
        }
        // Nobody's row may name a call that somebody else's call is made as.
        let new: Vec<(&Id, &Planned)> = plan.calls.iter().filter_map(|call| {
            let key = call.key.as_ref().filter(|key| key.kept == Kept::New)?;
            Some((&key.batch, call))
        }).collect();
        for (batch, call) in &new {
            prop_assert!(!found.made.contains(batch));
            prop_assert_eq!(new.iter().filter(|(other, _)| other == batch).count(), 1);
            for (place, person) in found.people.iter().enumerate() {
                let elsewhere = !call.people.contains(&place) && person.batch.as_ref() == Some(*batch);
                let named_anew = new.iter().any(|(_, call)| call.people.contains(&place));
                let decided = plan.outcomes.iter().any(|outcome| outcome.delivery == person.delivery);
                prop_assert!(!elsewhere || named_anew || decided);
            }
        }
    }
}
