//! Sending over LINE, whatever LINE answers.

use crate::{
    dispatch::shop::Shop,
    support::{
        bench::{Bench, benches},
        line::{Chance, FakeLine, Fault, SECRET, TOKEN},
    },
};
use chrono::TimeDelta;
use serde_json::json;
use std::sync::Arc;
use tidings_base::db::{Id, sql::Sql};
use tidings_customers::channels::ChannelKind;
use tidings_sending::{
    channels::{Received, connection, connectors, receive},
    dispatch,
    messages::{Content, Part},
};

const NOW: TimeDelta = TimeDelta::zero();
const LATER: TimeDelta = TimeDelta::hours(1);

/// A shop whose account is one of LINE's.
async fn open(bench: Bench) -> (Shop, Arc<FakeLine>) {
    let line = bench.fake_line();
    (connected(bench).await, line)
}

async fn connected(bench: Bench) -> Shop {
    let mut shop = Shop::open(bench, ChannelKind::Line).await;
    shop.send = dispatch::send(connectors());
    shop.inbound = dispatch::inbound(connectors());
    has_token(&shop, TOKEN).await;
    shop
}

async fn has_token(shop: &Shop, token: &str) {
    let (channel, secret, now) = (shop.channel.clone(), shop.bench.work.outside.secret().clone(), shop.bench.now());
    let secrets = json!({"access_token": token, "channel_secret": SECRET});
    let save = move |conn: &mut _| {
        connection::save(conn, &secret, &channel, &json!({}), &secrets, now).unwrap();
        Ok(())
    };
    shop.bench.write(save).await;
}

/// One call a slice, so that something can happen between two.
async fn slowly(shop: &Shop) {
    shop.set("update channels set rate_per_second = 4", &shop.channel.clone()).await;
}

async fn pause_reason(shop: &Shop, dispatch: &Id) -> (String, String) {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        pause_reason: String,
        #[diesel(sql_type = diesel::sql_types::Text)]
        pause_detail: String,
    }
    let dispatch = dispatch.clone();
    let read = move |conn: &mut _| {
        let mut sql = Sql::new("select pause_reason, pause_detail from dispatches where id = ");
        sql.bind(&dispatch);
        sql.first::<Row>(conn)
    };
    let row = shop.bench.write(read).await;
    (row.pause_reason, row.pause_detail)
}

async fn resume(shop: &Shop, dispatch: &Id) {
    let (dispatch, now) = (dispatch.clone(), shop.bench.now());
    assert!(shop.bench.write(move |conn| dispatch::resume(conn, &dispatch, now)).await);
}

/// Sends to `n` people while LINE misbehaves by chance; everybody gets it exactly once.
async fn whatever_happens(bench: Bench, n: usize, text: &str, chance: Chance) {
    let (shop, line) = open(bench).await;
    line.by_chance(chance, 20_261_123);
    let people = shop.crowd(n).await;
    let dispatch = shop.to(&people, text).await;
    let mut later = NOW;
    while shop.state(&dispatch).await.0 == "sending" {
        shop.drain(later).await;
        later += TimeDelta::minutes(20);
        assert!(later < TimeDelta::hours(20), "it found no end: {:?}", shop.state(&dispatch).await);
    }
    // What the page's figures are made of is what LINE has on record.
    assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec![format!("{n} sent")]));
    assert_eq!(line.got().len(), n);
    let taken = line.keys();
    assert!(line.requests().len() > taken, "nothing went wrong");
}

benches! {
    async fn five_thousand_get_words_of_their_own_exactly_once(bench: Bench) {
        let chance = Chance { rate_limited: 0.05, fails: 0.03, closes_before: 0.02, closes_after: 0.02, ..Chance::default() };
        whatever_happens(bench, 5_000, "{{name|貴賓}}，週年慶", chance).await;
    }

    async fn five_thousand_get_the_same_words_exactly_once(bench: Bench) {
        // Ten calls: what seldom happens to one of them happens more often here, and yet so seldom that
        // none of them fails eight times.
        let chance = Chance { rate_limited: 0.1, fails: 0.08, closes_before: 0.06, closes_after: 0.06, ..Chance::default() };
        whatever_happens(bench, 5_000, "週年慶", chance).await;
    }

    async fn one_is_pushed_to_and_several_share_a_call(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(3).await;
        shop.to(&people[..1], "一").await;
        shop.drain(NOW).await;
        shop.to(&people, "二").await;
        shop.drain(NOW).await;
        assert_eq!(line.requests(), ["POST /v2/bot/message/push", "POST /v2/bot/message/multicast"]);
        assert_eq!(line.got().len(), 4);
    }

    async fn every_misbehaviour_ends_with_everybody_having_it_once(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(3).await;
        for (n, fault) in [
            Fault::RateLimited(None), Fault::RateLimited(Some("soon")), Fault::Fails, Fault::Malformed, Fault::Half,
            Fault::ClosesBefore, Fault::ClosesAfter,
        ].into_iter().enumerate() {
            for (m, (text, people)) in [("推", &people[..1]), ("群", &people[..])].into_iter().enumerate() {
                // Machine time goes on, for the account's rate has been paid until then.
                let now = LATER * (4 * n + 2 * m) as i32;
                line.next([fault]);
                let dispatch = shop.to(people, &format!("{text} {n}")).await;
                shop.once(now).await;
                assert_eq!(shop.state(&dispatch).await, ("sending".to_owned(), vec![format!("{} in hand", people.len())]), "{fault:?}");
                shop.drain(now + LATER).await;
                assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec![format!("{} sent", people.len())]), "{fault:?}");
            }
        }
        assert_eq!(line.got().len(), 7 * 4);
    }

    async fn nothing_at_all_is_waited_for_and_asked_again(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(1).await;
        line.next([Fault::Silent]);
        let dispatch = shop.to(&people, "週年慶").await;
        shop.once(NOW).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 in hand"]);
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 sent"]);
        assert_eq!((line.got().len(), line.keys()), (1, 1));
    }

    async fn nobody_comes_back_before_line_asked_them_to(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(1).await;
        line.next([Fault::RateLimited(Some("600"))]);
        let dispatch = shop.to(&people, "週年慶").await;
        shop.once(NOW).await;
        shop.drain(TimeDelta::seconds(590)).await;
        assert_eq!((line.requests().len(), shop.state(&dispatch).await.1), (1, vec!["1 in hand".to_owned()]));
        shop.drain(TimeDelta::seconds(700)).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 sent"]);
    }

    async fn a_rate_for_ever_ends_as_never_taken(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(2).await;
        let dispatch = shop.to(&people, "週年慶").await;
        line.next((0..8).map(|_| Fault::RateLimited(None)));
        for n in 0..9 {
            shop.drain(LATER * n).await;
        }
        assert_eq!(shop.state(&dispatch).await, ("failed".to_owned(), vec!["2 failed later".to_owned()]));
        assert_eq!((line.requests().len(), line.got().len()), (8, 0));
    }

    async fn a_line_that_cannot_be_reached_has_taken_nothing(bench: Bench) {
        bench.line_is_gone();
        let shop = connected(bench).await;
        let people = shop.crowd(2).await;
        let dispatch = shop.to(&people, "週年慶").await;
        for n in 0..9 {
            shop.drain(LATER * n).await;
        }
        assert_eq!(shop.state(&dispatch).await, ("failed".to_owned(), vec!["2 failed later".to_owned()]));
    }

    async fn faults_for_ever_end_as_what_is_known(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(2).await;
        let dispatch = shop.to(&people, "週年慶").await;
        line.next((0..8).map(|_| Fault::Fails));
        for n in 0..9 {
            shop.drain(LATER * n).await;
        }
        // LINE says that a 5xx may have been taken.
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["2 unknown answer_lost".to_owned()]));
        assert_eq!(line.requests().len(), 8);
    }

    async fn a_token_revoked_midway_stops_it_and_a_new_one_lets_it_go_on(bench: Bench) {
        let (shop, line) = open(bench).await;
        slowly(&shop).await;
        let people = shop.crowd(3).await;
        let dispatch = shop.to(&people, "{{name|貴賓}}，週年慶").await;
        shop.once(NOW).await;
        "another".clone_into(&mut line.token.lock().unwrap());
        shop.once(TimeDelta::seconds(2)).await;
        assert_eq!(shop.state(&dispatch).await, ("paused".to_owned(), vec!["2 pending".to_owned(), "1 sent".to_owned()]));
        let (reason, detail) = pause_reason(&shop, &dispatch).await;
        assert_eq!(reason, "token");
        assert!(detail.starts_with("401 ") && !detail.contains(TOKEN), "{detail}");
        has_token(&shop, "another").await;
        resume(&shop, &dispatch).await;
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["3 sent".to_owned()]));
        assert_eq!(line.got().len(), 3);
    }

    async fn a_quota_that_ends_midway_stops_it_with_the_rest_untouched(bench: Bench) {
        let (shop, line) = open(bench).await;
        slowly(&shop).await;
        line.limit(Some(2));
        let people = shop.crowd(4).await;
        let dispatch = shop.to(&people, "{{name|貴賓}}，週年慶").await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("paused".to_owned(), vec!["2 pending".to_owned(), "2 sent".to_owned()]));
        assert_eq!(pause_reason(&shop, &dispatch).await.0, "quota");
        line.limit(Some(100));
        resume(&shop, &dispatch).await;
        shop.drain(LATER).await;
        assert_eq!((shop.state(&dispatch).await.0.as_str(), line.got().len()), ("done", 4));
    }

    async fn content_that_line_refuses_stops_it_for_everybody(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(3).await;
        line.next([Fault::Content]);
        let dispatch = shop.to(&people, "週年慶").await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("paused".to_owned(), vec!["3 pending".to_owned()]));
        let (reason, detail) = pause_reason(&shop, &dispatch).await;
        assert_eq!(reason, "content");
        assert!(detail.contains("messages[0].text: May not be empty"), "{detail}");
    }

    async fn who_is_named_is_left_out_and_the_others_get_a_new_call(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(30).await;
        line.next([Fault::Names(17)]);
        let dispatch = shop.to(&people, "週年慶").await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["1 failed gone".to_owned(), "29 sent".to_owned()]));
        assert_eq!((line.got().len(), line.requests().len(), line.keys()), (29, 2, 1));
    }

    async fn a_refusal_that_names_nobody_is_taken_apart(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(30).await;
        line.next([Fault::NamesNobody]);
        let dispatch = shop.to(&people, "週年慶").await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["30 sent".to_owned()]));
        assert_eq!(line.got().len(), 30);
    }

    async fn many_in_a_row_refused_for_no_known_reason_stop_it(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(200).await;
        line.next([Fault::Unlisted; 200]);
        let dispatch = shop.to(&people, "{{name|貴賓}}，週年慶").await;
        shop.drain(NOW).await;
        let (status, figures) = shop.state(&dispatch).await;
        assert_eq!(status, "paused", "{figures:?}");
        assert!(figures.iter().any(|line| line.ends_with(" pending")), "{figures:?}");
        let (reason, detail) = pause_reason(&shop, &dispatch).await;
        assert_eq!((reason.as_str(), detail.as_str()), ("policy", "410 No longer like this"));
    }

    async fn who_does_not_exist_fails_alone_and_is_remembered(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(5).await;
        line.is_gone("U-王 2");
        for text in ["{{name|貴賓}}，週年慶", "再一次"] {
            let dispatch = shop.to(&people, text).await;
            shop.drain(NOW).await;
            let state = shop.state(&dispatch).await.1;
            assert!(state.contains(&"4 sent".to_owned()), "{state:?}");
            assert!(state.iter().any(|line| line == "1 failed gone" || line == "1 left_out gone"), "{state:?}");
        }
        assert_eq!(line.got().len(), 8);
    }

    async fn who_blocks_the_account_midway_gets_no_more(bench: Bench) {
        let (shop, line) = open(bench).await;
        slowly(&shop).await;
        let people = shop.crowd(3).await;
        let dispatch = shop.to(&people, "{{name|貴賓}}，週年慶").await;
        shop.once(NOW).await;
        let sent = line.got();
        let next = ["U-王 1", "U-王 2", "U-王 3"].into_iter().find(|id| sent.iter().all(|(got, _)| got != id)).unwrap();
        let (channel, now) = (shop.channel.clone(), shop.bench.now());
        let event = json!({"type": "unfollow", "mode": "active", "timestamp": now.and_utc().timestamp_millis(),
            "source": {"type": "user", "userId": next}, "webhookEventId": "01", "deliveryContext": {"isRedelivery": false}});
        let event = Received { key: "01".to_owned(), body: event.to_string(), due_at: now };
        shop.bench.write(move |conn| receive(conn, &channel, &[event], now)).await;
        shop.bench.drain(&shop.inbound, NOW).await;
        shop.drain(LATER).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["1 left_out blocked".to_owned(), "2 sent".to_owned()]));
        assert!(line.got().iter().all(|(got, _)| got != next));
    }

    async fn images_are_fetched_by_line_from_where_the_shop_is_reached(bench: Bench) {
        let (shop, line) = open(bench).await;
        let people = shop.crowd(2).await;
        let content = Content { parts: vec![
            Part::Text { text: "新品".to_owned() },
            Part::Image { image: "k3y".to_owned(), alt: "新品".to_owned() },
        ], ..Content::default() };
        let dispatch = shop.dispatch(&content).await;
        shop.add(&dispatch, &people).await;
        shop.close(&dispatch).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.1, ["2 sent"]);
        let got: Vec<String> = line.got().into_iter().map(|(_, part)| part).collect();
        assert_eq!(got, ["https://shop.example/media/k3y", "新品", "https://shop.example/media/k3y", "新品"]);
    }
}
