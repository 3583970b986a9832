//! `/contacts/import`: a file becomes contacts, and every row that does not comes back with its reason.

use super::{allow, expire, figures, refuse, settle_until_done, start};
use crate::support::{
    App, Shown, Someone, Visitor, both,
    stream::{event, text},
};
use chrono::TimeDelta;
use diesel::prelude::*;
use tidings_base::{
    db::{
        Id,
        schema::{consents, contacts, events, imports, members},
    },
    web::Role,
};
use tidings_customers::{
    channels::ChannelKind::{Email, Line, Sms},
    consent::Consent,
};

/// Uploads a file and shows how it would be read.
async fn upload(visitor: &Visitor, channel: &Id, content: &[u8]) -> Shown {
    let form = visitor.get("/contacts/import").await.form("/contacts/import");
    form.set("channel", channel.as_str()).file("file", "名單.csv", content).submit().await
}

/// Identity, name and consent of everybody, in the order of the identities.
async fn everybody(app: &App) -> Vec<(String, String, Consent)> {
    app.read(|conn| {
        let columns = (contacts::identity, contacts::name, contacts::consent);
        contacts::table.select(columns).order(contacts::identity).load(conn)
    })
    .await
}

/// A file with the mobile numbers 0912000000, 0912000001, …
fn numbered(count: usize) -> String {
    let rows = (0..count).map(|n| format!("0912{n:06},客人{n}\n"));
    format!("手機,姓名\n{}", rows.collect::<String>())
}

both! {
    async fn a_file_becomes_contacts(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let marketer = app.as_(Role::Marketer).await;
        let file = "手機號碼,姓名,行銷同意,標籤,會員編號,性別,生日,城市,備註\n\
                    0912-345-678,王怡君,同意,VIP、台北,M001,女,1990/5/17,臺北市,老客人\n\
                    +886922345678,陳家豪,,,,,,,\n";
        let preview = upload(&marketer, &sms, file.as_bytes()).await;
        assert!(preview.says("匯入 2 列"), "{}", preview.text());
        assert_eq!(figures(&preview), ["2", "0", "0"], "new, changed, bad");
        assert_eq!(everybody(&app).await, []);
        let done = start(&app, &preview).await;
        assert!(done.says("已完成"), "{}", done.text());
        assert_eq!(figures(&done), ["2", "2", "0", "0"]);
        assert_eq!(everybody(&app).await, [
            ("+886912345678".into(), "王怡君".into(), Consent::Granted),
            ("+886922345678".into(), "陳家豪".into(), Consent::None),
        ]);
        assert_eq!((app.tagged("VIP").await, app.tagged("台北").await), (1, 1));
        type Row = (String, Option<String>, Option<String>, Option<i64>, Option<String>);
        let member: Row = app
            .read(|conn| {
                let columns = (members::name, members::gender, members::birthday, members::birth_month, members::city);
                members::table.select(columns).first(conn)
            })
            .await;
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(member, ("王怡君".into(), text("female"), text("1990-05-17"), Some(5), text("台北市")));
        let granted: i64 = app.read(|conn| consents::table.count().get_result(conn)).await;
        assert_eq!(granted, 1);
        let kept: Vec<u8> = app.read(|conn| imports::table.select(imports::content).first(conn)).await;
        assert!(kept.is_empty(), "the file is about people and is not kept");
        assert!(app.as_(Role::Admin).await.get("/audit").await.says("名單.csv"));
        assert_eq!(marketer.get("/contacts/import").await.all("td.title a"), ["名單.csv"]);
    }

    async fn how_far_it_is_comes_by_itself_until_it_is_done(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let marketer = app.as_(Role::Marketer).await;
        let done = start(&app, &upload(&marketer, &sms, numbered(3).as_bytes()).await).await;
        assert!(done.attributes("[data-live]", "data-live").is_empty(), "what is done changes no more");
        // As if somebody were at work on it.
        let later = app.clock.machine() + TimeDelta::hours(1);
        let stands = async |status: &'static str, rows: i64| {
            let change = (
                imports::status.eq(status),
                imports::done.eq(rows),
                imports::created.eq(rows),
                imports::owner.eq("somebody"),
                imports::lease_until.eq(later),
            );
            app.write(move |conn| diesel::update(imports::table).set(change).execute(conn)).await;
        };
        stands("running", 1).await;
        let page = marketer.get(&done.path).await;
        let path = format!("{}/live", done.path);
        assert_eq!(page.attributes("[data-live]", "data-live"), [path.as_str()]);
        let mut stream = marketer.raw(&path).await;
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let first = event(&mut stream).await.unwrap();
        assert!(text(&first).contains("1 / 3"), "{first}");
        stands("running", 2).await;
        let second = event(&mut stream).await.unwrap();
        assert!(text(&second).contains("2 / 3") && !second.starts_with("event:"), "{second}");
        stands("finished", 3).await;
        let last = event(&mut stream).await.unwrap();
        assert!(last.starts_with("event: over\n") && !text(&last).contains(" / "), "{last}");
        assert_eq!(event(&mut stream).await, None);
        let orders = format!("/orders{}", path.trim_start_matches("/contacts"));
        assert_eq!(marketer.get(&orders).await.status, 404, "no import of orders");
    }

    async fn big5_is_recognised_and_can_be_overruled(app: App) {
        let email = app.channel(Email, "會員信").await;
        let marketer = app.as_(Role::Marketer).await;
        let (file, ..) = encoding_rs::BIG5.encode("電子郵件,姓名\r\nyi@example.com,許功蓋\r\n");
        let preview = upload(&marketer, &email, &file).await;
        assert_eq!(preview.form(&preview.path).value("encoding"), "big5");
        assert!(preview.says("許功蓋"), "{}", preview.text());
        // Read as UTF-8 it is garbled, and pressing import shows that before anything is done.
        let garbled = preview.form(&preview.path).set("encoding", "utf-8").add("then", "start").submit().await;
        assert!(garbled.says("讀法已經改變") && !garbled.says("許功蓋"), "{}", garbled.text());
        let again = garbled.form(&garbled.path).set("encoding", "big5").add("then", "preview").submit().await;
        assert!(again.says("許功蓋") && again.says("匯入 1 列"), "{}", again.text());
        start(&app, &again).await;
        assert_eq!(everybody(&app).await, [("yi@example.com".into(), "許功蓋".into(), Consent::None)]);
    }

    async fn marks_quotes_and_newlines_stay_in_their_cells(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let marketer = app.as_(Role::Marketer).await;
        let file = "\u{feff}手機,姓名,標籤\r\n0912345678,\"Chen, \"\"Amy\"\"\",\"VIP\n新客\"\r\n\r\n,,\r\n0922345678,王,";
        let preview = upload(&marketer, &sms, file.as_bytes()).await;
        assert_eq!(preview.form(&preview.path).value("encoding"), "utf-8");
        let done = start(&app, &preview).await;
        assert_eq!(figures(&done), ["2", "2", "0", "0"]);
        assert_eq!(everybody(&app).await[0].1, "Chen, \"Amy\"");
        assert_eq!(app.tagged("新客").await, 1);
    }

    async fn a_thousand_bad_rows_come_back_with_their_reasons(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let marketer = app.as_(Role::Marketer).await;
        let bad = (0..1_000).map(|n| match n % 4 {
            0 => format!("{n},王{n},\n"),
            1 => format!(",李{n},\n"),
            2 => format!("091200{n:04},陳{n},也許\n"),
            _ => format!("091200{n:04},{},\n", "長".repeat(101)),
        });
        let file = format!("手機,姓名,同意\n{}0987654321,=1+1,是\n", bad.collect::<String>());
        let preview = upload(&marketer, &sms, file.as_bytes()).await;
        assert!(preview.says("匯入 1 列") && preview.says("1,000"), "{}", preview.text());
        let done = start(&app, &preview).await;
        assert_eq!(figures(&done), ["1,001", "1", "0", "1,000"]);
        assert_eq!(everybody(&app).await, [("+886987654321".into(), "=1+1".into(), Consent::Granted)]);
        let file = marketer.get(&done.attributes("a[href$='/bad-rows']", "href")[0]).await.html;
        let mut reader = csv::Reader::from_reader(file.trim_start_matches('\u{feff}').as_bytes());
        assert_eq!(reader.headers().unwrap(), vec!["原因", "列號", "手機", "姓名", "同意"]);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1_000);
        assert_eq!(rows[0], vec!["不是手機號碼（例如 0912345678 或 +886912345678）", "2", "0", "王0", ""]);
        assert_eq!(&rows[1][0], "識別碼是空白的");
        assert_eq!(&rows[2][0], "看不懂同意狀態（請填：同意、不同意、未表態）");
        assert_eq!(&rows[3][0], "姓名超過 100 個字");
        assert_eq!(&rows[999][1], "1001");
        // The file that came back can be sent again: its own columns are left out.
        let again = upload(&marketer, &sms, file.as_bytes()).await;
        let fields = again.form(&again.path).fields;
        let holds: Vec<&str> =
            fields.iter().filter(|(name, _)| name.starts_with("column_")).map(|(_, value)| value.as_str()).collect();
        assert_eq!(holds, ["ignored", "ignored", "identity", "name", "consent"]);
    }

    async fn a_formula_is_a_text_in_and_out(app: App) {
        let email = app.channel(Email, "會員信").await;
        let marketer = app.as_(Role::Marketer).await;
        let file = "email,name\na@example.com,'=cmd|' /C calc'!A0\n=1+1,壞\n";
        let done = start(&app, &upload(&marketer, &email, file.as_bytes()).await).await;
        assert_eq!(everybody(&app).await[0].1, "=cmd|' /C calc'!A0");
        let bad = marketer.get(&done.attributes("a[href$='/bad-rows']", "href")[0]).await.html;
        assert!(bad.contains(",'=1+1,壞"), "{bad}");
        let export = marketer.get(&format!("/contacts/export?channel={email}")).await.html;
        assert!(export.contains(",'=cmd|' /C calc'!A0,"), "{export}");
    }

    async fn what_is_there_is_updated_and_blank_cells_leave_it(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let (was, is) = (app.member("舊會員", None).await, app.member("王怡君", None).await);
        let known = Someone::called("怡君").at("+886912345678").of(&was).tagged("VIP").who(Consent::Granted);
        let id = app.contact(&sms, known).await;
        let member = is.clone();
        let number: String = app.read(move |conn| members::table.find(member).select(members::number).first(conn)).await;
        let marketer = app.as_(Role::Marketer).await;
        let file = format!("手機,姓名,同意,標籤,會員編號,城市\n0912345678,,,VIP、新客,{number},台南市\n0912 345 678,,,,,\n");
        let done = start(&app, &upload(&marketer, &sms, file.as_bytes()).await).await;
        assert_eq!(figures(&done), ["2", "0", "2", "0"]);
        assert_eq!(everybody(&app).await, [("+886912345678".into(), "怡君".into(), Consent::Granted)]);
        assert_eq!((app.tagged("VIP").await, app.tagged("新客").await), (1, 1));
        let (member_id, city): (Option<Id>, Option<String>) = app
            .read(|conn| {
                let joined = contacts::table.inner_join(members::table.on(members::id.nullable().eq(contacts::member_id)));
                joined.select((contacts::member_id, members::city)).first(conn)
            })
            .await;
        assert_eq!((member_id, city.as_deref()), (Some(is), Some("台南市")));
        let page = marketer.get(&format!("/contacts/{id}")).await;
        assert!(page.says("貼上標籤「新客」") && !page.says("貼上標籤「VIP」"), "{}", page.text());
    }

    async fn a_file_cannot_take_a_withdrawal_back(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        app.contact(&sms, Someone::called("王怡君").at("+886912345678").who(Consent::Withdrawn)).await;
        app.contact(&sms, Someone::called("陳家豪").at("+886922345678").who(Consent::Granted)).await;
        let marketer = app.as_(Role::Marketer).await;
        let file = "手機,同意\n0912345678,同意\n0922345678,不同意\n";
        let preview = upload(&marketer, &sms, file.as_bytes()).await;
        assert!(preview.says("匯入 1 列") && preview.says("這位聯絡人已經取消同意"), "{}", preview.text());
        let done = start(&app, &preview).await;
        assert_eq!(figures(&done), ["2", "0", "1", "1"]);
        assert!(done.says("這位聯絡人已經取消同意"), "{}", done.text());
        assert!(everybody(&app).await.iter().all(|(_, _, consent)| *consent == Consent::Withdrawn));
    }

    async fn the_same_number_on_two_accounts_is_two_contacts(app: App) {
        let (one, two) = (app.channel(Sms, "甲").await, app.channel(Sms, "乙").await);
        let marketer = app.as_(Role::Marketer).await;
        for channel in [&one, &two, &one] {
            start(&app, &upload(&marketer, channel, "手機\n0912345678\n".as_bytes()).await).await;
        }
        assert_eq!(everybody(&app).await.len(), 2);
    }

    async fn columns_are_mapped_by_hand_where_titles_say_nothing(app: App) {
        let line = app.channel(Line, "本店").await;
        let marketer = app.as_(Role::Marketer).await;
        let file = format!("甲,乙,丙\n王怡君,x,U{}\n", "0a".repeat(16));
        let preview = upload(&marketer, &line, file.as_bytes()).await;
        let form = preview.form(&preview.path);
        assert_eq!((form.value("column_0"), form.value("column_2")), ("ignored", "identity"), "the cells show it");
        let none = form.clone().set("column_2", "ignored").add("then", "preview").submit().await;
        assert!(none.says("還沒有指定識別碼") && !none.says("匯入 1 列"), "{}", none.text());
        let twice = form.clone().set("column_1", "identity").add("then", "preview").submit().await;
        assert!(twice.says("有兩欄選了同樣的內容"), "{}", twice.text());
        let bad = form.clone().set("column_0", "'; drop table").add("then", "start").submit().await;
        assert_eq!(bad.status, 422);
        let mapped = form.set("column_0", "name").set("column_1", "ignored").set("column_2", "identity").add("then", "preview");
        start(&app, &mapped.submit().await).await;
        assert_eq!(everybody(&app).await[0].1, "王怡君");
    }

    async fn what_is_no_list_is_refused_beside_the_field(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let marketer = app.as_(Role::Marketer).await;
        for (content, why) in [
            (b"".as_slice(), "這個檔案是空的"),
            ("手機,姓名\n".as_bytes(), "只有一列標題"),
            (b"PK\x03\x04 xlsx", "Excel 活頁簿"),
            (b"\x89PNG\r\n\x1a\n\0\0", "不是文字檔"),
        ] {
            let answer = upload(&marketer, &sms, content).await;
            assert_eq!(answer.status, 422, "{why}");
            assert_eq!(answer.all(".field .error").len(), 1);
            assert!(answer.says(why), "{why}: {}", answer.text());
            assert_eq!(answer.form("/contacts/import").value("channel"), sms.as_str());
        }
        let form = marketer.get("/contacts/import").await.form("/contacts/import");
        assert_eq!(form.value("channel"), sms.as_str(), "the only account is chosen");
        let nothing = form.set("channel", "").submit().await;
        assert_eq!((nothing.status, nothing.all(".field .error").len()), (422, 2));
        let large = upload(&marketer, &sms, &vec![b'a'; (10 << 20) + (1 << 17)]).await;
        assert_eq!(large.status, 422);
        assert!(large.all("#file-error").join("").contains("檔案太大，最大 10 MB"), "{}", large.text());
        let count: i64 = app.read(|conn| imports::table.count().get_result(conn)).await;
        assert_eq!(count, 0);
    }

    async fn a_draft_can_be_thrown_away_and_what_runs_cannot(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let marketer = app.as_(Role::Marketer).await;
        let preview = upload(&marketer, &sms, "手機\n0912345678\n".as_bytes()).await;
        let away = preview.form(&format!("{}/delete", preview.path));
        let second = upload(&marketer, &sms, "手機\n0922345678\n".as_bytes()).await;
        assert!(away.submit().await.says("沒有匯入任何資料"));
        assert_eq!(marketer.get(&preview.path).await.status, 404);
        assert_eq!(away.submit().await.status, 404);
        let late = second.form(&format!("{}/delete", second.path));
        let (press, again) = (second.form(&second.path).add("then", "start"), second.form(&second.path).add("then", "start"));
        press.submit().await;
        again.submit().await;
        app.settle().await;
        assert!(late.submit().await.says("無法放棄"));
        assert_eq!(everybody(&app).await.len(), 1);
        for path in ["/contacts/import/abc", "/contacts/import/1/bad-rows"] {
            assert_eq!(marketer.get(path).await.status, 404, "{path}");
        }
    }

    async fn an_import_that_broke_off_goes_on_where_it_was(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let marketer = app.as_(Role::Marketer).await;
        let preview = upload(&marketer, &sms, numbered(1_200).as_bytes()).await;
        // The third slice cannot be written: as if the program had died before its commit.
        refuse(&app, "contacts", "identity", "+886912001100").await;
        let running = preview.form(&preview.path).add("then", "start").submit().await;
        settle_until_done(&app, 1_000).await;
        let half = running.follow(&running.path).await;
        assert!(half.says("匯入中") && half.says("1,000 / 1,200"), "{}", half.text());
        assert_eq!(everybody(&app).await.len(), 1_000);
        allow(&app, "contacts").await;
        expire(&app).await;
        app.settle().await;
        let done = running.follow(&running.path).await;
        assert_eq!(figures(&done), ["1,200", "1,200", "0", "0"]);
        assert_eq!(everybody(&app).await.len(), 1_200);
        let joined: i64 = app.read(|conn| events::table.filter(events::kind.eq("joined")).count().get_result(conn)).await;
        assert_eq!(joined, 1_200);
    }

    async fn an_import_that_always_breaks_off_is_set_aside(app: App) {
        let sms = app.channel(Sms, "簡訊").await;
        let marketer = app.as_(Role::Marketer).await;
        let preview = upload(&marketer, &sms, numbered(600).as_bytes()).await;
        refuse(&app, "contacts", "identity", "+886912000550").await;
        let running = preview.form(&preview.path).add("then", "start").submit().await;
        settle_until_done(&app, 500).await;
        for _ in 0..5 {
            expire(&app).await;
            app.settle().await;
        }
        let told = running.follow(&running.path).await;
        assert!(told.says("失敗") && told.says("600 列中完成了 500 列"), "{}", told.text());
        assert_eq!(everybody(&app).await.len(), 500);
    }
}
