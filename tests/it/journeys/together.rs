//! Two people at the same journey: the second is told, and loses nothing.

use super::shop::Shop;
use crate::support::both;

both! {
    async fn two_people_change_the_settings(app: App) {
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey("原名").await;
        let (first, second) = (shop.get(&format!("{at}/edit")).await, shop.get(&format!("{at}/edit")).await);
        assert!(first.form(&at).set("name", "第一個名字").submit().await.says("已儲存「第一個名字」"));
        let told = second.form(&at).set("name", "第二個名字").submit().await;
        assert_eq!(told.status, 409);
        assert!(told.says("您填寫的內容都還在"), "{}", told.text());
        assert_eq!(told.form(&at).value("name"), "第二個名字");
        assert!(told.form(&at).submit().await.says("已儲存「第二個名字」"));
    }

    async fn two_people_change_the_steps(app: App) {
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey("步驟").await;
        let message = shop.step(&at, "send", "first", &[("text-1", "您好")]).await;
        let edit = format!("{at}/steps/{message}");
        let (first, second) = (shop.get(&format!("{edit}/edit")).await, shop.get(&format!("{edit}/edit")).await);
        let beside = shop.new_step(&at, "send", &format!("after.{message}")).await;
        first.form(&edit).set("text-1", "第一版").submit().await;
        let told = second.form(&edit).set("text-1", "第二版").submit().await;
        assert_eq!(told.status, 409);
        assert_eq!(told.form(&edit).value("text-1"), "第二版");
        assert!(told.form(&edit).submit().await.says("第二版"));

        // The neighbour is deleted while a new step is being written.
        let asks = shop.get(&format!("{edit}/delete")).await;
        asks.form(&format!("{edit}/delete")).submit().await;
        let told = beside.set("text-1", "新的一步").submit().await;
        assert_eq!(told.status, 409);
        assert!(told.form(&format!("{at}/steps")).submit().await.says("新的一步"));

        // A step is deleted while it is being changed: what was typed becomes a new one.
        let late = told_late(&shop, &at).await;
        assert!(late.says("新的一步，改過"), "{}", late.text());
    }

    async fn two_people_press_buttons(app: App) {
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey("按鈕").await;
        shop.step(&at, "send", "first", &[("text-1", "您好")]).await;
        let (one, two) = (shop.get(&format!("{at}/publish")).await, shop.get(&format!("{at}/publish")).await);
        assert!(one.form(&format!("{at}/publish")).submit().await.says("旅程已發布"));
        let told = two.form(&format!("{at}/publish")).submit().await;
        assert!(told.says("剛才被其他人修改"), "{}", told.text());
        let (pause, end) = (shop.get(&format!("{at}/pause")).await, shop.get(&format!("{at}/end")).await);
        assert!(pause.form(&format!("{at}/pause")).submit().await.says("旅程已暫停"));
        let told = end.form(&format!("{at}/end")).submit().await;
        assert!(told.says("剛才被其他人修改") && told.says("已暫停"), "{}", told.text());
        assert!(shop.get(&format!("{at}/pause")).await.says("只有排程中或進行中的旅程可以暫停"));
    }

    async fn a_live_journey_is_edited_as_a_new_version(app: App) {
        let shop = Shop::open(app, &["王怡君"]).await;
        let at = shop.journey("改版").await;
        let wait = shop.step(&at, "wait", "first", &[]).await;
        shop.publish(&at).await;
        shop.enter(&at).await;
        assert!(shop.get(&format!("{at}/edit")).await.says("旅程進行中不能直接修改"));
        let paused = shop.press(&at, "pause").await;
        assert!(paused.says("已暫停"), "{}", paused.text());
        let draft = paused.form(&format!("{at}/draft")).submit().await;
        assert_eq!(draft.path, format!("{at}?version=2"));
        assert!(!draft.html.contains(&wait), "its steps are new ones");
        let end = draft.all(".add summary").len();
        assert_eq!(end, 2);
        shop.step(&at, "send", "first", &[("text-1", "新的開頭")]).await;

        // Resuming keeps the draft and says so; discarding removes it.
        let asks = shop.get(&format!("{at}/resume")).await;
        assert!(asks.says("第 2 版草稿還沒有發布"), "{}", asks.text());
        let asks = shop.get(&format!("{at}/publish")).await;
        assert!(asks.says("目前在旅程裡的 1 人會走完他們進入時的版本"), "{}", asks.text());
        let live = asks.form(&format!("{at}/publish")).submit().await;
        assert!(live.says("第 2 版（目前）") && live.says("新的開頭"), "{}", live.text());
        let old = shop.get(&format!("{at}?version=1")).await;
        assert!(!old.says("新的開頭"));
        let people = shop.get(&format!("{at}/people")).await;
        assert!(people.says("王怡君") && people.says("等待到"), "{}", people.text());

        shop.press(&at, "pause").await;
        let draft = shop.get(&at).await.form(&format!("{at}/draft")).submit().await;
        assert_eq!(draft.path, format!("{at}?version=3"));
        let back = shop.press(&at, "discard").await;
        assert!(back.says("已捨棄草稿"), "{}", back.text());
        assert_eq!(shop.count("journey_versions").await, 2);
    }
}

/// Somebody changes the only step, which somebody else deletes meanwhile.
async fn told_late(shop: &Shop, at: &str) -> crate::support::Shown {
    let step = super::shop::newest(&shop.get(at).await);
    let edit = shop.get(&format!("{at}/steps/{step}/edit")).await;
    let asks = shop.get(&format!("{at}/steps/{step}/delete")).await;
    asks.form(&format!("{at}/steps/{step}/delete")).submit().await;
    let told = edit.form(&format!("{at}/steps/{step}")).set("text-1", "新的一步，改過").submit().await;
    assert_eq!(told.status, 409);
    told.form(&format!("{at}/steps")).submit().await
}
