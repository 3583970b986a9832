//! The pages of audiences, through HTTP and the forms as they are served.

use super::random;
use crate::support::{App, Shown, Visitor, both};
use diesel::prelude::*;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use tidings_base::{
    db::{Id, schema, sql::Sql},
    web::Role,
};
use tidings_customers::{
    audiences::{self, Audience, NewAudience, Rule},
    channels::{self, ChannelKind, Connector, NewChannel},
};

both! {
    async fn a_rule_is_built_button_by_button_counted_and_saved(app: App) {
        people(&app).await;
        let marketer = app.as_(Role::Marketer).await;
        let page = marketer.get("/audiences/new?kind=line").await;
        let page = press(&page, "/audiences", &[("name", "北部的<b>常客</b> 🎉"), ("rule.adding", "city")], "add_condition:").await;
        assert_eq!(page.status, 200);
        let typed = [("rule.0.operator", "one_of"), ("rule.0.text", "臺北市、新北市"), ("rule.adding", "order_count")];
        let page = press(&page, "/audiences", &typed, "add_group:").await;
        let page = press(&page, "/audiences", &[("rule.1.adding", "order_count")], "add_condition:1").await;
        let page = press(&page, "/audiences", &[("rule.1.adding", "last_order_at")], "add_condition:1").await;
        let typed = [("rule.1.join", "any"), ("rule.1.0.number", "2"), ("rule.1.1.operator", "never")];
        let page = press(&page, "/audiences", &typed, "count").await;
        assert_eq!(page.status, 200, "{}", page.text());
        assert_eq!(page.all("#people .stat b"), ["2"], "{}", page.text());
        assert!(page.says("王小美") && page.says("林志豪") && !page.says("陳高雄"), "{}", page.text());
        assert_eq!(page.form("/audiences").value("name"), "北部的<b>常客</b> 🎉", "nothing typed is lost");
        let shown = page.form("/audiences").submit().await;
        assert!(shown.says("已建立受眾「北部的<b>常客</b> 🎉」"), "{}", shown.text());
        assert!(!shown.html.contains("<b>常客"), "names are text");
        for words in ["符合以下全部：", "城市是 台北市、新北市 其中之一", "符合以下任一：", "訂單數至少 2", "最近下單日期：從未發生", "還沒有排程使用"] {
            assert!(shown.says(words), "{words}: {}", shown.text());
        }
        let counted = shown.form(&format!("{}#people", shown.path)).submit().await;
        assert_eq!(counted.all("#people .stat b"), ["2"]);
        let saved = only(&app).await;
        assert_eq!(saved.rule.to_json(), r#"{"all":[{"attribute":"city","operator":"one_of","value":["台北市","新北市"]},{"any":[{"attribute":"order_count","operator":"at_least","value":2},{"attribute":"last_order_at","operator":"never"}]}]}"#);
        assert_eq!(saved.kind, Some(ChannelKind::Line));
        assert_eq!(trail(&app).await, ["created audience 北部的<b>常客</b> 🎉"]);
    }

    async fn what_is_wrong_is_said_beside_it_and_nothing_typed_is_lost(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        let page = marketer.get("/audiences/new").await;
        let page = press(&page, "/audiences", &[("rule.adding", "total_spent")], "add_condition:").await;
        let page = press(&page, "/audiences", &[("rule.adding", "subscribed_at")], "add_condition:").await;
        let page = press(&page, "/audiences", &[], "add_group:").await;
        let typed = [
            ("rule.0.operator", "between"), ("rule.0.least", "三千"), ("rule.0.most", "2,000"),
            ("rule.1.operator", "before"), ("rule.1.date", "2026-02-30"),
        ];
        let back = press(&page, "/audiences", &typed, "save").await;
        assert_eq!(back.status, 422);
        let errors = back.all(".rules .error");
        assert_eq!(errors, ["條件 1：請填數字", "條件 2：請填日期，例如 2026-11-23", "群組 3 沒有條件；請新增條件或移除群組"]);
        let summary = back.attributes("#errors a", "href");
        assert_eq!(summary, ["#name", "#rule.0", "#rule.1", "#rule.2"]);
        for id in summary {
            assert_eq!(back.attributes(&format!("[id=\"{}\"]", &id[1..]), "id").len(), 1, "{id} leads nowhere");
        }
        let form = back.form("/audiences");
        for (name, value) in typed {
            assert_eq!(form.value(name), value);
        }
        let typed = [("name", "花費"), ("rule.0.least", "1,500"), ("rule.1.date", "2026/2/28")];
        let page = press(&back, "/audiences", &typed, "remove:2").await;
        assert_eq!(press(&page, "/audiences", &[], "").await.status, 200);
        assert_eq!(only(&app).await.rule.to_json(), r#"{"all":[{"attribute":"total_spent","operator":"between","value":[150000,200000]},{"attribute":"subscribed_at","operator":"before","value":"2026-02-28"}]}"#);
    }

    async fn while_it_is_filled_in_the_people_are_counted(app: App) {
        people(&app).await;
        let marketer = app.as_(Role::Marketer).await;
        let page = marketer.get("/audiences/new?kind=line").await;
        assert_eq!(page.attributes("button[data-preview]", "value"), ["count"]);
        let everybody = page.form("/audiences").look(("action", "count")).await;
        assert_eq!((everybody.status, everybody.all("#people-now .stat b")), (200, vec!["3".to_owned()]));
        let page = press(&page, "/audiences", &[("rule.adding", "city")], "add_condition:").await;
        let unfinished = page.form("/audiences").look(("action", "count")).await;
        assert_eq!((unfinished.status, unfinished.all("#people-now .stat b")), (200, vec![]), "what is missing is no mistake yet");
        assert_eq!(page.form("/audiences").add("action", "count").submit().await.status, 422);
        let form = page.form("/audiences").set("rule.0.operator", "one_of").set("rule.0.text", "高雄市");
        let some = form.look(("action", "count")).await;
        assert_eq!(some.all("#people-now .stat b"), ["1"], "{}", some.text());
        assert!(some.says("陳高雄"));
    }

    async fn another_attribute_brings_its_own_operators(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        let page = marketer.get("/audiences/new").await;
        let page = press(&page, "/audiences", &[("name", "x"), ("rule.adding", "city")], "add_condition:").await;
        let asked = [("rule.0.operator", "contains"), ("rule.0.text", "北"), ("rule.0.attribute", "birth_month")];
        let hasty = press(&page, "/audiences", &asked, "save").await;
        assert_eq!((hasty.status, hasty.all(".rules .error")), (422, vec!["條件 1：請選擇比較方式".to_owned()]));
        let page = press(&page, "/audiences", &asked, "refresh").await;
        assert_eq!(page.status, 200);
        assert!(page.all(".rules .error").is_empty(), "{}", page.text());
        let operators = page.attributes("[id=\"rule.0.operator\"] option", "value");
        assert_eq!(operators, ["in_months", "this_month", "next_month"]);
        let page = page.form("/audiences").add("rule.0.months", "12").add("rule.0.months", "1").submit().await;
        assert!(page.says("生日月份是 12 月、1 月 其中之一"), "{}", page.text());
    }

    async fn of_two_editors_the_second_is_told_and_loses_nothing(app: App) {
        let id = add(&app, "近 90 天有互動", Some(ChannelKind::Line), r#"{"all":[]}"#).await;
        let (at, edit) = (format!("/audiences/{id}"), format!("/audiences/{id}/edit"));
        let (mei, hao) = (app.as_(Role::Marketer).await, app.as_(Role::Admin).await);
        let (first, second) = (mei.get(&edit).await, hao.get(&edit).await);
        assert_eq!(press(&first, &at, &[("name", "美的名字")], "save").await.path, at);
        let told = press(&second, &at, &[("name", "豪的名字"), ("rule.adding", "city")], "save").await;
        assert_eq!(told.status, 409);
        assert!(told.says("有人更新了這個受眾"), "{}", told.text());
        assert_eq!(told.form(&at).value("name"), "豪的名字");
        assert_eq!(only(&app).await.name, "美的名字");
        let apart = press(&told, &at, &[("name", "另一個")], "save_new").await;
        assert!(apart.says("已建立受眾「另一個」"), "{}", apart.text());
        let over = press(&told, &at, &[], "save").await;
        assert!(over.says("已更新受眾「豪的名字」"), "{}", over.text());
        let names = app.read(audiences::choices).await;
        assert_eq!(names.into_iter().map(|choice| choice.name).collect::<Vec<_>>(), ["另一個", "豪的名字"]);
    }

    async fn a_double_click_saves_once(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        let form = marketer.get("/audiences/new").await.form("/audiences").set("name", "所有顧客");
        let (one, two) = (form.submit().await, form.submit().await);
        assert_eq!(one.path, two.path);
        let saved = only(&app).await;
        let at = format!("/audiences/{}", saved.id);
        let form = marketer.get(&format!("{at}/edit")).await.form(&at).set("name", "所有會員");
        let (one, two) = (form.submit().await, form.submit().await);
        assert_eq!((one.status, two.status), (200, 200), "the second click is no conflict");
        assert_eq!(only(&app).await.version, 2);
    }

    async fn a_copy_opens_filled_and_is_another(app: App) {
        let rule = r#"{"any":[{"attribute":"gender","operator":"is_not","value":"male"}]}"#;
        let id = add(&app, &"長".repeat(100), None, rule).await;
        let marketer = app.as_(Role::Marketer).await;
        let page = marketer.get(&format!("/audiences/{id}/copy")).await;
        let form = page.form("/audiences");
        assert_eq!(form.value("name"), format!("{}（複製）", "長".repeat(96)));
        assert_eq!(form.value("kind"), "members");
        let copy = form.submit().await;
        assert!(copy.says("性別不是「男」") && copy.says("也包含沒有資料的人"), "{}", copy.text());
        let all = app.read(audiences::choices).await;
        assert_eq!(all.len(), 2);
    }

    async fn deleting_asks_and_is_refused_while_a_schedule_names_it(app: App) {
        let free = add(&app, "沒人用的", None, r#"{"all":[]}"#).await;
        let used = add(&app, "每週名單", Some(ChannelKind::Line), r#"{"all":[]}"#).await;
        schedule(&app, "每週新品通知", &used).await;
        let marketer = app.as_(Role::Marketer).await;
        let list = marketer.get("/audiences").await;
        assert!(list.says("1 個排程"), "{}", list.text());

        let at = format!("/audiences/{free}/delete");
        let gone = marketer.get(&at).await.form(&at).submit().await;
        assert_eq!((gone.path.as_str(), gone.says("已刪除受眾")), ("/audiences", true));
        assert_eq!(marketer.get(&format!("/audiences/{free}")).await.status, 404);
        assert_eq!(trail(&app).await, ["deleted audience 沒人用的"]);

        let refused = marketer.get(&format!("/audiences/{used}/delete")).await;
        assert!(refused.says("每週新品通知") && refused.all("main form").is_empty(), "{}", refused.text());
        // The page of another tab, from before the schedule was made.
        let stale = marketer.get(&format!("/audiences/{used}/edit")).await.form(&format!("/audiences/{used}"));
        let forged = stale.to(&format!("/audiences/{used}/delete")).submit().await;
        assert_eq!((forged.status, forged.says("每週新品通知")), (409, true), "{}", forged.text());
        let edit = marketer.get(&format!("/audiences/{used}/edit")).await;
        assert!(edit.says("下列排程使用這個受眾") && edit.says("每週新品通知"), "{}", edit.text());
        assert_eq!(only(&app).await.name, "每週名單");
    }

    async fn a_program_may_post_json_and_hears_what_is_wrong_with_it(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        let page = marketer.get("/audiences/new").await;
        let post = |json: String| page.form("/audiences").set("name", "由程式").add("rule", &json);
        let city = r#"{"attribute":"city","operator":"is","value":"x"}"#;
        let deep = format!("{}{city}{}", r#"{"all":["#.repeat(4), "]}".repeat(4));
        let many = format!(r#"{{"all":[{}]}}"#, vec![city; 51].join(","));
        for (json, says) in [
            ("{", "第 1 行第 1 個字讀不懂"),
            ("[]", "規則要以群組"),
            ("{}", "規則要以群組"),
            (&deep, "群組最多 3 層"),
            (&many, "最多 50 個條件"),
            (r#"{"all":[{"attribute":"<b>shoe</b>","operator":"is","value":"x"}]}"#, "沒有「<b>shoe</b>」這個屬性"),
            (r#"{"all":[{"attribute":"city","operator":"like","value":"x"}]}"#, "屬性 city 沒有「like」這種比較方式"),
            (r#"{"all":[{"attribute":"order_count","operator":"at_least","value":"1 or 1=1"}]}"#, "條件 order_count：請填數字"),
            (r#"{"all":[{"attribute":"tags","operator":"has_any","value":["x'; drop table tags; --"]}]}"#, "標籤已不存在"),
            (r#"{"all":[{"attribute":"tags","operator":"has_any","value":["019ab5d0-0000-7000-8000-000000000001"]}]}"#, "標籤已不存在"),
        ] {
            let back = post(json.into()).submit().await;
            assert_eq!((back.status, back.says(says)), (422, true), "{json}: {}", back.text());
            assert!(!back.html.contains("<b>shoe"), "{json}");
        }
        let back = post("{".into()).submit().await;
        assert_eq!(back.form("/audiences").value("rule"), "{", "what was posted comes back");

        let evil = r#"{"all":[{"attribute":"city","operator":"contains","value":"x') or 1=1; drop table audiences; --"}]}"#;
        let saved = post(evil.into()).submit().await;
        assert!(saved.says("城市包含「x') or 1=1; drop table audiences; --」"), "{}", saved.text());
        let counted = saved.follow(&format!("{}?people=count", saved.path)).await;
        assert_eq!(counted.all("#people .stat b"), ["0"]);
        assert_eq!(only(&app).await.rule.to_json(), evil);
    }

    async fn names_are_text_of_any_script_and_not_too_long(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        let page = marketer.get("/audiences/new").await;
        let long = "長".repeat(10_000);
        let back = page.form("/audiences").set("name", &long).submit().await;
        assert_eq!((back.status, back.says("最多 100 個字，目前有 10,000 個字")), (422, true));
        assert_eq!(back.form("/audiences").value("name"), long);
        for name in ["<script>alert(1)</script>", "🎉👨‍👩‍👧 الزبائن", "\"'&amp;", "=cmd|' /C calc'!A0"] {
            let page = marketer.get("/audiences/new").await;
            let shown = page.form("/audiences").set("name", name).set("description", name).submit().await;
            assert_eq!(shown.all("h1"), [name]);
            assert!(!shown.html.contains("<script>alert"));
            assert!(marketer.get("/audiences").await.all("td.title a").contains(&name.to_owned()), "{name}");
        }
    }

    async fn the_list_is_searched_narrowed_sorted_and_paged(app: App) {
        for n in 0..30 {
            let kind = if n % 2 == 0 { Some(ChannelKind::Line) } else { None };
            add(&app, &format!("受眾 {n:02} VIP"), kind, r#"{"all":[]}"#).await;
        }
        let manager = app.as_(Role::SalesManager).await;
        let page = manager.get("/audiences?sort=name").await;
        assert_eq!(page.all("td.title a").first().unwrap(), "受眾 00 VIP");
        assert!(page.says("1–20，共 30 筆"), "{}", page.text());
        let next = &page.attributes("a[rel=next]", "href")[0];
        let rest = page.follow(next).await;
        assert_eq!(rest.all("td.title a").len(), 10);
        assert!(rest.says("21–30，共 30 筆"), "{}", rest.text());
        let first = rest.follow(&rest.attributes("a[rel=prev]", "href")[0]).await;
        assert_eq!(first.all("td.title a"), page.all("td.title a"));
        assert_eq!(manager.get("/audiences").await.all("td.title a")[0], "受眾 29 VIP", "newest changes first");
        assert_eq!(manager.get("/audiences?q=07+vip").await.all("td.title a"), ["受眾 07 VIP"]);
        assert_eq!(manager.get("/audiences?q=%25").await.all("td.title a").len(), 0, "wildcards are letters");
        assert_eq!(manager.get("/audiences?kind=line&q=2").await.all("td.title a").len(), 7);
        assert!(manager.get("/audiences?kind=line&q=%F0%9F%8E%89").await.says("沒有符合的資料"));
        for odd in ["?sort=nonsense", "?kind=fax", "?after=x", "?before=eyJ9", "?sort=-name&after="] {
            assert_eq!(manager.get(&format!("/audiences{odd}")).await.status, 200, "{odd}");
        }
    }

    async fn who_may_do_what(app: App) {
        let id = add(&app, "VIP", None, r#"{"all":[]}"#).await;
        let reading = ["/audiences".to_owned(), format!("/audiences/{id}"), format!("/audiences/{id}?people=count")];
        let writing = ["/audiences/new".to_owned()].into_iter().chain(
            ["edit", "copy", "delete"].map(|what| format!("/audiences/{id}/{what}")));
        let writing: Vec<_> = writing.collect();
        for (role, reads, writes) in [
            (Role::Admin, 200, 200), (Role::Marketer, 200, 200), (Role::SalesManager, 200, 403), (Role::Salesperson, 403, 403),
        ] {
            let somebody = app.as_(role).await;
            for path in &reading {
                assert_eq!(somebody.get(path).await.status, reads, "{role} {path}");
            }
            for path in &writing {
                assert_eq!(somebody.get(path).await.status, writes, "{role} {path}");
            }
            let page = somebody.get("/audiences").await;
            assert_eq!(page.html.contains("/audiences/new"), writes == 200, "{role} is offered what they may do");
        }
        assert_eq!(app.anonymous().get("/audiences").await.path, "/signin?back=%2Faudiences");
        let manager = app.as_(Role::SalesManager).await;
        let account = manager.get("/account").await;
        for path in ["/audiences".to_owned(), format!("/audiences/{id}"), format!("/audiences/{id}/delete")] {
            let forged = account.form("/account").to(&path).add("name", "x").add("kind", "members").submit().await;
            assert_eq!(forged.status, 403, "{path}");
        }
        let marketer = app.as_(Role::Marketer).await;
        assert_eq!(marketer.post("/audiences", &[("name", "x"), ("kind", "members")]).await.status, 403, "no token");
        for path in ["/audiences/abc", "/audiences/abc/edit", "/audiences/019ab5d0-0000-7000-8000-00000000ffff", "/audiences/019ab5d0-0000-7000-8000-00000000ffff/copy"] {
            assert_eq!(marketer.get(path).await.status, 404, "{path}");
        }
        assert_eq!(only(&app).await.name, "VIP");
    }

    /// Opening and saving an audience without touching it leaves its rule as it was: what the page draws is the rule.
    async fn a_form_sent_as_it_was_served_changes_nothing(app: App) {
        let tags = tags(&app).await;
        let marketer = app.as_(Role::Marketer).await;
        let mut runner = TestRunner::deterministic();
        for _ in 0..12 {
            let rule = random::rule(&tags).new_tree(&mut runner).unwrap().current();
            let id = add(&app, "隨機", None, &rule.to_json()).await;
            assert_eq!(saved(&marketer, &id).await.status, 200, "{}", rule.to_json());
            let kept = app.read(move |conn| audiences::find(conn, &id)).await.unwrap();
            assert_eq!((kept.rule, kept.version), (rule, 2));
        }
    }
}

async fn saved(who: &Visitor, id: &Id) -> Shown {
    who.get(&format!("/audiences/{id}/edit")).await.form(&format!("/audiences/{id}")).submit().await
}

/// Fills in fields and presses a button of the builder, or none.
async fn press(page: &Shown, form: &str, typed: &[(&str, &str)], button: &str) -> Shown {
    let mut form = page.form(form);
    for (name, value) in typed {
        form = form.set(name, value);
    }
    if button.is_empty() { form.submit().await } else { form.add("action", button).submit().await }
}

async fn add(app: &App, name: &str, kind: Option<ChannelKind>, rule: &str) -> Id {
    let rule = Rule::from_json(rule).unwrap();
    let new = NewAudience { name: name.to_owned(), description: String::new(), kind, rule };
    let now = app.clock.now();
    app.write(move |conn| audiences::add(conn, &new, None, now)).await
}

/// The one audience there is.
async fn only(app: &App) -> Audience {
    app.read(|conn| {
        let all = audiences::choices(conn)?;
        assert_eq!(all.len(), 1, "{all:?}");
        Ok(audiences::find(conn, &all[0].id)?.unwrap())
    })
    .await
}

/// The audit trail, oldest first.
async fn trail(app: &App) -> Vec<String> {
    use schema::audit;
    let columns = (audit::action, audit::noun, audit::object_name);
    let rows: Vec<(String, String, String)> =
        app.read(move |conn| audit::table.select(columns).order(audit::id).load(conn)).await;
    rows.into_iter().map(|(action, noun, name)| format!("{action} {noun} {name}")).collect()
}

async fn tags(app: &App) -> Vec<Id> {
    let now = app.clock.now();
    app.write(move |conn| {
        use schema::tags;
        let ids: Vec<Id> = (0..5).map(|_| Id::new()).collect();
        for id in &ids {
            let row = (tags::id.eq(id), tags::name.eq(id.as_str()), tags::created_at.eq(now));
            diesel::insert_into(tags::table).values(row).execute(conn)?;
        }
        Ok(ids)
    })
    .await
}

async fn line(app: &App) -> Id {
    let now = app.clock.now();
    app.write(move |conn| {
        let line = NewChannel {
            kind: ChannelKind::Line,
            connector: Connector::Sandbox,
            name: "本店官方帳號",
            rate_per_second: 500,
            failure_share: 0.0,
        };
        channels::add(conn, &line, now)
    })
    .await
}

/// Three members on LINE: 王小美 in Taipei with three orders, 林志豪 in New Taipei without, 陳高雄 in Kaohsiung.
async fn people(app: &App) {
    let channel = line(app).await;
    let now = app.clock.now();
    app.write(move |conn| {
        for (name, city, orders) in [("王小美", "台北市", 3), ("林志豪", "新北市", 0), ("陳高雄", "高雄市", 5)] {
            let (member, contact) = (Id::new(), Id::new());
            let ordered = (orders > 0).then_some(now);
            let mut sql = Sql::new(
                "insert into members (id, number, name, city, order_count, total_spent, last_order_at, created_at, version) values (",
            );
            sql.bind(&member).push(", ").bind(member.as_str()).push(", ").bind(name).push(", ").bind(city).push(", ");
            sql.bind(orders).push(", 0, ").bind(ordered).push(", ").bind(now).push(", 1)").execute(conn)?;
            let mut sql = Sql::new(
                "insert into contacts (id, channel_id, identity, member_id, name, consent, subscribed_at, source, created_at, version) values (",
            );
            sql.bind(&contact).push(", ").bind(&channel).push(", ").bind(contact.as_str()).push(", ").bind(&member);
            sql.push(", ").bind(name).push(", 'none', ").bind(now).push(", 'test', ").bind(now).push(", 1)");
            sql.execute(conn)?;
        }
        Ok(())
    })
    .await;
}

/// A schedule that names this audience.
async fn schedule(app: &App, name: &'static str, audience: &Id) {
    let (channel, audience, now) = (line(app).await, audience.clone(), app.clock.now());
    app.write(move |conn| {
        let journey = Id::new();
        let mut sql = Sql::new(
            "insert into journeys (id, name, channel_id, trigger_kind, status, re_entry, re_entry_days, created_at, updated_at, version) values (",
        );
        sql.bind(&journey).push(", '新品上市旅程', ").bind(&channel).push(", 'system', 'draft', 'always', 0, ");
        sql.bind(now).push(", ").bind(now).push(", 1)").execute(conn)?;
        let mut sql = Sql::new(
            "insert into schedules (id, name, journey_id, audience_id, frequency, every, starts_on, at_time, zone, status, remaining, total, created_at, updated_at, version) values (",
        );
        sql.bind(Id::new()).push(", ").bind(name).push(", ").bind(&journey).push(", ").bind(&audience);
        sql.push(", 'once', 1, '2026-12-01', '10:00', 'Asia/Taipei', 'scheduled', 1, 1, ").bind(now).push(", ").bind(now).push(", 1)");
        sql.execute(conn).map(drop)
    })
    .await;
}
