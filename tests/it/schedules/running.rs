//! Tasks come due: people enter, or it is said why not.

use super::shop::*;
use crate::support::{Shown, both};
use chrono::TimeDelta;
use diesel::prelude::*;
use tidings_base::{
    db::{Id, schema::schedule_tasks},
    web::Role,
};
use tidings_campaigns::{journeys::ReEntry, schedules::TaskStatus};
use tidings_customers::channels::ChannelKind;

both! {
    async fn the_week_ahead_shows_what_would_run_and_for_how_many(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-01-20 12:00").await;
        publish_daily(&app, &who, &shop, 3).await;
        let days = |page: &Shown| page.all(".week li").into_iter().filter(|day| day.contains("1 次發送")).collect::<Vec<_>>();
        let week = days(&who.get("/").await);
        assert_eq!(week.len(), 3, "{week:?}");
        let reached = number(&app, "select count(*) as n from contacts").await;
        assert!(week.iter().all(|day| day.starts_with(&reached.to_string())), "{reached}: {week:?}");
        meanwhile(&app, "update journeys set status = 'paused' where id = ", &shop.journey).await;
        let paused = who.get("/").await;
        assert!(days(&paused).is_empty() && paused.says("即將略過"), "{}", paused.text());
    }

    async fn a_schedule_is_published_runs_and_ends(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 2).await;
        assert_eq!(
            tasks(&app, &id).await,
            [("2027-03-02 10:00".to_owned(), TaskStatus::Waiting), ("2027-03-03 10:00".to_owned(), TaskStatus::Waiting)]
        );
        let list = who.get("/schedules").await;
        assert!(list.says("每週新品通知") && list.says("排程中") && list.says("剩 2／共 2 次"), "{}", list.text());
        assert!(list.says("每 1 天") && list.says("2027/03/02 – 2027/03/03") && list.says("2027/03/02（二）10:00"));

        at(&app, "2027-03-02 10:00").await;
        app.settle().await;
        let page = who.get(&format!("/schedules/{id}/tasks")).await;
        assert!(page.says("進行中") && page.says("已完成") && page.says("待執行"), "{}", page.text());
        let rows = page.all("tbody tr");
        assert!(rows[0].contains("2027/03/03") && rows[1].contains("2027/03/02"), "{rows:?}");
        let cells = page.all("tbody tr:nth-child(2) td.num");
        assert_eq!(cells, [PEOPLE.to_string(), PEOPLE.to_string(), "0".into(), "0".into()], "{}", page.text());

        at(&app, "2027-03-03 10:01").await;
        app.settle().await;
        let list = who.get("/schedules").await;
        assert!(list.says("已結束") && list.says("無剩餘任務") && list.says("剩 0／共 2 次"), "{}", list.text());
        let actions = list.all(".menu-panel a");
        assert!(actions.contains(&"查看所有任務".to_owned()) && actions.contains(&"複製".to_owned()), "{actions:?}");
        assert!(!actions.contains(&"編輯".to_owned()) && !actions.contains(&"取消剩餘任務".to_owned()), "{actions:?}");
    }
}

/// What a task says beside its status.
async fn said(who: &crate::support::Visitor, id: &Id) -> String {
    let page = who.get(&format!("/schedules/{id}/tasks")).await;
    page.all("tbody tr td:nth-child(2)").join(" | ")
}

both! {
    async fn a_task_that_is_too_late_is_skipped_and_says_why(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 2).await;
        at(&app, "2027-03-02 11:01").await;
        app.settle().await;
        assert_eq!(said(&who, &id).await, "待執行 | 略過 到期時系統沒有運作，晚了太久");
        // An hour late it still runs.
        at(&app, "2027-03-03 10:59").await;
        app.settle().await;
        assert!(said(&who, &id).await.starts_with("已完成"));
        assert_eq!(number(&app, "select count(*) as n from journey_entries").await, PEOPLE);
    }

    async fn how_late_a_task_may_be_is_a_setting(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 1).await;
        app.write(|conn| {
            let now = chrono::DateTime::UNIX_EPOCH.naive_utc();
            tidings_base::workspace::set(conn, "workspace.latest_minutes", "180", now)
        }).await;
        at(&app, "2027-03-02 12:59").await;
        app.settle().await;
        assert_eq!(said(&who, &id).await, "已完成");
    }

    async fn what_no_longer_fits_is_warned_of_and_then_skipped(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 5).await;
        let breaks = [
            ("update journeys set status = 'paused' where id = ", &shop.journey, "旅程已暫停"),
            ("update journeys set status = 'ended' where id = ", &shop.journey, "旅程已結束"),
            ("update channels set status = 'paused' where id = ", &shop.channel, "旅程的渠道已暫停"),
            ("update audiences set kind = 'sms' where id = ", &shop.audience, "受眾與旅程的渠道不同"),
            ("update audiences set kind = null where id = ", &shop.audience, "會員分群沒有渠道，不能用於排程"),
        ];
        for (day, (change, of, says)) in breaks.into_iter().enumerate() {
            meanwhile(&app, change, of).await;
            for path in ["/schedules", &format!("/schedules/{id}/tasks"), "/"] {
                let page = who.get(path).await;
                assert!(page.says(says), "{path} warns at once: {says}: {}", page.text());
            }
            at(&app, &format!("2027-03-0{} 10:00", day + 2)).await;
            app.settle().await;
            assert!(said(&who, &id).await.contains(&format!("略過 {says}")), "{}", said(&who, &id).await);
            meanwhile(&app, "update journeys set status = 'published' where id = ", &shop.journey).await;
            meanwhile(&app, "update channels set status = 'ready' where id = ", &shop.channel).await;
            meanwhile(&app, "update audiences set kind = 'line' where id = ", &shop.audience).await;
        }
        assert_eq!(number(&app, "select count(*) as n from journey_entries").await, 0);
        let today = who.get("/").await;
        assert!(today.all("h2")[0] == "需要處理" && today.all(".hand li").len() >= 5, "{}", today.text());
    }

    async fn who_is_inside_or_was_is_left_out_with_the_reason(app: App) {
        let shop = Shop::with(&app, ChannelKind::Line, ReEntry::Once).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        meanwhile(&app, "update contacts set consent = 'withdrawn' where identity = 'U00001' and channel_id = ", &shop.channel).await;
        meanwhile(&app, "update contacts set unreachable = 'blocked' where identity = 'U00002' and channel_id = ", &shop.channel).await;
        let id = publish_daily(&app, &who, &shop, 2).await;
        at(&app, "2027-03-02 10:00").await;
        app.settle().await;
        let now = app.clock.now();
        let channel = shop.channel.clone();
        app.write(move |conn| people(conn, &channel, 100, 102, now)).await;
        at(&app, "2027-03-03 10:00").await;
        app.settle().await;
        let page = who.get(&format!("/schedules/{id}/tasks")).await;
        let row = |n: usize| page.all(&format!("tbody tr:nth-child({n}) td.num"));
        let newest = row(1);
        assert_eq!((newest[0].as_str(), newest[1].as_str()), ("3", "3"), "{}", page.text());
        assert!(newest[3].starts_with('7') && newest[3].contains("5"), "{newest:?}");
        let first = row(2);
        assert_eq!(first[0], "5");
        assert!(first[3].starts_with('2'), "{first:?}");
        assert_eq!(number(&app, "select count(*) as n from sandbox_messages where direction = 'out'").await, 8, "nobody twice, nobody missing");
    }

    async fn people_who_enter_before_the_journey_starts_wait_for_it(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let starts = app.clock.now() + TimeDelta::days(5);
        let journey = shop.journey.clone();
        app.write(move |conn| {
            use tidings_base::db::schema::journeys;
            diesel::update(journeys::table.find(&journey)).set(journeys::starts_at.eq(starts)).execute(conn)
        }).await;
        let id = publish_daily(&app, &who, &shop, 1).await;
        at(&app, "2027-03-02 10:00").await;
        app.settle().await;
        assert_eq!(said(&who, &id).await, "已完成");
        assert_eq!(number(&app, "select count(*) as n from journey_entries").await, PEOPLE);
        assert_eq!(number(&app, "select count(*) as n from sandbox_messages").await, 0);
        at(&app, "2027-03-06 09:00").await;
        app.settle().await;
        assert_eq!(number(&app, "select count(*) as n from sandbox_messages where direction = 'out'").await, PEOPLE);
    }

    async fn a_month_of_runs_is_a_month_of_tasks(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-01-30 08:00").await;
        let monthly = typed(form(&who, &shop).await, &[
            ("name", "月底"), ("frequency", "periodic"), ("every", "1"), ("unit", "months"), ("time", "09:00"),
            ("start", "2027-01-31"), ("end", "2027-04-30"),
        ]);
        let monthly = published(&monthly.submit().await);
        let once = typed(form(&who, &shop).await, &[("frequency", "once"), ("date", "2027-02-14"), ("time", "20:14")]);
        let once = published(&once.submit().await);
        for day in 0..31 {
            let _ = day;
            app.advance(TimeDelta::days(1)).await;
            // Not to the minute, but never an hour late.
            app.advance(TimeDelta::minutes(61)).await;
            app.clock.advance(TimeDelta::minutes(-61));
        }
        let statuses = |list: Vec<(String, TaskStatus)>| list;
        let monthly = statuses(tasks(&app, &monthly).await);
        assert_eq!(monthly.iter().map(|(at, _)| at.as_str()).collect::<Vec<_>>(), ["2027-01-31 09:00", "2027-02-28 09:00", "2027-03-31 09:00", "2027-04-30 09:00"]);
        assert_eq!(monthly[0].1, TaskStatus::Done);
        assert_eq!(monthly[1].1, TaskStatus::Done);
        assert_eq!(monthly[2].1, TaskStatus::Waiting);
        let once = tasks(&app, &once).await;
        assert_eq!(once.len(), 1);
        assert_eq!(once[0].0, "2027-02-14 20:14");
    }

    async fn a_large_audience_enters_in_slices_and_nobody_twice(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let (channel, journey) = (shop.channel.clone(), shop.journey.clone());
        app.write(move |conn| {
            // Nothing to send: this is about who enters.
            use tidings_base::db::schema::journey_steps;
            diesel::delete(journey_steps::table).execute(conn)?;
            let _ = journey;
            many(conn, &channel, 12_000)
        }).await;
        let id = publish_daily(&app, &who, &shop, 1).await;
        at(&app, "2027-03-02 10:00").await;
        app.settle().await;
        let all = 12_000 + PEOPLE;
        assert_eq!(number(&app, "select count(*) as n from journey_entries").await, all);
        assert_eq!(number(&app, "select count(distinct contact_id) as n from journey_entries").await, all);
        assert_eq!(number(&app, "select cast(sum(entered) as bigint) as n from schedule_tasks").await, all);
        assert_eq!(said(&who, &id).await, "已完成");
    }

    async fn a_task_that_keeps_breaking_off_fails_and_says_so(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 2).await;
        let (schedule, now) = (id.clone(), app.clock.now());
        // As three workers left it that died in it.
        app.write(move |conn| {
            let first = schedule_tasks::table.filter(schedule_tasks::schedule_id.eq(&schedule)).order(schedule_tasks::due_at);
            let first: Id = first.select(schedule_tasks::id).first(conn)?;
            diesel::update(schedule_tasks::table.find(first))
                .set((schedule_tasks::status.eq(TaskStatus::Running), schedule_tasks::begun.eq(3), schedule_tasks::started_at.eq(now), schedule_tasks::as_of.eq(now)))
                .execute(conn)
        }).await;
        at(&app, "2027-03-02 10:00").await;
        app.settle().await;
        assert_eq!(said(&who, &id).await, "待執行 | 失敗 執行多次都中斷，已停止");
        let list = who.get("/schedules").await;
        assert!(list.says("進行中") && list.says("剩 1／共 2 次"), "{}", list.text());
        assert!(who.get("/").await.says("執行多次都中斷"));
    }

    async fn a_rule_that_cannot_be_read_fails_its_task(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 1).await;
        meanwhile(&app, "update audiences set rule = '{\"join\":\"all\",\"nodes\":[7]}' where id = ", &shop.audience).await;
        at(&app, "2027-03-02 10:00").await;
        app.settle().await;
        assert_eq!(said(&who, &id).await, "失敗 受眾的篩選條件無法讀取");
    }

    async fn today_says_what_each_role_needs(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 2).await;
        let page = who.get("/").await;
        assert!(page.says("一切正常") && page.says("2027/03/02（二）10:00") && page.says(&format!("{PEOPLE} 人")), "{}", page.text());
        assert!(page.attributes("main a", "href").contains(&format!("/schedules/{id}/tasks")));
        at(&app, "2027-03-02 10:00").await;
        app.settle().await;
        let page = who.get("/").await;
        let row = page.all("table tbody tr td.num");
        assert_eq!((row[0].as_str(), row[2].as_str()), (PEOPLE.to_string().as_str(), PEOPLE.to_string().as_str()), "{}", page.text());

        let (email, person) = app.person(&[Role::Salesperson]).await;
        let other = Id::new();
        let channel = shop.channel.clone();
        let now = app.clock.now();
        let (mine, yours) = (person.clone(), other.clone());
        app.write(move |conn| {
            for (number, name, to) in [("M1", "我的顧客", &mine), ("M2", "別人的顧客", &yours)] {
                let row = tidings_base::db::sql::Sql::new;
                let member = Id::new();
                if to == &yours {
                    let mut sql = row("insert into people (id, email, name, password_hash, theme, active, created_at, version) values (");
                    sql.bind(to).push(", 'other@shop.test', '別人', '', 'system', true, ").bind(now).push(", 1)");
                    sql.execute(conn)?;
                }
                let mut sql = row("insert into members (id, number, name, salesperson_id, order_count, total_spent, birth_month, created_at, version) values (");
                sql.bind(&member).push(", ").bind(number).push(", ").bind(name).push(", ").bind(to);
                sql.push(", 0, 0, 3, ").bind(now).push(", 1)");
                sql.execute(conn)?;
                let mut sql = row("insert into contacts (id, channel_id, identity, member_id, name, consent, subscribed_at, last_inbound_at, source, created_at, version) values (");
                sql.bind(Id::new()).push(", ").bind(&channel).push(", ").bind(format!("X{number}")).push(", ").bind(&member).push(", ").bind(name);
                sql.push(", 'granted', ").bind(now).push(", ").bind(now).push(", 'import', ").bind(now).push(", 1)");
                sql.execute(conn)?;
            }
            Ok(())
        }).await;
        let sales = app.sign_in(&email).await;
        let page = sales.get("/").await;
        assert!(page.says("我的綁定顧客") && page.says("我的顧客") && !page.says("別人的顧客"), "{}", page.text());
        assert!(!page.says("接下來") && !page.html.contains("/schedules"), "no link that answers 403");
        let manager = app.as_(Role::SalesManager).await;
        let page = manager.get("/").await;
        assert!(page.says("團隊的綁定顧客") && page.says("別人的顧客") && !page.html.contains("/schedules"), "{}", page.text());
    }
}
