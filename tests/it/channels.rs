//! The accounts: seen, set and paused by admins.

use crate::support::{App, both};
use tidings_base::{db::Id, web::Role};
use tidings_customers::channels::{self, ChannelAccount, ChannelKind, Connector, NewChannel};

async fn account(app: &App, connector: Connector) -> Id {
    let now = app.clock.now();
    let new = move |conn: &mut _| {
        let new =
            NewChannel {
                kind: ChannelKind::Line, connector, name: "本店", rate_per_second: 500, failure_share: 0.02
            };
        channels::add(conn, &new, now)
    };
    app.write(new).await
}

async fn stored(app: &App, id: &Id) -> ChannelAccount {
    let id = id.clone();
    app.read(move |conn| channels::find(conn, &id)).await.unwrap()
}

both! {
    async fn an_admin_sets_how_an_account_sends(app: App) {
        let id = account(&app, Connector::Sandbox).await;
        let address = format!("/channels/{id}");
        let admin = app.as_(Role::Admin).await;
        let list = admin.get("/channels").await;
        assert!(list.says("本店") && list.says("沙盒") && list.says("2% 會失敗"), "{}", list.text());
        let page = admin.get(&address).await;
        let saved = page.form(&address).set("name", "<b>新名稱</b>").set("rate", "50").set("failures", "0").submit().await;
        assert_eq!((saved.status, saved.path.as_str()), (200, "/channels"));
        let now = stored(&app, &id).await;
        assert_eq!((now.name.as_str(), now.rate_per_second, now.failure_share), ("<b>新名稱</b>", 50, 0.0));
        assert!(!saved.html.contains("<b>新名稱"));
        let wrong = page.form(&address).set("name", "").set("rate", "0").set("failures", "101").submit().await;
        assert_eq!(wrong.status, 422);
        assert_eq!(wrong.all(".field .error").len(), 3, "{}", wrong.text());
        assert_eq!(wrong.form(&address).value("failures"), "101");
        // from a page that was open before the change
        let second = page.form(&address).set("name", "別的").submit().await;
        assert_eq!(second.status, 409);
        assert_eq!(second.form(&address).submit().await.status, 200, "sent again, it stands");
        assert_eq!(stored(&app, &id).await.name, "別的");
        assert!(admin.get("/audit").await.says("別的"));
    }

    async fn everything_can_be_tried_before_a_vendor_is_connected(app: App) {
        let admin = app.as_(Role::Admin).await;
        let new = admin.get("/channels/new").await;
        let form = new.follow("/channels/new/trial").await.form("/channels/trial");
        assert_eq!(form.value("name"), "試用帳號");
        let wrong = form.set("name", " ").submit().await;
        assert_eq!((wrong.status, wrong.all(".field .error").len()), (422, 1), "{}", wrong.text());
        let form = wrong.form("/channels/trial").set("name", "試試看");
        let people = form.submit().await;
        assert!(people.says("已建立「試試看」，裡面有 6 位虛構的好友。"), "{}", people.text());
        assert_eq!(people.all("td.title a").len(), 6, "{}", people.text());
        let again = form.submit().await;
        assert_eq!(again.path, people.path, "a double click makes one account");
        assert!(admin.get("/audit").await.says("試試看"));
        let id: Id = people.path.split('=').next_back().unwrap().parse().unwrap();
        let account = stored(&app, &id).await;
        assert_eq!((account.kind, account.connector), (ChannelKind::Line, Connector::Sandbox));
        assert_eq!(app.as_(Role::Marketer).await.get("/channels/new/trial").await.status, 403);

        let broadcast = admin.get(&format!("/broadcasts/new?channel={id}")).await.form("/broadcasts");
        let asked = broadcast.set("name", "試發").set("text-1", "您好").add("do", "next").submit().await;
        assert!(asked.says("6"), "{}", asked.text());
    }

    async fn a_live_account_has_no_share_of_failures_to_set(app: App) {
        let id = account(&app, Connector::Live).await;
        let page = app.as_(Role::Admin).await.get(&format!("/channels/{id}")).await;
        assert!(page.all("#failures").is_empty() && !page.html.contains("name=\"failures\""));
    }

    async fn an_account_is_paused_and_resumed(app: App) {
        let id = account(&app, Connector::Sandbox).await;
        let address = format!("/channels/{id}");
        let admin = app.as_(Role::Admin).await;
        let paused = admin.get(&address).await.form(&format!("{address}/pause")).submit().await;
        assert!(paused.says("已暫停發送"), "{}", paused.text());
        assert!(!stored(&app, &id).await.status.can_send());
        let resumed = admin.get(&address).await.form(&format!("{address}/resume")).submit().await;
        assert!(resumed.says("已恢復發送"));
        assert!(stored(&app, &id).await.status.can_send());
        assert_eq!(admin.get(&format!("/channels/{}", Id::new())).await.status, 404);
        assert_eq!(admin.get("/channels/x").await.status, 404);
        assert_eq!(app.as_(Role::Marketer).await.get("/channels").await.status, 403);
    }
}
