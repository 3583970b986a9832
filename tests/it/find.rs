//! Finding by name, and what leads a new shop to its first send.

use crate::support::{Backend, Browser, Someone, View, both, run};
use fantoccini::{Locator, key::Key};
use tidings_base::web::{Lang, Role};
use tidings_customers::channels::ChannelKind;

both! {
    async fn what_has_a_name_is_found_by_who_may_see_it(app: App) {
        let line = app.channel(ChannelKind::Line, "本店").await;
        let sms = app.channel(ChannelKind::Sms, "簡訊").await;
        let person = app.contact(&line, Someone::called("王怡君")).await;
        app.contact(&sms, Someone::called("陳冠宇").at("+886912345678")).await;
        let marketer = app.as_(Role::Marketer).await;
        let made = marketer.get("/audiences/new").await.form("/audiences");
        made.set("name", "100% 王牌客戶").set("kind", "line").add("action", "save").submit().await;

        let all = marketer.get("/find").await;
        let places = all.attributes("#found a", "href");
        assert!(places.iter().any(|href| href == "/schedules") && !places.iter().any(|href| href == "/people"), "{places:?}");
        let found = marketer.get("/find?q=王").await;
        let links = found.attributes("#found a", "href");
        assert_eq!(links[0], format!("/contacts/{person}"));
        assert!(links[1].starts_with("/audiences/") && links.len() == 2, "{links:?}");
        for (query, words) in [("0912345678", "陳冠宇"), ("5678", "陳冠宇"), ("%25 王牌", "100% 王牌客戶"), ("排程", "自動化排程")] {
            let found = marketer.get(&format!("/find?q={query}")).await;
            assert!(found.all("#found a").iter().any(|text| text.contains(words)), "{query}: {}", found.text());
        }
        assert!(marketer.get("/find?q=查無此人").await.says("沒有符合的資料"));
        assert!(marketer.get("/find?q=_").await.says("沒有符合的資料"), "a wildcard is a letter");

        let sales = app.as_(Role::Salesperson).await;
        let found = sales.get("/find?q=王").await;
        assert!(found.says("沒有符合的資料"), "neither somebody else's customer nor an audience: {}", found.text());
    }

    async fn a_new_shop_is_led_to_its_first_send(app: App) {
        let (admin, marketer) = (app.as_(Role::Admin).await, app.as_(Role::Marketer).await);
        let today = admin.get("/").await;
        assert!(today.says("開始使用 Tidings") && today.says("已完成 0／6"), "{}", today.text());
        assert_eq!(today.attributes(".first-steps .button.primary", "href"), ["/channels/new"]);
        let theirs = marketer.get("/").await;
        assert!(theirs.says("請管理員協助"), "{}", theirs.text());
        let line = app.channel(ChannelKind::Line, "本店").await;
        app.contact(&line, Someone::called("王怡君")).await;
        let today = marketer.get("/").await;
        assert!(today.says("已完成 2／6"), "{}", today.text());
        assert_eq!(today.attributes(".first-steps .button.primary", "href"), ["/audiences/new"]);
        assert!(today.all(".week li").is_empty(), "a week of nothing is not shown");
        let sales = app.as_(Role::Salesperson).await.get("/").await;
        assert!(!sales.says("開始使用 Tidings"), "who does not send is not led to it");
    }
}

#[test]
fn the_palette_opens_anywhere_and_goes_there_by_keyboard_alone() {
    run(Backend::Sqlite, |app| async move {
        let line = app.channel(ChannelKind::Line, "本店").await;
        let person = app.contact(&line, Someone::called("王怡君")).await;
        let browser = Browser::start(&app).await;
        browser.look(View { lang: Lang::Zh, dark: false, width: 1440 }).await;
        browser.sign_in(&app, Role::Marketer).await;
        browser.open("/schedules").await;
        let body = browser.client.find(Locator::Css("body")).await.unwrap();
        body.send_keys(&format!("{}k", char::from(Key::Control))).await.unwrap();
        let field = browser.client.wait().for_element(Locator::Css("dialog.palette input")).await.unwrap();
        field.send_keys("怡君").await.unwrap();
        let there = format!("dialog.palette a[href='/contacts/{person}']");
        browser.client.wait().for_element(Locator::Css(&there)).await.unwrap();
        field.send_keys(&String::from(char::from(Key::Enter))).await.unwrap();
        let there = browser.client.current_url().await.unwrap().join(&format!("/contacts/{person}")).unwrap();
        browser.client.wait().for_url(&there).await.unwrap();
        assert!(browser.complaints().await.is_empty());
    });
}
