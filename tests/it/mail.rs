//! A mail sender connected by form, tried out, changed and disconnected.

use crate::support::{
    App, Filled, Visitor, both,
    child::Running,
    smtp::{self, Manners, Smtp},
};
use tidings_base::{
    db::{Conn, sql::Sql},
    web::Role,
};

/// Words that must stand on no page and in no column as they are.
const PASSWORD: &str = "correct horse battery";

const NEW: &str = "/channels/new?kind=email";

/// The form of a new sender over `server`, filled in.
async fn filled(admin: &Visitor, server: &Smtp, password: &str) -> Filled {
    let page = admin.get(NEW).await;
    assert!(page.says("寄件人地址"), "{}", page.text());
    page.form("/channels")
        .set("name", "電子報")
        .set("sender_name", "樹屋選物")
        .set("sender_address", "News@Shop.example")
        .set("postal_address", "106 台北市大安區和平東路一段 1 號")
        .set("host", "127.0.0.1")
        .set("port", &server.address.port().to_string())
        .set("security", "none")
        .set("user", "shop")
        .set("password", password)
}

#[derive(diesel::QueryableByName)]
struct Stored {
    #[diesel(sql_type = diesel::sql_types::Text)]
    settings: String,
    #[diesel(sql_type = diesel::sql_types::Binary)]
    sealed: Vec<u8>,
}

async fn stored(app: &App) -> Vec<Stored> {
    app.read(|conn: &mut Conn| Sql::new("select settings, sealed from channel_connections").load(conn)).await
}

both! {
    async fn a_sender_is_connected_once_its_server_lets_it_in(app: App) {
        let server = Smtp::start(Manners { sign_in: Some(("shop", PASSWORD)), ..Manners::default() }).await;
        let admin = app.as_(Role::Admin).await;
        let wrong = filled(&admin, &server, "a wrong one").await.submit().await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.says("535 5.7.8 Wrong user or password"), "{}", wrong.text());
        assert!(!wrong.html.contains("a wrong one"), "no page shows a password");
        assert!(stored(&app).await.is_empty());
        let nobody = filled(&admin, &server, PASSWORD).await.set("port", "1").submit().await;
        assert_eq!(nobody.status, 422);
        assert!(stored(&app).await.is_empty());

        let connected = filled(&admin, &server, PASSWORD).await.submit().await;
        assert_eq!(connected.status, 200);
        assert!(connected.path.starts_with("/channels/") && connected.says("樹屋選物 <news@shop.example> · 127.0.0.1"), "{}", connected.text());
        let at = connected.path.clone();
        let [row] = &stored(&app).await[..] else { panic!("one connection") };
        assert!(row.settings.contains("\"sender_address\":\"news@shop.example\"") && !row.settings.contains(PASSWORD));
        assert!(!row.sealed.windows(5).any(|bytes| bytes == b"horse"));
        assert!(admin.get("/channels").await.says("10 次／秒"));

        let checked = admin.get(&at).await.form(&format!("{at}/check")).submit().await;
        assert!(checked.says("連線正常"), "{}", checked.text());
        assert!(server.accepted().is_empty(), "trying out sends nothing");

        // what is left empty stays; the other fields come back as they are
        let change = format!("{at}/connection");
        let page = admin.get(&change).await;
        assert_eq!(page.form(&change).value("sender_name"), "樹屋選物");
        assert_eq!(page.form(&change).value("password"), "");
        let changed = page.form(&change).set("sender_name", "樹屋選物電子報").submit().await;
        assert_eq!((changed.status, changed.path.as_str()), (200, at.as_str()), "{}", changed.text());
        assert!(stored(&app).await[0].settings.contains("樹屋選物電子報"));
        let wrong = admin.get(&change).await.form(&change).set("password", "another").submit().await;
        assert_eq!(wrong.status, 422);
        for path in ["/channels", at.as_str(), change.as_str(), "/audit"] {
            assert!(!admin.get(path).await.html.contains("horse"), "{path}");
        }
    }

    async fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(app: App) {
        let server = Smtp::start(Manners::default()).await;
        let admin = app.as_(Role::Admin).await;
        let page = filled(&admin, &server, PASSWORD).await.set("sender_address", "shop").set("host", "https://x").submit().await;
        assert_eq!(page.status, 422);
        assert_eq!(page.all(".field .error").len(), 2, "{}", page.text());
        let form = page.form("/channels");
        assert_eq!((form.value("sender_address"), form.value("host"), form.value("password")), ("shop", "https://x", ""));
        assert_eq!(server.connections(), 0, "nobody is asked about what cannot be right");
        assert_eq!(app.as_(Role::Marketer).await.get(NEW).await.status, 403);
    }
}

/// A server of its own, in a process that trusts the authority of the tests.
#[test]
fn a_sender_signs_in_behind_starttls_and_behind_tls() {
    let folder = tempfile::tempdir().unwrap();
    let authority = smtp::authority();
    let server = Running::start(
        folder.path(),
        &["serve", "--empty"],
        &[
            ("TIDINGS_ADMIN_EMAIL", "boss@shop.test"),
            ("TIDINGS_ADMIN_PASSWORD", "a long password"),
            ("TIDINGS_ALLOW_PRIVATE_ADDRESSES", "1"),
            ("SSL_CERT_FILE", authority.to_str().unwrap()),
        ],
    );
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(async {
        let admin = server.visitor();
        let page = admin.get("/signin").await;
        page.form("/signin").set("email", "boss@shop.test").set("password", "a long password").submit().await;
        for (security, tls) in [("starttls", false), ("tls", true)] {
            let manners = Manners {
                tls,
                extensions: vec!["STARTTLS", "8BITMIME", "AUTH PLAIN LOGIN"],
                sign_in: Some(("shop", PASSWORD)),
                ..Manners::default()
            };
            let mails = Smtp::start(manners).await;
            let form = filled(&admin, &mails, PASSWORD).await.set("security", security);
            let connected = form.set("host", "localhost").submit().await;
            assert_eq!(connected.status, 200, "{security}: {}", connected.text());
            assert!(connected.says("· localhost"), "{security}: {}", connected.text());
            let lines = mails.lines();
            let said = |verb: &str| lines.iter().position(|line| line.starts_with(verb));
            assert!(said("AUTH").is_some() && (tls || said("STARTTLS") < said("AUTH")), "{lines:?}");
        }
    });
}
