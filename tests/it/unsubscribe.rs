//! The page behind the link at the foot of a mail, and the button that mail programs make of it.

use crate::support::{
    App, Someone, both,
    smtp::{Manners, Smtp},
};
use mail_parser::MessageParser;
use tidings_base::{
    db::{Conn, Id, sql::Sql},
    web::Role,
};
use tidings_customers::{
    channels::{self, ChannelKind, Connector, NewChannel},
    consent::{Consent, unsubscribe},
};
use tidings_sending::{
    channels::{
        connection::{self, NotConnected},
        mail::{Secrets, Security, Settings},
    },
    dispatch::Origin,
    messages::Content,
};

/// An account of this kind with one contact.
async fn contact(app: &App, kind: ChannelKind, connector: Connector, identity: &'static str) -> (Id, Id) {
    let now = app.clock.now();
    let new = NewChannel { kind, connector, name: "本店", rate_per_second: 500, failure_share: 0.0 };
    let channel = app.write(move |conn| channels::add(conn, &new, now)).await;
    let someone = Someone::called("王怡君").at(identity).who(Consent::Granted).subscribed(now);
    let contact = app.contact(&channel, someone).await;
    (channel, contact)
}

async fn connect(app: &App, channel: &Id, server: &Smtp) {
    let settings = Settings {
        host: "127.0.0.1".to_owned(),
        port: server.address.port(),
        security: Security::None,
        user: String::new(),
        sender_name: "樹屋選物".to_owned(),
        sender_address: "news@shop.example".to_owned(),
        postal_address: "106 台北市大安區和平東路一段 1 號".to_owned(),
    };
    let (channel, outside, now) = (channel.clone(), app.work.outside.clone(), app.clock.now());
    app.write(move |conn| {
        let secrets = Secrets { password: String::new() };
        let saved = connection::save(conn, outside.secret(), &channel, &settings, &secrets, now);
        saved.map_err(|e: NotConnected| diesel::result::Error::SerializationError(e.into()))
    })
    .await;
}

/// Sends to everybody on the account; how many are left out.
async fn send(app: &App, channel: &Id, origin: Origin) -> i64 {
    let content = Content { subject: Some("週年慶".to_owned()), ..Content::text("全館八折") };
    let (_, added) = app.send_to_all(channel, origin, content).await;
    app.settle().await;
    added.left_out
}

async fn consent(app: &App) -> (String, i64) {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        consent: String,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        lines: i64,
    }
    app.read(|conn: &mut Conn| {
        let sql = Sql::new(
            "select consent, (select count(*) from consents where source = 'unsubscribe_link') as lines from contacts",
        );
        sql.first::<Row>(conn).map(|row| (row.consent, row.lines))
    })
    .await
}

both! {
    async fn one_click_in_a_mail_that_arrived_leaves_its_reader_out_of_the_next(app: App) {
        let server = Smtp::start(Manners::default()).await;
        let (channel, contact) = contact(&app, ChannelKind::Email, Connector::Live, "amy.chen@example.com").await;
        connect(&app, &channel, &server).await;
        assert_eq!(send(&app, &channel, Origin::Journey).await, 0);
        let [accepted] = &server.accepted()[..] else { panic!("one mail") };
        let mail = MessageParser::default().parse(&accepted.message).unwrap();
        let header = |name: &str| mail.header_raw(name).unwrap().trim().to_owned();
        assert_eq!(header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        let listed = header("List-Unsubscribe");
        let link = listed.trim_start_matches('<').trim_end_matches('>');
        assert!(mail.body_text(0).unwrap().contains(link) && mail.body_html(0).unwrap().contains(link));
        let path = link.strip_prefix(crate::support::PUBLIC_URL).unwrap();

        // as a mail program does it: no cookies, no redirect, a body of its own
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let post = http.post(format!("{}{path}", app.address)).header("content-type", "application/x-www-form-urlencoded");
        let answer = post.body("List-Unsubscribe=One-Click").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.text().await.unwrap().contains("已取消訂閱"));
        assert_eq!(consent(&app).await, ("withdrawn".to_owned(), 1));

        assert_eq!(send(&app, &channel, Origin::Journey).await, 1);
        assert_eq!(server.accepted().len(), 1);
        let reasons = app.read(|conn| Sql::new("select count(*) as n from deliveries where state = 'left_out' and reason = 'withdrawn'").count(conn)).await;
        assert_eq!(reasons, 1);
        let page = app.as_(Role::Marketer).await.get(&format!("/contacts/{contact}")).await;
        assert!(page.says("信件中的取消訂閱連結"), "{}", page.text());
    }

    async fn a_trial_unsubscribes_nobody(app: App) {
        let server = Smtp::start(Manners::default()).await;
        let (channel, _) = contact(&app, ChannelKind::Email, Connector::Live, "amy.chen@example.com").await;
        connect(&app, &channel, &server).await;
        assert_eq!(send(&app, &channel, Origin::Test).await, 0);
        let [accepted] = &server.accepted()[..] else { panic!("one mail") };
        let mail = MessageParser::default().parse(&accepted.message).unwrap();
        assert!(mail.header_raw("List-Unsubscribe").is_none() && mail.header_raw("List-Unsubscribe-Post").is_none());
        let (plain, html) = (mail.body_text(0).unwrap(), mail.body_html(0).unwrap());
        assert!(plain.contains("測試信") && !plain.contains("/u/") && !html.contains("/u/"), "{plain}");
    }

    async fn looking_at_the_page_changes_nothing_and_its_button_does(app: App) {
        let (_, contact) = contact(&app, ChannelKind::Sms, Connector::Sandbox, "+886912345678").await;
        let path = unsubscribe::path(app.work.outside.secret(), &contact);
        let page = app.anonymous().get(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.says("取消訂閱") && page.says("+8***78") && !page.says("0912345678"), "{}", page.text());
        assert!(app.anonymous().get_in(&path, "en").await.says("Unsubscribe"));
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let head = http.head(format!("{}{path}", app.address)).send().await.unwrap();
        assert_eq!(head.status(), 200);
        app.as_(Role::Admin).await.get(&path).await;
        assert_eq!(consent(&app).await, ("granted".to_owned(), 0));

        let done = page.form(&path).submit().await;
        assert_eq!((done.status, done.path.as_str()), (200, path.as_str()));
        assert!(done.says("已取消訂閱"));
        assert_eq!(consent(&app).await, ("withdrawn".to_owned(), 1));
        // again, without a body, and as a form in parts: the same
        assert_eq!(app.anonymous().post(&path, &[]).await.status, 200);
        let parts = reqwest::multipart::Form::new().text("List-Unsubscribe", "One-Click");
        let answer = http.post(format!("{}{path}", app.address)).multipart(parts).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(consent(&app).await, ("withdrawn".to_owned(), 1));
        assert!(app.anonymous().get(&path).await.says("已取消訂閱"));
    }

    async fn nobody_unsubscribes_somebody_else(app: App) {
        let (_, contact) = contact(&app, ChannelKind::Email, Connector::Live, "amy@example.com").await;
        let path = unsubscribe::path(app.work.outside.secret(), &contact);
        let token = path.strip_prefix("/u/").unwrap();
        let turned: String = token.chars().rev().collect();
        let strange = unsubscribe::path(app.work.outside.secret(), &Id::new());
        for wrong in ["/u/x".to_owned(), format!("/u/{contact}"), format!("/u/{turned}"), format!("{path}0"), strange] {
            assert_eq!(app.anonymous().get(&wrong).await.status, 404, "{wrong}");
            assert_eq!(app.anonymous().post(&wrong, &[("List-Unsubscribe", "One-Click")]).await.status, 404, "{wrong}");
        }
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let long = http.post(format!("{}{path}", app.address)).body("x".repeat(1 << 20)).send().await;
        assert!(long.is_err() || long.unwrap().status() == 413);
        assert_eq!(consent(&app).await, ("granted".to_owned(), 0));
    }
}
