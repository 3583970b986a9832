//! The form: what it takes, what it refuses and with which words.

use super::shop::*;
use crate::support::both;
use chrono::Days;
use tidings_base::web::Role;
use tidings_campaigns::{
    journeys::{self, ReEntry},
    schedules::TaskStatus,
};
use tidings_customers::{
    audiences::{self, NewAudience, Rule},
    channels::{self, ChannelKind, Connector, NewChannel},
};

both! {
    async fn each_mistake_has_its_own_sentence_and_the_form_comes_back_filled(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-01-20 12:00").await;
        let long = "旅".repeat(10_000);
        let weekly: &[(&str, &str)] = &[
            ("frequency", "periodic"), ("every", "2"), ("unit", "weeks"), ("time", "10:00"),
            ("start", "2027-02-01"), ("end", "2027-03-31"),
        ];
        let once: &[(&str, &str)] = &[("frequency", "once"), ("date", "2027-02-01"), ("time", "10:00")];
        let cases: &[(&[(&str, &str)], (&str, &str), &str)] = &[
            (weekly, ("name", ""), "請輸入排程名稱"),
            (weekly, ("name", "  "), "請輸入排程名稱"),
            (weekly, ("name", &long), "排程名稱最多 100 個字，目前有 10,000 個字"),
            (weekly, ("journey", ""), "請選擇旅程"),
            (weekly, ("journey", "no id"), "找不到這個旅程，可能已經刪除；請選擇其他旅程"),
            (weekly, ("audience", ""), "請選擇受眾"),
            (weekly, ("audience", "0190f5a0-0000-7000-8000-000000000002"), "找不到這個受眾，可能已經刪除；請選擇其他受眾"),
            (weekly, ("frequency", "yearly"), "請選擇執行頻率：一次性或週期性"),
            (weekly, ("every", "0"), "間隔要是 1 以上的整數"),
            (weekly, ("every", "-3"), "間隔要是 1 以上的整數"),
            (weekly, ("every", "1.5"), "間隔要是 1 以上的整數"),
            (weekly, ("every", "99999999999999999999"), "間隔要是 1 以上的整數"),
            (weekly, ("unit", "years"), "請選擇週期單位：天、週或月"),
            (weekly, ("time", "25:00"), "請輸入執行時間，例如 10:00"),
            (weekly, ("start", "2027-02-30"), "請輸入開始日期，例如 2026-12-01"),
            (weekly, ("end", ""), "請輸入結束日期，例如 2027-01-31"),
            (weekly, ("end", "2027-01-31"), "結束日期要在開始日期（2027/02/01）當天或之後"),
            (weekly, ("end", "9999-12-31"), "這樣會有 208,000 次執行，最多 5,000 次；請縮短期間或加大間隔"),
            (once, ("date", ""), "請輸入執行日期，例如 2026-12-01"),
            (once, ("date", "2027-01-19"), "執行時間已經過了；請選擇未來的日期與時間"),
        ];
        for (base, change, sentence) in cases {
            let sentence = if sentence.contains("208,000") {
                // Two weeks apart until the end of the calendar.
                let days = (chrono::NaiveDate::from_ymd_opt(9999, 12, 31).unwrap() - chrono::NaiveDate::from_ymd_opt(2027, 2, 1).unwrap()).num_days();
                let runs = days / 14 + 1;
                format!("這樣會有 {},{:03} 次執行，最多 5,000 次；請縮短期間或加大間隔", runs / 1000, runs % 1000)
            } else {
                (*sentence).to_owned()
            };
            let form = typed(form(&who, &shop).await, base).set(change.0, change.1);
            let page = form.submit().await;
            assert_eq!(page.status, 422, "{change:?}");
            let beside = page.all(".field .error");
            assert!(beside.contains(&sentence), "{change:?}: {beside:?}");
            let summary = page.all(".notice.bad a");
            assert!(summary.iter().any(|said| said.ends_with(&sentence)), "the summary of {change:?}: {summary:?}");
            let back = page.form("/schedules");
            for (name, value) in base.iter().filter(|(name, _)| *name != change.0) {
                assert_eq!(back.value(name), *value, "{name} after {change:?}");
            }
            if !matches!(change.0, "journey" | "audience" | "frequency" | "unit") {
                assert_eq!(back.value(change.0), change.1, "what was typed into {}", change.0);
            }
        }
        // Today, but the time has passed; and a period all of whose runs have.
        let past = typed(form(&who, &shop).await, &[("frequency", "once"), ("date", "2027-01-20"), ("time", "11:59")]);
        assert!(past.submit().await.says("執行時間已經過了"));
        let gone = typed(form(&who, &shop).await, weekly).set("start", "2026-12-01").set("end", "2026-12-31");
        assert!(gone.submit().await.says("這段期間沒有任何一次執行會在現在之後"));
        assert_eq!(schedules(&app).await, 0);
    }

    async fn while_it_is_filled_in_its_days_stand_in_a_calendar(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-01-20 12:00").await;
        let weekly = [
            ("name", ""), ("frequency", "periodic"), ("every", "1"), ("unit", "weeks"), ("time", "10:00"),
            ("start", "2027-01-22"), ("end", "2027-12-31"),
        ];
        let form = typed(form(&who, &shop).await, &weekly);
        let looked = form.look(("do", "preview")).await;
        assert_eq!(looked.status, 200, "what is missing is no mistake yet");
        assert_eq!(form.clone().add("do", "preview").submit().await.status, 422);
        assert_eq!(looked.all(".calendar rect.runs + text"), ["22", "29", "5", "12", "19"]);
        assert_eq!(looked.all(".calendar text.month"), ["1月", "2月"]);
        let said = looked.attributes(".calendar > svg", "aria-label");
        assert_eq!(said, ["2027/01/18（一） 到 2027/02/21（日） 的五週裡，有 5 天會執行"]);

        let page = form.set("name", "每週五").add("do", "publish").submit().await;
        let id = published(&page);
        let cancel = task_link(&who, &id, "2027/01/29").await;
        who.get(&cancel).await.form(&cancel).submit().await;
        at(&app, "2027-01-22 10:30").await;
        app.settle().await;
        let tasks = who.get(&format!("/schedules/{id}/tasks")).await;
        let marked = ["ran", "dropped", "runs"].map(|mark| tasks.all(&format!(".calendar rect.{mark} + text")));
        let days = |days: &[&str]| days.iter().map(|day| (*day).to_owned()).collect::<Vec<_>>();
        assert_eq!(marked, [days(&["22"]), days(&["29"]), days(&["5", "12", "19"])], "{}", tasks.text());
    }

    async fn only_what_fits_can_be_picked_and_the_page_says_why_the_rest_cannot(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Admin).await;
        let now = app.clock.now();
        let s = shop.clone();
        let (draft, paused, ended, sms_journey, sms, members) = app
            .write(move |conn| {
                let new = journeys::NewJourney {
                    name: "草稿旅程", channel_id: &s.channel, trigger: journeys::Trigger::System,
                    period: journeys::Period::default(), re_entry: ReEntry::Always,
                };
                let draft = journeys::create(conn, &new, chrono_tz::Asia::Taipei, None, now)?;
                let paused = journey(conn, "暫停旅程", &s.channel, ReEntry::Always, now)?;
                let row = journeys::find(conn, &paused)?.unwrap();
                journeys::pause(conn, &row, "王大明", now)?;
                let ended = journey(conn, "結束旅程", &s.channel, ReEntry::Always, now)?;
                let row = journeys::find(conn, &ended)?.unwrap();
                journeys::end(conn, &row, false, now)?;
                let account = NewChannel {
                    kind: ChannelKind::Sms, connector: Connector::Sandbox, name: "簡訊", rate_per_second: 500, failure_share: 0.0,
                };
                let channel = channels::add(conn, &account, now)?;
                let sms_journey = journey(conn, "簡訊旅程", &channel, ReEntry::Always, now)?;
                let mut add = |name: &str, kind| {
                    let new = NewAudience { name: name.into(), description: String::new(), kind, rule: Rule::everybody() };
                    audiences::add(conn, &new, None, now)
                };
                let sms = add("簡訊受眾", Some(ChannelKind::Sms))?;
                let members = add("會員分群", None)?;
                Ok((draft, paused, ended, sms_journey, sms, members))
            })
            .await;
        let page = who.get("/schedules/new").await;
        let journeys = page.attributes("#journey option", "value");
        assert!(journeys.contains(&shop.journey.to_string()) && journeys.contains(&sms_journey.to_string()));
        for unfit in [&draft, &paused, &ended] {
            assert!(!journeys.contains(&unfit.to_string()));
        }
        let reasons = page.all(".reasons li");
        for reason in ["草稿旅程 旅程還是草稿", "暫停旅程 旅程已暫停", "結束旅程 旅程已結束", "會員分群 會員分群沒有渠道，不能用於排程"] {
            assert!(reasons.contains(&reason.to_owned()), "{reason}: {reasons:?}");
        }
        assert!(!page.attributes("#audience option", "value").contains(&members.to_string()));

        let cases = [
            (&draft, &shop.audience, "這個旅程還是草稿；請先發布旅程"),
            (&paused, &shop.audience, "這個旅程已暫停；請先恢復旅程，或選擇其他旅程"),
            (&ended, &shop.audience, "這個旅程已結束；請選擇排程中或進行中的旅程"),
            (&sms_journey, &shop.audience, "受眾的渠道要與旅程的渠道相同"),
            (&shop.journey, &sms, "受眾的渠道要與旅程的渠道相同"),
            (&shop.journey, &members, "會員分群沒有渠道；請選擇與旅程相同渠道的受眾"),
        ];
        for (journey, audience, sentence) in cases {
            let form = pressed(form(&who, &shop).await).set("journey", journey.as_str()).set("audience", audience.as_str());
            let page = form.submit().await;
            assert_eq!(page.status, 422);
            assert!(page.all(".field .error").contains(&sentence.to_owned()), "{sentence}: {:?}", page.all(".error"));
            assert_eq!(page.form("/schedules").value("journey"), journey.as_str(), "the choice comes back");
            assert_eq!(page.form("/schedules").value("audience"), audience.as_str(), "the choice comes back");
        }
        assert_eq!(schedules(&app).await, 0);
    }

    async fn what_another_tab_does_meanwhile_is_seen(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        let tab = pressed(form(&who, &shop).await);
        meanwhile(&app, "update journeys set status = 'paused' where id = ", &shop.journey).await;
        assert!(tab.submit().await.says("這個旅程已暫停"));
        meanwhile(&app, "update journeys set status = 'published' where id = ", &shop.journey).await;
        meanwhile(&app, "update channels set status = 'paused' where id = ", &shop.channel).await;
        assert!(tab.submit().await.says("旅程的渠道已暫停；請先恢復渠道"));
        meanwhile(&app, "update channels set status = 'trouble' where id = ", &shop.channel).await;
        assert!(tab.submit().await.says("旅程的渠道發生問題；請先處理渠道"));
        meanwhile(&app, "update channels set status = 'ready' where id = ", &shop.channel).await;
        let other = shop.audience.clone();
        meanwhile(&app, "delete from audiences where id = ", &other).await;
        assert!(tab.submit().await.says("找不到這個受眾，可能已經刪除"));
        assert_eq!(schedules(&app).await, 0);
    }

    async fn a_form_sent_twice_publishes_once_and_a_refusal_spends_nothing(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        let form = pressed(form(&who, &shop).await);
        assert_eq!(form.clone().set("name", "").submit().await.status, 422);
        let (first, second) = tokio::join!(form.submit(), form.submit());
        assert_eq!((first.status, second.status), (200, 200), "{}", first.text());
        assert_eq!(first.path, second.path);
        assert_eq!(form.submit().await.path, first.path);
        assert_eq!(schedules(&app).await, 1);
    }

    async fn the_preview_says_what_will_happen_and_does_nothing(app: App) {
        let shop = Shop::with(&app, ChannelKind::Line, ReEntry::Once).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-01-20 12:00").await;
        meanwhile(&app, "update contacts set consent = 'withdrawn' where identity = 'U00001' and channel_id = ", &shop.channel).await;
        meanwhile(&app, "update contacts set unreachable = 'blocked' where identity = 'U00002' and channel_id = ", &shop.channel).await;
        let form = form(&who, &shop).await
            .set("frequency", "periodic").set("every", "1").set("unit", "months").set("time", "09:00")
            .set("start", "2027-01-31").set("end", "2027-12-31").set("name", "");
        let page = form.clone().add("do", "preview").submit().await;
        assert_eq!(page.status, 422, "the name is missing, and the rest is shown all the same");
        let page = form.set("name", "月底").add("do", "preview").submit().await;
        assert_eq!(page.status, 200, "{}", page.text());
        let runs = page.all(".timeline time");
        assert_eq!(runs, ["2027/01/31（日）09:00", "2027/02/28（日）09:00", "2027/03/31（三）09:00", "2027/04/30（五）09:00", "2027/05/31（一）09:00"]);
        assert!(page.says("…到 2027/12/31（五）09:00，共 12 次"), "{}", page.text());
        let facts = page.all("aside .facts dd");
        assert_eq!(facts[0], format!("{PEOPLE} 人"));
        assert_eq!(facts[1], "2 人");
        assert_eq!(facts.last().unwrap(), &format!("{} 人", PEOPLE - 2));
        assert!(page.html.contains("entry-once shown"), "a journey that lets a person in once says so before publishing");
        assert_eq!(schedules(&app).await, 0);
    }

    async fn names_of_any_script_are_shown_as_they_were_typed(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        for name in ["<script>alert(1)</script>", "🎉👩‍👩‍👧 週年慶 & 折扣", "مرحبا بالعالم", "'; drop table schedules; --"] {
            let page = typed(form(&who, &shop).await, &[("name", name)]).submit().await;
            published(&page);
            assert_eq!(page.all("h1"), [name]);
            assert!(!page.html.contains("<script>alert"));
        }
        assert_eq!(who.get("/schedules").await.all("td.title bdi").len(), 4);
    }

    async fn before_there_is_anything_to_schedule_the_page_leads_to_making_it(app: App) {
        let who = app.as_(Role::Marketer).await;
        for path in ["/schedules", "/schedules/new"] {
            let page = who.get(path).await;
            let links = page.attributes("main .empty a", "href");
            assert_eq!(links, ["/audiences/new", "/journeys/new"], "{path}");
        }
    }

    async fn a_skipped_hour_and_short_months_are_computed_in_the_zone_of_the_workspace(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Admin).await;
        at(&app, "2027-01-20 12:00").await;
        app.write(|conn| {
            let now = chrono::DateTime::UNIX_EPOCH.naive_utc();
            tidings_base::workspace::set(conn, "workspace.zone", "America/New_York", now)
        }).await;
        let daily = typed(form(&who, &shop).await, &[
            ("frequency", "periodic"), ("every", "1"), ("unit", "days"), ("time", "02:30"),
            ("start", "2027-03-13"), ("end", "2027-03-15"),
        ]);
        let id = published(&daily.submit().await);
        let page = who.get(&format!("/schedules/{id}/tasks")).await;
        let times = page.all("td.title > time");
        assert_eq!(times, ["2027/03/13（六）02:30", "2027/03/14（日）03:30", "2027/03/15（一）02:30"]);
        // The schedule keeps its zone when the workspace moves.
        app.write(|conn| {
            let now = chrono::DateTime::UNIX_EPOCH.naive_utc();
            tidings_base::workspace::set(conn, "workspace.zone", "Asia/Taipei", now)
        }).await;
        assert_eq!(who.get(&format!("/schedules/{id}/tasks")).await.all("td.title > time"), times);
        let edit = who.get(&format!("/schedules/{id}/edit")).await;
        assert!(edit.says("America/New_York 時間"));
        assert_eq!(edit.form(&format!("/schedules/{id}")).value("time"), "02:30");
    }

    async fn the_list_is_searched_filtered_sorted_and_paged(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        let start = today(&app) + Days::new(2);
        for n in 1..=23_u64 {
            let date = (start + Days::new(60 - n)).to_string();
            let values = [("name", format!("排程 {n:02}")), ("frequency", "once".into()), ("date", date)];
            let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            published(&typed(form(&who, &shop).await, &values).submit().await);
        }
        let first = who.get("/schedules").await;
        assert!(first.says("1–20，共 23 筆") && first.all("h1")[0].contains("23"), "{}", first.text());
        let names = first.all("td.title > a");
        assert_eq!((names[0].as_str(), names.len()), ("排程 23", 20), "newest first");
        let next = &first.attributes("a[rel=next]", "href")[0];
        let second = who.get(next).await;
        assert!(second.says("21–23，共 23 筆"), "{}", second.text());
        let back = who.get(&second.attributes("a[rel=prev]", "href")[0]).await;
        assert_eq!(back.all("td.title > a"), names);

        let by_next = who.get("/schedules?sort=next").await.all("td.title > a");
        assert_eq!(by_next[0], "排程 23", "the soonest");
        let by_name = who.get("/schedules?sort=-name").await.all("td.title > a");
        assert_eq!(by_name[0], "排程 23");
        assert_eq!(who.get("/schedules?q=%E7%A8%8B+07").await.all("td.title > a"), ["排程 07"]);
        assert_eq!(who.get("/schedules?q=%25").await.all("td.title > a"), [] as [&str; 0], "a wildcard is a letter");
        assert_eq!(who.get("/schedules?status=ended").await.all("td.title > a"), [] as [&str; 0]);
        assert_eq!(who.get("/schedules?channel=sms").await.all("td.title > a"), [] as [&str; 0]);
        let filtered = who.get("/schedules?channel=line&status=scheduled&q=23").await;
        assert_eq!(filtered.all("td.title > a"), ["排程 23"]);
        assert_eq!(filtered.all(".chip").len(), 3, "a chip for each filter");
        assert!(who.get("/schedules?sort=nonsense&after=nonsense&status=none").await.says("共 23 筆"));
    }

    async fn at_most_five_thousand_tasks_are_made(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        let start = today(&app) + Days::new(1);
        let daily = |days: u64| [
            ("frequency", "periodic".to_owned()), ("every", "1".into()), ("unit", "days".into()), ("time", "10:00".into()),
            ("start", start.to_string()), ("end", (start + Days::new(days - 1)).to_string()),
        ];
        let publish = async |days: u64| {
            let values = daily(days);
            let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
            typed(form(&who, &shop).await, &values).submit().await
        };
        assert!(publish(5_001).await.says("這樣會有 5,001 次執行，最多 5,000 次"));
        let page = publish(5_000).await;
        let id = published(&page);
        assert!(page.says("5,000 ／5,000") || page.says("5,000／5,000"), "{}", page.text());
        assert_eq!(tasks(&app, &id).await.len(), 5_000);
        assert!(tasks(&app, &id).await.iter().all(|(_, status)| *status == TaskStatus::Waiting));
        let last = who.get(&format!("/schedules/{id}/tasks?page=250")).await;
        assert!(last.says("4,981–5,000，共 5,000 筆"), "{}", last.text());
        assert_eq!(who.get(&format!("/schedules/{id}/tasks?page=999999999999")).await.status, 200);
    }
}
