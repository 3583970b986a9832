//! Over plain HTTP, with the forms as they are served.

use super::{REACHED, shop};
use crate::support::{App, Filled, Shown, Visitor, both};
use chrono::{TimeDelta, Timelike};
use tidings_base::web::Role;

/// The path that a link with these words leads to.
fn link(page: &Shown, words: &str) -> String {
    let texts = page.all("main a[href]");
    let place = texts.iter().position(|text| text == words);
    let place = place.unwrap_or_else(|| panic!("no link says {words} on {}: {}", page.path, page.text()));
    page.attributes("main a[href]", "href")[place].clone()
}

/// The first choice of a select that is a choice.
fn option(page: &Shown, select: &str) -> String {
    let values = page.attributes(&format!("select[name={select}] option"), "value");
    values.into_iter().find(|value| !value.is_empty()).unwrap()
}

async fn audience(marketer: &Visitor) {
    let page = marketer.get("/audiences/new").await;
    let form = page.form("/audiences").set("name", "VIP 客戶").set("kind", "line");
    let page = form.set("rule.adding", "tags").add("action", "add_condition:").submit().await;
    let tag = page.attributes("input[type=checkbox][name^='rule.']", "value");
    let name = page.attributes("input[type=checkbox][name^='rule.']", "name");
    let page = match name.first() {
        Some(name) => page.form("/audiences").add(name, &tag[0]).add("action", "count").submit().await,
        None => panic!("no tag can be chosen: {}", page.html),
    };
    assert!(page.says("王怡君"), "{}", page.text());
    assert!(!page.says("別人"));
    let saved = page.form("/audiences").add("action", "save").submit().await;
    assert_eq!(saved.status, 200, "{}", saved.text());
    assert!(saved.says("VIP 客戶"));
}

async fn journey(marketer: &Visitor) {
    let page = marketer.get("/journeys/new").await;
    let form = page.form("/journeys").set("name", "新品上市旅程").set("channel", &option(&page, "channel"));
    let made = form.submit().await;
    assert_eq!(made.status, 200, "{}", made.text());
    let at = made.path.split('?').next().unwrap().to_owned();
    let adding = made.attributes("main a[href*='/steps/new']", "href");
    let step = adding.iter().find(|href| href.contains("kind=send")).unwrap_or_else(|| panic!("{adding:?}"));
    let page = marketer.get(step).await;
    let form = page.form(&format!("{at}/steps"));
    let text = form
        .fields
        .iter()
        .map(|(name, _)| name.clone())
        .find(|name| name.contains("text"))
        .expect("a field for the text");
    let page = form.set(&text, "{{name|貴賓}} 您好，新品到了 🎉").add("action", "save").submit().await;
    assert!(page.says("新品到了"), "{}", page.text());
    let confirm = marketer.get(&format!("{at}/publish")).await;
    let published = confirm.form(&format!("{at}/publish")).submit().await;
    assert!(published.says("進行中"), "{}", published.text());
}

/// Fills in the form of a schedule for one minute from now, as far as a person would.
async fn schedule(app: &App, marketer: &Visitor) -> Filled {
    let page = marketer.get("/schedules/new").await;
    let soon = (app.clock.now() + TimeDelta::minutes(1)).and_utc().with_timezone(&chrono_tz::Asia::Taipei);
    let form = page.form("/schedules").set("name", "一分鐘後的新品通知").set("journey", &option(&page, "journey"));
    let form = form.set("audience", &option(&page, "audience")).set("frequency", "once");
    form.set("date", &soon.date_naive().to_string()).set("time", &format!("{:02}:{:02}", soon.hour(), soon.minute()))
}

both! {
    async fn a_schedule_for_one_minute_from_now_reaches_every_phone_once(app: App) {
        shop(&app).await;
        let marketer = app.as_(Role::Marketer).await;
        audience(&marketer).await;
        journey(&marketer).await;
        let form = schedule(&app, &marketer).await;
        let preview = form.clone().add("do", "preview").submit().await;
        assert!(preview.says("4"), "who would be chosen: {}", preview.text());
        let published = form.add("do", "publish").submit().await;
        assert_eq!(published.status, 200, "{}", published.text());
        app.settle().await;
        let list = marketer.get("/schedules").await;
        assert!(list.says("一分鐘後的新品通知") && list.says("排程中"), "{}", list.text());
        app.advance(TimeDelta::minutes(1)).await;
        let tasks = marketer.get(&link(&marketer.get("/schedules").await, "一分鐘後的新品通知")).await;
        assert!(tasks.says("已完成"), "{}", tasks.text());
        let phones = marketer.get("/sandbox").await;
        let people = phones.attributes("main a[href^='/sandbox/']", "href");
        let mut received = 0;
        for phone in people.iter().collect::<std::collections::BTreeSet<_>>() {
            let page = marketer.get(phone).await;
            let bubbles = page.all(".bubble").into_iter().filter(|text| text.contains("您好，新品到了 🎉")).count();
            assert!(bubbles <= 1, "twice on one phone: {}", page.text());
            assert!(bubbles == 0 || !page.says("不想收的人"), "somebody who opted out was written to");
            received += bubbles;
        }
        assert_eq!(received, REACHED);
        let list = marketer.get("/schedules").await;
        assert!(list.says("已結束") && list.says("無剩餘任務"), "{}", list.text());
    }
}
