//! Accounts of LINE on the page of channels: connected, tried, given new secrets, disconnected.

use crate::support::{
    App, Shown, Visitor, both,
    line::{BOT, FakeLine, SECRET, TOKEN},
};
use std::sync::Arc;
use tidings_base::{
    clock::Anchor,
    db::{Id, sql::Sql},
    web::Role,
};
use tidings_customers::channels::{self, ChannelAccount, ChannelStatus};

/// What comes of connecting an account with this token.
async fn connect(admin: &Visitor, name: &str, token: &str) -> Shown {
    let page = admin.get("/channels/new?kind=line").await;
    assert_eq!(page.status, 200, "{}", page.text());
    let form = page.form("/channels").set("name", name).set("access_token", token).set("channel_secret", SECRET);
    let shown = form.submit().await;
    assert!(!shown.html.contains(token) && !shown.html.contains(SECRET), "a secret is on the page");
    shown
}

/// A LINE, an admin, and an account that is connected.
pub(super) async fn connected(app: &App) -> (Arc<FakeLine>, Visitor, Id) {
    let line = app.fake_line();
    let admin = app.as_(Role::Admin).await;
    let shown = connect(&admin, "小島 LINE", TOKEN).await;
    assert_eq!(shown.status, 200, "{}", shown.text());
    let id = shown.path.rsplit('/').next().unwrap().parse().unwrap();
    (line, admin, id)
}

async fn account(app: &App, id: &Id) -> ChannelAccount {
    let id = id.clone();
    app.read(move |conn| channels::find(conn, &id)).await.unwrap()
}

async fn count(app: &App, sql: &'static str) -> i64 {
    app.read(move |conn| Sql::new(sql).count(conn)).await
}

both! {
    async fn an_account_is_connected_once_line_knows_it(app: App) {
        let (line, admin, id) = connected(&app).await;
        let page = admin.get(&format!("/channels/{id}")).await;
        assert!(page.says("測試連線") && page.html.contains(&format!("https://shop.example/hooks/line/{id}")), "{}", page.text());
        let stored = account(&app, &id).await;
        assert_eq!((stored.rate_per_second, stored.vendor_id.as_deref()), (1_000, Some(BOT)));
        assert_eq!(line.requests(), ["GET /v2/bot/info", "GET /v2/bot/message/quota", "GET /v2/bot/message/quota/consumption"]);
        // Nothing of the secrets can be read where they are kept.
        let plain = "select count(*) as n from channel_connections where settings like '%secret%' or settings like '%token%'";
        assert_eq!(count(&app, plain).await, 0);
        let audit = admin.get("/audit").await;
        assert!(audit.says("小島選物") && !audit.html.contains(TOKEN) && !audit.html.contains(SECRET), "{}", audit.text());
        let twice = connect(&admin, "再一個", TOKEN).await;
        assert_eq!(twice.status, 422);
        assert!(twice.says("這個帳號已經連接為「小島 LINE」"), "{}", twice.text());
    }

    async fn what_line_does_not_accept_is_not_kept(app: App) {
        let line = app.fake_line();
        let admin = app.as_(Role::Admin).await;
        assert!(admin.get("/channels/new").await.says("LINE 官方帳號"));
        assert_eq!(admin.get("/channels/new?kind=hologram").await.status, 200);
        let wrong = connect(&admin, "小島 LINE", "wrong-token").await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.says("平台不接受這組金鑰"), "{}", wrong.text());
        assert_eq!(wrong.form("/channels").value("name"), "小島 LINE");
        assert_eq!(wrong.form("/channels").value("access_token"), "");
        let calls = line.requests().len();
        let page = admin.get("/channels/new?kind=line").await;
        let empty = page.form("/channels").set("access_token", "a b").submit().await;
        assert_eq!((empty.status, empty.all(".field .error").len(), line.requests().len()), (422, 3, calls));
        let nothing = page.form("/channels").set("kind", "messenger").submit().await;
        assert_eq!(nothing.status, 422);
        assert_eq!(count(&app, "select count(*) as n from channels").await, 0);
    }

    async fn a_test_says_the_name_and_the_quota_or_what_is_wrong(app: App) {
        let (line, admin, id) = connected(&app).await;
        let at = format!("/channels/{id}");
        let check = format!("{at}/check");
        line.used(12);
        let works = admin.get(&at).await.form(&check).submit().await;
        assert!(works.says("連線正常：「小島選物」") && works.says("沒有設定上限"), "{}", works.text());
        line.limit(Some(3_000));
        let works = admin.get(&at).await.form(&check).submit().await;
        assert!(works.says("本月可發送 3,000 則，已用 12 則，剩下 2,988 則"), "{}", works.text());
        "revoked".clone_into(&mut line.token.lock().unwrap());
        let wrong = admin.get(&at).await.form(&check).submit().await;
        assert!(wrong.says("平台不接受這組金鑰") && wrong.says("401"), "{}", wrong.text());
        assert!(!wrong.html.contains(TOKEN));
        assert_eq!(app.as_(Role::Marketer).await.get(&at).await.status, 403);
    }

    async fn secrets_are_changed_and_what_is_left_empty_stays(app: App) {
        let (line, admin, id) = connected(&app).await;
        let (at, change) = (format!("/channels/{id}"), format!("/channels/{id}/connection"));
        let page = admin.get(&change).await;
        assert!(page.says("更換金鑰") && !page.html.contains(TOKEN) && !page.html.contains(SECRET));
        "a-newer-one".clone_into(&mut line.token.lock().unwrap());
        let wrong = page.form(&change).submit().await;
        assert_eq!((wrong.status, wrong.html.contains(TOKEN)), (422, false), "the old one is tried and refused");
        let right = page.form(&change).set("access_token", "a-newer-one").submit().await;
        assert_eq!((right.status, right.path.as_str()), (200, at.as_str()), "{}", right.text());
        assert!(admin.get(&at).await.form(&format!("{at}/check")).submit().await.says("連線正常"));
        assert!(admin.get("/audit").await.says("更換「小島選物」的金鑰"));
    }

    async fn a_disconnected_account_keeps_its_history_and_comes_back(app: App) {
        let (_line, admin, id) = connected(&app).await;
        let (at, away) = (format!("/channels/{id}"), format!("/channels/{id}/disconnect"));
        let marketer = app.as_(Role::Marketer).await;
        let journey = marketer.get("/journeys/new").await.form("/journeys").set("name", "迎新").submit().await.path;
        let page = admin.get(&away).await;
        assert!(page.says("中斷「小島 LINE」的連接") && page.says("聯絡人 0"), "{}", page.text());
        let gone = page.form(&away).submit().await;
        assert!(gone.says("已中斷連接") && gone.says("重新連接"), "{}", gone.text());
        assert_eq!(account(&app, &id).await.status, ChannelStatus::Disconnected);
        assert_eq!(count(&app, "select count(*) as n from channel_connections").await, 0);
        assert_eq!(admin.get(&away).await.status, 409, "there is nothing to disconnect");
        let publish = marketer.get(&format!("{journey}/publish")).await;
        assert!(publish.says("「小島 LINE」已中斷連接") && publish.attributes("main a", "href").contains(&"/channels".to_owned()), "{}", publish.text());
        assert!(!marketer.get("/journeys/new").await.says("小島 LINE"), "it is not offered for new journeys");
        for button in ["resume", "check"] {
            let shown = page.form(&away).to(&format!("{at}/{button}")).submit().await;
            assert!(shown.says("沒有連接"), "{button}: {}", shown.text());
        }
        assert_eq!(account(&app, &id).await.status, ChannelStatus::Disconnected);
        let again = format!("{at}/connection");
        let form = admin.get(&again).await.form(&again).set("access_token", TOKEN).set("channel_secret", SECRET);
        let back = form.submit().await;
        assert_eq!((back.status, back.path.as_str()), (200, at.as_str()), "{}", back.text());
        assert_eq!(account(&app, &id).await.status, ChannelStatus::Ready);
    }

    async fn an_account_that_calls_this_machine_may_be_connected_while_the_clock_is_moved(app: App) {
        let product = app.clock.now() + chrono::TimeDelta::days(3);
        app.clock.set(Some(Anchor { product, machine: app.clock.machine(), speed: 1.0 }));
        connected(&app).await;
    }
}
