//! The corridor over a live mail account: real sockets, and a server that keeps its own record.

use super::shop::Shop;
use crate::support::{
    bench::{Bench, benches},
    smtp::{Ending, Manners, Smtp},
};
use chrono::TimeDelta;
use mail_parser::MessageParser;
use tidings_base::db::{Id, sql::Sql};
use tidings_customers::channels::{self, ChannelKind};
use tidings_sending::{
    channels::{
        Channel, StopReason, Trouble,
        connection::{self, NotConnected},
        connectors,
        mail::{Mail, Secrets, Security, Settings},
    },
    dispatch,
    messages::{Content, Part},
};

const NOW: TimeDelta = TimeDelta::zero();

/// Words that must stand in no log and on no page.
const PASSWORD: &str = "correct horse battery";

fn settings(server: &Smtp) -> Settings {
    Settings {
        host: "127.0.0.1".to_owned(),
        port: server.address.port(),
        security: Security::None,
        user: "shop".to_owned(),
        sender_name: "樹屋選物".to_owned(),
        sender_address: "news@shop.example".to_owned(),
        postal_address: "106 台北市大安區和平東路一段 1 號".to_owned(),
    }
}

fn secrets() -> Secrets {
    Secrets { password: PASSWORD.to_owned() }
}

/// A shop whose account sends over `server`, and these people with an address each.
async fn open(bench: Bench, server: &Smtp, names: &[&str]) -> (Shop, Vec<Id>) {
    let mut shop = Shop::open(bench, ChannelKind::Email).await;
    shop.send = dispatch::send(connectors());
    connect(&shop, settings(server)).await;
    let people = shop.people(names).await;
    shop.bench
        .write(|conn| Sql::new("update contacts set identity = lower(name) || '@example.com'").execute(conn))
        .await;
    (shop, people)
}

async fn connect(shop: &Shop, settings: Settings) {
    let (channel, outside, now) = (shop.channel.clone(), shop.bench.work.outside.clone(), shop.bench.now());
    shop.bench
        .write(move |conn| {
            let saved = connection::save(conn, outside.secret(), &channel, &settings, &secrets(), now);
            saved.map_err(|e: NotConnected| diesel::result::Error::SerializationError(e.into()))
        })
        .await;
}

fn content() -> Content {
    Content {
        subject: Some("{{name|貴賓}}，週年慶🎁".to_owned()),
        ..Content::text("全館八折 https://shop.example/sale")
    }
}

/// A closed dispatch of [`content`] to these people.
async fn to(shop: &Shop, people: &[Id]) -> Id {
    let dispatch = shop.dispatch(&content()).await;
    shop.add(&dispatch, people).await;
    shop.close(&dispatch).await;
    dispatch
}

#[derive(diesel::QueryableByName)]
struct Word {
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    word: Option<String>,
}

async fn words(shop: &Shop, sql: &'static str) -> Vec<String> {
    let rows: Vec<Word> = shop.bench.write(move |conn| Sql::new(sql).load(conn)).await;
    rows.into_iter().map(|row| row.word.unwrap_or_default()).collect()
}

const DETAILS: &str =
    "select d.detail as word from deliveries d join contacts c on c.id = d.contact_id order by c.identity";
const PAUSED: &str = "select pause_reason || ' ' || pause_detail as word from dispatches";

benches! {
    async fn each_of_many_gets_it_once_over_few_connections(bench: Bench) {
        let server = Smtp::start(Manners { sign_in: Some(("shop", PASSWORD)), ..Manners::default() }).await;
        let names: Vec<String> = (1..=120).map(|n| format!("p{n:03}")).collect();
        let (shop, people) = open(bench, &server, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["120 sent".to_owned()]));
        let got = server.got();
        assert_eq!(got.len(), 120);
        assert!(got.values().all(|times| *times == 1), "{got:?}");
        assert!(server.connections() <= 10, "{} connections", server.connections());
        let each = server.accepted().iter().fold([0; 20], |mut each, mail| { each[mail.connection] += 1; each });
        assert!(each.iter().all(|mails| *mails <= 100), "{each:?}");
    }

    async fn what_arrives_is_what_was_written(bench: Bench) {
        let server = Smtp::start(Manners::default()).await;
        let (shop, people) = open(bench, &server, &["Amy"]).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        let [accepted] = &server.accepted()[..] else { panic!("one mail") };
        assert_eq!((accepted.from.as_str(), accepted.to.as_str()), ("news@shop.example", "amy@example.com"));
        let mail = MessageParser::default().parse(&accepted.message).unwrap();
        assert_eq!(mail.subject(), Some("Amy，週年慶🎁"));
        assert_eq!(mail.from().unwrap().first().unwrap().name(), Some("樹屋選物"));
        let delivery = words(&shop, "select id as word from deliveries").await.remove(0);
        assert_eq!(mail.message_id(), Some(format!("{delivery}@shop.example").as_str()));
        assert_eq!(words(&shop, "select vendor_id as word from deliveries").await, [format!("{delivery}@shop.example")]);
        assert!(mail.body_text(0).unwrap().contains("全館八折 https://shop.example/sale"));
        assert!(mail.body_html(0).unwrap().contains("<a href=\"https://shop.example/sale\""));
        assert_eq!(shop.state(&dispatch).await.0, "done");
    }

    async fn pictures_and_texts_are_one_mail(bench: Bench) {
        let server = Smtp::start(Manners::default()).await;
        let (shop, people) = open(bench, &server, &["amy"]).await;
        let text = |text: &str| Part::Text { text: text.to_owned() };
        let parts = vec![text("一"), Part::Image { image: "k3y".to_owned(), alt: "大衣".to_owned() }, text("二"), text("三")];
        let dispatch = shop.dispatch(&Content { parts, ..content() }).await;
        shop.add(&dispatch, &people).await;
        shop.close(&dispatch).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.0, "done");
        let [accepted] = &server.accepted()[..] else { panic!("one mail") };
        let mail = MessageParser::default().parse(&accepted.message).unwrap();
        let html = mail.body_html(0).unwrap();
        assert!(html.contains("<img src=\"https://shop.example/media/k3y\" alt=\"大衣\""), "{html}");
    }

    async fn who_is_not_there_is_marked_and_the_others_get_it(bench: Bench) {
        let server = Smtp::start(Manners::default()).await;
        server.change(|manners| {
            manners.recipients.insert("gone@example.com".to_owned(), vec!["550 5.1.1 User unknown"; 9].into());
            manners.recipients.insert("full@example.com".to_owned(), vec!["552 5.2.2 Mailbox is full"; 9].into());
        });
        let (shop, people) = open(bench, &server, &["amy", "full", "gone", "zoe"]).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["1 failed gone".into(), "1 failed refused".into(), "2 sent".into()]));
        assert_eq!(words(&shop, DETAILS).await[1..3], ["552 5.2.2 Mailbox is full", "550 5.1.1 User unknown"]);
        assert_eq!(words(&shop, "select unreachable as word from contacts order by identity").await, ["", "", "gone", ""]);
        // the next one leaves that person out
        let again = to(&shop, &people).await;
        assert_eq!(shop.state(&again).await.1, ["1 left_out gone", "3 pending"]);
        // and the connection was good for more all the while
        assert!(server.connections() <= 4, "{}", server.connections());
    }

    async fn who_is_greylisted_gets_it_after_the_wait(bench: Bench) {
        let server = Smtp::start(Manners::default()).await;
        server.change(|manners| {
            manners.recipients.insert("grey@example.com".to_owned(), vec!["450 4.2.0 Greylisted", "451 4.7.1 Not yet"].into());
        });
        let (shop, people) = open(bench, &server, &["amy", "grey"]).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        shop.drain(TimeDelta::minutes(4)).await;
        assert_eq!(server.got().len(), 1, "not before five minutes");
        assert_eq!(shop.state(&dispatch).await.1, ["1 pending later", "1 sent"]);
        shop.drain(TimeDelta::minutes(6)).await;
        shop.drain(TimeDelta::minutes(14)).await;
        assert_eq!(server.got().len(), 1, "asked to wait again, it waits longer");
        shop.drain(TimeDelta::minutes(18)).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["2 sent".to_owned()]));
        assert_eq!(server.got().into_values().collect::<Vec<_>>(), [1, 1]);
    }

    async fn a_lost_answer_is_unknown_and_nothing_is_sent_again(bench: Bench) {
        let server = Smtp::start(Manners::default()).await;
        server.change(|manners| {
            manners.endings.insert("lost@example.com".to_owned(), Ending::AcceptsAndCloses);
            manners.endings.insert("torn@example.com".to_owned(), Ending::ClosesInTheMiddle);
        });
        let (shop, people) = open(bench, &server, &["amy", "lost", "torn", "zoe"]).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        shop.drain(TimeDelta::days(3)).await;
        assert_eq!(shop.state(&dispatch).await, ("done".to_owned(), vec!["2 sent".into(), "2 unknown answer_lost".into()]));
        let got: Vec<_> = server.got().into_iter().collect();
        assert_eq!(got, [("amy@example.com".to_owned(), 1), ("lost@example.com".to_owned(), 1), ("zoe@example.com".to_owned(), 1)]);
    }

    async fn a_refusal_of_the_content_stops_everybody(bench: Bench) {
        let server = Smtp::start(Manners::default()).await;
        server.change(|manners| {
            manners.endings.insert("amy@example.com".to_owned(), Ending::Says("552 5.3.4 Message too big"));
        });
        let (shop, people) = open(bench, &server, &["amy"]).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("paused".to_owned(), vec!["1 pending".to_owned()]));
        assert_eq!(words(&shop, PAUSED).await, ["content 552 5.3.4 Message too big"]);
        assert!(server.accepted().is_empty());
    }

    async fn a_wrong_password_stops_everybody_until_it_is_right(bench: Bench) {
        let server = Smtp::start(Manners { sign_in: Some(("shop", "another")), ..Manners::default() }).await;
        let (shop, people) = open(bench, &server, &["amy", "zoe"]).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("paused".to_owned(), vec!["2 pending".to_owned()]));
        assert_eq!(words(&shop, PAUSED).await, ["token 535 5.7.8 Wrong user or password"]);
        server.change(|manners| manners.sign_in = Some(("shop", PASSWORD)));
        let (id, now) = (dispatch.clone(), shop.bench.now());
        shop.bench.write(move |conn| dispatch::resume(conn, &id, now)).await;
        shop.drain(TimeDelta::minutes(1)).await;
        assert_eq!(shop.state(&dispatch).await.1, ["2 sent"]);
    }

    async fn a_sender_that_is_refused_stops_everybody(bench: Bench) {
        let server = Smtp::start(Manners { sender: Some("550 5.7.1 Not yours to send as"), ..Manners::default() }).await;
        let (shop, people) = open(bench, &server, &["amy", "zoe"]).await;
        to(&shop, &people).await;
        shop.drain(NOW).await;
        assert_eq!(words(&shop, PAUSED).await, ["permission 550 5.7.1 Not yours to send as"]);
    }

    async fn twenty_refusals_in_a_row_are_not_about_the_people(bench: Bench) {
        let server = Smtp::start(Manners::default()).await;
        let names: Vec<String> = (1..=60).map(|n| format!("p{n:02}")).collect();
        server.change(|manners| for name in &names {
            manners.recipients.insert(format!("{name}@example.com"), vec!["554 5.7.1 Go away"; 9].into());
        });
        let (shop, people) = open(bench, &server, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        let (status, states) = shop.state(&dispatch).await;
        assert_eq!(status, "paused");
        assert_eq!(words(&shop, PAUSED).await, ["policy 554 5.7.1 Go away"]);
        let pending = states.iter().find(|line| line.ends_with(" pending")).unwrap();
        assert!(pending.split(' ').next().unwrap().parse::<usize>().unwrap() > 0, "{states:?}");
    }

    async fn a_server_that_closes_its_doors_is_tried_later(bench: Bench) {
        let server = Smtp::start(Manners { banner: Some("421 4.3.2 Too many connections"), ..Manners::default() }).await;
        let (shop, people) = open(bench, &server, &["amy"]).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await, ("sending".to_owned(), vec!["1 pending later".to_owned()]));
        server.change(|manners| manners.banner = None);
        shop.drain(TimeDelta::minutes(6)).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 sent"]);
        // a connection that the server ends between two mails is opened again at once
        server.change(|manners| manners.messages = 1);
        let again = to(&shop, &people).await;
        shop.drain(TimeDelta::minutes(7)).await;
        assert_eq!(shop.state(&again).await.1, ["1 sent"]);
    }

    async fn nobody_there_and_nobody_who_answers_are_later_and_never_unknown(bench: Bench) {
        let server = Smtp::start(Manners { silent: true, ..Manners::default() }).await;
        let (shop, people) = open(bench, &server, &["amy"]).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 pending later"]);
        connect(&shop, Settings { port: 1, ..settings(&server) }).await;
        shop.drain(TimeDelta::minutes(1)).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 pending later"]);
        connect(&shop, Settings { host: "nowhere.invalid".to_owned(), ..settings(&server) }).await;
        shop.drain(TimeDelta::minutes(10)).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 pending later"]);
    }

    async fn a_password_is_never_said_in_the_open_where_tls_was_wanted(bench: Bench) {
        let server = Smtp::start(Manners::default()).await;
        let (shop, people) = open(bench, &server, &["amy"]).await;
        connect(&shop, Settings { security: Security::StartTls, ..settings(&server) }).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.0, "paused");
        assert_eq!(words(&shop, PAUSED).await, ["permission the server does not offer STARTTLS"]);
        assert!(!server.lines().iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{:?}", server.lines());
    }

    async fn a_server_that_nobody_vouches_for_is_told_nothing(bench: Bench) {
        for security in [Security::StartTls, Security::Tls] {
            let manners = Manners { extensions: vec!["STARTTLS", "AUTH PLAIN"], tls: security == Security::Tls, ..Manners::default() };
            let server = Smtp::start(manners).await;
            let (shop, people) = open(bench.clone(), &server, &["amy"]).await;
            connect(&shop, Settings { security, ..settings(&server) }).await;
            let dispatch = to(&shop, &people).await;
            shop.drain(NOW).await;
            assert_eq!(shop.state(&dispatch).await.1, ["1 pending later"]);
            assert!(!server.lines().iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{:?}", server.lines());
            let detail = words(&shop, "select detail as word from deliveries where state = 'pending' order by id desc").await.remove(0);
            assert!(detail.to_lowercase().contains("certificate"), "{detail}");
        }
    }

    async fn an_address_that_the_server_cannot_say_is_one_person_s_trouble(bench: Bench) {
        let server = Smtp::start(Manners::default()).await;
        let (shop, people) = open(bench, &server, &["amy", "han"]).await;
        shop.bench.write(|conn| Sql::new("update contacts set identity = '王小明@例子.台灣' where name = 'han'").execute(conn)).await;
        let dispatch = to(&shop, &people).await;
        shop.drain(NOW).await;
        assert_eq!(shop.state(&dispatch).await.1, ["1 failed refused", "1 sent"]);
        server.change(|manners| manners.extensions.push("SMTPUTF8"));
        connect(&shop, settings(&server)).await;
        let again = to(&shop, &people[1..]).await;
        shop.drain(TimeDelta::minutes(1)).await;
        assert_eq!(shop.state(&again).await.1, ["1 sent"]);
        assert_eq!(server.accepted().last().unwrap().to, "王小明@xn--fsqu00a.xn--kpry57d");
    }

    async fn an_account_is_tried_out_before_it_is_stored(bench: Bench) {
        let server = Smtp::start(Manners { sign_in: Some(("shop", PASSWORD)), ..Manners::default() }).await;
        let work = bench.work.clone();
        let good = Mail::trial(settings(&server), secrets(), &work).check().await.unwrap();
        assert_eq!(good.name, "樹屋選物 <news@shop.example> · 127.0.0.1");
        let wrong = Mail::trial(settings(&server), Secrets { password: "wrong".to_owned() }, &work).check().await;
        let Err(Trouble::Stop(stop)) = wrong else { panic!("{wrong:?}") };
        assert_eq!((stop.reason, stop.detail.as_str()), (StopReason::Token, "535 5.7.8 Wrong user or password"));
        let nobody = Mail::trial(Settings { port: 1, ..settings(&server) }, secrets(), &work).check().await;
        assert!(matches!(nobody, Err(Trouble::Later { .. })), "{nobody:?}");
        assert!(server.accepted().is_empty());
    }

    async fn an_account_that_was_never_connected_says_so(bench: Bench) {
        let server = Smtp::start(Manners::default()).await;
        let (shop, people) = open(bench, &server, &["amy"]).await;
        let channel = shop.channel.clone();
        shop.bench.write(move |conn| connection::forget(conn, &channel)).await;
        to(&shop, &people).await;
        shop.drain(NOW).await;
        assert_eq!(words(&shop, PAUSED).await, ["token the account is not connected"]);
        let channel = shop.channel.clone();
        assert!(shop.bench.write(move |conn| channels::find(conn, &channel)).await.is_some());
    }
}
