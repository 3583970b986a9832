//! Who is left out, and why.

use super::shop::{Shop, told};
use crate::support::{
    Backend,
    bench::{self, Bench, benches},
};
use chrono::TimeDelta;
use tidings_base::db::{Id, sql::Sql};
use tidings_customers::channels::ChannelKind;
use tidings_sending::{
    dispatch::{self, Added},
    messages::Content,
};

benches! {
    async fn each_reason_leaves_somebody_out(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Messenger).await;
        let people = shop.people(&["怡君", "拒絕", "封鎖", "消失", "沉默", "過期", "未問"]).await;
        shop.set("update contacts set consent = 'withdrawn'", &people[1]).await;
        shop.set("update contacts set unreachable = 'blocked'", &people[2]).await;
        shop.set("update contacts set unreachable = 'gone'", &people[3]).await;
        shop.set("update contacts set last_inbound_at = null", &people[4]).await;
        shop.set("update contacts set last_inbound_at = '2020-01-01 00:00:00'", &people[5]).await;
        // following a chat account is consent enough
        shop.set("update contacts set consent = 'none'", &people[6]).await;
        let dispatch = shop.dispatch(&Content::text("週年慶")).await;
        let (added, entries) = shop.add(&dispatch, &people).await;
        assert_eq!(added, Added { pending: 2, left_out: 5, cancelled: 0 });
        let (status, states) = shop.state(&dispatch).await;
        assert_eq!(status, "sending");
        assert_eq!(states, [
            "1 left_out blocked", "1 left_out gone", "2 left_out outside_window", "1 left_out withdrawn", "2 pending",
        ]);
        // those left out are told about at once
        let settled = shop.bench.write(told).await;
        assert_eq!(settled.len(), 5);
        assert!(settled.iter().all(|entry| entries[1..6].contains(entry)));
        assert!(shop.bench.write(told).await.is_empty());
    }

    async fn consent_must_be_given_for_sms_and_mail(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Sms).await;
        let people = shop.people(&["怡君", "未問"]).await;
        shop.set("update contacts set consent = 'none', last_inbound_at = null", &people[1]).await;
        shop.set("update contacts set last_inbound_at = null", &people[0]).await;
        let dispatch = shop.to(&people, "週年慶").await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 left_out no_consent", "1 pending"]);
    }

    async fn of_two_contacts_of_a_member_the_last_active_one_gets_it(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.people(&["舊手機", "新手機", "別人", "封鎖的新手機"]).await;
        member(&shop, &people[..2]).await;
        shop.set("update contacts set last_interaction_at = '2020-01-01 00:00:00'", &people[0]).await;
        let dispatch = shop.dispatch(&Content::text("週年慶")).await;
        shop.add(&dispatch, &people[..3]).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 left_out duplicate", "2 pending"]);
        shop.drain(TimeDelta::zero()).await;
        let got: Vec<String> = shop.vendor.got().into_iter().map(|(who, _)| who).collect();
        assert_eq!(got, ["U-別人", "U-新手機"]);
        // also when the other one comes later
        let later = shop.dispatch(&Content::text("再一次")).await;
        shop.add(&later, &people[..1]).await;
        shop.add(&later, &people[1..2]).await;
        assert_eq!(shop.state(&later).await.1, ["1 left_out duplicate", "1 pending"]);
    }

    async fn a_blocked_contact_takes_nobodys_place(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.people(&["舊手機", "新手機"]).await;
        member(&shop, &people).await;
        shop.set("update contacts set last_interaction_at = '2020-01-01 00:00:00'", &people[0]).await;
        shop.set("update contacts set unreachable = 'blocked'", &people[1]).await;
        let dispatch = shop.to(&people, "週年慶").await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 left_out blocked", "1 pending"]);
    }

    async fn nobody_is_added_twice_and_who_enters_again_gets_it_again(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.people(&["怡君", "志明"]).await;
        let dispatch = shop.dispatch(&Content::text("週年慶")).await;
        let (first, entries) = shop.add(&dispatch, &people).await;
        assert_eq!(first.pending, 2);
        let twice = shop.add_entries(&dispatch, &people[1..], &entries[1..]).await.unwrap_err();
        assert!(twice.to_string().to_lowercase().contains("unique"), "{twice}");
        let (again, _) = shop.add(&dispatch, &people[..1]).await;
        assert_eq!(again.pending, 1);
        assert_eq!(shop.state(&dispatch).await.1, ["3 pending"]);
    }

    async fn a_dispatch_is_one_of_its_kind(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let (origin, step) = (Id::new(), Id::new());
        let (channel, now) = (shop.channel.clone(), shop.bench.now());
        let ids = shop.bench.write(move |conn| {
            let content = Content::text("好");
            let new = |cohort| dispatch::NewDispatch {
                channel_id: &channel, name: "旅程", origin: dispatch::Origin::Journey, origin_id: &origin, origin_step: &step, cohort, content: &content,
                begins: dispatch::Begins::AtOnce,
            };
            Ok([dispatch::open(conn, &new("一"), now)?, dispatch::open(conn, &new("一"), now)?, dispatch::open(conn, &new("二"), now)?])
        }).await;
        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2]);
    }

    async fn everybody_left_out_is_done_at_once(bench: Bench) {
        let shop = Shop::open(bench, ChannelKind::Line).await;
        let people = shop.people(&["怡君"]).await;
        shop.set("update contacts set consent = 'withdrawn'", &people[0]).await;
        let dispatch = shop.to(&people, "週年慶").await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["1 left_out withdrawn".to_owned()]));
    }
}

async fn member(shop: &Shop, contacts: &[Id]) {
    let (contacts, now) = (contacts.to_vec(), shop.bench.now());
    shop.bench
        .write(move |conn| {
            let id = Id::new();
            let mut sql = tidings_base::db::sql::Sql::new(
                "insert into members (id, number, name, order_count, total_spent, created_at, version) values (",
            );
            sql.bind(&id).push(", 'M1', '王怡君', 0, 0, ").bind(now).push(", 1)");
            sql.execute(conn)?;
            let mut sql = tidings_base::db::sql::Sql::new("update contacts set member_id = ");
            sql.bind(&id).push(" where id in (").bind_all(&contacts).push(")");
            sql.execute(conn)
        })
        .await;
}

#[test]
fn choosing_a_few_of_many_reads_the_rows_of_those_few() {
    bench::run(Backend::Postgres, a_few_of_many);
}

/// PostgreSQL tells how many rows a transaction has read; its planner knows nothing of a table that is this
/// young, and once went through the whole account for each 5,000 people.
async fn a_few_of_many(bench: Bench) {
    let shop = Shop::open(bench, ChannelKind::Line).await;
    let everybody = shop.crowd(2_000).await;
    let dispatch = shop.dispatch(&Content::text("週年慶")).await;
    let (some, now) = (everybody[500..600].to_vec(), shop.bench.now());
    let (added, read) = shop
        .bench
        .write(move |conn| {
            let mut people = Sql::new("select column1 as contact_id, cast(null as text) as entry_id from (values ");
            for (n, contact) in some.iter().enumerate() {
                people.push(if n == 0 { "(" } else { ", (" }).bind(contact).push(")");
            }
            people.push(") chosen");
            let added = dispatch::add(conn, &dispatch, dispatch::People::Entries(people), now)?;
            let read = "select cast(seq_tup_read + coalesce(idx_tup_fetch, 0) as bigint) as n \
                        from pg_stat_xact_user_tables where relname = 'contacts'";
            Ok((added, Sql::new(read).count(conn)?))
        })
        .await;
    assert_eq!(added.pending, 100);
    assert!((100..=500).contains(&read), "{read} rows read for 100 people of 2,000");
}
