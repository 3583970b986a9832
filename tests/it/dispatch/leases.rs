//! Workers that die, at every place where one can.

use super::shop::Shop;
use crate::support::bench::benches;
use chrono::TimeDelta;
use tidings_base::db::{Id, migrate, sql::Sql};
use tidings_customers::channels::ChannelKind;
use tidings_sending::{
    channels::{Answer, Call, Stop, StopReason},
    dispatch,
};

const NOW: TimeDelta = TimeDelta::zero();
/// Past every lease, short of every key's life.
const EXPIRED: TimeDelta = TimeDelta::minutes(2);

/// The first `people` of the dispatch's stretch are in one, the others in another.
async fn cut_in_two(shop: &Shop, dispatch: &Id, people: i64) {
    #[derive(diesel::QueryableByName)]
    struct Last {
        #[diesel(sql_type = diesel::sql_types::Text)]
        id: Id,
    }
    let dispatch = dispatch.clone();
    let cut = move |conn: &mut _| {
        let mut sql = Sql::new("select max(id) as id from (select id from deliveries where dispatch_id = ");
        sql.bind(&dispatch).push(" order by id limit ").bind(people).push(") first");
        let Last { id } = sql.first(conn)?;
        let mut sql = Sql::new("insert into stretches (id, dispatch_id, after_id, last_id) select ");
        sql.bind(Id::new()).push(", dispatch_id, ").bind(&id).push(", last_id from stretches where dispatch_id = ");
        sql.bind(&dispatch).execute(conn)?;
        let mut sql = Sql::new("update stretches set last_id = ");
        sql.bind(&id).push(" where after_id < ").bind(&id).push(" and dispatch_id = ").bind(&dispatch).execute(conn)
    };
    assert_eq!(shop.bench.write(cut).await, 1);
}

/// Of each call, the fullest first, how many people it says it has and how many say that they are
/// in it.
async fn members(shop: &Shop, dispatch: &Id) -> Vec<(i64, i64)> {
    #[derive(diesel::QueryableByName)]
    struct Members {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        people: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        named: i64,
    }
    let dispatch = dispatch.clone();
    let read = move |conn: &mut _| {
        let mut sql = Sql::new(
            "select b.people, count(d.id) as named from batches b left join deliveries d on d.batch_id = b.id where b.dispatch_id = ",
        );
        sql.bind(&dispatch).push(" group by b.id, b.people order by b.people desc");
        sql.load::<Members>(conn)
    };
    shop.bench.write(read).await.into_iter().map(|call| (call.people, call.named)).collect()
}

benches! {
    async fn a_slice_that_was_not_called_is_sent_by_the_next_worker(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.crowd(5).await;
        let dispatch = shop.to(&people, "週年慶").await;
        let dead = shop.bench.claim(&shop.send, NOW).await.unwrap();
        assert!(shop.bench.claim(&shop.send, TimeDelta::seconds(29)).await.is_none(), "it is not due yet");
        shop.drain(EXPIRED).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["5 sent".to_owned()]));
        // the dead one wakes up and finds nothing to do
        shop.bench.run(&shop.send, dead).await;
        assert_eq!(shop.vendor.got().len(), 5);
        assert_eq!(shop.vendor.calls().len(), 5);
    }

    async fn a_call_may_take_longer_than_a_lease(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.crowd(5).await;
        let dispatch = shop.to(&people, "週年慶").await;
        let slice = shop.bench.claim(&shop.send, NOW).await.unwrap();
        shop.waits_for_its_call(slice).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["5 sent".to_owned()]));
        assert_eq!(shop.vendor.calls().len(), 5);
    }

    async fn a_call_with_a_key_is_made_again_and_nobody_gets_it_twice(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(50).await;
        let dispatch = shop.to(&people, "週年慶").await;
        let slice = shop.bench.claim(&shop.send, NOW).await.unwrap();
        shop.dies_in_its_call(slice).await;
        assert_eq!(shop.state(&dispatch).await.1, ["50 in hand"]);
        shop.drain(EXPIRED).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["50 sent".to_owned()]));
        let calls = shop.vendor.calls();
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0], Call { tried: 0, ..calls[1].clone() });
        assert_eq!(shop.vendor.got().len(), 50);
    }

    async fn people_meant_for_one_call_may_come_into_two(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(6).await;
        let dispatch = shop.to(&people, "週年慶").await;
        cut_in_two(&shop, &dispatch, 4).await;
        for _ in 0..2 {
            let slice = shop.bench.claim(&shop.send, NOW).await.unwrap();
            shop.dies_in_its_call(slice).await;
        }
        assert_eq!(shop.state(&dispatch).await.1, ["6 in hand"]);
        shop.drain(EXPIRED).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["6 sent".to_owned()]));
        // Each was made again with its own people, in the same order, under its own key.
        let calls = shop.vendor.calls();
        assert_eq!(calls.iter().map(|call| call.people.len()).collect::<Vec<_>>(), [4, 2, 4, 2]);
        for n in 0..2 {
            assert_eq!(calls[n], Call { tried: 0, ..calls[n + 2].clone() });
        }
        assert_eq!(shop.vendor.got().len(), 6);
        assert_eq!(members(&shop, &dispatch).await, [(4, 4), (2, 2)]);
    }

    async fn calls_are_full_whoever_is_left_out_between_their_people(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(1_300).await;
        for person in people.iter().step_by(5) {
            shop.set("update contacts set unreachable = 'blocked'", person).await;
        }
        let dispatch = shop.to(&people, "週年慶").await;
        shop.drain(NOW).await;
        let wanted = ("done".to_owned(), vec!["260 left_out blocked".to_owned(), "1040 sent".to_owned()]);
        assert_eq!(shop.state(&dispatch).await, wanted);
        assert_eq!(members(&shop, &dispatch).await, [(500, 500), (500, 500), (40, 40)]);
        assert_eq!(shop.vendor.got().len(), 1_040);
    }

    async fn who_was_given_back_is_in_one_slice_at_a_time(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.people(&["先", "後"]).await;
        let dispatch = shop.to(&people, "{{name|貴賓}}，週年慶").await;
        // Of one slice the first call's answer is lost, and the second is refused for want of a token.
        shop.vendor.next(|_| Answer::Unknown { detail: "lost".to_owned() });
        shop.vendor.next(|_| Answer::Stop(Stop { reason: StopReason::Token, detail: "revoked".to_owned() }));
        shop.bench.once(&shop.send, NOW).await;
        assert_eq!(shop.state(&dispatch).await.0, "paused");
        let (resumed, now) = (dispatch.clone(), shop.bench.now());
        assert!(shop.bench.write(move |conn| dispatch::resume(conn, &resumed, now)).await);
        // The second is taken into a slice of its own; that call is taken and its answer lost.
        let vendor = shop.vendor.clone();
        shop.vendor.next(move |call| {
            vendor.take(call);
            Answer::Unknown { detail: "lost".to_owned() }
        });
        shop.bench.once(&shop.send, NOW).await;
        assert_eq!(shop.vendor.got(), [("U-後".to_owned(), "後，週年慶".to_owned())]);
        // Both slices are called again: each with its own person, under the key of before.
        shop.drain(EXPIRED).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["2 sent".to_owned()]));
        assert_eq!(shop.vendor.got().len(), 2);
        let calls = shop.vendor.calls();
        assert!(calls.iter().all(|call| call.people.len() == 1), "{calls:?}");
        assert_eq!(calls.len(), 5, "{calls:?}");
    }

    async fn what_was_under_way_at_an_upgrade_is_finished_and_nobody_gets_it_twice(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(700).await;
        let dispatch = shop.to(&people, "{{name|貴賓}}，週年慶").await;
        // one slice is answered, one refused for now, one lost in its calls, and the others are not begun
        shop.bench.once(&shop.send, NOW).await;
        shop.vendor.next(|_| Answer::Later { retry_after: None, detail: "busy".to_owned() });
        shop.bench.once(&shop.send, TimeDelta::seconds(1)).await;
        let slice = shop.bench.claim(&shop.send, TimeDelta::seconds(2)).await.unwrap();
        shop.dies_in_its_call(slice).await;
        let before = shop.state(&dispatch).await;
        let sent = |states: &[String]| states.iter().find(|state| state.ends_with("sent")).cloned();
        assert!(before.1.iter().any(|state| state.ends_with("in hand")) && before.1.iter().any(|state| state.ends_with("pending")));
        shop.bench
            .write(|conn| {
                let stretches = "20261122000013";
                while migrate::step_back(conn).unwrap() != stretches {}
                migrate::up(conn).unwrap();
                Ok(())
            })
            .await;
        let after = shop.state(&dispatch).await;
        assert_eq!((before.0, sent(&before.1)), (after.0, sent(&after.1)));
        shop.drain(EXPIRED).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["700 sent".to_owned()]));
        assert_eq!(shop.vendor.got().len(), 700);
    }

    async fn a_call_without_a_key_is_unknown(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.crowd(70).await;
        let dispatch = shop.to(&people, "週年慶").await;
        let slice = shop.bench.claim(&shop.send, NOW).await.unwrap();
        shop.dies_in_its_call(slice).await;
        shop.drain(EXPIRED).await;
        // those of the slice, and no others
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["6 sent".to_owned(), "64 unknown answer_lost".to_owned()]));
        shop.vendor.got();
    }

    async fn a_key_that_is_too_old_is_not_used_again(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(2).await;
        let dispatch = shop.to(&people, "週年慶").await;
        let slice = shop.bench.claim(&shop.send, NOW).await.unwrap();
        shop.dies_in_its_call(slice).await;
        shop.bench.write(|conn| Sql::new("update batches set first_called_at = '2020-01-01 00:00:00'").execute(conn)).await;
        shop.drain(EXPIRED).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["2 unknown answer_lost".to_owned()]));
        assert_eq!(shop.vendor.calls().len(), 1);
    }

    async fn a_worker_that_lost_its_lease_records_nothing(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(3).await;
        let dispatch = shop.to(&people, "週年慶").await;
        let slow = shop.bench.claim(&shop.send, NOW).await.unwrap();
        // another one takes over before the slow one gets to its call
        let quick = shop.bench.claim(&shop.send, EXPIRED).await.unwrap();
        assert_eq!(quick.rows[0].id, slow.rows[0].id);
        assert!(quick.rows[0].epoch > slow.rows[0].epoch);
        shop.bench.run(&shop.send, slow).await;
        assert_eq!(shop.state(&dispatch).await.1, ["3 in hand"]);
        assert!(shop.vendor.calls().is_empty());
        shop.bench.run(&shop.send, quick).await;
        assert_eq!(shop.state(&dispatch).await.1, ["3 sent"]);
    }

    async fn what_breaks_off_three_times_is_set_aside_and_takes_nobody_with_it(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.crowd(4).await;
        let dispatch = shop.to(&people, "週年慶").await;
        // whoever plans a call to the first of them dies: not who takes a slice apart or sets it aside
        let mut at = NOW;
        while let Some(slice) = shop.bench.claim(&shop.send, at).await {
            at += EXPIRED;
            let (row, sql) = (slice.rows[0].clone(), "select count(*) as n from deliveries d join contacts c on c.id = d.contact_id \
                join slices s on d.slice_id = s.id or d.id > s.after_id and d.id <= s.last_id where ");
            let (people, poisonous) = shop
                .bench
                .write(move |conn| {
                    let count = |what: &str, conn: &mut _| Sql::new(sql).push(what).push(" s.id = ").bind(&row.id).count(conn);
                    Ok((count("", conn)?, count("c.name = '王 1' and", conn)? > 0))
                })
                .await;
            let calls = slice.rows[0].begun < 3 || (slice.rows[0].begun == 3 && people == 1);
            if !(poisonous && calls) {
                shop.bench.run(&shop.send, slice).await;
            }
        }
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["1 failed poison".to_owned(), "3 sent".to_owned()]));
        assert_eq!(shop.vendor.got().len(), 3);
    }

    async fn a_connector_that_panics_is_a_lost_answer(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.crowd(2).await;
        let dispatch = shop.to(&people, "週年慶").await;
        shop.vendor.next(|_| -> Answer { panic!("a connector of a test, on purpose") });
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 sent", "1 unknown answer_lost"]);
    }
}
