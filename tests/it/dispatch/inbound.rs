//! What vendors tell afterwards, through the one inbound path.

use super::shop::Shop;
use crate::support::bench::benches;
use chrono::{NaiveDateTime, TimeDelta};
use tidings_base::db::{Conn, Id, sql::Sql};
use tidings_customers::channels::ChannelKind;
use tidings_sending::channels::{About, Answer, InboundEvent, Received, What, receive};

const NOW: TimeDelta = TimeDelta::zero();

async fn tell(shop: &Shop, key: &str, identity: &str, at: NaiveDateTime, what: What) {
    let event = InboundEvent { identity: identity.to_owned(), at, what };
    let body = serde_json::to_string(&event).unwrap();
    raw(shop, key, &body).await;
}

async fn raw(shop: &Shop, key: &str, body: &str) {
    let (channel, now) = (shop.channel.clone(), shop.bench.now());
    let event = Received { key: key.to_owned(), body: body.to_owned(), due_at: now };
    shop.bench.write(move |conn| receive(conn, &channel, &[event], now)).await;
    shop.bench.drain(&shop.inbound, NOW).await;
}

#[derive(diesel::QueryableByName, PartialEq, Debug)]
struct Delivery {
    #[diesel(sql_type = diesel::sql_types::Text)]
    id: Id,
    #[diesel(sql_type = diesel::sql_types::Text)]
    state: String,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Timestamp>)]
    delivered_at: Option<NaiveDateTime>,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Timestamp>)]
    read_at: Option<NaiveDateTime>,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Timestamp>)]
    bounced_at: Option<NaiveDateTime>,
}

async fn deliveries(shop: &Shop, dispatch: &Id) -> Vec<Delivery> {
    let dispatch = dispatch.clone();
    let read = move |conn: &mut Conn| {
        let mut sql =
            Sql::new("select id, state, delivered_at, read_at, bounced_at from deliveries where dispatch_id = ");
        sql.bind(&dispatch).push(" order by id");
        sql.load::<Delivery>(conn)
    };
    shop.bench.write(read).await
}

async fn count(shop: &Shop, sql: &'static str) -> i64 {
    shop.bench.write(move |conn| Sql::new(sql).count(conn)).await
}

benches! {
    async fn delivered_and_read_count_once_whatever_the_order(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::WhatsApp).await;
        let people = shop.crowd(2).await;
        let dispatch = shop.to(&people, "週年慶").await;
        shop.drain(NOW).await;
        let sent = deliveries(&shop, &dispatch).await;
        let at = shop.bench.now();
        let about = || About::Delivery(sent[0].id.clone());
        // read comes first, and twice; then delivered, by the vendor's own id
        tell(&shop, "r1", "U-王 1", at, What::Read { about: about() }).await;
        tell(&shop, "r1", "U-王 1", at, What::Read { about: about() }).await;
        tell(&shop, "r2", "U-王 1", at, What::Read { about: about() }).await;
        tell(&shop, "d1", "U-王 1", at, What::Delivered { about: About::Message(format!("v-{}", sent[0].id)) }).await;
        let now = deliveries(&shop, &dispatch).await;
        assert_eq!((now[0].delivered_at, now[0].read_at), (Some(at), Some(at)));
        assert_eq!((now[1].delivered_at, now[1].read_at), (None, None));
        shop.state(&dispatch).await;
    }

    async fn a_watermark_is_about_everything_before_it(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Messenger).await;
        let people = shop.crowd(2).await;
        let one = shop.to(&people, "一").await;
        shop.drain(NOW).await;
        let until = shop.bench.now();
        let two = shop.to(&people, "二").await;
        shop.drain(NOW + TimeDelta::seconds(30)).await;
        tell(&shop, "w", "U-王 1", until, What::Read { about: About::Until(until) }).await;
        let read = |deliveries: Vec<Delivery>| deliveries.iter().filter(|d| d.read_at.is_some()).count();
        assert_eq!(read(deliveries(&shop, &one).await), 1);
        assert_eq!(read(deliveries(&shop, &two).await), 0);
        shop.state(&one).await;
    }

    async fn an_event_settles_what_was_unknown(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::WhatsApp).await;
        let people = shop.crowd(3).await;
        let dispatch = shop.to(&people, "週年慶").await;
        for _ in 0..3 {
            shop.vendor.next(|_| Answer::Unknown { detail: String::new() });
        }
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.1, ["3 unknown answer_lost"]);
        let ids: Vec<Id> = deliveries(&shop, &dispatch).await.into_iter().map(|d| d.id).collect();
        let at = shop.bench.now();
        tell(&shop, "1", "U", at, What::Delivered { about: About::Delivery(ids[0].clone()) }).await;
        tell(&shop, "2", "U", at, What::Bounced { about: About::Delivery(ids[1].clone()), detail: "131026".to_owned() }).await;
        tell(&shop, "3", "U", at, What::Accepted { about: About::Delivery(ids[2].clone()) }).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 failed refused", "2 sent"]);
    }

    async fn what_was_taken_may_bounce(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.crowd(1).await;
        let dispatch = shop.to(&people, "週年慶").await;
        shop.drain(NOW).await;
        let id = deliveries(&shop, &dispatch).await[0].id.clone();
        let at = shop.bench.now();
        tell(&shop, "1", "U", at, What::Bounced { about: About::Delivery(id), detail: "off".to_owned() }).await;
        let now = deliveries(&shop, &dispatch).await;
        assert_eq!((now[0].state.as_str(), now[0].bounced_at), ("sent", Some(at)));
        shop.state(&dispatch).await;
    }

    async fn a_message_opens_the_window_and_stands_on_the_time_line(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Messenger).await;
        let people = shop.people(&["怡君"]).await;
        shop.set("update contacts set last_inbound_at = '2020-01-01 00:00:00'", &people[0]).await;
        let closed = shop.to(&people, "一").await;
        assert_eq!(shop.state(&closed).await.1, ["1 left_out outside_window"]);
        tell(&shop, "m1", "U-怡君", shop.bench.now(), What::Message { text: "請問還有嗎？".to_owned(), id: None }).await;
        // an older one that comes late closes nothing
        tell(&shop, "m0", "U-怡君", shop.bench.now() - TimeDelta::days(9), What::Message { text: "您好".to_owned(), id: None }).await;
        let open = shop.to(&people, "二").await;
        assert_eq!(shop.state(&open).await.1, ["1 pending"]);
        assert_eq!(count(&shop, "select count(*) as n from events where kind = 'message_received'").await, 2);
    }

    async fn leaving_returning_and_consent(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.people(&["怡君"]).await;
        let who = |word: &str| format!("select count(*) as n from contacts where {word}");
        let at = shop.bench.now();
        for (key, what, then) in [
            ("1", What::Unfollow, who("unreachable = 'blocked'")),
            ("2", What::Follow, who("unreachable is null")),
            ("3", What::OptOut, who("consent = 'withdrawn'")),
            ("4", What::OptIn, who("consent = 'granted'")),
        ] {
            tell(&shop, key, "U-怡君", at, what).await;
            let n = shop.bench.write(move |conn| Sql::new(&then).count(conn)).await;
            assert_eq!(n, 1, "{key}");
        }
        assert_eq!(count(&shop, "select count(*) as n from events").await, 4);
    }

    async fn what_is_not_understood_is_kept_and_holds_nobody_up(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        shop.people(&["怡君"]).await;
        raw(&shop, "bad", "{\"what\":").await;
        tell(&shop, "stranger", "U-nobody", shop.bench.now(), What::Unfollow).await;
        tell(&shop, "good", "U-怡君", shop.bench.now(), What::Unfollow).await;
        assert_eq!(count(&shop, "select count(*) as n from inbound_events where status = 'failed' and problem is not null").await, 1);
        assert_eq!(count(&shop, "select count(*) as n from inbound_events where status = 'done'").await, 2);
        // Who left is known from then on, whoever it was.
        assert_eq!(count(&shop, "select count(*) as n from contacts where unreachable = 'blocked'").await, 2);
    }
}
