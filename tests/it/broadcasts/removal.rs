//! What is left of a broadcast when its people were kept long enough.

use super::shop::{Shop, confirm, confirmation, form, id};
use crate::support::both;
use chrono::TimeDelta;
use tidings_base::{db::sql::Sql, web::Role};
use tidings_customers::channels::ChannelKind;

both! {
    async fn the_people_of_an_old_broadcast_go_and_its_figures_stay(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let sent = id(&confirm(&confirmation(form(&marketer).await.set("new_tags", "週年慶")).await).await);
        app.settle().await;
        let count = async |what: &str| {
            let sql = format!("select count(*) as n from {what}");
            app.read(move |conn| Sql::new(&sql).count(conn)).await
        };
        let at = format!("/broadcasts/{sent}");
        let shown = async || {
            let page = marketer.get(&at).await;
            (page.all(".funnel tr, .stat, .reasons li, table td"), page.says("已拒收行銷訊息"))
        };
        let before = shown().await;
        assert!(before.1 && !before.0.is_empty());
        assert!(count("events").await > 0);

        app.advance(TimeDelta::days(729)).await;
        assert_eq!(count("deliveries").await, 6, "two years are not over");
        app.advance(TimeDelta::days(3)).await;
        assert_eq!(count("deliveries").await, 0);
        assert_eq!(count("batches").await, 0);
        assert_eq!(count("events").await, 0);
        assert_eq!(shown().await, before, "the page says what it said");
        let people = marketer.get(&format!("{at}/people")).await;
        assert!(people.says("名單已依「設定」裡的保留期限清除"), "{}", people.text());
        assert_eq!(count("contacts").await, shop.people.len() as i64, "nobody is forgotten");
        assert!(count("consents").await > 0 || count("contacts where consent = 'withdrawn'").await == 1);
        assert_eq!(shop.phones(&app).await.len(), 5, "and nothing was sent again");
    }

    async fn what_is_kept_for_good_is_kept(app: App) {
        Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let admin = app.as_(Role::Admin).await;
        let saved = admin.get("/settings").await.form("/settings").set("keep", "0").submit().await;
        assert!(saved.says("已儲存設定") && saved.form("/settings").value("keep") == "0", "{}", saved.text());
        confirm(&confirmation(form(&marketer).await).await).await;
        app.settle().await;
        app.advance(TimeDelta::days(3_000)).await;
        let left = app.read(|conn| Sql::new("select count(*) as n from deliveries").count(conn)).await;
        assert_eq!(left, 6);
        let admins = app.as_(Role::Admin).await;
        assert!(admins.get("/settings").await.says("上次清除了"));
    }
}
