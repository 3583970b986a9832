//! People who share calls: packed when they are chosen, written out when it is known what became of them.

use super::shop::Shop;
use crate::support::bench::benches;
use chrono::TimeDelta;
use diesel::QueryResult;
use tidings_base::db::{Conn, Id, sql::Sql};
use tidings_customers::channels::ChannelKind;
use tidings_sending::{
    channels::{Answer, Refusal, RefusalReason, Stop, StopReason},
    dispatch::{self, Added, Begins, NewDispatch, Origin, People},
    messages::Content,
};

const NOW: TimeDelta = TimeDelta::zero();
/// Past every lease.
const EXPIRED: TimeDelta = TimeDelta::minutes(2);

/// A broadcast of `text` to everybody of the account, closed.
async fn broadcast(shop: &Shop, text: &str) -> (Id, Added) {
    let (channel, content, now) = (shop.channel.clone(), Content::text(text), shop.bench.now());
    let send = move |conn: &mut Conn| {
        let id = Id::new();
        let new = NewDispatch {
            channel_id: &channel,
            name: "週年慶",
            origin: Origin::Broadcast,
            origin_id: &id,
            origin_step: &id,
            cohort: "",
            content: &content,
            begins: Begins::AtOnce,
        };
        let dispatch = dispatch::open(conn, &new, now)?;
        let added = dispatch::add_together(conn, &dispatch, everybody(), now)?;
        dispatch::close(conn, &dispatch, now)?;
        Ok((dispatch, added))
    };
    shop.bench.write(send).await
}

fn everybody() -> Sql {
    Sql::new(" from contacts c where 1 = 1")
}

/// How many packs are in which state.
async fn packs(shop: &Shop) -> Vec<String> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        state: String,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        people: i64,
    }
    let look = |conn: &mut Conn| Sql::new("select state, people from packs order by state, people desc").load(conn);
    shop.bench.write(look).await.into_iter().map(|Row { state, people }| format!("{people} {state}")).collect()
}

async fn count(shop: &Shop, from: &str) -> i64 {
    let sql = Sql::new(&format!("select count(*) as n from {from}"));
    shop.bench.write(move |conn| sql.count(conn)).await
}

async fn execute(shop: &Shop, sql: &'static str) {
    shop.bench.write(move |conn| Sql::new(sql).execute(conn)).await;
}

/// Writes out what can be.
async fn written(shop: &Shop) -> usize {
    shop.bench.drain(&dispatch::write_out(), NOW).await
}

/// Sends and writes out until nothing is due.
async fn everything(shop: &Shop, later: TimeDelta) {
    while shop.drain(later).await + written(shop).await > 0 {}
}

/// The leases of all packs run out.
async fn lose(shop: &Shop) {
    execute(shop, "update packs set lease_until = '2020-01-01 00:00:00' where hand is not null").await;
}

fn sent(people: usize) -> (String, Vec<String>) {
    ("done".to_owned(), vec![format!("{people} sent")])
}

benches! {
    async fn everybody_is_sent_to_before_there_are_rows(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(1_230).await;
        for person in people.iter().step_by(10) {
            shop.set("update contacts set unreachable = 'blocked'", person).await;
        }
        let (dispatch, added) = broadcast(&shop, "週年慶").await;
        assert_eq!((added.pending, added.left_out, added.cancelled), (1_107, 123, 0));
        assert_eq!(packs(&shop).await, ["123 left_out", "500 waiting", "500 waiting", "107 waiting"]);
        assert_eq!(written(&shop).await, 0, "those who are still to be sent to come first");

        shop.drain(NOW).await;
        let calls = shop.vendor.calls();
        assert_eq!(calls.iter().map(|call| call.people.len()).collect::<Vec<_>>(), [500, 500, 107]);
        assert_eq!(shop.vendor.got().len(), 1_107);
        assert_eq!(count(&shop, "deliveries").await, 0);
        assert_eq!(packs(&shop).await, ["123 left_out", "500 sent", "500 sent", "107 sent"]);
        let figures = shop.bench.write({ let id = dispatch.clone(); move |conn| dispatch::figures(conn, &id) }).await.unwrap();
        assert_eq!((figures.people, figures.open, figures.sent, figures.left_out), (1_230, 0, 1_107, 123));

        written(&shop).await;
        let wanted = ("done".to_owned(), vec!["123 left_out blocked".to_owned(), "1107 sent".to_owned()]);
        assert_eq!(shop.state(&dispatch).await, wanted);
        assert_eq!(packs(&shop).await, [] as [&str; 0]);
        // Each says which call it was in, as if it had been there from the beginning.
        assert_eq!(count(&shop, "deliveries d join batches b on b.id = d.batch_id where b.answer = 'ok'").await, 1_107);
        assert_eq!(count(&shop, "(select 1 from deliveries group by batch_id having count(*) = 500) full_calls").await, 2);
        assert_eq!(count(&shop, "deliveries where attempts <> parts_sent or (state = 'sent') <> (sent_at is not null)").await, 0);
    }

    async fn a_call_may_take_longer_than_a_lease(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(60).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        let hand = shop.bench.claim(&shop.send, NOW).await.unwrap();
        shop.waits_for_its_call(hand).await;
        assert_eq!(packs(&shop).await, ["60 sent"]);
        written(&shop).await;
        assert_eq!(shop.state(&dispatch).await, sent(60));
    }

    async fn few_people_and_words_of_ones_own_are_rows_at_once(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(49).await;
        let (few, _) = broadcast(&shop, "週年慶").await;
        assert_eq!(shop.state(&few).await.1, ["49 pending"]);
        shop.people(&["陳 50"]).await;
        let (own, _) = broadcast(&shop, "{{name|貴賓}}，週年慶").await;
        assert_eq!(shop.state(&own).await.1, ["50 pending"]);
        let (many, _) = broadcast(&shop, "週年慶").await;
        assert_eq!(packs(&shop).await, ["50 waiting"]);
        everything(&shop, NOW).await;
        assert_eq!(shop.state(&many).await, sent(50));
    }

    async fn nobody_is_packed_while_an_older_release_may_run_beside(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(60).await;
        let made = |ago: TimeDelta| {
            let at = shop.bench.now() - ago;
            shop.bench.write(move |conn| {
                Sql::new("delete from settings where name = 'dispatch.packs'").execute(conn)?;
                let mut sql = Sql::new("insert into settings (name, value, changed_at) values ('dispatch.packs', 'a day later', ");
                sql.bind(at).push(")").execute(conn)
            })
        };
        made(TimeDelta::hours(23)).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        assert_eq!(shop.state(&dispatch).await.1, ["60 pending"]);
        made(TimeDelta::hours(25)).await;
        broadcast(&shop, "會員日").await;
        assert_eq!(packs(&shop).await, ["60 waiting"]);
    }

    async fn who_opts_out_before_the_call_gets_nothing_and_the_others_do(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(600).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        shop.set("update contacts set consent = 'withdrawn'", &people[7]).await;
        shop.drain(NOW).await;
        assert_eq!(packs(&shop).await, ["100 sent", "500 spilled"]);
        everything(&shop, NOW).await;
        let wanted = ("done".to_owned(), vec!["1 left_out withdrawn".to_owned(), "599 sent".to_owned()]);
        assert_eq!(shop.state(&dispatch).await, wanted);
        let got = shop.vendor.got();
        assert_eq!(got.len(), 599);
        assert!(!got.iter().any(|(identity, _)| identity == "U-王 8"));
    }

    async fn a_pack_whose_worker_died_before_its_call_is_sent(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(600).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        let dead = shop.bench.claim(&shop.send, NOW).await.unwrap();
        assert_eq!(written(&shop).await, 0, "it is in a hand");
        lose(&shop).await;
        written(&shop).await;
        assert_eq!(shop.state(&dispatch).await.1, ["600 pending"]);
        // The dead one wakes up and finds nothing to do.
        shop.bench.run(&shop.send, dead).await;
        everything(&shop, NOW).await;
        assert_eq!(shop.state(&dispatch).await, sent(600));
        assert_eq!(shop.vendor.got().len(), 600);
        assert_eq!(shop.vendor.calls().len(), 2);
    }

    async fn a_call_whose_answer_was_lost_is_made_again_with_its_key(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(500).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        let slice = shop.bench.claim(&shop.send, NOW).await.unwrap();
        shop.dies_in_its_call(slice).await;
        // It may have been accepted: whoever opts out now has it, and nobody gets it again.
        shop.set("update contacts set consent = 'withdrawn'", &people[3]).await;
        lose(&shop).await;
        written(&shop).await;
        assert_eq!(shop.state(&dispatch).await.1, ["500 in hand"]);
        everything(&shop, EXPIRED).await;
        assert_eq!(shop.state(&dispatch).await, sent(500));
        let calls = shop.vendor.calls();
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0].retry_key, calls[1].retry_key);
        assert_eq!(calls[0].people, calls[1].people);
        assert_eq!(shop.vendor.got().len(), 500);
    }

    async fn an_answer_that_comes_after_the_lease_changes_nothing(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(500).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        let slice = shop.bench.claim(&shop.send, NOW).await.unwrap();
        let (vendor, bench) = (shop.vendor.clone(), shop.bench.clone());
        let url = bench.work.db.clone();
        shop.vendor.next(move |call| {
            // Somebody took it for lost while the vendor was at it.
            let (db, now, machine) = (url.clone(), chrono::Utc::now().naive_utc(), chrono::Utc::now().naive_utc());
            let unpack = async move {
                db.write(move |conn| -> Result<(), tidings_base::db::DbError> {
                    Sql::new("update packs set lease_until = '2020-01-01 00:00:00'").execute(conn)?;
                    let at = dispatch::Moment { now, machine };
                    let ripe = dispatch::to_unpack(conn, dispatch::Whose::Others, &[], at)?.unwrap();
                    assert_eq!(dispatch::unpack(conn, &ripe, at)?.len(), 1);
                    Ok(())
                })
                .await
                .unwrap();
            };
            std::thread::scope(|scope| {
                scope.spawn(|| tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(unpack));
            });
            vendor.take(call)
        });
        shop.bench.run(&shop.send, slice).await;
        assert_eq!(shop.state(&dispatch).await.1, ["500 in hand"]);
        everything(&shop, EXPIRED).await;
        assert_eq!(shop.state(&dispatch).await, sent(500));
        assert_eq!(shop.vendor.got().len(), 500);
        assert_eq!(shop.vendor.calls().len(), 2);
    }

    async fn a_vendor_that_is_busy_is_asked_again_when_it_said(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(500).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        shop.vendor.next(|_| Answer::Later { retry_after: Some(TimeDelta::minutes(5)), detail: "429".to_owned() });
        shop.drain(NOW).await;
        written(&shop).await;
        assert_eq!(shop.state(&dispatch).await.1, ["500 in hand"]);
        assert_eq!(shop.drain(TimeDelta::minutes(4)).await, 0, "it said five minutes");
        // Nobody can have it yet: who opts out now gets nothing.
        shop.set("update contacts set consent = 'withdrawn'", &people[3]).await;
        everything(&shop, TimeDelta::minutes(6)).await;
        let wanted = ("done".to_owned(), vec!["1 left_out withdrawn".to_owned(), "499 sent".to_owned()]);
        assert_eq!(shop.state(&dispatch).await, wanted);
        assert_eq!(shop.vendor.got().len(), 499);
    }

    async fn a_call_that_is_refused_is_taken_apart(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(600).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        let bad = |call: &tidings_sending::channels::Call| call.people.iter().any(|person| person.identity == "U-王 5");
        for _ in 0..40 {
            let vendor = shop.vendor.clone();
            shop.vendor.next(move |call| {
                if bad(call) {
                    Answer::Rejected { people: Vec::new(), detail: "somebody is not there".to_owned() }
                } else {
                    vendor.take(call)
                }
            });
        }
        everything(&shop, EXPIRED).await;
        let wanted = ("done".to_owned(), vec!["1 failed refused".to_owned(), "599 sent".to_owned()]);
        assert_eq!(shop.state(&dispatch).await, wanted);
        assert_eq!(shop.vendor.got().len(), 599);
    }

    async fn whoever_the_vendor_names_in_a_call_that_it_took_has_not_got_it(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(100).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        shop.vendor.next(|call| {
            let refused = || Refusal { reason: RefusalReason::Blocked, detail: "blocked".to_owned() };
            let each = |(n, _): (usize, _)| if n == 4 { Err(refused()) } else { Ok(None) };
            Answer::Taken { request_id: Some("r".to_owned()), people: call.people.iter().enumerate().map(each).collect() }
        });
        shop.drain(NOW).await;
        assert_eq!(packs(&shop).await, ["100 sent"]);
        everything(&shop, NOW).await;
        let wanted = ("done".to_owned(), vec!["1 failed blocked".to_owned(), "99 sent".to_owned()]);
        assert_eq!(shop.state(&dispatch).await, wanted);
        let id = people[4].clone();
        let one = shop.bench.write(move |conn| -> QueryResult<i64> {
            let mut sql = Sql::new("select count(*) as n from deliveries d join contacts c on c.id = d.contact_id where d.detail = 'blocked' \
                 and d.sent_at is null and d.missed = 'failed' and c.unreachable = 'blocked' and c.id = ");
            sql.bind(&id).count(conn)
        }).await;
        assert_eq!(one, 1);
        assert_eq!(shop.vendor.calls().len(), 1);
    }

    async fn a_dispatch_that_stops_keeps_its_people_as_rows(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(600).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        for _ in 0..2 {
            shop.vendor.next(|_| Answer::Stop(Stop { reason: StopReason::Token, detail: "401".to_owned() }));
        }
        shop.drain(NOW).await;
        written(&shop).await;
        let (status, people) = shop.state(&dispatch).await;
        assert_eq!((status.as_str(), people.iter().map(|some| some.as_str()).collect::<Vec<_>>()), ("paused", vec!["600 in hand"]));
        let (id, now) = (dispatch.clone(), shop.bench.now());
        assert!(shop.bench.write(move |conn| dispatch::resume(conn, &id, now)).await);
        everything(&shop, EXPIRED).await;
        assert_eq!(shop.state(&dispatch).await, sent(600));
        assert_eq!(shop.vendor.got().len(), 600);
    }

    async fn who_is_paused_or_cancelled_before_the_calls_is_seen(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(60).await;
        let (paused, _) = broadcast(&shop, "週年慶").await;
        let (cancelled, _) = broadcast(&shop, "會員日").await;
        let (one, other, now) = (paused.clone(), cancelled.clone(), shop.bench.now());
        shop.bench.write(move |conn| Ok(dispatch::pause(conn, &one, "店長")? && dispatch::cancel(conn, &other, now)?)).await;
        assert_eq!(shop.drain(NOW).await, 0);
        written(&shop).await;
        assert_eq!(shop.state(&paused).await, ("paused".to_owned(), vec!["60 pending".to_owned()]));
        assert_eq!(shop.state(&cancelled).await, ("cancelled".to_owned(), vec!["60 cancelled dispatch_cancelled".to_owned()]));
        let (id, now) = (paused.clone(), shop.bench.now());
        assert!(shop.bench.write(move |conn| dispatch::resume(conn, &id, now)).await);
        everything(&shop, NOW).await;
        assert_eq!(shop.state(&paused).await, sent(60));
        assert_eq!(shop.vendor.got().len(), 60);
    }

    async fn a_dispatch_paused_under_a_claim_gives_its_packs_up(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(60).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        let slice = shop.bench.claim(&shop.send, NOW).await.unwrap();
        let id = dispatch.clone();
        shop.bench.write(move |conn| dispatch::pause(conn, &id, "店長")).await;
        shop.bench.run(&shop.send, slice).await;
        assert_eq!(shop.vendor.calls().len(), 0);
        written(&shop).await;
        assert_eq!(shop.state(&dispatch).await, ("paused".to_owned(), vec!["60 pending".to_owned()]));
    }

    async fn of_two_contacts_of_a_member_one_gets_it_though_the_other_is_packed(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.crowd(60).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        // Both are one member's, and the second comes in later.
        let late = shop.people(&["後來的人"]).await.remove(0);
        let (id, now) = (late.clone(), shop.bench.now());
        shop.bench.write(move |conn| {
            let member = Id::new();
            let mut sql = Sql::new("insert into members (id, number, name, order_count, total_spent, created_at, version) values (");
            sql.bind(&member).push(", 'M1', '王', 0, 0, ").bind(now).push(", 1)").execute(conn)?;
            let mut sql = Sql::new("update contacts set member_id = ");
            sql.bind(&member).push(" where identity = 'U-王 9' or id = ").bind(&id).execute(conn)
        }).await;
        let (into, now) = (dispatch.clone(), shop.bench.now());
        let added = shop.bench.write(move |conn| {
            let mut one = Sql::new(" from contacts c where c.id = ");
            one.bind(&late);
            dispatch::add(conn, &into, People::Contacts(one), now)
        }).await;
        assert_eq!((added.pending, added.left_out), (0, 1));
        everything(&shop, NOW).await;
        let wanted = ("done".to_owned(), vec!["1 left_out duplicate".to_owned(), "60 sent".to_owned()]);
        assert_eq!(shop.state(&dispatch).await, wanted);
    }

    async fn the_rate_counts_each_call(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.set("update channels set rate_per_second = 40", &shop.channel).await;
        shop.crowd(1_500).await;
        let (dispatch, _) = broadcast(&shop, "週年慶").await;
        // A quarter second's worth is one shared call, and as much again may be caught up on.
        for in_hand in 1..=2 {
            assert!(shop.bench.claim(&shop.send, NOW).await.is_some());
            assert_eq!(count(&shop, "packs where hand is not null").await, in_hand);
        }
        assert!(shop.bench.claim(&shop.send, NOW).await.is_none());
        lose(&shop).await;
        everything(&shop, EXPIRED).await;
        assert_eq!(shop.state(&dispatch).await, sent(1_500));
    }
}
