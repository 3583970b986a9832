//! From entering to the phone, with the workers at work: the clock is moved, nothing else.

use super::shop::Shop;
use crate::support::both;
use chrono::TimeDelta;

const PEOPLE: [&str; 3] = ["王怡君", "陳冠宇", "林淑芬"];

both! {
    async fn people_get_their_messages_and_are_where_the_page_says(app: App) {
        let shop = Shop::open(app.clone(), &PEOPLE).await;
        let at = shop.journey("新品上市旅程").await;
        let hello = shop.step(&at, "send", "first", &[("text-1", "{{name|貴賓}}，您好")]).await;
        let wait = shop.step(&at, "wait", &format!("after.{hello}"), &[("amount", "3"), ("unit", "days")]).await;
        shop.step(&at, "send", &format!("after.{wait}"), &[("text-1", "三天後見")]).await;
        shop.publish(&at).await;
        assert_eq!(shop.enter(&at).await, 3);

        assert_eq!(shop.count("sandbox_messages where body like '%您好%'").await, 3);
        assert_eq!(shop.count("sandbox_messages where body like '%王怡君，您好%'").await, 1);
        let page = shop.get(&at).await;
        assert_eq!(page.all(&format!("#step-{hello} .figures")), ["通過 3 停留 0 離開 0", "已發送 3"]);
        assert_eq!(page.all(&format!("#step-{wait} .figures")), ["通過 0 停留 3 離開 0"]);
        let people = shop.get(&format!("{at}/people")).await;
        assert_eq!(people.all("td.title").len(), 3);
        assert!(people.all("tbody tr").iter().all(|row| row.contains("等待 3 天") && row.contains("等待到")), "{}", people.text());
        let named = shop.get(&format!("{at}/people?q=%E6%80%A1%E5%90%9B")).await;
        assert_eq!(named.all("td.title"), ["王怡君"]);
        assert_eq!(shop.get(&format!("{at}/people?step={hello}")).await.all("td.title").len(), 0);

        app.advance(TimeDelta::days(3) - TimeDelta::minutes(5)).await;
        assert_eq!(shop.count("sandbox_messages where body like '%三天後見%'").await, 0);
        app.advance(TimeDelta::minutes(5)).await;
        assert_eq!(shop.count("sandbox_messages where body like '%三天後見%'").await, 3);
        let page = shop.get(&at).await;
        assert_eq!(page.all(".stat b"), ["3", "0", "3"], "entered, inside, finished");
        let left = shop.get(&format!("{at}/people?whose=left")).await;
        assert_eq!(left.all("td.title").len(), 3);
        assert!(left.says("走完離開"), "{}", left.text());
        assert_eq!(shop.count("dispatches where status = 'done'").await, 2);
        assert_eq!(shop.count("journey_cohorts where closed_at is null").await, 0);
    }

    async fn a_pause_holds_everything_and_resuming_says_whom_it_writes_to(app: App) {
        let shop = Shop::open(app.clone(), &PEOPLE).await;
        let at = shop.journey("暫停").await;
        let wait = shop.step(&at, "wait", "first", &[("amount", "1"), ("unit", "hours")]).await;
        shop.step(&at, "send", &format!("after.{wait}"), &[("text-1", "您好")]).await;
        shop.publish(&at).await;
        shop.enter(&at).await;
        shop.press(&at, "pause").await;
        app.advance(TimeDelta::hours(2)).await;
        assert_eq!(shop.count("sandbox_messages").await, 0);
        let asks = shop.get(&format!("{at}/resume")).await;
        assert!(asks.says("會立刻發送訊息給 3 人"), "{}", asks.text());
        asks.form(&format!("{at}/resume")).submit().await;
        app.settle().await;
        assert_eq!(shop.count("sandbox_messages").await, 3);
    }

    async fn an_end_lets_people_go(app: App) {
        let shop = Shop::open(app.clone(), &PEOPLE).await;
        let at = shop.journey("結束").await;
        let wait = shop.step(&at, "wait", "first", &[]).await;
        shop.step(&at, "send", &format!("after.{wait}"), &[("text-1", "您好")]).await;
        shop.publish(&at).await;
        shop.enter(&at).await;
        let asks = shop.get(&format!("{at}/end")).await;
        assert!(asks.says("目前在旅程裡的人：3 人"), "{}", asks.text());
        let form = || asks.form(&format!("{at}/end"));
        let unclear = form().without("inside").submit().await;
        assert_eq!(unclear.status, 422);
        let ended = form().set("inside", "let_go").submit().await;
        assert!(ended.says("旅程已結束"), "{}", ended.text());
        app.advance(TimeDelta::days(2)).await;
        assert_eq!(shop.count("sandbox_messages").await, 0);
        let page = shop.get(&at).await;
        assert_eq!(page.all(&format!("#step-{wait} .figures")), ["通過 0 停留 0 離開 3"]);
        assert!(shop.get(&format!("{at}/people?whose=left")).await.says("旅程結束時離開"));
        assert!(shop.get(&format!("{at}/end")).await.says("已經結束，裡面也沒有人了"));
    }

    async fn who_enters_before_the_start_is_written_to_when_it_comes(app: App) {
        let shop = Shop::open(app.clone(), &PEOPLE).await;
        let start = (app.clock.now() + TimeDelta::days(2) + TimeDelta::hours(8)).format("%Y-%m-%dT%H:%M").to_string();
        let made = shop.new_journey("預告").await.set("starts_at", &start).submit().await;
        let at = made.path;
        shop.step(&at, "send", "first", &[("text-1", "開始了")]).await;
        let live = shop.publish(&at).await;
        assert!(live.says("排程中"), "{}", live.text());
        shop.enter(&at).await;
        assert!(shop.get(&at).await.says("等待旅程開始 3"));
        assert!(shop.get(&format!("{at}/people")).await.says("等待旅程開始"));
        app.advance(TimeDelta::days(2)).await;
        assert_eq!(shop.count("sandbox_messages").await, 3);
    }
}
