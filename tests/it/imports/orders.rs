//! `/orders/import`: a file becomes orders of members, and every row that does not comes back with its reason.

use super::{allow, expire, figures, refuse, settle_until_done, start};
use crate::support::{App, Shown, Someone, Visitor, both};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use tidings_base::{
    db::{
        Id,
        schema::{events, imports, members, orders},
    },
    web::{Lang, Role},
};
use tidings_customers::{channels::ChannelKind, orders::OrderStatus};

const TITLES: &str = "訂單編號,訂購時間,金額,幣別,狀態,會員編號,電話,Email";

/// Uploads a file and shows what would come of it.
async fn upload(visitor: &Visitor, content: &[u8]) -> Shown {
    let form = visitor.get("/orders/import").await.form("/orders/import");
    form.file("file", "訂單.csv", content).submit().await
}

/// A member of this number, with what orders find members by.
async fn member(app: &App, number: &str, phone: Option<&str>, email: Option<&str>) -> Id {
    let id = app.member(number, None).await;
    let (member, number) = (id.clone(), number.to_owned());
    let (phone, email) = (phone.map(str::to_owned), email.map(str::to_owned));
    app.write(move |conn| {
        let set = (members::number.eq(number), members::phone.eq(phone), members::email.eq(email));
        diesel::update(members::table.find(member)).set(set).execute(conn)
    })
    .await;
    id
}

/// What is counted over a member's orders: how many, what was spent, the first and the last.
async fn counted(app: &App, member: &Id) -> (i64, i64, Option<NaiveDateTime>, Option<NaiveDateTime>) {
    let member = member.clone();
    let columns = (members::order_count, members::total_spent, members::first_order_at, members::last_order_at);
    app.read(move |conn| members::table.find(member).select(columns).first(conn)).await
}

type Order = (String, Id, NaiveDateTime, i64, String, OrderStatus);

/// Every order, by number.
async fn all_orders(app: &App) -> Vec<Order> {
    let columns =
        (orders::number, orders::member_id, orders::placed_at, orders::total, orders::currency, orders::status);
    app.read(move |conn| orders::table.select(columns).order(orders::number).load(conn)).await
}

/// The events of placed orders: whose, and when.
async fn placed(app: &App) -> Vec<(Option<Id>, NaiveDateTime)> {
    let placed = events::table.filter(events::kind.eq("order_placed"));
    app.read(move |conn| placed.select((events::member_id, events::at)).order(events::at).load(conn)).await
}

fn at(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

both! {
    async fn a_file_becomes_orders_of_members(app: App) {
        let one = member(&app, "M1", Some("+886912345678"), None).await;
        let two = member(&app, "M2", None, Some("mei@example.com")).await;
        let sms = app.channel(ChannelKind::Sms, "簡訊").await;
        let three = member(&app, "M3", None, None).await;
        app.contact(&sms, Someone::called("家豪").at("+886933333333").of(&three)).await;
        let marketer = app.as_(Role::Marketer).await;
        let file = format!(
            "{TITLES},備註\n\
             A1,2026/11/01 10:30,\"NT$1,280\",TWD,已完成,M1,,,x\n\
             A2,2026-11-02T09:00:00+09:00,480.5,,已取消,M9,0912-345-678,,\n\
             A3,2026/11/3 下午 02:15,100,,已退款,,02-2345-6789,Mei@Example.com,\n\
             A4,2026/11/4,990,新台幣,,,0933 333 333,,\n"
        );
        let preview = upload(&marketer, file.as_bytes()).await;
        assert_eq!(figures(&preview), ["4", "0", "0"], "{}", preview.text());
        assert!(preview.says("匯入 4 列") && preview.says("新訂單"), "{}", preview.text());
        assert_eq!(all_orders(&app).await, [], "nothing is done before it is confirmed");
        let done = start(&app, &preview).await;
        assert!(done.says("已完成"), "{}", done.text());
        assert_eq!(figures(&done), ["4", "4", "0", "0"]);
        use OrderStatus::{Cancelled, Completed, Refunded};
        let twd = || "TWD".to_owned();
        assert_eq!(all_orders(&app).await, [
            ("A1".into(), one.clone(), at("2026-11-01T02:30:00"), 128_000, twd(), Completed),
            ("A2".into(), one.clone(), at("2026-11-02T00:00:00"), 48_050, twd(), Cancelled),
            ("A3".into(), two.clone(), at("2026-11-03T06:15:00"), 10_000, twd(), Refunded),
            ("A4".into(), three.clone(), at("2026-11-03T16:00:00"), 99_000, twd(), Completed),
        ]);
        let first = Some(at("2026-11-01T02:30:00"));
        assert_eq!(counted(&app, &one).await, (1, 128_000, first, first), "what is taken back does not count");
        assert_eq!(counted(&app, &two).await, (0, 0, None, None));
        assert_eq!(counted(&app, &three).await.0, 1);
        assert_eq!(placed(&app).await.len(), 4);
        let kept: Vec<u8> = app.read(|conn| imports::table.select(imports::content).first(conn)).await;
        assert!(kept.is_empty(), "the file is about people and is not kept");
        let audit = app.as_(Role::Admin).await.get("/audit").await;
        assert!(audit.says("匯入 訂單 訂單.csv") && audit.says("共 4 列"), "{}", audit.text());
        assert_eq!(audit.attributes("td a[href^='/orders/import/']", "href"), [done.path.as_str()]);
    }

    async fn the_orders_stand_on_the_contact_s_page(app: App) {
        let one = member(&app, "M1", None, None).await;
        let sms = app.channel(ChannelKind::Sms, "簡訊").await;
        let contact = app.contact(&sms, Someone::called("怡君").at("+886912345678").of(&one)).await;
        let marketer = app.as_(Role::Marketer).await;
        let file = format!("{TITLES}\nA1,2026/11/01 10:30,1280,,,M1,,\n");
        start(&app, &upload(&marketer, file.as_bytes()).await).await;
        let page = marketer.get(&format!("/contacts/{contact}")).await;
        assert!(page.says("NT$1,280") && page.says("下單 A1"), "{}", page.text());
    }

    async fn the_same_number_again_changes_the_order(app: App) {
        let (one, two) = (member(&app, "M1", None, None).await, member(&app, "M2", None, None).await);
        let marketer = app.as_(Role::Marketer).await;
        let file = format!("{TITLES}\nA1,2026-11-01 10:00,500,,,M1,,\nA2,2026-11-02 10:00,300,,,M1,,\n");
        start(&app, &upload(&marketer, file.as_bytes()).await).await;
        assert_eq!(counted(&app, &one).await.1, 80_000);
        // The very same file: nothing doubles, nothing happens again.
        let preview = upload(&marketer, file.as_bytes()).await;
        assert_eq!(figures(&preview), ["0", "2", "0"], "{}", preview.text());
        assert_eq!(figures(&start(&app, &preview).await), ["2", "0", "2", "0"]);
        assert_eq!((all_orders(&app).await.len(), placed(&app).await.len()), (2, 2));
        assert_eq!(counted(&app, &one).await.1, 80_000);
        // What came of them since, and nothing else.
        let later = "訂單編號,狀態,金額\nA1,已退款,\nA2,,350\n";
        assert_eq!(figures(&start(&app, &upload(&marketer, later.as_bytes()).await).await), ["2", "0", "2", "0"]);
        let orders = all_orders(&app).await;
        assert_eq!((orders[0].3, orders[0].5), (50_000, OrderStatus::Refunded));
        assert_eq!((&orders[1].1, orders[1].2, orders[1].3), (&one, at("2026-11-02T02:00:00"), 35_000));
        assert_eq!(counted(&app, &one).await.1, 35_000);
        // It was somebody else's, and earlier: the figures of both follow, and so does the time line.
        let other = "訂單編號,訂購時間,會員編號\nA2,2026-11-01 09:00,M2\n";
        start(&app, &upload(&marketer, other.as_bytes()).await).await;
        assert_eq!((counted(&app, &one).await.0, counted(&app, &two).await.0), (0, 1));
        assert_eq!(placed(&app).await, [(Some(two), at("2026-11-01T01:00:00")), (Some(one), at("2026-11-01T02:00:00"))]);
    }

    async fn one_order_in_several_rows_is_one_order(app: App) {
        let one = member(&app, "M1", None, None).await;
        let marketer = app.as_(Role::Marketer).await;
        // A row for each thing that was bought, as some shops export; more than are taken over at once.
        let more = (0..600).map(|_| "A1,,,,,,,\n");
        let file = format!("{TITLES}\nA1,2026-11-01,500,,,M1,,\n{}", more.collect::<String>());
        let preview = upload(&marketer, file.as_bytes()).await;
        assert_eq!(figures(&preview), ["1", "600", "0"]);
        assert_eq!(figures(&start(&app, &preview).await), ["601", "1", "600", "0"]);
        assert_eq!((all_orders(&app).await.len(), placed(&app).await.len()), (1, 1));
        assert_eq!(counted(&app, &one).await.1, 50_000);
    }

    async fn big5_is_recognised_and_can_be_overruled(app: App) {
        member(&app, "會員一", None, None).await;
        let marketer = app.as_(Role::Marketer).await;
        let (file, ..) = encoding_rs::BIG5.encode("訂單編號,訂購時間,金額,狀態,會員編號\r\n許功蓋１,2026/11/1 上午 09:05,500,已出貨,會員一\r\n");
        let preview = upload(&marketer, &file).await;
        assert_eq!(preview.form(&preview.path).value("encoding"), "big5");
        assert!(preview.says("許功蓋１"), "{}", preview.text());
        let garbled = preview.form(&preview.path).set("encoding", "utf-8").add("then", "start").submit().await;
        assert!(garbled.says("讀法已經改變") && !garbled.says("許功蓋"), "{}", garbled.text());
        assert_eq!(all_orders(&app).await, []);
        let again = garbled.form(&garbled.path).set("encoding", "big5").add("then", "preview").submit().await;
        assert_eq!(figures(&again), ["1", "0", "0"], "{}", again.text());
        start(&app, &again).await;
        assert_eq!(all_orders(&app).await[0].0, "許功蓋１");
    }

    async fn marks_quotes_and_newlines_stay_in_their_cells(app: App) {
        member(&app, "M1", None, None).await;
        let marketer = app.as_(Role::Marketer).await;
        let file = "\u{feff}訂單編號,訂購時間,金額,會員編號,備註\r\n\"A,\"\"1\"\"\",2026-11-01,\"1,280\",\"M1\n\",\"兩\n行\"\r\n\r\n,,,,\r\nA2,2026-11-01,5,M1,";
        let preview = upload(&marketer, file.as_bytes()).await;
        assert_eq!(preview.form(&preview.path).value("encoding"), "utf-8");
        assert_eq!(figures(&start(&app, &preview).await), ["2", "2", "0", "0"]);
        let numbers: Vec<String> = all_orders(&app).await.into_iter().map(|order| order.0).collect();
        assert_eq!(numbers, ["A,\"1\"", "A2"]);
    }

    async fn a_thousand_bad_rows_come_back_with_their_reasons(app: App) {
        for n in 0..2 {
            member(&app, &format!("F{n}"), Some("+886955555555"), None).await;
        }
        let one = member(&app, "M1", None, None).await;
        let marketer = app.as_(Role::Marketer).await;
        let tomorrow = (app.clock.now() + TimeDelta::days(2)).format("%Y-%m-%d");
        let bad = (0..1_000).map(|n| match n % 10 {
            0 => ",2026-11-01,100,,,M1,,\n".to_owned(),
            1 => format!("B{n},someday,100,,,M1,,\n"),
            2 => format!("B{n},{tomorrow},100,,,M1,,\n"),
            3 => format!("B{n},2026-11-01,\"12,80\",,,M1,,\n"),
            4 => format!("B{n},2026-11-01,100,USD,,M1,,\n"),
            5 => format!("B{n},2026-11-01,100,,待付款,M1,,\n"),
            6 => format!("B{n},2026-11-01,100,,,M404,0912345678,no@example.com\n"),
            7 => format!("B{n},2026-11-01,100,,,,0955555555,\n"),
            8 => format!("B{n},,,,,,,\n"),
            _ => format!("2.02611E+{n},2026-11-01,100,,,,02-2345-6789,x\n"),
        });
        let file = format!("{TITLES}\n{}A1,2026-11-01,100,,,M1,,\n", bad.collect::<String>());
        let preview = upload(&marketer, file.as_bytes()).await;
        assert_eq!(figures(&preview), ["1", "0", "1,000"]);
        assert!(preview.says("匯入 1 列") && preview.says("看不懂金額"), "{}", preview.text());
        let done = start(&app, &preview).await;
        assert_eq!(figures(&done), ["1,001", "1", "0", "1,000"]);
        assert!(done.says("下載有問題的資料列"), "{}", done.text());
        assert_eq!(counted(&app, &one).await.0, 1);
        let file = marketer.get(&done.attributes("a[href$='/bad-rows']", "href")[0]).await.html;
        let mut reader = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
        assert_eq!(reader.headers().unwrap().iter().take(3).collect::<Vec<_>>(), ["原因", "列號", "訂單編號"]);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1_000);
        let reasons: Vec<&str> = rows.iter().take(10).map(|row| &row[0]).collect();
        assert_eq!(reasons, [
            "訂單編號是空白的",
            "看不懂下單時間，或在未來（例如 2026-11-23 10:00）",
            "看不懂下單時間，或在未來（例如 2026-11-23 10:00）",
            "看不懂金額（例如 1280 或 NT$1,280）",
            "不是新台幣；只能匯入新台幣（TWD）的訂單",
            "看不懂狀態（請填：已成立、已完成、已取消、已退款）",
            "找不到會員：沒有會員是這個會員編號、手機或電子郵件",
            "有好幾位會員使用這個手機或電子郵件，請加上會員編號",
            "新訂單要有下單時間；新訂單要有金額；新訂單要有會員編號、手機或電子郵件",
            "訂單編號超過 100 個字，或被試算表改成了科學記號（例如 2.02611E+11）",
        ]);
        assert_eq!((&rows[0][1], &rows[999][1]), ("2", "1001"));
        // The file that came back can be corrected and sent again: its own columns are left out.
        let again = upload(&marketer, file.replace("M404", "M1").as_bytes()).await;
        assert_eq!(figures(&again), ["100", "0", "900"], "{}", again.text());
    }

    async fn a_formula_is_a_text_in_and_out(app: App) {
        member(&app, "-1", None, None).await;
        let marketer = app.as_(Role::Marketer).await;
        let file = "訂單編號,訂購時間,金額,會員編號\n'=cmd|' /C calc'!A0,2026-11-01,100,'-1\n=1+1,2026-11-01,100,'@nobody\n";
        let done = start(&app, &upload(&marketer, file.as_bytes()).await).await;
        assert_eq!(figures(&done), ["2", "1", "0", "1"], "{}", done.text());
        assert_eq!(all_orders(&app).await[0].0, "=cmd|' /C calc'!A0");
        let bad = marketer.get(&done.attributes("a[href$='/bad-rows']", "href")[0]).await.html;
        assert!(bad.contains(",'=1+1,2026-11-01,100,'@nobody"), "{bad}");
    }

    async fn columns_are_mapped_by_hand_where_titles_say_nothing(app: App) {
        member(&app, "M1", None, None).await;
        let marketer = app.as_(Role::Marketer).await;
        let preview = upload(&marketer, "甲,乙,丙,丁\nA1,2026-11-01,100,M1\n".as_bytes()).await;
        assert!(preview.says("還沒有指定訂單編號") && !preview.says("匯入 1 列"), "{}", preview.text());
        let form = preview.form(&preview.path);
        let started = form.clone().add("then", "start").submit().await;
        assert_eq!((started.status, started.all("[role=alert] li").len()), (422, 1), "{}", started.text());
        // What files of contacts have is not offered, and not taken from who sends it all the same.
        for word in ["identity", "tags", "'; drop table"] {
            assert_eq!(form.clone().set("column_0", word).add("then", "start").submit().await.status, 422, "{word}");
        }
        let twice = form.clone().set("column_0", "order_number").set("column_1", "order_number").add("then", "preview");
        assert!(twice.submit().await.says("有兩欄選了同樣的內容"));
        let mapped = form
            .set("column_0", "order_number")
            .set("column_1", "placed_at")
            .set("column_2", "total")
            .set("column_3", "member_number")
            .add("then", "preview");
        start(&app, &mapped.submit().await).await;
        assert_eq!(all_orders(&app).await.len(), 1);
    }

    async fn what_is_no_file_of_orders_is_refused_beside_the_field(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        for (content, why) in [
            (b"".as_slice(), "這個檔案是空的"),
            ("訂單編號,金額\n".as_bytes(), "只有一列標題"),
            (b"PK\x03\x04 xlsx", "Excel 活頁簿"),
            (b"\x89PNG\r\n\x1a\n\0\0", "不是文字檔"),
        ] {
            let answer = upload(&marketer, content).await;
            assert_eq!((answer.status, answer.all(".field .error").len()), (422, 1), "{why}");
            assert!(answer.says(why), "{why}: {}", answer.text());
        }
        let nothing = marketer.get("/orders/import").await.form("/orders/import").submit().await;
        assert_eq!((nothing.status, nothing.all(".field .error").len()), (422, 1));
        let large = upload(&marketer, &vec![b'a'; (10 << 20) + (1 << 17)]).await;
        assert_eq!(large.status, 422);
        assert!(large.all("#file-error").join("").contains("檔案太大，最大 10 MB"), "{}", large.text());
        let count: i64 = app.read(|conn| imports::table.count().get_result(conn)).await;
        assert_eq!(count, 0);
    }

    async fn a_form_that_is_sent_twice_is_sent_once(app: App) {
        let one = member(&app, "M1", None, None).await;
        let marketer = app.as_(Role::Marketer).await;
        let file = format!("{TITLES}\nA1,2026-11-01,100,,,M1,,\n");
        let form = marketer.get("/orders/import").await.form("/orders/import").file("file", "訂單.csv", file.as_bytes());
        let (preview, again) = (form.submit().await, form.submit().await);
        assert_eq!(preview.path, again.path);
        let (press, twice) = (preview.form(&preview.path), preview.form(&preview.path));
        press.add("then", "start").submit().await;
        twice.add("then", "start").submit().await;
        app.settle().await;
        assert_eq!((counted(&app, &one).await.0, placed(&app).await.len()), (1, 1));
        let late = preview.form(&format!("{}/delete", preview.path)).submit().await;
        assert!(late.says("無法放棄") && late.path == "/orders/import", "{}", late.text());
        assert_eq!(late.all("td.title a"), ["訂單.csv"]);
        let begun: i64 = app.read(|conn| imports::table.count().get_result(conn)).await;
        assert_eq!(begun, 1);
    }

    async fn an_address_of_one_kind_shows_nothing_of_the_other(app: App) {
        let sms = app.channel(ChannelKind::Sms, "簡訊").await;
        let marketer = app.as_(Role::Marketer).await;
        let orders = upload(&marketer, "訂單編號\nA1\n".as_bytes()).await;
        let form = marketer.get("/contacts/import").await.form("/contacts/import");
        let contacts = form.set("channel", sms.as_str()).file("file", "名單.csv", "手機\n0912345678\n".as_bytes()).submit().await;
        for (page, other) in [(&orders, "/contacts/import"), (&contacts, "/orders/import")] {
            let id = page.path.rsplit('/').next().unwrap();
            for path in [format!("{other}/{id}"), format!("{other}/{id}/bad-rows")] {
                assert_eq!(marketer.get(&path).await.status, 404, "{path}");
            }
            let away = page.form(&format!("{}/delete", page.path)).to(&format!("{other}/{id}/delete")).submit().await;
            assert_eq!(away.status, 404);
        }
        assert_eq!(marketer.get("/orders/import").await.all("td.title a"), ["訂單.csv"]);
        assert_eq!(marketer.get("/contacts/import").await.all("td.title a"), ["名單.csv"]);
    }

    async fn only_who_may_import_contacts_may_import_orders(app: App) {
        app.channel(ChannelKind::Sms, "簡訊").await;
        for role in Role::ALL {
            let visitor = app.as_(*role).await;
            let may = matches!(role, Role::Admin | Role::Marketer);
            let list = visitor.get("/contacts").await;
            assert_eq!(list.attributes("a[href='/orders/import']", "href").len(), usize::from(may), "{role}");
            let page = visitor.get("/orders/import").await;
            assert_eq!(page.status, if may { 200 } else { 403 }, "{role}");
            assert_eq!(page.attributes(".crumbs a", "href").len(), usize::from(may), "{role}");
        }
    }

    async fn every_page_speaks_both_languages(app: App) {
        member(&app, "M1", None, None).await;
        let marketer = app.as_(Role::Marketer).await;
        let page = marketer.get_in("/orders/import", Lang::En.code()).await;
        assert!(page.says("Import orders") && page.says("Upload and preview"), "{}", page.text());
        let preview = upload(&marketer, format!("{TITLES}\nA1,2026-11-01,100,,,M1,,\nA2,x,,,,,,\n").as_bytes()).await;
        let shown = marketer.get_in(&preview.path, Lang::En.code()).await;
        assert!(shown.says("New orders") && shown.says("Import 1 row"), "{}", shown.text());
        assert!(shown.says("Time of the order not understood"), "{}", shown.text());
        let done = start(&app, &preview).await;
        let shown = marketer.get_in(&done.path, Lang::En.code()).await;
        assert!(shown.says("Finished") && shown.says("Download the rows with problems"), "{}", shown.text());
    }

    async fn an_import_that_broke_off_goes_on_where_it_was(app: App) {
        let one = member(&app, "M1", None, None).await;
        let marketer = app.as_(Role::Marketer).await;
        let rows = (0..1_200).map(|n| format!("A{n:04},2026-11-01,10,,,M1,,\n"));
        let preview = upload(&marketer, format!("{TITLES}\n{}", rows.collect::<String>()).as_bytes()).await;
        // The third slice cannot be written: as if the program had died before its commit.
        refuse(&app, "orders", "number", "A1100").await;
        let running = preview.form(&preview.path).add("then", "start").submit().await;
        settle_until_done(&app, 1_000).await;
        let half = running.follow(&running.path).await;
        assert!(half.says("匯入中") && half.says("1,000 / 1,200"), "{}", half.text());
        assert_eq!(counted(&app, &one).await.0, 1_000, "the figures follow in the same transaction");
        allow(&app, "orders").await;
        expire(&app).await;
        app.settle().await;
        let done = running.follow(&running.path).await;
        assert_eq!(figures(&done), ["1,200", "1,200", "0", "0"]);
        assert_eq!((counted(&app, &one).await.0, placed(&app).await.len()), (1_200, 1_200));
    }

    async fn an_import_that_always_breaks_off_is_set_aside_and_can_be_sent_again(app: App) {
        let one = member(&app, "M1", None, None).await;
        let marketer = app.as_(Role::Marketer).await;
        let rows = (0..600).map(|n| format!("A{n:04},2026-11-01,10,,,M1,,\n"));
        let file = format!("{TITLES}\n{}", rows.collect::<String>());
        let preview = upload(&marketer, file.as_bytes()).await;
        refuse(&app, "orders", "number", "A0550").await;
        let running = preview.form(&preview.path).add("then", "start").submit().await;
        settle_until_done(&app, 500).await;
        for _ in 0..5 {
            expire(&app).await;
            app.settle().await;
        }
        let told = running.follow(&running.path).await;
        assert!(told.says("失敗") && told.says("600 列中完成了 500 列"), "{}", told.text());
        allow(&app, "orders").await;
        let again = upload(&marketer, file.as_bytes()).await;
        assert_eq!(figures(&again), ["100", "500", "0"]);
        start(&app, &again).await;
        assert_eq!((counted(&app, &one).await.0, placed(&app).await.len()), (600, 600));
    }
}
