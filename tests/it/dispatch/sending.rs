//! From pending to settled: calls, answers, retries, stops, pauses.

use super::shop::Shop;
use crate::support::bench::benches;
use chrono::TimeDelta;
use tidings_customers::channels::ChannelKind;
use tidings_sending::{
    channels::{Answer, Call, Refusal, RefusalReason, Stop, StopReason},
    dispatch,
    messages::{Content, Part},
};

const NOW: TimeDelta = TimeDelta::zero();
const LATER: TimeDelta = TimeDelta::hours(1);

fn later() -> Answer {
    Answer::Later { retry_after: None, detail: "busy".to_owned() }
}

fn lost() -> Answer {
    Answer::Unknown { detail: "no answer".to_owned() }
}

fn refused(reason: RefusalReason) -> Refusal {
    Refusal { reason, detail: "vendor's words".to_owned() }
}

benches! {
    async fn everybody_gets_it_once_in_one_call(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(1_200).await;
        let dispatch = shop.to(&people, "週年慶").await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["1200 sent".to_owned()]));
        assert_eq!(shop.vendor.got().len(), 1_200);
        let sizes: Vec<usize> = shop.vendor.calls().iter().map(|call| call.people.len()).collect();
        assert_eq!(sizes, [500, 500, 200]);
    }

    async fn everybody_gets_words_of_their_own(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(150).await;
        let dispatch = shop.to(&people, "{{name|貴賓}}，週年慶").await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.1, ["150 sent"]);
        let got = shop.vendor.got();
        assert_eq!(got.len(), 150);
        assert!(got.contains(&("U-王 7".to_owned(), "王 7，週年慶".to_owned())));
        let keys: std::collections::HashSet<_> = shop.vendor.calls().into_iter().filter_map(|call| call.retry_key).collect();
        assert_eq!(keys.len(), 150);
    }

    async fn a_busy_vendor_is_tried_again_after_a_while(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.crowd(3).await;
        let dispatch = shop.to(&people, "週年慶").await;
        for _ in 0..3 {
            shop.vendor.next(|_| later());
        }
        shop.once(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("sending".to_owned(), vec!["3 pending later".to_owned()]));
        assert_eq!(shop.vendor.calls().len(), 3);
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["3 sent".to_owned()]));
        assert_eq!(shop.vendor.got().len(), 3);
    }

    async fn attempts_end_and_a_dispatch_nobody_accepted_has_failed(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.crowd(1).await;
        let dispatch = shop.to(&people, "週年慶").await;
        for n in 0..20 {
            shop.vendor.next(|_| later());
            shop.once(LATER * n).await;
        }
        assert_eq!(shop.state(&dispatch).await, ("failed".to_owned(), vec!["1 failed later".to_owned()]));
        assert_eq!(shop.vendor.calls().len(), 8);
    }

    async fn with_a_key_a_lost_answer_is_asked_for_again(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(5).await;
        let dispatch = shop.to(&people, "{{name|貴賓}}，週年慶").await;
        let vendor = shop.vendor.clone();
        // taken, but the answer never arrives
        shop.vendor.next(move |call| { vendor.take(call); lost() });
        shop.once(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("sending".to_owned(), vec!["1 in hand".to_owned(), "4 sent".to_owned()]));
        // the name changes meanwhile; the call does not
        let first = shop.vendor.calls()[0].clone();
        shop.set("update contacts set name = '改名'", &people[0]).await;
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["5 sent".to_owned()]));
        let last = shop.vendor.calls().pop().unwrap();
        assert_eq!(Call { tried: 0, ..last }, first);
        assert_eq!(shop.vendor.got().len(), 5);
    }

    async fn without_a_key_a_lost_answer_is_unknown_and_not_sent_again(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.crowd(2).await;
        let dispatch = shop.to(&people, "週年慶").await;
        shop.vendor.next(|_| lost());
        shop.drain(NOW).await;
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["1 sent".to_owned(), "1 unknown answer_lost".to_owned()]));
        assert_eq!(shop.vendor.calls().len(), 2);
    }

    async fn who_is_named_fails_and_the_others_get_a_new_call(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(10).await;
        let dispatch = shop.to(&people, "週年慶").await;
        shop.vendor.next(|_| Answer::Rejected { people: vec![(3, refused(RefusalReason::Gone))], detail: "to[3]".to_owned() });
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["1 failed gone".to_owned(), "9 sent".to_owned()]));
        let calls = shop.vendor.calls();
        assert_eq!(calls.len(), 2);
        assert_ne!(calls[0].retry_key, calls[1].retry_key);
        // and is left out from now on
        let next = shop.to(&people, "再一次").await;
        assert_eq!(shop.state(&next).await.1, ["1 left_out gone", "9 pending"]);
    }

    async fn a_call_refused_without_a_name_is_taken_apart(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(9).await;
        let dispatch = shop.to(&people, "週年慶").await;
        let bad = "U-王 5";
        for _ in 0..40 {
            let vendor = shop.vendor.clone();
            shop.vendor.next(move |call| {
                if call.people.iter().any(|person| person.identity == bad) {
                    Answer::Rejected { people: Vec::new(), detail: "somebody".to_owned() }
                } else {
                    vendor.take(call)
                }
            });
        }
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["1 failed refused".to_owned(), "8 sent".to_owned()]));
        assert_eq!(shop.vendor.got().len(), 8);
    }

    async fn a_stop_pauses_with_its_reason_and_resuming_sends_the_rest(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::WhatsApp).await;
        let people = shop.crowd(200).await;
        let dispatch = shop.to(&people, "週年慶").await;
        let vendor = shop.vendor.clone();
        for n in 0..64 {
            let vendor = vendor.clone();
            shop.vendor.next(move |call| if n < 10 { vendor.take(call) } else {
                Answer::Stop(Stop { reason: StopReason::Quota, detail: "no more".to_owned() })
            });
        }
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("paused".to_owned(), vec!["190 pending".to_owned(), "10 sent".to_owned()]));
        assert_eq!(paused(&shop, &dispatch).await, (Some("quota".to_owned()), Some("no more".to_owned())));
        assert_eq!(shop.drain(LATER).await, 0);
        let (id, now) = (dispatch.clone(), shop.bench.now());
        assert!(shop.bench.write(move |conn| dispatch::resume(conn, &id, now)).await);
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["200 sent".to_owned()]));
        assert_eq!(shop.vendor.got().len(), 200);
        assert_eq!(paused(&shop, &dispatch).await, (None, None));
    }

    async fn a_pause_takes_effect_before_the_next_slice_and_loses_nothing(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(600).await;
        let dispatch = shop.to(&people, "週年慶").await;
        let first = shop.bench.claim(&shop.send, NOW).await.unwrap();
        let second = shop.bench.claim(&shop.send, TimeDelta::seconds(1)).await.unwrap();
        shop.bench.run(&shop.send, first).await;
        let id = dispatch.clone();
        assert!(shop.bench.write(move |conn| dispatch::pause(conn, &id, "林怡君")).await);
        // a slice that was claimed but not called is given back
        shop.bench.run(&shop.send, second).await;
        assert_eq!(shop.state(&dispatch).await, ("paused".to_owned(), vec!["100 pending".to_owned(), "500 sent".to_owned()]));
        assert_eq!(shop.drain(LATER).await, 0);
        let (id, now) = (dispatch.clone(), shop.bench.now());
        assert!(shop.bench.write(move |conn| dispatch::resume(conn, &id, now)).await);
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await.1, ["600 sent"]);
        assert_eq!(shop.vendor.got().len(), 600);
    }

    async fn cancelling_sends_nothing_more(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(600).await;
        let dispatch = shop.to(&people, "週年慶").await;
        let first = shop.bench.claim(&shop.send, NOW).await.unwrap();
        let second = shop.bench.claim(&shop.send, TimeDelta::seconds(1)).await.unwrap();
        shop.bench.run(&shop.send, first).await;
        let (id, now) = (dispatch.clone(), shop.bench.now());
        assert!(shop.bench.write(move |conn| dispatch::cancel(conn, &id, now)).await);
        shop.bench.run(&shop.send, second).await;
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await, ("cancelled".to_owned(), vec!["100 cancelled dispatch_cancelled".to_owned(), "500 sent".to_owned()]));
        assert_eq!(shop.vendor.got().len(), 500);
        // who comes now is cancelled, too, and told about
        let (added, _) = shop.add(&dispatch, &people[..1]).await;
        assert_eq!((added.pending, added.cancelled), (0, 1));
        let id = dispatch.clone();
        assert!(!shop.bench.write(move |conn| dispatch::cancel(conn, &id, now)).await);
        let told = shop.bench.write(crate::dispatch::shop::told).await;
        let people: std::collections::BTreeSet<_> = told.into_iter().collect();
        assert_eq!(people.len(), 601);
    }

    async fn cancelling_winds_up_what_waits_with_its_key(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.people(&["忙", "失"]).await;
        let dispatch = shop.to(&people, "{{name|貴賓}}").await;
        for _ in 0..2 {
            shop.vendor.next(|call| if call.people[0].identity == "U-忙" { later() } else { lost() });
        }
        shop.once(NOW).await;
        assert_eq!(shop.state(&dispatch).await.1, ["2 in hand"]);
        let (id, now) = (dispatch.clone(), shop.bench.now());
        shop.bench.write(move |conn| dispatch::cancel(conn, &id, now)).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 cancelled dispatch_cancelled", "1 unknown answer_lost"]);
        assert_eq!(shop.vendor.calls().len(), 2);
    }

    async fn people_who_come_after_the_end_are_sent_to(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(2).await;
        let dispatch = shop.to(&people[..1], "週年慶").await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.0, "done");
        shop.add(&dispatch, &people[1..]).await;
        assert_eq!(shop.state(&dispatch).await.0, "sending");
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["2 sent".to_owned()]));
    }

    async fn an_open_dispatch_waits_for_more(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(1).await;
        let dispatch = shop.dispatch(&Content::text("週年慶")).await;
        shop.add(&dispatch, &people).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("sending".to_owned(), vec!["1 sent".to_owned()]));
        shop.close(&dispatch).await;
        assert_eq!(shop.state(&dispatch).await.0, "done");
    }

    async fn parts_follow_each_other_where_a_call_carries_one(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Messenger).await;
        let people = shop.crowd(3).await;
        let mut content = Content::text("一");
        content.parts.extend(["二", "三"].map(|text| Part::Text { text: text.to_owned() }));
        let dispatch = shop.dispatch(&content).await;
        shop.add(&dispatch, &people).await;
        shop.close(&dispatch).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["3 sent".to_owned()]));
        assert_eq!(shop.vendor.got().len(), 9);
        for name in ["U-王 1", "U-王 2", "U-王 3"] {
            let calls: Vec<_> = shop.vendor.calls().into_iter().filter(|call| call.people[0].identity == name).collect();
            assert_eq!(calls.len(), 3);
            assert!(calls[0].people[0].reference.is_none() && calls[2].people[0].reference.is_some());
        }
    }

    async fn dispatches_take_turns(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(1_500).await;
        let one = shop.to(&people, "一").await;
        let two = shop.to(&people, "二").await;
        for n in 0..2 {
            let slice = shop.bench.claim(&shop.send, TimeDelta::seconds(n)).await.unwrap();
            shop.bench.run(&shop.send, slice).await;
        }
        for dispatch in [&one, &two] {
            assert_eq!(shop.state(dispatch).await.1, ["1000 pending", "500 sent"]);
        }
    }

    async fn the_rate_of_an_account_is_kept(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        shop.set("update channels set rate_per_second = 100", &shop.channel).await;
        let people = shop.crowd(400).await;
        let dispatch = shop.to(&people, "週年慶").await;
        // many workers ask all the time, for one second
        let mut claimed = 0;
        for milliseconds in (0..1_000).step_by(10) {
            while let Some(slice) = shop.bench.claim(&shop.send, TimeDelta::milliseconds(milliseconds)).await {
                claimed += 1;
                shop.bench.run(&shop.send, slice).await;
            }
        }
        let sent = shop.vendor.calls().len();
        assert!((100..=150).contains(&sent), "{sent} calls in {claimed} slices in a second at 100 a second");
        assert!(shop.state(&dispatch).await.0 == "sending");
    }

    async fn an_account_that_keeps_failing_is_left_alone_and_comes_back(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.crowd(100).await;
        let dispatch = shop.to(&people, "週年慶").await;
        for _ in 0..64 {
            shop.vendor.next(|_| later());
        }
        let slice = shop.bench.claim(&shop.send, NOW).await.unwrap();
        shop.bench.run(&shop.send, slice).await;
        assert_eq!(account(&shop).await, ("trouble".to_owned(), Some("busy".to_owned())));
        assert!(shop.bench.claim(&shop.send, TimeDelta::seconds(5)).await.is_none(), "it is left alone");
        // one call tries, and all is well
        let probe = shop.bench.claim(&shop.send, TimeDelta::minutes(11)).await.unwrap();
        shop.bench.run(&shop.send, probe).await;
        assert_eq!(shop.vendor.calls().len(), 65);
        assert_eq!(account(&shop).await, ("ready".to_owned(), None));
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["100 sent".to_owned()]));
    }

    async fn an_account_that_is_paused_sends_nothing(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(1).await;
        let dispatch = shop.to(&people, "週年慶").await;
        shop.set("update channels set status = 'paused'", &shop.channel).await;
        assert_eq!(shop.drain(LATER).await, 0);
        shop.set("update channels set status = 'ready'", &shop.channel).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.0, "done");
    }

    async fn consent_withdrawn_after_the_freeze_counts(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.crowd(3).await;
        let dispatch = shop.to(&people, "週年慶").await;
        shop.set("update contacts set consent = 'withdrawn'", &people[1]).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["1 left_out withdrawn".to_owned(), "2 sent".to_owned()]));
        assert_eq!(shop.vendor.got().len(), 2);
    }
}

#[derive(diesel::QueryableByName)]
struct Pause {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    reason: Option<String>,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    detail: Option<String>,
}

async fn paused(shop: &Shop, dispatch: &tidings_base::db::Id) -> (Option<String>, Option<String>) {
    let dispatch = dispatch.clone();
    let read = move |conn: &mut tidings_base::db::Conn| {
        let mut sql = tidings_base::db::sql::Sql::new(
            "select pause_reason as reason, pause_detail as detail from dispatches where id = ",
        );
        sql.bind(&dispatch);
        sql.first::<Pause>(conn)
    };
    let row = shop.bench.write(read).await;
    (row.reason, row.detail)
}

async fn account(shop: &Shop) -> (String, Option<String>) {
    let id = shop.channel.clone();
    let account = shop.bench.write(move |conn| tidings_customers::channels::find(conn, &id)).await.unwrap();
    (account.status.word().to_owned(), account.trouble)
}
