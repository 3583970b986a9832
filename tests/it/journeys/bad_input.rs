//! What cannot be: said beside its field, with everything that was typed still there.

use super::shop::Shop;
use crate::support::both;
use tidings_base::db::Id;

both! {
    async fn a_journeys_fields_refuse_what_cannot_be(app: App) {
        let shop = Shop::open(app, &[]).await;
        let other = Id::new().to_string();
        let long = "長".repeat(10_000);
        let cases: &[(&str, &[(&str, &str)], &str)] = &[
            ("name", &[("name", "")], "請填寫這個欄位"),
            ("name", &[("name", &long)], "最多 100 個字，目前有 10,000 個字"),
            ("channel", &[("channel", "")], "請填寫這個欄位"),
            ("channel", &[("channel", "'; drop table journeys")], "請從選項中選一個"),
            ("channel", &[("channel", &other)], "請從選項中選一個"),
            ("trigger", &[("trigger", "tag_added")], "請從選項中選一個"),
            ("starts_at", &[("starts_at", "soon")], "請填日期與時間"),
            ("starts_at", &[("starts_at", "2027-02-30T10:00")], "請填日期與時間"),
            ("ends_at", &[("starts_at", "2090-01-02T10:00"), ("ends_at", "2090-01-02T10:00")], "要在開始時間之後"),
            ("ends_at", &[("ends_at", "2001-01-01T10:00")], "這個時間已經過了"),
            ("re_entry", &[("re_entry", "sometimes")], "請從選項中選一個"),
            ("days", &[("re_entry", "after"), ("days", "0")], "1 到 3,650 之間"),
            ("days", &[("re_entry", "after"), ("days", "-7")], "1 到 3,650 之間"),
            ("days", &[("re_entry", "after"), ("days", "三十")], "1 到 3,650 之間"),
        ];
        for (field, values, said) in cases {
            let mut form = shop.new_journey("<b>週年慶</b> 🎉 مرحبا").await;
            for (name, value) in *values {
                form = form.set(name, value);
            }
            let back = form.submit().await;
            assert_eq!(back.status, 422, "{field} {values:?}");
            let beside = back.all(&format!("#{field}-error")).join("");
            assert!(beside.contains(said), "{field}: {beside:?}");
            let again = back.form("/journeys");
            for (name, value) in values.iter().filter(|(name, _)| !matches!(*name, "channel" | "trigger" | "re_entry")) {
                assert_eq!(again.value(name), *value, "{name} is kept");
            }
            let control = back.attributes(&format!("#{field}[value='soon'], #{field}[value='三十']"), "type").join("");
            assert!(matches!(&*control, "" | "text"), "a {control} shows no {values:?}");
        }
        assert_eq!(shop.count("journeys").await, 0);
        let at = shop.journey("<b>週年慶</b> 🎉 مرحبا").await;
        let page = shop.get(&at).await;
        assert!(page.says("<b>週年慶</b> 🎉 مرحبا") && !page.html.contains("<b>週年慶</b>"), "it is text");
    }

    async fn a_steps_fields_refuse_what_cannot_be(app: App) {
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey("步驟").await;
        let (other, long) = (Id::new().to_string(), "長".repeat(5_001));
        let cases: &[(&str, &str, &[(&str, &str)], &str)] = &[
            ("send", "text-1", &[("text-1", "  ")], "請輸入訊息內容"),
            ("send", "text-1", &[("text-1", &long)], "最多 5,000 個字，目前有 5,001 個字"),
            ("send", "text-1", &[("text-1", "嗨 {{nickname|您}}")], "沒有「{{nickname|您}}」這個參數"),
            ("send", "text-1", &[("text-1", "嗨 {{name}}")], "沒有姓名時的稱呼"),
            ("wait", "wait", &[("wait", "")], "請從選項中選一個"),
            ("wait", "amount", &[("amount", "0")], "1 到 365 之間"),
            ("wait", "amount", &[("amount", "366")], "1 到 365 之間"),
            ("wait", "amount", &[("unit", "minutes"), ("amount", "525601")], "1 到 525,600 之間"),
            ("wait", "amount", &[("amount", "99999999999999999999")], "1 到 365 之間"),
            ("wait", "unit", &[("unit", "weeks")], "請從選項中選一個"),
            ("wait", "time", &[("wait", "until_time"), ("time", "25:00")], "請填時間"),
            ("wait", "at_date", &[("wait", "until"), ("at_date", "明天")], "請填日期與時間"),
            ("add_tag", "tag", &[("tag", "")], "請填寫這個欄位"),
            ("add_tag", "tag", &[("tag", &other)], "請從選項中選一個"),
            ("add_tag", "new_tag", &[("new_tag", "a,b")], ""),
            ("remove_tag", "tag", &[("tag", "x")], "請從選項中選一個"),
        ];
        for (kind, field, values, said) in cases {
            let mut form = shop.new_step(&at, kind, "first").await;
            for (name, value) in *values {
                form = form.without(name).add(name, value);
            }
            let back = form.submit().await;
            assert_eq!(back.status, 422, "{kind} {values:?}: {}", back.text());
            let beside = back.all(&format!("#{field}-error")).join("");
            assert!(!beside.is_empty() && beside.contains(said), "{kind} {field}: {beside:?}");
        }
        assert_eq!(shop.count("journey_steps").await, 0);
    }

    async fn addresses_that_name_nothing_are_not_found(app: App) {
        let shop = Shop::open(app, &[]).await;
        let (at, other) = (shop.journey("甲").await, shop.journey("乙").await);
        let foreign = shop.step(&other, "wait", "first", &[]).await;
        let nobody = Id::new();
        for path in [
            "/journeys/x".to_owned(),
            format!("/journeys/{nobody}"),
            format!("/journeys/{nobody}/edit"),
            format!("/journeys/{nobody}/people"),
            format!("/journeys/{nobody}/publish"),
            format!("{at}?version=9"),
            format!("{at}?version=-1"),
            format!("{at}/steps/new"),
            format!("{at}/steps/new?kind=fly&at=first"),
            format!("{at}/steps/new?kind=send&at=nowhere"),
            format!("{at}/steps/{foreign}/edit"),
            format!("{at}/steps/{foreign}/delete"),
            format!("{at}/steps/x/edit"),
            format!("{at}/nonsense"),
        ] {
            let page = shop.get(&path).await;
            assert_eq!(page.status, 404, "{path}");
        }
        // What is not a number of a version shows the journey.
        assert_eq!(shop.get(&format!("{at}?version=x")).await.status, 200);
        // A step that is meant to stand beside one of another journey goes to the end, and the page says so.
        let form = shop.new_step(&at, "wait", &format!("after.{foreign}")).await;
        let told = form.submit().await;
        assert_eq!(told.status, 409);
        assert!(told.says("原本的位置剛才被其他人刪除了"), "{}", told.text());
        assert!(told.form(&format!("{at}/steps")).submit().await.says("已加入步驟"));
    }

    async fn the_fiftieth_step_is_the_last(app: App) {
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey("長長的旅程").await;
        for _ in 0..50 {
            shop.step(&at, "wait", "first", &[]).await;
        }
        let refused = shop.new_step(&at, "wait", "first").await.submit().await;
        assert!(refused.says("最多 50 個步驟"), "{}", refused.text());
        assert_eq!(shop.count("journey_steps").await, 50);
    }

    async fn a_wait_that_is_past_and_a_step_behind_an_end_keep_it_from_being_published(app: App) {
        let shop = Shop::open(app, &[]).await;
        let at = shop.journey("過期").await;
        let wait = shop.step(&at, "wait", "first", &[("wait", "until"), ("at_date", "2001-01-01T10:00")]).await;
        let end = shop.step(&at, "end", &format!("after.{wait}"), &[]).await;
        shop.step(&at, "send", &format!("after.{end}"), &[("text-1", "您好")]).await;
        let refused = shop.get(&format!("{at}/publish")).await;
        assert!(refused.says("等待的時間已經過了") && refused.says("沒有人會走到這一步"), "{}", refused.text());
        let drawn = shop.get(&at).await;
        assert_eq!(drawn.all(".step .error").len(), 2, "the drawing says it too");
    }
}
