//! The stand-in vendor and its page: what goes in at one end is on somebody's phone at the other.

use crate::support::{App, both};
use chrono::TimeDelta;
use std::collections::HashSet;
use tidings_base::{
    db::{Conn, Id, sql::Sql},
    web::Role,
};
use tidings_customers::channels::{self, ChannelKind, Connector, NewChannel};
use tidings_sending::{
    channels::{Answer, Call, Recipient, connectors, sandbox::phones},
    dispatch::Origin,
    messages::{Addressee, Content, Rendered},
};

async fn account(app: &App, kind: ChannelKind, connector: Connector, failure_share: f64) -> Id {
    let now = app.clock.now();
    app.write(move |conn| {
        channels::add(
            conn,
            &NewChannel { kind, connector, name: "本店官方帳號", rate_per_second: 500, failure_share },
            now,
        )
    })
    .await
}

/// People called 王 1 … 王 n who wrote an hour ago.
async fn people(app: &App, channel: &Id, n: usize) -> Vec<Id> {
    let (channel, now) = (channel.clone(), app.clock.now());
    app.write(move |conn| {
        let mut ids = Vec::new();
        for n in 1..=n {
            let (id, hour_ago) = (Id::new(), now - TimeDelta::hours(1));
            let mut sql = Sql::new(
                "insert into contacts (id, channel_id, identity, name, consent, subscribed_at, last_interaction_at, \
                 last_inbound_at, source, created_at, version) values (",
            );
            sql.bind(&id)
                .push(", ")
                .bind(&channel)
                .push(", ")
                .bind(format!("U{n:04}"))
                .push(", ")
                .bind(format!("王 {n}"));
            sql.push(", 'granted', ")
                .bind(now)
                .push(", ")
                .bind(hour_ago)
                .push(", ")
                .bind(hour_ago)
                .push(", 'import', ");
            sql.bind(now).push(", 1)");
            sql.execute(conn)?;
            ids.push(id);
        }
        Ok(ids)
    })
    .await
}

/// Sends `text` to everybody on the account, and waits until it is done.
async fn send(app: &App, channel: &Id, text: &str) -> Id {
    let (id, _) = app.send_to_all(channel, Origin::Journey, Content::text(text)).await;
    // The account's rate makes it take its time: quiet is not yet done.
    let status = id.clone();
    let running = move |conn: &mut Conn| {
        let mut sql = Sql::new("select count(*) as n from dispatches where status = 'sending' and id = ");
        sql.bind(&status);
        sql.count(conn)
    };
    let done = async {
        while app.read(running.clone()).await > 0 {
            app.settle().await;
        }
        app.settle().await;
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), done).await.expect("it is sent");
    id
}

async fn count(app: &App, sql: &'static str) -> i64 {
    app.read(move |conn| Sql::new(sql).count(conn)).await
}

/// People whose phone is not what was sent to them.
const COUNTED_WRONG: &str = "select count(*) as n from contacts c left join sandbox_phones p on p.contact_id = c.id \
    left join (select channel_id, identity, count(*) as received, max(at) as last_at from sandbox_messages \
    where direction = 'out' group by channel_id, identity) m on m.channel_id = c.channel_id and m.identity = c.identity \
    where coalesce(p.received, 0) <> coalesce(m.received, 0) or p.last_at <> m.last_at";

both! {
    async fn what_is_sent_stands_on_a_phone_and_an_answer_comes_back(app: App) {
        let channel = account(&app, ChannelKind::Line, Connector::Sandbox, 0.0).await;
        let contacts = people(&app, &channel, 3).await;
        let marketer = app.as_(Role::Marketer).await;
        assert!(marketer.get("/sandbox").await.says("還沒有人收到訊息"));
        assert_eq!(marketer.get("/sandbox?who=all").await.all("tbody tr").len(), 3);
        send(&app, &channel, "<b>{{name|貴賓}}</b>，週年慶開跑").await;

        let list = marketer.get("/sandbox").await;
        assert_eq!(list.all("tbody tr").len(), 3, "{}", list.text());
        assert_eq!(marketer.get("/sandbox?q=王 2").await.all("tbody tr").len(), 1);
        assert_eq!(marketer.get(&format!("/sandbox?channel={}", Id::new())).await.all("tbody tr").len(), 0);
        let address = format!("/sandbox/{}", contacts[1]);
        let phone = marketer.get(&address).await;
        assert_eq!(phone.all(".bubble"), ["<b>王 2</b>，週年慶開跑"]);
        assert!(!phone.html.contains("<b>王 2"), "words are words");
        assert!(!phone.says("已送達"), "LINE tells nobody what arrived");

        let reply = phone.form(&format!("{address}/reply")).set("reply", "請問還有 M 號嗎？");
        let (one, two) = tokio::join!(reply.submit(), reply.submit());
        assert_eq!((one.status, two.status), (200, 200));
        app.settle().await;
        let phone = marketer.get(&address).await;
        assert_eq!(phone.all(".bubble.mine"), ["請問還有 M 號嗎？"], "a double click is one reply");
        assert_eq!(count(&app, "select count(*) as n from events where kind = 'message_received'").await, 1);
        assert_eq!(count(&app, "select count(*) as n from contacts where last_inbound_at > last_interaction_at").await, 0);
        let empty = phone.form(&format!("{address}/reply")).set("reply", " ").submit().await;
        assert_eq!(empty.status, 422);
    }

    async fn who_turns_away_gets_nothing_more_until_coming_back(app: App) {
        let channel = account(&app, ChannelKind::Line, Connector::Sandbox, 0.0).await;
        let contacts = people(&app, &channel, 2).await;
        let admin = app.as_(Role::Admin).await;
        let address = format!("/sandbox/{}", contacts[0]);
        admin.get(&address).await.form(&format!("{address}/leave")).submit().await;
        app.settle().await;
        send(&app, &channel, "一").await;
        let phone = admin.get(&address).await;
        assert!(phone.says("封鎖了帳號") && phone.all(".bubble").is_empty());
        phone.form(&format!("{address}/return")).submit().await;
        app.settle().await;
        send(&app, &channel, "二").await;
        assert_eq!(admin.get(&address).await.all(".bubble"), ["二"]);

        let sms = account(&app, ChannelKind::Sms, Connector::Sandbox, 0.0).await;
        let contacts = people(&app, &sms, 1).await;
        let address = format!("/sandbox/{}", contacts[0]);
        admin.get(&address).await.form(&format!("{address}/leave")).submit().await;
        app.settle().await;
        assert_eq!(count(&app, "select count(*) as n from contacts where consent = 'withdrawn'").await, 1);
    }

    async fn delivered_and_read_come_back_as_events_where_the_channel_has_them(app: App) {
        let channel = account(&app, ChannelKind::WhatsApp, Connector::Sandbox, 0.0).await;
        let contacts = people(&app, &channel, 20).await;
        send(&app, &channel, "週年慶").await;
        assert_eq!(count(&app, "select count(*) as n from deliveries where state = 'sent'").await, 20);
        app.advance(TimeDelta::minutes(5)).await;
        assert_eq!(count(&app, "select count(*) as n from deliveries where delivered_at is not null").await, 20);
        let read = count(&app, "select count(*) as n from deliveries where read_at is not null").await;
        assert!((5..20).contains(&read), "most people read, not all: {read}");
        assert_eq!(count(&app, "select delivered as n from dispatches").await, 20);
        assert_eq!(count(&app, "select read as n from dispatches").await, read);
        let phone = app.as_(Role::Admin).await.get(&format!("/sandbox/{}", contacts[0])).await;
        assert!(phone.says("已送達") || phone.says("已讀"));
    }

    async fn a_share_of_the_people_fails_and_the_same_ones_again(app: App) {
        let channel = account(&app, ChannelKind::Sms, Connector::Sandbox, 0.3).await;
        people(&app, &channel, 100).await;
        send(&app, &channel, "一").await;
        send(&app, &channel, "二").await;
        let failed = count(&app, "select count(*) as n from deliveries where state = 'failed'").await;
        let people = count(&app, "select count(distinct contact_id) as n from deliveries where state = 'failed'").await;
        assert!((30..=90).contains(&failed) && failed == 2 * people, "{failed} failures of {people} people");
        assert_eq!(count(&app, "select count(*) as n from sandbox_messages").await, 200 - failed);
    }

    async fn a_known_key_is_taken_and_not_sent_again(app: App) {
        let channel = account(&app, ChannelKind::Line, Connector::Sandbox, 0.0).await;
        people(&app, &channel, 3).await;
        let id = channel.clone();
        let account = app.read(move |conn| channels::find(conn, &id)).await.unwrap();
        let vendor = connectors()(&account, &app.work).unwrap();
        let call = Call {
            retry_key: Some("8b9e9d0c".to_owned()),
            people: (1..=3).map(|n| Recipient { identity: format!("U{n:04}"), reference: None, contact: None }).collect(),
            words: Content::text("週年慶").render(&Addressee::NOBODY).unwrap(),
            tried: 0,
        };
        let (first, again) = (vendor.send(&call).await, vendor.send(&call).await);
        let (Answer::Taken { request_id: one, .. }, Answer::Taken { request_id: two, people }) = (first, again) else {
            panic!("both are taken");
        };
        assert_eq!(one, two);
        assert!(people.iter().all(Result::is_ok));
        assert_eq!(count(&app, "select count(*) as n from sandbox_messages").await, 3);
    }

    async fn the_window_holds_at_the_sandbox_too(app: App) {
        let channel = account(&app, ChannelKind::Messenger, Connector::Sandbox, 0.0).await;
        people(&app, &channel, 2).await;
        app.write(|conn| Sql::new("update contacts set last_inbound_at = '2020-01-01 00:00:00' where identity = 'U0002'").execute(conn)).await;
        let id = channel.clone();
        let account = app.read(move |conn| channels::find(conn, &id)).await.unwrap();
        let vendor = connectors()(&account, &app.work).unwrap();
        for (identity, taken) in [("U0001", true), ("U0002", false), ("U9999", false)] {
            let call = Call {
                retry_key: None,
                people: vec![Recipient { identity: identity.to_owned(), reference: None, contact: None }],
                words: Content::text("好").render(&Addressee::NOBODY).unwrap(),
                tried: 0,
            };
            let Answer::Taken { people, .. } = vendor.send(&call).await else { panic!("it answers one by one") };
            assert_eq!(people[0].is_ok(), taken, "{identity}");
        }
    }

    async fn a_salesperson_sees_the_phones_of_bound_customers_only(app: App) {
        let channel = account(&app, ChannelKind::Line, Connector::Sandbox, 0.0).await;
        let contacts = people(&app, &channel, 2).await;
        let (email, sales) = app.person(&[Role::Salesperson]).await;
        let (now, mine) = (app.clock.now(), contacts[0].clone());
        app.write(move |conn| {
            let member = Id::new();
            let mut sql = Sql::new("insert into members (id, number, name, salesperson_id, order_count, total_spent, created_at, version) values (");
            sql.bind(&member).push(", 'M1', '王怡君', ").bind(&sales).push(", 0, 0, ").bind(now).push(", 1)");
            sql.execute(conn)?;
            let mut sql = Sql::new("update contacts set member_id = ");
            sql.bind(&member).push(" where id = ").bind(&mine);
            sql.execute(conn)
        }).await;
        send(&app, &channel, "週年慶").await;
        let visitor = app.sign_in(&email).await;
        assert_eq!(visitor.get("/sandbox").await.all("tbody tr").len(), 1);
        let mine = format!("/sandbox/{}", contacts[0]);
        let phone = visitor.get(&mine).await;
        assert_eq!(phone.status, 200);
        let other = format!("/sandbox/{}", contacts[1]);
        assert_eq!(visitor.get(&other).await.status, 404);
        let forged = phone.form(&format!("{mine}/reply")).set("reply", "嗨").to(&format!("{other}/reply")).submit().await;
        assert_eq!(forged.status, 404);
        assert_eq!(count(&app, "select count(*) as n from inbound_events").await, 0);
    }

    async fn pages_hold_every_phone_once_whoever_is_looked_for(app: App) {
        let channel = account(&app, ChannelKind::Line, Connector::Sandbox, 0.0).await;
        people(&app, &channel, 110).await;
        for text in ["開跑", "倒數"] {
            send(&app, &channel, text).await;
        }
        assert_eq!(count(&app, COUNTED_WRONG).await, 0);
        people(&app, &account(&app, ChannelKind::Line, Connector::Sandbox, 0.0).await, 5).await;
        let marketer = app.as_(Role::Marketer).await;
        for (query, people) in [("", 110), ("?q=王", 110), ("?who=all", 115), ("?who=all&q=王", 115), ("?q=王 3", 11)] {
            let mut page = marketer.get(&format!("/sandbox{query}")).await;
            let (mut seen, mut pages) = (Vec::new(), Vec::new());
            loop {
                let links = page.attributes("td.title a", "href");
                seen.extend(links.clone());
                pages.push(links);
                match page.attributes("a[rel=next]", "href").first() {
                    Some(next) => page = page.follow(next).await,
                    None => break,
                }
            }
            assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (people, people), "{query}");
            assert!(page.says(&format!("–{people}，共 {people} 筆")), "{query}: {}", page.text());
            for earlier in pages.iter().rev().skip(1) {
                page = page.follow(&page.attributes("a[rel=prev]", "href")[0]).await;
                assert_eq!(&page.attributes("td.title a", "href"), earlier, "{query}");
            }
            assert!(page.attributes("a[rel=prev]", "href").is_empty(), "{query}");
        }
    }

    /// Ids follow the machine's time, messages the product's: a clock that was set back must not
    /// turn a talk upside down.
    async fn the_newest_message_is_the_newest_in_product_time(app: App) {
        let channel = account(&app, ChannelKind::Line, Connector::Sandbox, 0.0).await;
        let contacts = people(&app, &channel, 2).await;
        let (first, second) = (Id::new(), Id::new());
        let now = app.clock.now();
        for (id, person, words, hours) in
            [(second, 1, "較早", 3), (Id::new(), 2, "中間", 2), (first, 1, "最新", 1)]
        {
            let (channel, identity) = (channel.clone(), format!("U{person:04}"));
            app.write(move |conn| {
                let mut sql = Sql::new("insert into sandbox_messages (id, channel_id, identity, direction, body, at) values (");
                sql.bind(&id).push(", ").bind(&channel).push(", ").bind(identity).push(", 'out', ");
                sql.bind(Rendered::Text { text: words.to_owned() }.to_json()).push(", ");
                sql.bind(now - TimeDelta::hours(hours)).push(")");
                sql.execute(conn)?;
                phones::count(conn, [&id])
            })
            .await;
        }
        let marketer = app.as_(Role::Marketer).await;
        for query in ["", "?q=王"] {
            let list = marketer.get(&format!("/sandbox{query}")).await;
            assert_eq!(list.all("td.title a"), ["王 1", "王 2"], "{query}");
            assert!(list.says("最新") && !list.says("較早"), "{query}: {}", list.text());
        }
        let phone = marketer.get(&format!("/sandbox/{}", contacts[0])).await;
        assert_eq!(phone.all(".bubble"), ["較早", "最新"]);
    }

    async fn a_phone_that_is_not_there_is_not_found(app: App) {
        let live = account(&app, ChannelKind::Line, Connector::Live, 0.0).await;
        let contacts = people(&app, &live, 1).await;
        let admin = app.as_(Role::Admin).await;
        for id in [contacts[0].to_string(), Id::new().to_string(), "x".to_owned()] {
            assert_eq!(admin.get(&format!("/sandbox/{id}")).await.status, 404, "{id}");
        }
        assert_eq!(admin.get("/sandbox?who=all").await.all("tbody tr").len(), 0);
    }

    async fn a_shop_s_evening_message_reaches_every_phone_once(app: App) {
        let channel = account(&app, ChannelKind::Line, Connector::Sandbox, 0.0).await;
        people(&app, &channel, 1_500).await;
        send(&app, &channel, "{{name|貴賓}}，週年慶開跑").await;
        assert_eq!(count(&app, "select count(distinct identity) as n from sandbox_messages").await, 1_500);
        assert_eq!(count(&app, "select count(*) as n from sandbox_messages").await, 1_500);
    }
}
