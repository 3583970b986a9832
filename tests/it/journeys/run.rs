//! A run is durable: what is known of each person are rows, and each move is whole or not at all.

use super::world::{World, at, say, stories, wait};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use tidings_base::db::{Id, sql::Sql};
use tidings_campaigns::journeys::{
    self, Action, JourneyStatus, NotOpen, Period, ReEntry, Spot, Step, Turn, Turned, Unit, Wait,
};
use tidings_customers::audiences::Rule;

fn people<const N: usize>(rows: [(&str, &str, i64); N]) -> BTreeMap<(String, String), i64> {
    rows.into_iter().map(|(step, state, people)| ((step.to_owned(), state.to_owned()), people)).collect()
}

fn condition(rule: &str) -> Step {
    Step::new(Action::Condition { rule: Rule::from_json(rule).unwrap() })
}

stories! {
    fn people_take_their_steps_and_wait_three_days(w) {
        let vip = w.tag("VIP");
        let seen = w.tag("已通知");
        let names = ["王怡君", "陳冠宇", "林淑芬", "張家豪", "李雅婷"];
        let contacts = names.map(|name| w.contact(name));
        for contact in &contacts[..2] {
            w.execute(&format!("insert into contact_tags values ('{contact}', '{vip}', '2026-11-01 00:00:00')"));
        }
        let split = condition(&format!(r#"{{"all":[{{"attribute":"tags","operator":"has_any","value":["{vip}"]}}]}}"#));
        let split_id = split.id.clone();
        let journey = w.journey(vec![say("您好"), wait(3, Unit::Days), split, say("謝謝")]);
        let flow_of = |w: &mut World| journeys::flow(w.conn, journey.live_version_id.as_ref().unwrap()).unwrap();
        assert_eq!(flow_of(w).places().len(), 4);

        // The branches: for VIPs a message, for others a tag and the end.
        assert!(journeys::pause(w.conn, &journey, "美玲", w.now).unwrap());
        let mut flow = flow_of(w);
        flow.insert(&Spot::Yes(split_id.clone()), say("VIP 優惠")).unwrap();
        let tag = Step::new(Action::AddTag { tag_id: seen.clone() });
        flow.insert(&Spot::No(split_id), tag.clone()).unwrap();
        flow.insert(&Spot::After(tag.id), Step::new(Action::End)).unwrap();
        let journey = w.publish(&journey.id, flow.renewed().steps().to_vec());

        let entered = w.enter(&journey);
        assert_eq!((entered.entered, entered.left_out.len()), (5, 0));
        w.advance();
        assert_eq!(w.standing(), people([("您好", "sending", 5)]));
        assert_eq!(w.count("deliveries where state = 'pending'"), 5);
        assert_eq!(w.count("dispatches where accepting"), 0, "all have come, nobody else can");
        assert_eq!(w.advance(), 0, "nothing to do twice");
        w.check();

        w.settle("sent");
        assert_eq!(w.standing(), people([("wait", "waiting", 5)]));
        w.pass(TimeDelta::days(3) - TimeDelta::minutes(1));
        assert_eq!(w.standing(), people([("wait", "waiting", 5)]));
        w.pass(TimeDelta::minutes(1));
        assert_eq!(w.standing(), people([("VIP 優惠", "sending", 2), ("end", "done", 3)]));
        assert!(w.tagged(&contacts[4], &seen) && !w.tagged(&contacts[0], &seen));
        w.check();

        w.settle("failed");
        assert_eq!(w.standing(), people([("謝謝", "sending", 2), ("end", "done", 3)]), "a failure does not hold anybody");
        w.settle("unknown");
        assert_eq!(w.standing(), people([("謝謝", "done", 2), ("end", "done", 3)]));
        assert_eq!(w.count("journey_cohorts where closed_at is not null"), 1);
        assert_eq!(w.count("deliveries"), 9);
        assert_eq!(w.count("journey_passages where outcome = 'yes'"), 2);
        assert_eq!(w.count("deliveries where state = 'failed'"), 2);
        assert_eq!(w.count("journey_entries where ended_at > entered_at"), 5);
        w.check();
    }

    fn a_pause_freezes_steps_while_waits_run_on(w) {
        w.contact("王怡君");
        let journey = w.journey(vec![say("一"), wait(1, Unit::Days), say("二"), wait(2, Unit::Hours), say("三")]);
        w.enter(&journey);
        w.advance();
        w.settle("sent");
        let journey = w.read(&journey.id);
        assert!(journeys::pause(w.conn, &journey, "美玲", w.now).unwrap());
        w.pass(TimeDelta::days(2));
        assert_eq!(w.standing(), people([("wait", "waiting", 1)]), "its time is over, and it stays");
        let journey = w.read(&journey.id);
        assert!(journeys::resume(w.conn, &journey, w.now).unwrap());
        w.advance();
        assert_eq!(w.standing(), people([("二", "sending", 1)]));

        // Settled while paused: the wait counts from then, not from the resuming.
        let journey = w.read(&journey.id);
        assert!(journeys::pause(w.conn, &journey, "美玲", w.now).unwrap());
        w.settle("sent");
        assert_eq!(w.standing(), people([("wait", "ready", 1)]));
        w.pass(TimeDelta::hours(3));
        let journey = w.read(&journey.id);
        assert!(journeys::resume(w.conn, &journey, w.now).unwrap());
        w.advance();
        assert_eq!(w.standing(), people([("三", "sending", 1)]));
        assert!(!journeys::pause(w.conn, &journey, "美玲", w.now).unwrap(), "as it was read, it is out of date");
        w.check();
    }

    fn those_inside_go_on_with_the_version_they_entered(w) {
        w.contact("王怡君");
        let journey = w.journey(vec![wait(1, Unit::Days), say("舊")]);
        w.enter(&journey);
        w.advance();
        assert!(journeys::pause(w.conn, &journey, "美玲", w.now).unwrap());
        let journey = w.publish(&journey.id, vec![say("新")]);
        w.contact("陳冠宇");
        let entered = w.enter(&journey);
        assert_eq!(entered.entered, 1);
        assert_eq!(entered.left_out.get(&journeys::EntryRefusal::Inside), Some(&1));
        w.advance();
        assert_eq!(w.standing(), people([("wait", "waiting", 1), ("新", "sending", 1)]));
        w.pass(TimeDelta::days(1));
        assert_eq!(w.standing(), people([("舊", "sending", 1), ("新", "sending", 1)]));
        w.check();
    }

    fn a_task_keeps_the_version_of_its_first_slice(w) {
        let mut ids: Vec<Id> = ["一", "二", "三"].map(|name| w.contact(name)).into();
        ids.sort();
        let journey = w.journey(vec![say("舊")]);
        let task_id = Id::new();
        let enter = |w: &mut World, journey: &journeys::Journey, after: Option<&Id>| {
            let now = w.now;
            let audience = Sql::new("1 = 1");
            let entering = journeys::Entering { journey, task_id: &task_id, audience, after, slice: 2, slice_together: Some(2), now };
            journeys::enter(w.conn, &entering).unwrap()
        };
        let first = enter(w, &journey, None).unwrap();
        assert_eq!((first.entered, first.reached.as_ref()), (2, Some(&ids[1])));
        assert!(journeys::pause(w.conn, &journey, "美玲", w.now).unwrap());
        let paused = w.read(&journey.id);
        let other = journeys::Entering { journey: &paused, task_id: &Id::new(), audience: Sql::new("1 = 1"), after: None, slice: 2, slice_together: Some(2), now: w.now };
        assert_eq!(journeys::enter(w.conn, &other).unwrap(), Err(NotOpen(JourneyStatus::Paused)));
        let journey = w.publish(&journey.id, vec![say("新")]);
        w.advance();
        assert_eq!(w.count("dispatches where accepting"), 1, "more may come with this task");
        let last = enter(w, &journey, first.reached.as_ref()).unwrap();
        assert_eq!((last.entered, last.reached), (1, None));
        w.advance();
        assert_eq!(w.standing(), people([("舊", "sending", 3)]));
        assert_eq!(w.count("dispatches where not accepting"), 1);
        w.check();
    }

    fn a_task_that_broke_off_lets_its_messages_end(w) {
        w.contacts(&["一", "二", "三"]);
        let journey = w.journey(vec![say("您好")]);
        let task_id = Id::new();
        let entering = journeys::Entering { journey: &journey, task_id: &task_id, audience: Sql::new("1 = 1"), after: None, slice: 2, slice_together: Some(2), now: w.now };
        journeys::enter(w.conn, &entering).unwrap().unwrap();
        w.advance();
        w.settle("sent");
        assert_eq!(w.count("dispatches where accepting"), 1);
        journeys::complete(w.conn, &journey.id, &task_id, w.now).unwrap();
        assert_eq!(w.count("dispatches where accepting"), 0);
        journeys::complete(w.conn, &journey.id, &Id::new(), w.now).unwrap();
        w.check();
    }

    fn who_enters_before_the_start_waits_for_it(w) {
        w.contact("王怡君");
        let start = w.now + TimeDelta::days(2);
        let period = Period { starts_at: Some(start), ends_at: Some(start + TimeDelta::days(1)) };
        let journey = w.journey_with(vec![say("您好"), wait(5, Unit::Days), say("再見")], period, ReEntry::Once);
        assert_eq!(journey.status(w.now), JourneyStatus::Scheduled);
        w.enter(&journey);
        w.advance();
        assert_eq!(w.standing(), people([("start", "ready", 1)]));
        w.pass(TimeDelta::days(2));
        assert_eq!(w.standing(), people([("您好", "sending", 1)]));
        w.settle("sent");
        w.pass(TimeDelta::days(5));
        assert_eq!(w.read(&journey.id).status(w.now), JourneyStatus::Ended);
        assert_eq!(w.standing(), people([("再見", "sending", 1)]), "who is inside goes on");
        let entering = journeys::Entering { journey: &journey, task_id: &Id::new(), audience: Sql::new("1 = 1"), after: None, slice: 2, slice_together: Some(2), now: w.now };
        assert_eq!(journeys::enter(w.conn, &entering).unwrap(), Err(NotOpen(JourneyStatus::Ended)));
        w.settle("sent");
        w.check();
    }

    fn a_start_that_is_moved_moves_those_who_wait_for_it(w) {
        w.contact("王怡君");
        let period = |days| Period { starts_at: Some(at("2026-11-21 02:00") + TimeDelta::days(days)), ends_at: None };
        let journey = w.journey_with(vec![say("您好")], period(9), ReEntry::Once);
        w.enter(&journey);
        let channel_id = w.channel_id.clone();
        let new = journeys::NewJourney {
            name: "改名", channel_id: &channel_id, trigger: journey.trigger, period: period(1), re_entry: ReEntry::Once,
        };
        assert!(journeys::update(w.conn, &journey, &new, w.now).unwrap());
        w.pass(TimeDelta::days(1));
        assert_eq!(w.standing(), people([("您好", "sending", 1)]));
    }

    fn an_end_by_hand_lets_people_finish_or_go(w) {
        w.contacts(&["王怡君", "陳冠宇"]);
        let steps = || vec![say("一"), wait(1, Unit::Days), say("二")];
        let journey = w.journey(steps());
        w.enter(&journey);
        w.advance();
        assert!(journeys::end(w.conn, &journey, false, w.now).unwrap());
        w.settle("sent");
        w.pass(TimeDelta::days(1));
        assert_eq!(w.standing(), people([("二", "sending", 2)]), "they finish");
        w.settle("sent");

        let journey = w.journey(steps());
        w.contact("林淑芬");
        w.enter(&journey);
        w.advance();
        w.execute("update deliveries set state = 'sent' where contact_id = (select max(contact_id) from deliveries)");
        w.execute("insert into dispatch_news (id, dispatch_id, after_id, last_id) select id, dispatch_id, after_id, last_id from stretches");
        while journeys::follow(w.conn, 9, w.now).unwrap() > 0 {}
        w.advance();
        let journey = w.read(&journey.id);
        assert!(journeys::end(w.conn, &journey, true, w.now).unwrap());
        assert_eq!(w.count("journey_entries where reason = 'let_go' and ended_at is not null"), 1);
        assert_eq!(w.count("journey_entries where state = 'sending'"), 2, "their message is on its way");
        assert_eq!(w.count("journey_passages where outcome = 'left'"), 1);
        w.settle("sent");
        assert_eq!(w.count("journey_entries where reason = 'let_go' and ended_at is not null"), 3);
        assert_eq!(w.count("deliveries where state = 'pending'"), 0, "nobody gets the second message");
        w.check();
    }

    fn waits_until_a_time_or_a_date_mean_the_journeys_zone(w) {
        w.contact("王怡君");
        let ten = chrono::NaiveTime::from_hms_opt(10, 30, 0).unwrap();
        let until = Step::new(Action::Wait(Wait::UntilTime { time: ten }));
        let date = Step::new(Action::Wait(Wait::Until { at: at("2026-11-25 09:00") }));
        let journey = w.journey(vec![until, say("早安"), date, say("快到了")]);
        w.enter(&journey);
        w.advance();
        w.pass(TimeDelta::minutes(29));
        assert_eq!(w.standing(), people([("wait", "waiting", 1)]));
        w.pass(TimeDelta::minutes(1));
        assert_eq!(w.standing(), people([("早安", "sending", 1)]));
        w.settle("sent");
        w.now = at("2026-11-25 00:59");
        w.advance();
        assert_eq!(w.standing(), people([("wait", "waiting", 1)]));
        w.now = at("2026-11-25 01:00");
        w.advance();
        assert_eq!(w.standing(), people([("快到了", "sending", 1)]));
    }

    fn a_worker_that_lost_its_lease_changes_nothing(w) {
        w.contact("王怡君");
        let journey = w.journey(vec![wait(1, Unit::Hours)]);
        w.enter(&journey);
        let (old, new) = (w.claim(), w.claim());
        let later = tidings_base::jobs::Claim { machine: old.until + TimeDelta::seconds(1), until: old.until + TimeDelta::minutes(1), ..new };
        let claim = |w: &mut World, terms: &tidings_base::jobs::Claim| tidings_base::jobs::claim(w.conn, journeys::COHORTS, journeys::HAS_WORK, terms).unwrap();
        let claimed = claim(w, &old);
        assert_eq!(claimed.len(), 1);
        assert_eq!(claim(w, &new_owner(&old)), [], "it is taken");
        assert_eq!(claim(w, &later).len(), 1, "its lease ran out");
        let turn = |owner: &str| Turn { cohort_id: claimed[0].id.clone(), owner: owner.to_owned(), until: later.until, now: w.now, slice: 9 };
        let (late, right) = (turn(&old.owner), turn(&later.owner));
        assert_eq!(journeys::advance(w.conn, &late).unwrap(), Turned::Lost);
        assert_eq!(w.standing(), people([("start", "ready", 1)]));
        assert_eq!(journeys::advance(w.conn, &right).unwrap(), Turned::Moved);
    }

    fn work_that_breaks_off_three_times_is_set_aside_until_somebody_says_so(w) {
        w.contact("王怡君");
        let journey = w.journey(vec![wait(1, Unit::Hours)]);
        w.enter(&journey);
        let mut machine = w.claim().machine;
        let mut attempt = |w: &mut World<'_>, moves: bool| {
            machine += TimeDelta::minutes(1);
            let terms = tidings_base::jobs::Claim { machine, until: machine + TimeDelta::seconds(30), ..w.claim() };
            let claimed = tidings_base::jobs::claim(w.conn, journeys::COHORTS, journeys::HAS_WORK, &terms).unwrap();
            let Some(row) = claimed.first() else { return false };
            tidings_base::jobs::begin(w.conn, journeys::COHORTS, &terms.owner).unwrap();
            if moves {
                let turn = Turn { cohort_id: row.id.clone(), owner: terms.owner, until: terms.until, now: w.now, slice: 9 };
                journeys::advance(w.conn, &turn).unwrap();
            }
            true
        };
        assert!(attempt(w, false) && attempt(w, false));
        assert!(attempt(w, true), "it gets on");
        assert!(attempt(w, false) && attempt(w, false) && attempt(w, false));
        assert!(!attempt(w, false), "set aside");
        assert_eq!(journeys::retry(w.conn, &journey.id).unwrap(), 1);
        assert!(attempt(w, true));
        assert_eq!(w.standing(), people([("wait", "waiting", 1)]));
    }

    fn a_tag_that_is_gone_holds_nobody(w) {
        let contact = w.contact("王怡君");
        let tag = w.tag("秋季");
        w.execute(&format!("insert into contact_tags values ('{contact}', '{tag}', '2026-11-01 00:00:00')"));
        let remove = |tag: &Id| Step::new(Action::RemoveTag { tag_id: tag.clone() });
        let journey = w.journey(vec![remove(&tag), remove(&Id::new()), say("您好")]);
        w.enter(&journey);
        w.advance();
        assert!(!w.tagged(&contact, &tag));
        assert_eq!(w.standing(), people([("您好", "sending", 1)]));
    }
}

fn new_owner(claim: &tidings_base::jobs::Claim) -> tidings_base::jobs::Claim {
    tidings_base::jobs::Claim { owner: Id::new().to_string(), ..claim.clone() }
}
