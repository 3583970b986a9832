//! What is left of a journey when its people were kept long enough.

use super::shop::Shop;
use crate::support::both;
use chrono::TimeDelta;

const PEOPLE: [&str; 3] = ["王怡君", "陳冠宇", "林淑芬"];

both! {
    async fn old_ways_go_and_the_figures_of_the_steps_stay(app: App) {
        let shop = Shop::open(app.clone(), &PEOPLE).await;
        let mut kept = Vec::new();
        for (name, re_entry) in [("每次", "always"), ("一次", "once")] {
            let at = shop.new_journey(name).await.set("re_entry", re_entry).submit().await.path;
            let hello = shop.step(&at, "send", "first", &[("text-1", "您好")]).await;
            shop.publish(&at).await;
            assert_eq!(shop.enter(&at).await, 3, "{name}");
            app.settle().await;
            kept.push((at, hello, re_entry));
        }
        let figures = async |at: &str, step: &str| {
            let page = shop.get(at).await;
            (page.all(&format!("#step-{step} .figures")), page.all(".stat b"))
        };
        let mut before = Vec::new();
        for (at, hello, _) in &kept {
            before.push(figures(at, hello).await);
        }
        assert_eq!(before[0].0, ["通過 3 停留 0 離開 0", "已發送 3"]);
        app.advance(TimeDelta::days(732)).await;
        for ((at, hello, re_entry), before) in kept.iter().zip(&before) {
            assert_eq!(figures(at, hello).await, *before, "{re_entry}");
        }
        assert_eq!(shop.count("journey_entries").await, 3, "who may enter once is remembered");
        assert_eq!(shop.count("journey_passages").await, 0, "a message says itself what came of it");
        assert_eq!(shop.count("deliveries").await, 0);
        assert_eq!(shop.enter(&kept[1].0).await, 0, "once is once");
        assert_eq!(shop.enter(&kept[0].0).await, 3);
    }
}
