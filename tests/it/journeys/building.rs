//! Building a journey on its pages, without scripts.

use super::shop::{Shop, newest};
use crate::support::both;
use tidings_customers::channels::ChannelKind;

both! {
    async fn a_journey_is_built_step_by_step_and_published(app: App) {
        let shop = Shop::open(app, &["王怡君"]).await;
        let empty = shop.get("/journeys").await;
        assert!(empty.says("還沒有旅程"), "{}", empty.text());

        let at = shop.journey("新品上市旅程").await;
        let refused = shop.get(&format!("{at}/publish")).await;
        assert!(refused.says("還沒有任何步驟"), "{}", refused.text());

        // A message: the name is put in by a button, and the phone shows it.
        let form = shop.new_step(&at, "send", "first").await.set("text-1", "嗨，");
        let named = form.add("compose", "name-1").submit().await;
        assert_eq!(named.status, 200);
        assert!(named.all(".phone .bubble").iter().any(|bubble| bubble == "嗨， 怡君"), "{:?}", named.all(".bubble"));
        let form = named.form(&format!("{at}/steps"));
        assert_eq!(form.value("text-1"), "嗨，{{name|貴賓}}");
        let saved = form.submit().await;
        assert!(saved.path.starts_with(&format!("{at}?version=1")), "{}", saved.path);
        let message = newest(&saved);

        let wait = shop.step(&at, "wait", &format!("after.{message}"), &[("amount", "3"), ("unit", "days")]).await;

        // A condition: the builder's buttons bring the form back with one more line.
        let form = shop.new_step(&at, "condition", &format!("after.{wait}")).await;
        let bare = form.submit().await;
        assert_eq!(bare.status, 422);
        assert!(bare.says("請至少加入一個條件"), "{}", bare.text());
        let form = bare.form(&format!("{at}/steps")).set("rule.adding", "tags").add("action", "add_condition:");
        let added = form.submit().await;
        assert_eq!(added.status, 200, "{}", added.text());
        let form = added.form(&format!("{at}/steps")).add("rule.0.tags", shop.tag.as_str());
        let saved = form.add("action", "save").submit().await;
        assert!(saved.says("標籤"), "{}", saved.text());
        let condition = newest(&saved);

        shop.step(&at, "send", &format!("yes.{condition}"), &[("text-1", "VIP 優惠")]).await;
        let tag = shop.step(&at, "add_tag", &format!("no.{condition}"), &[("new_tag", "待喚回")]).await;
        shop.step(&at, "end", &format!("after.{tag}"), &[]).await;
        let last = shop.step(&at, "send", &format!("after.{condition}"), &[("text-1", "謝謝您")]).await;

        let page = shop.get(&at).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let titles = page.all(".step h2");
        let drawn = ["觸發條件", "發送訊息", "等待", "條件分流", "發送訊息", "貼上標籤", "結束旅程", "發送訊息"];
        assert_eq!(titles, drawn);
        assert_eq!(page.all(".way .pill"), ["符合", "不符合"]);
        assert!(page.says("3 天") && page.says("待喚回") && page.says("VIP 優惠"), "{}", page.text());

        // Moved up past the condition and down again; changed; deleted.
        let moved = page.form(&format!("{at}/steps/{last}/move")).add("direction", "up").submit().await;
        assert_eq!(moved.all(".step h2")[3], "發送訊息");
        let back = moved.form(&format!("{at}/steps/{last}/move"));
        assert_eq!(back.without("direction").submit().await.status, 400, "up or down");
        let moved = shop.get(&at).await.form(&format!("{at}/steps/{last}/move")).add("direction", "down").submit().await;
        let edit = moved.follow(&format!("{at}/steps/{wait}/edit")).await;
        let changed = edit.form(&format!("{at}/steps/{wait}")).set("amount", "2").submit().await;
        assert!(changed.says("2 天"), "{}", changed.text());
        let asks = changed.follow(&format!("{at}/steps/{condition}/delete")).await;
        assert!(asks.says("3 個步驟會一起刪除"), "{}", asks.text());
        let gone = shop.get(&format!("{at}/steps/{last}/delete")).await;
        let gone = gone.form(&format!("{at}/steps/{last}/delete")).submit().await;
        assert_eq!(gone.all(".step h2").len(), 7);

        let asks = shop.get(&format!("{at}/publish")).await;
        for said in ["每個人只進入一次", "發布後不會立刻有人進入", "6 個步驟，其中 2 則訊息", "進行中"] {
            assert!(asks.says(said), "{said}: {}", asks.text());
        }
        let live = asks.form(&format!("{at}/publish")).submit().await;
        assert!(live.says("旅程已發布") && live.says("進行中"), "{}", live.text());
        assert!(!live.html.contains("/steps/new"), "what is live cannot be edited");
        let list = shop.get("/journeys").await;
        for said in ["新品上市旅程", "本店官方帳號", "系統功能觸發", "進行中"] {
            assert!(list.says(said), "{said}: {}", list.text());
        }
        assert_eq!(shop.count("audit where noun = 'journey' and action = 'published'").await, 1);
        let detour = shop.get(&format!("{at}/steps/{wait}/edit")).await;
        assert!(detour.says("旅程進行中不能直接修改"), "{}", detour.text());
    }

    async fn while_a_message_is_written_it_is_seen_on_the_phone(app: App) {
        let shop = Shop::open(app, &["王怡君"]).await;
        let at = shop.journey("新品上市旅程").await;
        let form = shop.new_step(&at, "send", "first").await.set("text-1", "{{name|貴賓}} 您好");
        let written = form.look(("action", "preview")).await;
        assert_eq!(written.status, 200, "{}", written.text());
        assert_eq!(written.all("#preview .bubble"), ["怡君 您好"]);
        let nothing = form.set("text-1", "").look(("action", "preview")).await;
        assert_eq!(nothing.status, 200, "what is not finished is not wrong yet: {}", nothing.text());
        assert_eq!(nothing.all("#preview .bubble"), ["訊息會顯示在這裡"]);
        assert!(shop.get(&at).await.all(".step h2").iter().all(|title| title != "發送訊息"), "looking keeps nothing");
    }

    async fn a_copy_begins_as_a_draft_with_the_same_steps(app: App) {
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey(&"長".repeat(100)).await;
        shop.step(&at, "send", "first", &[("text-1", "您好")]).await;
        shop.publish(&at).await;
        let copy = shop.get(&format!("{at}/copy")).await;
        let form = copy.form("/journeys");
        assert_eq!(form.value("name"), format!("{}（複製）", "長".repeat(96)));
        let made = form.submit().await;
        assert!(made.path != at && made.says("草稿") && made.says("您好"), "{}", made.text());
        let deleted = shop.press(&made.path, "delete").await;
        assert_eq!(deleted.path, "/journeys");
        assert_eq!(shop.get(&made.path).await.status, 404);
        assert!(shop.get(&format!("{at}/delete")).await.says("只有還沒發布過的草稿可以刪除"));
    }

    async fn a_double_click_makes_one_journey_and_one_step(app: App) {
        let shop = Shop::open(app, &[]).await;
        let form = shop.new_journey("雙擊").await;
        let (first, second) = (form.submit().await, form.submit().await);
        assert_eq!(first.path, second.path);
        assert_eq!(shop.count("journeys").await, 1);
        let form = shop.new_step(&first.path, "send", "first").await.set("text-1", "您好");
        let (first, second) = (form.submit().await, form.submit().await);
        assert_eq!(first.path, second.path);
        assert_eq!(shop.count("journey_steps").await, 1);
    }

    async fn the_list_is_searched_narrowed_and_sorted(app: App) {
        let shop = Shop::open(app, &[]).await;
        for name in ["甲旅程", "乙旅程", "100% 折扣"] {
            let at = shop.journey(name).await;
            shop.step(&at, "send", "first", &[("text-1", "您好")]).await;
            if name == "乙旅程" {
                shop.publish(&at).await;
            }
        }
        let names = |page: crate::support::Shown| page.all("td.title");
        assert_eq!(names(shop.get("/journeys").await), ["100% 折扣", "乙旅程", "甲旅程"], "the newest first");
        assert_eq!(names(shop.get("/journeys?q=%E6%97%85%E7%A8%8B&sort=name").await), ["乙旅程", "甲旅程"]);
        assert_eq!(names(shop.get("/journeys?q=%25").await), ["100% 折扣"], "taken literally");
        assert_eq!(names(shop.get("/journeys?status=running").await), ["乙旅程"]);
        assert_eq!(names(shop.get("/journeys?status=draft&sort=-name").await).len(), 2);
        assert_eq!(names(shop.get("/journeys?sort=entered").await).len(), 3);
        let other = format!("/journeys?channel={}", tidings_base::db::Id::new());
        assert!(shop.get(&other).await.says("沒有符合的資料"));
        assert_eq!(names(shop.get("/journeys?status=nonsense&channel=x&sort=y&after=z").await).len(), 3);
    }

    async fn a_page_of_the_list_takes_as_many_statements_with_many_journeys(app: App) {
        let shop = Shop::open(app, &[]).await;
        for n in 0..22 {
            shop.journey(&format!("旅程 {n:02}")).await;
        }
        let first = shop.get("/journeys?sort=name").await;
        assert_eq!(first.all("td.title").len(), 20);
        assert!(first.says("1–20，共 22 筆"), "{}", first.text());
        let next = first.attributes("a[rel=next]", "href").remove(0);
        let second = shop.get(&next).await;
        assert_eq!(second.all("td.title"), ["旅程 20", "旅程 21"]);
        let back = second.attributes("a[rel=prev]", "href").remove(0);
        assert_eq!(shop.get(&back).await.all("td.title"), first.all("td.title"));
    }

    async fn the_only_account_is_chosen_already(app: App) {
        let shop = Shop::open(app, &[]).await;
        let form = shop.get("/journeys/new").await.form("/journeys");
        assert_eq!(form.value("channel"), shop.channel.as_str());
        shop.app.channel(ChannelKind::Email, "電子報").await;
        let form = shop.get("/journeys/new").await.form("/journeys");
        assert_eq!(form.value("channel"), "", "one of two is for the person to choose");
    }
}
