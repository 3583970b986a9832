//! `/contacts`: the list with what narrows, sorts and selects it, and a person's page.

use crate::support::{Shown, Someone, both};
use chrono::TimeDelta;
use diesel::prelude::*;
use std::collections::HashSet;
use tidings_base::{
    db::{
        Id,
        schema::{consents, contact_grams, contacts, events, members},
    },
    web::Role,
};
use tidings_customers::{
    channels::ChannelKind::{Line, Sms},
    consent::Consent,
};

/// The names on a page of the list, in order.
fn names(page: &Shown) -> Vec<String> {
    page.all("td.title a")
}

both! {
    async fn each_account_has_its_own_list(app: App) {
        let (line, sms) = (app.channel(Line, "本店官方帳號").await, app.channel(Sms, "簡訊").await);
        app.contact(&line, Someone::called("王怡君")).await;
        app.contact(&sms, Someone::called("陳家豪").at("+886912345678")).await;
        let marketer = app.as_(Role::Marketer).await;
        assert_eq!(names(&marketer.get("/contacts").await), ["王怡君"]);
        let other = marketer.get(&format!("/contacts?channel={sms}")).await;
        assert_eq!(names(&other), ["陳家豪"]);
        assert!(other.says("+886912345678"));
        assert_eq!(marketer.get(&format!("/contacts?channel={}", Id::new())).await.status, 404);
    }

    async fn an_empty_shop_says_what_comes_first(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        assert!(marketer.get("/contacts").await.says("還沒有渠道帳號"));
        app.channel(Line, "本店").await;
        assert!(marketer.get("/contacts").await.says("這個帳號還沒有聯絡人"));
        assert!(marketer.get("/contacts?q=王").await.says("沒有符合的資料"));
    }

    async fn filters_narrow_the_list(app: App) {
        let line = app.channel(Line, "本店").await;
        let now = app.clock.now();
        let days = |n| now - TimeDelta::days(n);
        let people = vec![
            Someone::called("王怡君").at("U00000000000000000000000000000001").subscribed(days(3)).interacted(days(1)).tagged("VIP").who(Consent::Granted),
            Someone::called("王建宏").at("U00000000000000000000000000000002").subscribed(days(40)).interacted(days(100)).tagged("新客"),
            Someone::called("100%純棉_小舖").at("U00000000000000000000000000000003").subscribed(days(400)).who(Consent::Withdrawn),
            Someone::called("Amy Chen").subscribed(days(400)).at("U00000000000000000000000000000abc").tagged("VIP").tagged("新客"),
        ];
        app.contacts(&line, people).await;
        let (vip, new) = (app.tag("VIP").await, app.tag("新客").await);
        let marketer = app.as_(Role::Marketer).await;
        for (query, expected) in [
            ("q=怡".to_owned(), vec!["王怡君"]),
            ("q=%".to_owned(), vec!["100%純棉_小舖"]),
            ("q=_".to_owned(), vec!["100%純棉_小舖"]),
            ("q=amy".to_owned(), vec!["Amy Chen"]),
            ("q=ABC".to_owned(), vec!["Amy Chen"]),
            ("q=王建宏".to_owned(), vec!["王建宏"]),
            ("q=建怡".to_owned(), vec![]),
            ("q=my%20c".to_owned(), vec!["Amy Chen"]),
            ("q=棉_小舖".to_owned(), vec!["100%純棉_小舖"]),
            ("q='%20or%201=1".to_owned(), vec![]),
            ("subscribed_within=30".to_owned(), vec!["王怡君"]),
            (format!("subscribed_to={}", days(300).date()), vec!["100%純棉_小舖", "Amy Chen"]),
            (format!("subscribed_from={}&subscribed_to={}", days(41).date(), days(38).date()), vec!["王建宏"]),
            ("interacted_within=30".to_owned(), vec!["王怡君"]),
            ("interacted_never=1".to_owned(), vec!["100%純棉_小舖", "Amy Chen"]),
            (format!("tag={vip}"), vec!["Amy Chen", "王怡君"]),
            (format!("tag={vip}&tag={new}"), vec!["Amy Chen", "王建宏", "王怡君"]),
            ("consent=granted&consent=withdrawn".to_owned(), vec!["100%純棉_小舖", "王怡君"]),
            (format!("tag={vip}&subscribed_within=30&q=王"), vec!["王怡君"]),
        ] {
            let page = marketer.get(&format!("/contacts?sort=name&{query}")).await;
            assert_eq!(names(&page), expected, "{query}");
        }
        let page = marketer.get(&format!("/contacts?tag={vip}&q=王&interacted_within=30")).await;
        assert_eq!(page.all(".chip"), ["搜尋：王", "互動時間：最近 30 天內", "標籤：VIP"]);
        let without = page.attributes(".chip a", "href");
        assert_eq!(names(&page.follow(&without[0]).await), ["王怡君"]);
        assert!(!without[2].contains("tag="), "{}", without[2]);
    }

    async fn a_name_is_found_by_what_it_is_now(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let id = app.contact(&sms, Someone::called("王怡怡怡君").at("+886912345678")).await;
        let marketer = app.as_(Role::Marketer).await;
        let found = async |query: &str| names(&marketer.get(&format!("/contacts?q={query}")).await).len();
        for (query, count) in [
            ("怡怡", 1),
            ("君", 1),
            ("王君", 0),
            ("0912", 1),
            ("5678", 1),
            ("0913", 0),
            ("%2B886912", 1),
            ("%2B886 912-345", 1),
            ("%2B886913", 0),
            ("%2B88", 1),
            ("8", 0),
            ("67", 0),
        ] {
            assert_eq!(found(query).await, count, "{query}");
        }
        app.write(move |conn| diesel::update(contacts::table.find(id)).set(contacts::name.eq("Bob")).execute(conn)).await;
        for (query, count) in [("怡怡", 0), ("君", 0), ("bOB", 1), ("b", 1)] {
            assert_eq!(found(query).await, count, "{query}");
        }
        app.write(|conn| diesel::delete(contacts::table).execute(conn)).await;
        let left: i64 = app.read(|conn| contact_grams::table.count().get_result(conn)).await;
        assert_eq!(left, 0, "nothing is left of who is gone");
    }

    async fn the_filter_form_does_what_it_says(app: App) {
        let line = app.channel(Line, "本店").await;
        app.contact(&line, Someone::called("王怡君").tagged("VIP")).await;
        app.contact(&line, Someone::called("陳家豪")).await;
        let marketer = app.as_(Role::Marketer).await;
        let form = marketer.get("/contacts").await.form("/contacts").add("tag", app.tag("VIP").await.as_str());
        assert_eq!(names(&form.submit().await), ["王怡君"]);
    }

    async fn pages_hold_everybody_once_whatever_the_order(app: App) {
        let line = app.channel(Line, "本店").await;
        let now = app.clock.now();
        // Few different times and names, and some who never interacted: every page ends amid equals.
        let people = (0..120).map(|n| {
            let someone = Someone::called(["同名", "同名二"][n % 2]).subscribed(now - TimeDelta::days(n as i64 % 3));
            if n % 4 == 0 { someone } else { someone.interacted(now - TimeDelta::hours(n as i64 % 2)) }
        });
        app.contacts(&line, people.collect()).await;
        let marketer = app.as_(Role::Marketer).await;
        for sort in ["name", "-name", "subscribed", "-subscribed", "interacted", "-interacted"] {
            let mut page = marketer.get(&format!("/contacts?sort={sort}")).await;
            let (mut seen, mut pages) = (Vec::new(), Vec::new());
            loop {
                let links = page.attributes("td.title a", "href");
                pages.push(links.clone());
                seen.extend(links);
                match page.attributes("a[rel=next]", "href").first() {
                    Some(next) => page = page.follow(next).await,
                    None => break,
                }
            }
            assert_eq!((seen.len(), seen.iter().collect::<HashSet<_>>().len()), (120, 120), "{sort}");
            assert!(page.says("101–120，共 120 筆"), "{sort}: {}", page.text());
            // Back again, over the same pages.
            for earlier in pages.iter().rev().skip(1) {
                page = page.follow(&page.attributes("a[rel=prev]", "href")[0]).await;
                assert_eq!(&page.attributes("td.title a", "href"), earlier, "{sort}");
            }
            assert!(page.says("1–20，共 120 筆"), "{sort}");
            assert!(page.attributes("a[rel=prev]", "href").is_empty(), "{sort}");
        }
        let next = marketer.get("/contacts?sort=name").await.attributes("a[rel=next]", "href").remove(0);
        for path in ["/contacts?sort=-interacted&after=nonsense", &next.replace("sort=name", "sort=subscribed")] {
            let page = marketer.get(path).await;
            assert_eq!((page.status, names(&page).len()), (200, 20), "{path}");
        }
    }

    async fn who_never_interacted_stands_last_in_both_directions(app: App) {
        let line = app.channel(Line, "本店").await;
        let now = app.clock.now();
        app.contact(&line, Someone::called("從未")).await;
        app.contact(&line, Someone::called("昨天").interacted(now - TimeDelta::days(1))).await;
        app.contact(&line, Someone::called("上週").interacted(now - TimeDelta::days(7))).await;
        let marketer = app.as_(Role::Marketer).await;
        assert_eq!(names(&marketer.get("/contacts?sort=interacted").await), ["上週", "昨天", "從未"]);
        assert_eq!(names(&marketer.get("/contacts?sort=-interacted").await), ["昨天", "上週", "從未"]);
    }

    async fn the_chosen_are_tagged_after_a_page_that_says_how_many(app: App) {
        let line = app.channel(Line, "本店").await;
        let people = (0..70).map(|n| Someone::called(&format!("{}{n:03}", if n < 60 { "王" } else { "李" })));
        let ids = app.contacts(&line, people.collect()).await;
        app.contact(&line, Someone::called("已有標籤").tagged("VIP")).await;
        let marketer = app.as_(Role::Marketer).await;

        // Some.
        let list = marketer.get("/contacts?sort=name").await.form("/contacts/tagging");
        let chosen = list.clone().add("contact", ids[0].as_str()).add("contact", ids[1].as_str()).add("change", "add");
        let confirm = chosen.submit().await;
        assert!(confirm.says("為 2 位聯絡人貼標"), "{}", confirm.text());
        let done = confirm.form("/contacts/tagging").set("new_tag", "一月活動").submit().await;
        assert!(done.says("已為 2 位聯絡人貼上「一月活動」"), "{}", done.text());
        assert_eq!(app.tagged("一月活動").await, 2);

        // The page.
        let confirm = list.clone().set("which", "page").add("change", "add").submit().await;
        assert!(confirm.says("為 20 位聯絡人貼標"));
        let done = confirm.form("/contacts/tagging").set("tag", app.tag("一月活動").await.as_str()).submit().await;
        assert!(done.says("已為 18 位聯絡人貼上「一月活動」，另外 2 位原本就有"), "{}", done.text());

        // All that match, over the pages.
        let list = marketer.get("/contacts?q=王").await.form("/contacts/tagging");
        let confirm = list.set("which", "all").add("change", "add").submit().await;
        assert!(confirm.says("為 60 位聯絡人貼標"));
        let form = confirm.form("/contacts/tagging").set("tag", app.tag("VIP").await.as_str());
        form.submit().await;
        form.submit().await;
        assert_eq!(app.tagged("VIP").await, 61, "a second click tags nobody twice");
        let noted: i64 = app.read(|conn| events::table.filter(events::kind.eq("tag_added")).count().get_result(conn)).await;
        assert_eq!(noted, 2 + 18 + 60);

        // And off again.
        let list = marketer.get("/contacts").await.form("/contacts/tagging");
        let confirm = list.set("which", "all").add("change", "remove").submit().await;
        assert!(confirm.says("移除 71 位聯絡人的標籤"));
        let done = confirm.form("/contacts/tagging").set("tag", app.tag("VIP").await.as_str()).submit().await;
        assert!(done.says("已移除 61 位聯絡人的「VIP」，另外 10 位原本就沒有"), "{}", done.text());
        assert_eq!(app.tagged("VIP").await, 0);
        let trail = app.as_(Role::Admin).await.get("/audit").await;
        assert!(trail.says("VIP") && trail.says("一月活動"), "{}", trail.text());
    }

    async fn tagging_says_what_is_missing(app: App) {
        let line = app.channel(Line, "本店").await;
        app.contact(&line, Someone::called("王怡君").tagged("VIP")).await;
        let marketer = app.as_(Role::Marketer).await;
        let list = marketer.get("/contacts").await.form("/contacts/tagging");
        assert!(list.clone().add("change", "add").submit().await.says("先勾選聯絡人"));
        let confirm = list.set("which", "all").add("change", "add").submit().await;
        let vip = app.tag("VIP").await;
        let long = "長".repeat(10_000);
        for (tag, name, why) in [
            ("", "", "請選一個標籤"),
            (vip.as_str(), "新標籤", "不要同時填兩個"),
            ("", "甲、乙", "標籤不能有"),
            ("", long.as_str(), "標籤最多 50 個字"),
        ] {
            let answer = confirm.form("/contacts/tagging").set("tag", tag).set("new_tag", name).submit().await;
            assert_eq!(answer.status, 422, "{why}");
            assert!(answer.says(why), "{why}: {}", answer.text());
            assert_eq!(answer.form("/contacts/tagging").value("new_tag"), name);
        }
        let gone = confirm.form("/contacts/tagging").set("tag", Id::new().as_str()).submit().await;
        assert_eq!(gone.status, 404);
    }

    async fn a_salesperson_sees_only_those_bound_to_them(app: App) {
        let line = app.channel(Line, "本店").await;
        let (email, me) = app.person(&[Role::Salesperson]).await;
        let (mine, other) = (app.member("王怡君", Some(&me)).await, app.member("陳家豪", None).await);
        let my_contact = app.contact(&line, Someone::called("怡君").of(&mine)).await;
        let others = app.contact(&line, Someone::called("家豪").of(&other)).await;
        let nobodys = app.contact(&line, Someone::called("路人")).await;
        let sales = app.sign_in(&email).await;
        let list = sales.get("/contacts").await;
        assert_eq!(names(&list), ["怡君"]);
        assert!(list.says("1–1，共 1 筆"));
        let changes = "[name=contact], form[action='/contacts/tagging'], a[href='/contacts/import']";
        assert!(list.all(changes).is_empty(), "nothing to change");
        assert_eq!(names(&sales.get("/contacts?q=家豪").await), [""; 0]);
        assert_eq!(sales.get(&format!("/contacts/{my_contact}")).await.status, 200);
        for id in [&others, &nobodys] {
            assert_eq!(sales.get(&format!("/contacts/{id}")).await.status, 404);
        }
        let file = sales.get(&format!("/contacts/export?channel={line}")).await.html;
        assert!(file.contains("怡君") && !file.contains("家豪") && !file.contains("路人"), "{file}");
        for path in ["/contacts/import".to_owned(), format!("/contacts/tagging?channel={line}&change=add&which=all")] {
            assert_eq!(sales.get(&path).await.status, 403, "{path}");
            assert_eq!(app.as_(Role::SalesManager).await.get(&path).await.status, 403, "{path}");
        }
        assert_eq!(sales.post(&format!("/contacts/{my_contact}/tags"), &[("tag", "VIP")]).await.status, 403);
        let all = app.as_(Role::SalesManager).await.get("/contacts").await;
        assert_eq!(names(&all).len(), 3);
    }

    async fn what_is_no_contact_is_not_found(app: App) {
        let line = app.channel(Line, "本店").await;
        let id = app.contact(&line, Someone::called("王怡君")).await;
        let marketer = app.as_(Role::Marketer).await;
        for path in ["abc", "1", "%00", "00000000-0000-0000-0000-000000000000", "'%20or%201=1--", &"9".repeat(500)] {
            assert_eq!(marketer.get(&format!("/contacts/{path}")).await.status, 404, "{path}");
        }
        assert_eq!(marketer.get("/contacts/export").await.status, 404);
        assert_eq!(marketer.get("/contacts/tagging").await.status, 404);
        let page = marketer.get(&format!("/contacts/{id}")).await;
        let form = page.form(&format!("/contacts/{id}/tags")).set("tag", "VIP");
        assert_eq!(form.submit().await.status, 200);
    }

    async fn names_are_shown_as_they_are(app: App) {
        let line = app.channel(Line, "本店").await;
        let long = "長".repeat(10_000);
        let people = ["<script>alert(1)</script>", "🎉 小美 👩‍👩‍👧", "مرحبا \u{202e}cba", long.as_str()];
        let ids = app.contacts(&line, people.iter().map(|name| Someone::called(name)).collect()).await;
        let marketer = app.as_(Role::Marketer).await;
        let list = marketer.get("/contacts?sort=subscribed").await;
        assert_eq!(names(&list), people);
        assert!(!list.html.contains("<script>alert"));
        for (id, name) in ids.iter().zip(people) {
            let page = marketer.get(&format!("/contacts/{id}")).await;
            assert_eq!(page.all("h1"), [name]);
        }
    }

    async fn a_nameless_contact_is_called_by_what_is_known(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        app.contact(&sms, Someone::called("").at("+886912345678")).await;
        let page = app.as_(Role::Marketer).await.get("/contacts").await;
        assert_eq!(names(&page), ["+886912345678"]);
    }

    async fn a_person_is_shown_with_all_that_is_known(app: App) {
        let (line, sms) = (app.channel(Line, "本店").await, app.channel(Sms, "簡訊").await);
        let member = app.member("王怡君", None).await;
        let id = app.contact(&line, Someone::called("怡君").of(&member).tagged("VIP")).await;
        let phone = app.contact(&sms, Someone::called("王怡君").at("+886912345678").of(&member)).await;
        app.order(&member, "A-001", 1_280).await;
        app.order(&member, "A-002", 720).await;
        let page = app.as_(Role::Marketer).await.get(&format!("/contacts/{id}")).await;
        for words in ["怡君", "VIP", "A-001", "NT$2,000", "簡訊", "還沒有發送過訊息", "還沒有進入過旅程"] {
            assert!(page.says(words), "{words}: {}", page.text());
        }
        assert_eq!(page.attributes("aside a.link", "href"), [format!("/contacts/{phone}")]);
    }

    async fn consent_changes_with_its_history(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let id = app.contact(&sms, Someone::called("王怡君").at("+886912345678")).await;
        let marketer = app.as_(Role::Marketer).await;
        let path = format!("/contacts/{id}/consent");
        let page = marketer.get(&format!("/contacts/{id}")).await;
        assert!(page.says("目前不會收到行銷訊息"));
        let stale = page.form(&path).set("consent", "withdrawn").set("source", "phone");
        let done = page.form(&path).set("consent", "granted").set("source", "store").submit().await;
        assert!(done.says("已更新行銷同意") && done.says("門市"), "{}", done.text());
        assert!(!done.says("目前不會收到行銷訊息"));
        // Somebody else had the page open before that.
        let told = stale.submit().await;
        assert_eq!(told.status, 422);
        assert!(told.says("剛剛被其他人更新"), "{}", told.text());
        assert_eq!(told.form(&path).value("consent"), "withdrawn", "what was chosen is not lost");
        assert!(told.form(&path).submit().await.says("已取消"));
        for (consent, source) in [("", "store"), ("granted", ""), ("maybe", "store"), ("granted", "import")] {
            let form = marketer.get(&format!("/contacts/{id}")).await.form(&path);
            let answer = form.set("consent", consent).set("source", source).submit().await;
            assert_eq!(answer.status, 422, "{consent} {source}");
        }
        let states: Vec<String> = app
            .read(|conn| consents::table.select(consents::state).order(consents::id).load(conn))
            .await;
        assert_eq!(states, ["granted", "withdrawn"]);
        let (state, source): (String, Option<String>) = app
            .read(move |conn| contacts::table.find(id).select((contacts::consent, contacts::consent_source)).first(conn))
            .await;
        assert_eq!((state.as_str(), source.as_deref()), ("withdrawn", Some("phone")));
    }

    async fn a_member_is_bound_to_a_salesperson(app: App) {
        let line = app.channel(Line, "本店").await;
        let (email, sales) = app.person(&[Role::Salesperson]).await;
        let (_, marketer_id) = app.person(&[Role::Marketer]).await;
        let member = app.member("王怡君", None).await;
        let id = app.contact(&line, Someone::called("怡君").of(&member)).await;
        let lone = app.contact(&line, Someone::called("路人")).await;
        let admin = app.as_(Role::Admin).await;
        let path = format!("/contacts/{id}/salesperson");
        let form = admin.get(&format!("/contacts/{id}")).await.form(&path);
        let refused = form.clone().set("salesperson", marketer_id.as_str()).submit().await;
        assert_eq!(refused.status, 422, "a marketer is no salesperson");
        let done = form.clone().set("salesperson", sales.as_str()).submit().await;
        assert!(done.says("已更新綁定的銷售人員") && done.says("綁定銷售人員 salesperson 美玲"), "{}", done.text());
        assert_eq!(names(&app.sign_in(&email).await.get("/contacts").await), ["怡君"]);
        form.set("salesperson", "").submit().await;
        let bound: Option<Id> =
            app.read(move |conn| members::table.find(member).select(members::salesperson_id).first(conn)).await;
        assert_eq!(bound, None);
        let page = admin.get(&format!("/contacts/{lone}")).await;
        assert!(page.attributes(&format!("form[action='/contacts/{lone}/salesperson']"), "action").is_empty());
    }

    async fn one_tag_goes_on_and_off(app: App) {
        let line = app.channel(Line, "本店").await;
        let id = app.contact(&line, Someone::called("王怡君")).await;
        let marketer = app.as_(Role::Marketer).await;
        let tags = format!("/contacts/{id}/tags");
        let page = marketer.get(&format!("/contacts/{id}")).await;
        let tagged = page.form(&tags).set("tag", " 生日禮 ").submit().await;
        assert!(tagged.says("貼上標籤「生日禮」"), "{}", tagged.text());
        let wrong = tagged.form(&tags).set("tag", "甲,乙").submit().await;
        assert_eq!((wrong.status, wrong.form(&tags).value("tag")), (422, "甲,乙"));
        let off = format!("{tags}/{}/delete", app.tag("生日禮").await);
        let page = marketer.get(&format!("/contacts/{id}")).await.form(&off).submit().await;
        assert!(page.says("移除標籤「生日禮」"), "{}", page.text());
        assert_eq!(app.tagged("生日禮").await, 0);
    }

    async fn the_time_line_goes_on_over_pages(app: App) {
        let line = app.channel(Line, "本店").await;
        let id = app.contact(&line, Someone::called("王怡君")).await;
        let marketer = app.as_(Role::Marketer).await;
        let path = format!("/contacts/{id}");
        for n in 0..35 {
            marketer.get(&path).await.form(&format!("{path}/tags")).set("tag", &format!("標籤{n:02}")).submit().await;
        }
        let first = marketer.get(&path).await;
        let next = first.attributes("#timeline a", "href");
        let second = first.follow(next[0].split('#').next().unwrap()).await;
        let lines = |page: &Shown| page.all("#timeline li div bdi");
        assert_eq!((lines(&first).len(), lines(&second).len()), (30, 5));
        assert!(lines(&second)[4].contains("標籤00"));
    }

    async fn the_list_is_exported_without_formulas(app: App) {
        let line = app.channel(Line, "本店").await;
        app.contact(&line, Someone::called("=1+1").tagged("甲").tagged("乙").who(Consent::Granted)).await;
        app.contact(&line, Someone::called("Chen, \"Amy\"")).await;
        let marketer = app.as_(Role::Marketer).await;
        let page = marketer.get("/contacts?q=%3D1").await;
        let export = page.attributes("a[href^='/contacts/export']", "href");
        let answer = marketer.raw(&export[0]).await;
        assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
        let file = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
        assert!(file.starts_with("\u{feff}LINE 使用者 ID,姓名,標籤,行銷同意,"), "{file}");
        assert!(file.contains(",'=1+1,乙、甲,同意接收,"), "{file}");
        assert!(!file.contains("Amy"));
        let all = marketer.get(&format!("/contacts/export?channel={line}")).await.html;
        assert!(all.contains("\"Chen, \"\"Amy\"\"\""), "{all}");
    }

    async fn pages_are_in_english_too(app: App) {
        let line = app.channel(Line, "本店").await;
        let id = app.contact(&line, Someone::called("王怡君").tagged("VIP")).await;
        let marketer = app.as_(Role::Marketer).await;
        for path in ["/contacts?q=王".to_owned(), format!("/contacts/{id}"), "/contacts/import".to_owned()] {
            let page = marketer.get_in(&path, "en").await;
            assert_eq!(page.status, 200);
            assert!(page.says("Contacts"), "{path}: {}", page.text());
            assert!(!page.text().contains("contacts."), "{path}: {}", page.text());
        }
    }
}
