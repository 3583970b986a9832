//! A journey whose first message is the same for everybody: who comes in is sent to before each has an entry.

use super::world::{World, say, wait};
use crate::{
    dispatch::shop::{Shop, look},
    support::bench::benches,
};
use chrono::TimeDelta;
use std::collections::BTreeMap;
use tidings_base::{
    db::{Conn, Id, sql::Sql},
    jobs::Kind,
};
use tidings_campaigns::journeys::{self, Entered, EntryRefusal, Journey, ReEntry, Step, Unit};
use tidings_customers::channels::ChannelKind;
use tidings_sending::dispatch;

const NOW: TimeDelta = TimeDelta::zero();

/// What a test does in one transaction.
async fn within<T: Send + 'static>(shop: &Shop, f: impl FnOnce(&mut World<'_>) -> T + Send + 'static) -> T {
    let (now, channel_id) = (shop.bench.now(), shop.channel.clone());
    shop.bench.write(move |conn| Ok(f(&mut World { conn, now, channel_id }))).await
}

async fn journey(shop: &Shop, steps: impl FnOnce() -> Vec<Step> + Send + 'static) -> Journey {
    within(shop, |w| w.journey(steps())).await
}

/// Everybody of the account enters at once, with one task.
async fn enter(shop: &Shop, journey: &Journey) -> Entered {
    let journey = journey.clone();
    within(shop, move |w| {
        let journey = w.read(&journey.id);
        let (task_id, audience) = (Id::new(), Sql::new("1 = 1"));
        let entering = journeys::Entering {
            journey: &journey,
            task_id: &task_id,
            audience,
            after: None,
            slice: 1_000,
            slice_together: Some(1_000),
            now: w.now,
        };
        journeys::enter(w.conn, &entering).unwrap().unwrap()
    })
    .await
}

fn kind(name: &str) -> Kind {
    journeys::kinds().into_iter().find(|kind| kind.name == name).expect("this kind of work")
}

/// Writes out what can be, and moves everybody who is due.
async fn written(shop: &Shop) {
    while shop.bench.drain(&kind("journeys.unpack"), NOW).await
        + shop.bench.drain(&kind(journeys::FOLLOW), NOW).await
        + shop.bench.drain(&kind(journeys::ADVANCE), NOW).await
        > 0
    {}
}

async fn count(shop: &Shop, from: &'static str) -> i64 {
    within(shop, move |w| w.count(from)).await
}

async fn standing(shop: &Shop) -> BTreeMap<(String, String), i64> {
    within(shop, |w| w.standing()).await
}

/// The figures of the one dispatch of the journey's first cohort are its rows, and all fits together.
async fn check(shop: &Shop, status: &'static str) {
    within(shop, move |w| {
        w.check();
        let dispatch = one(w.conn, "select min(id) as id from dispatches");
        assert_eq!(look(w.conn, &dispatch).unwrap().0, status);
    })
    .await;
}

fn one(conn: &mut Conn, sql: &str) -> Id {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        id: Id,
    }
    Sql::new(sql).first::<Row>(conn).unwrap().id
}

benches! {
    async fn they_are_inside_and_go_on_when_they_have_the_message(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(620).await;
        let journey = journey(&shop, || vec![say("一"), wait(1, Unit::Days), say("二")]).await;
        assert_eq!(enter(&shop, &journey).await, Entered { entered: 620, ..Entered::default() });
        assert_eq!(count(&shop, "journey_entries").await, 0);
        assert_eq!(count(&shop, "packs").await, 2);
        // They are inside all the same: another task finds them there, and nobody gets it twice.
        let again = enter(&shop, &journey).await;
        assert_eq!((again.entered, again.left_out), (0, BTreeMap::from([(EntryRefusal::Inside, 620)])));

        shop.drain(NOW).await;
        assert_eq!(shop.vendor.got().len(), 620);
        let again = enter(&shop, &journey).await;
        assert_eq!((again.entered, again.left_out), (0, BTreeMap::from([(EntryRefusal::Inside, 620)])));
        written(&shop).await;
        assert_eq!(standing(&shop).await, BTreeMap::from([(("wait".to_owned(), "waiting".to_owned()), 620)]));
        check(&shop, "done").await;
        let again = enter(&shop, &journey).await;
        assert_eq!((again.entered, again.left_out), (0, BTreeMap::from([(EntryRefusal::Inside, 620)])));
    }

    async fn whoever_the_last_message_reached_has_left(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(70).await;
        // Two of them are one: both come in, and one gets the message.
        let (one, other) = (people[5].clone(), people[6].clone());
        within(&shop, move |w| {
            let member = Id::new();
            let mut sql = Sql::new("insert into members (id, number, name, order_count, total_spent, created_at, version) values (");
            sql.bind(&member).push(", 'M1', '王', 0, 0, ").bind(w.now).push(", 1)").execute(w.conn).unwrap();
            let mut sql = Sql::new("update contacts set member_id = ");
            sql.bind(&member).push(" where id in (").bind_all([&one, &other]).push(")").execute(w.conn).unwrap();
        })
        .await;
        let journey = within(&shop, |w| w.journey_with(vec![say("一")], journeys::Period::default(), ReEntry::Once)).await;
        let entered = enter(&shop, &journey).await;
        assert_eq!(entered.entered, 70, "{entered:?}");
        // Also who is left out has come in.
        let again = enter(&shop, &journey).await;
        assert_eq!((again.entered, again.left_out), (0, BTreeMap::from([(EntryRefusal::Inside, 70)])));
        shop.drain(NOW).await;
        written(&shop).await;
        assert_eq!(count(&shop, "deliveries where reason = 'duplicate' and state = 'left_out'").await, 1);
        assert_eq!(shop.vendor.got().len(), 69);
        assert_eq!(standing(&shop).await, BTreeMap::from([(("一".to_owned(), "done".to_owned()), 70)]));
        assert_eq!(count(&shop, "journey_cohorts where closed_at is not null and entered = 70 and finished = 70").await, 1);
        check(&shop, "done").await;
        let again = enter(&shop, &journey).await;
        assert_eq!(again.left_out, BTreeMap::from([(EntryRefusal::EnteredBefore, 70)]));
    }

    async fn a_call_that_failed_leaves_them_at_the_message(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(520).await;
        let journey = journey(&shop, || vec![say("一"), wait(1, Unit::Days)]).await;
        enter(&shop, &journey).await;
        shop.vendor.next(|_| tidings_sending::channels::Answer::Later { retry_after: None, detail: "503".to_owned() });
        shop.drain(NOW).await;
        written(&shop).await;
        let wanted = [(("wait".to_owned(), "waiting".to_owned()), 20), (("一".to_owned(), "sending".to_owned()), 500)];
        assert_eq!(standing(&shop).await, BTreeMap::from(wanted));
        check(&shop, "sending").await;
        while shop.drain(TimeDelta::minutes(10)).await > 0 {
            written(&shop).await;
        }
        assert_eq!(standing(&shop).await, BTreeMap::from([(("wait".to_owned(), "waiting".to_owned()), 520)]));
        assert_eq!(shop.vendor.got().len(), 520);
        check(&shop, "done").await;
    }

    async fn everybody_is_let_go_who_was_not_sent_to_yet(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(60).await;
        let journey = journey(&shop, || vec![say("一"), wait(1, Unit::Days), say("二")]).await;
        enter(&shop, &journey).await;
        within(&shop, move |w| {
            let journey = w.read(&journey.id);
            assert!(journeys::end(w.conn, &journey, true, w.now).unwrap());
        })
        .await;
        shop.drain(NOW).await;
        written(&shop).await;
        assert_eq!(shop.vendor.got().len(), 0);
        assert_eq!(standing(&shop).await, BTreeMap::from([(("一".to_owned(), "done".to_owned()), 60)]));
        assert_eq!(count(&shop, "journey_entries where reason = 'let_go'").await, 60);
        assert_eq!(count(&shop, "deliveries where state = 'cancelled'").await, 60);
        check(&shop, "cancelled").await;
    }

    async fn a_task_brings_its_people_in_larger_slices(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(150).await;
        let journey = journey(&shop, || vec![say("一")]).await;
        let task_id = Id::new();
        let slice = |after: Option<Id>| {
            let (journey, task_id) = (journey.clone(), task_id.clone());
            within(&shop, move |w| {
                let entering = journeys::Entering {
                    journey: &journey,
                    task_id: &task_id,
                    audience: Sql::new("1 = 1"),
                    after: after.as_ref(),
                    slice: 25,
                    slice_together: Some(100),
                    now: w.now,
                };
                journeys::enter(w.conn, &entering).unwrap().unwrap()
            })
        };
        let first = slice(None).await;
        assert_eq!(first.entered, 100);
        shop.drain(NOW).await;
        let second = slice(first.reached.clone()).await;
        assert_eq!((second.entered, second.reached), (50, None));
        shop.drain(NOW).await;
        written(&shop).await;
        assert_eq!(shop.vendor.got().len(), 150);
        check(&shop, "done").await;
        let waiting = shop.bench.write(|conn| dispatch::packs_waiting(conn, dispatch::Whose::Followed)).await;
        assert_eq!(waiting, 0);
    }
}
