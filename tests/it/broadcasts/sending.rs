use super::shop::{Shop, audience, confirm, confirmation, form, id, later, outcome};
use crate::support::{Someone, both};
use chrono::TimeDelta;
use tidings_base::{db::sql::Sql, web::Role};
use tidings_customers::{channels::ChannelKind, consent::Consent};

fn states(of: &[(&str, i64)]) -> Vec<(String, i64)> {
    of.iter().map(|(state, n)| ((*state).to_owned(), *n)).collect()
}

both! {
    async fn at_once_to_everybody(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let shown = confirmation(form(&marketer).await.set("new_tags", "週年慶")).await;
        let here = shown.attributes(".side [aria-current]", "href");
        assert_eq!(here, ["/broadcasts/new"], "until it is sent, it is being made");
        assert!(shown.says("發送給 5 人") && shown.says("已拒收行銷訊息"), "{}", shown.text());
        assert!(shop.phones(&app).await.is_empty(), "nothing goes out before it is confirmed");
        let shown = confirm(&shown).await;
        assert!(shown.says("「週年慶」開始發送給 5 人"), "{}", shown.text());
        app.settle().await;
        let id = id(&shown);
        assert_eq!(outcome(&app, &id).await, ("done".to_owned(), states(&[("left_out", 1), ("sent", 5)])));
        let phones = shop.phones(&app).await;
        assert_eq!(phones.len(), 5);
        assert!(phones.iter().any(|said| said.contains("王怡君，週年慶開跑")), "{phones:?}");
        assert_eq!(app.tagged("週年慶").await, 6, "the tag is put on everyone chosen");

        let page = marketer.get(&format!("/broadcasts/{id}")).await;
        assert!(page.says("完成") && page.says("已拒收行銷訊息") && page.says("83.3%"), "{}", page.text());
        let people = marketer.get(&format!("/broadcasts/{id}/people?outcome=left_out")).await;
        assert!(people.says("李不要") && !people.says("王怡君"), "{}", people.text());
        let found = marketer.get(&format!("/broadcasts/{id}/people?q=怡君")).await;
        assert!(found.says("王怡君") && !found.says("陳建宏"));
        let one = found.attributes("td.title a", "href").remove(0);
        let line = marketer.get(&one).await;
        assert!(line.says("加入發送名單") && line.says("平台已接受"), "{}", line.text());
        let file = marketer.get(&format!("/broadcasts/{id}/people/export?outcome=left_out")).await;
        assert!(file.html.contains("李不要") && file.html.contains("已拒收行銷訊息") && !file.html.contains("王怡君"));
    }

    async fn who_has_no_row_yet_is_told_of_and_not_left_out_of_a_file(app: App) {
        Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let sent = confirm(&confirmation(form(&marketer).await).await).await;
        app.settle().await;
        let here = format!("/broadcasts/{}/people", id(&sent));
        // In a hand that nobody lets go of.
        app.write(|conn| {
            Sql::new(
                "insert into packs (id, dispatch_id, channel_id, delivery_ids, first_contact, last_contact, people, state, created_at, \
                 hand, owner, lease_until, contacts) select id, id, channel_id, 'x', 'x', 'x', 3, 'waiting', created_at, 'x', 'x', \
                 '2999-01-01 00:00:00', '[]' from dispatches",
            )
            .execute(conn)
        })
        .await;
        let people = marketer.get(&here).await;
        assert!(people.says("還有 3 人的明細正在寫入") && people.says("王怡君"), "{}", people.text());
        let nobody = marketer.get(&format!("{here}?outcome=sent&q=沒有這個人")).await;
        assert!(nobody.says("還有 3 人的明細正在寫入"), "{}", nobody.text());
        let file = marketer.get(&format!("{here}/export")).await;
        assert!(file.path.ends_with("/people") && file.says("請稍後再匯出"), "{}", file.text());
        app.write(|conn| Sql::new("delete from packs").execute(conn)).await;
        let people = marketer.get(&here).await;
        assert!(!people.says("正在寫入"), "{}", people.text());
    }

    async fn the_names_beside_a_reason_are_those_of_that_reason(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let blocked = app.contact(&shop.channel, Someone::called("趙封鎖").who(Consent::Granted)).await;
        app.write(move |conn| {
            let mut sql = Sql::new("update contacts set unreachable = 'blocked' where id = ");
            sql.bind(&blocked).execute(conn)
        })
        .await;
        let marketer = app.as_(Role::Marketer).await;
        let sent = confirm(&confirmation(form(&marketer).await).await).await;
        app.settle().await;
        let here = format!("/broadcasts/{}", id(&sent));
        let links = marketer.get(&here).await.attributes("main td a", "href");
        let names = links.iter().find(|link| link.contains("reason=blocked")).unwrap_or_else(|| panic!("{links:?}"));
        let people = marketer.get(names).await;
        assert!(people.says("趙封鎖") && !people.says("李不要"), "{}", people.text());
        assert!(people.says("名單與結果 1") && people.says("1–1，共 1 筆"), "{}", people.text());
        assert_eq!(people.attributes(".chip a", "href"), [format!("{here}/people?outcome=left_out")]);
        let found = people.form(&format!("{here}/people")).set("q", "不要").submit().await;
        assert!(!found.says("李不要"), "the search stays within the reason: {}", found.text());
        let file = marketer.get(&format!("{here}/people/export?outcome=left_out&reason=blocked")).await;
        assert!(file.html.contains("趙封鎖") && !file.html.contains("李不要"));
        let all = marketer.get(&format!("{here}/people?reason=blocked")).await;
        assert!(all.says("名單與結果 7"), "a reason says nothing of all outcomes together: {}", all.text());
    }

    async fn a_second_click_sends_nothing_more(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let form = form(&marketer).await.add("do", "next");
        let (one, two) = (form.submit().await, form.submit().await);
        assert_eq!(one.path, two.path, "a form sent twice makes one draft");
        let button = one.form(&one.path);
        let (first, second) = tokio::join!(button.submit(), button.submit());
        assert_eq!((first.status, second.status), (200, 200));
        let again = marketer.get(&one.path).await;
        assert_eq!(again.path, format!("/broadcasts/{}", id(&one)), "what was confirmed is not confirmed again");
        app.settle().await;
        button.submit().await;
        app.settle().await;
        assert_eq!(shop.phones(&app).await.len(), 5);
    }

    async fn at_its_time_with_the_content_of_that_time(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let shown = confirm(&confirmation(later(&app, form(&marketer).await, 180)).await).await;
        assert!(shown.says("已排程「週年慶」，預計發送給 5 人") && shown.says("排程中"), "{}", shown.text());
        app.advance(TimeDelta::minutes(60)).await;
        assert!(shop.phones(&app).await.is_empty());
        // Who comes meanwhile is in it, and who opts out is not.
        app.contact(&shop.channel, Someone::called("新來的").who(Consent::Granted)).await;
        let gone = shop.people[0].clone();
        app.write(move |conn| {
            let mut sql = Sql::new("update contacts set consent = 'withdrawn' where id = ");
            sql.bind(&gone).execute(conn)
        })
        .await;
        let id = id(&shown);
        let edit = marketer.get(&format!("/broadcasts/{id}/edit")).await;
        assert!(!edit.says("不建議修改"));
        let saved = edit.form(&format!("/broadcasts/{id}")).set("text-1", "改過的內容").add("do", "next").submit().await;
        assert!(saved.says("已儲存"), "{}", saved.text());
        app.advance(TimeDelta::minutes(90)).await;
        let edit = marketer.get(&format!("/broadcasts/{id}/edit")).await;
        assert!(edit.says("距離發送不到一小時，不建議修改"), "{}", edit.text());
        app.advance(TimeDelta::minutes(31)).await;
        let phones = shop.phones(&app).await;
        assert_eq!(phones.len(), 5);
        assert!(phones.iter().all(|said| said.contains("改過的內容")), "{phones:?}");
        assert_eq!(outcome(&app, &id).await.1, states(&[("left_out", 2), ("sent", 5)]));
        let late = edit.form(&format!("/broadcasts/{id}")).set("text-1", "太晚了").add("do", "next").submit().await;
        assert_eq!(late.status, 409);
        assert!(late.says("內容不能再修改") && late.says("太晚了"), "what was typed is not lost: {}", late.text());
    }

    async fn cancelled_before_its_time(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let shown = confirm(&confirmation(later(&app, form(&marketer).await, 10)).await).await;
        let at = format!("/broadcasts/{}/cancel", id(&shown));
        let page = marketer.get(&at).await;
        let done = page.form(&at).submit().await;
        assert!(done.says("已取消推播，沒有人收到"), "{}", done.text());
        app.advance(TimeDelta::minutes(20)).await;
        assert!(shop.phones(&app).await.is_empty());
        // Pressed again in another tab.
        assert!(page.form(&at).submit().await.says("這則推播已經開始發送") );
    }

    async fn cancelled_in_the_second_it_starts(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let shown = confirm(&confirmation(later(&app, form(&marketer).await, 10)).await).await;
        let id = id(&shown);
        let at = format!("/broadcasts/{id}/cancel");
        let page = marketer.get(&at).await;
        app.clock.advance(TimeDelta::minutes(11));
        app.work.wake.kind(tidings_campaigns::broadcasts::START);
        let done = page.form(&at).submit().await;
        app.settle().await;
        let sent = shop.phones(&app).await.len();
        if done.says("已取消推播，沒有人收到") {
            assert_eq!(sent, 0);
        } else {
            assert!(done.says("這則推播已經開始發送"), "{}", done.text());
            assert_eq!(sent, 5, "what was not cancelled goes to all");
        }
    }

    async fn an_audience_that_is_empty_by_then(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let everybody = audience(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let form = form(&marketer).await.set("who", "audience").set("audience", everybody.as_str());
        let shown = confirm(&confirmation(later(&app, form, 10)).await).await;
        let delete = marketer.get(&format!("/audiences/{everybody}/delete")).await;
        assert!(delete.says("週年慶"), "what uses it is named: {}", delete.text());
        app.write(|conn| Sql::new("delete from broadcast_contacts").execute(conn)).await;
        app.write(|conn| Sql::new("delete from contact_grams").execute(conn)).await;
        app.write(|conn| Sql::new("delete from events").execute(conn)).await;
        app.write(|conn| Sql::new("delete from contacts").execute(conn)).await;
        app.advance(TimeDelta::minutes(11)).await;
        let page = marketer.get(&format!("/broadcasts/{}", id(&shown))).await;
        assert!(page.says("發送時沒有符合條件的人") && page.says("完成"), "{}", page.text());
        assert!(shop.phones(&app).await.is_empty());
    }

    async fn paused_resumed_and_stopped(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let before = confirmation(form(&marketer).await).await;
        let channel = shop.channel.clone();
        // Nobody is sent to while the account is in trouble for long.
        app.write(move |conn| {
            let mut sql = Sql::new("update channels set status = 'trouble' where id = ");
            sql.bind(&channel).execute(conn)?;
            let mut sql = Sql::new("insert into channel_health (channel_id, failing, open_until) values (");
            sql.bind(&channel).push(", 50, ").bind(chrono::NaiveDate::from_ymd_opt(2100, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap());
            sql.push(")").execute(conn)
        })
        .await;
        let refused = marketer.get(&before.path).await;
        assert!(refused.says("目前不能發送") && !refused.says("發送給 5 人"), "{}", refused.text());
        assert_eq!(confirm(&before).await.status, 422, "a page from before does not get past it");

        let channel = shop.channel.clone();
        app.write(move |conn| {
            let mut sql = Sql::new("update channels set status = 'ready' where id = ");
            sql.bind(&channel).execute(conn)?;
            let mut sql = Sql::new("update channels set rate_reserved_until = ");
            sql.bind(chrono::NaiveDate::from_ymd_opt(2100, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap()).execute(conn)
        })
        .await;
        let shown = confirm(&marketer.get(&refused.path).await).await;
        app.settle().await;
        let at = format!("/broadcasts/{}", id(&shown));
        let page = marketer.get(&at).await;
        assert!(page.says("發送中"), "{}", page.text());
        let page = page.form(&format!("{at}/pause")).submit().await;
        assert!(page.says("已暫停") && page.says("由人員暫停"), "{}", page.text());
        let page = page.form(&format!("{at}/resume")).submit().await;
        assert!(page.says("發送中"), "{}", page.text());
        let stop = marketer.get(&format!("{at}/cancel")).await;
        assert!(stop.says("停止發送給其餘 5 人"), "{}", stop.text());
        let page = stop.form(&format!("{at}/cancel")).submit().await;
        assert!(page.says("已停止") && page.says("已取消"), "{}", page.text());
        assert_eq!(outcome(&app, &id(&shown)).await, ("cancelled".to_owned(), states(&[("cancelled", 5), ("left_out", 1)])));
        assert!(shop.phones(&app).await.is_empty());
    }

    async fn whoever_goes_on_after_a_crash_adds_nobody_again(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let sent = confirm(&confirmation(form(&app.as_(Role::Marketer).await).await).await).await;
        app.settle().await;
        let id = id(&sent);
        // As if it had died between the last of its people and letting the dispatch go.
        app.write(|conn| Sql::new("update broadcasts set status = 'choosing'").execute(conn)).await;
        app.settle().await;
        assert_eq!(outcome(&app, &id).await, ("done".to_owned(), states(&[("left_out", 1), ("sent", 5)])));
        assert_eq!(shop.phones(&app).await.len(), 5);
        let begun = app.read(|conn| Sql::new("select count(*) as n from broadcasts where status = 'started'").count(conn));
        assert_eq!(begun.await, 1);
    }

    async fn two_contacts_of_a_member_are_one_person(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let member = app.member("周杰", None).await;
        let now = app.clock.now();
        let old = Someone::called("周杰（舊）").who(Consent::Granted).of(&member).interacted(now - TimeDelta::days(9));
        let new = Someone::called("周杰（新）").who(Consent::Granted).of(&member).interacted(now - TimeDelta::days(1));
        app.contacts(&shop.channel, vec![new, old]).await;
        let marketer = app.as_(Role::Marketer).await;
        let shown = confirm(&confirmation(form(&marketer).await).await).await;
        app.settle().await;
        let people = marketer.get(&format!("/broadcasts/{}/people?outcome=left_out", id(&shown))).await;
        assert!(people.says("周杰（舊）") && !people.says("周杰（新）"), "{}", people.text());
        assert_eq!(shop.phones(&app).await.len(), 6);
    }

    async fn while_the_program_was_down(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let shown = confirm(&confirmation(later(&app, form(&marketer).await, 10)).await).await;
        app.advance(TimeDelta::hours(5)).await;
        let page = marketer.get(&format!("/broadcasts/{}", id(&shown))).await;
        assert!(page.says("失敗") && page.says("現在已經太晚，沒有人收到"), "{}", page.text());
        assert!(shop.phones(&app).await.is_empty());
    }

    async fn tried_on_a_few_people(app: App) {
        let shop = Shop::open(&app, ChannelKind::Line).await;
        let marketer = app.as_(Role::Marketer).await;
        let shown = confirmation(form(&marketer).await).await;
        let at = format!("/broadcasts/{}/test", id(&shown));
        let page = marketer.get(&format!("{at}?q=怡君")).await;
        assert!(page.says("王怡君") && !page.says("陳建宏"), "{}", page.text());
        assert_eq!(page.form(&at).submit().await.status, 422);
        let done = page.form(&at).add("contact", shop.people[0].as_str()).add("contact", shop.people[5].as_str()).submit().await;
        assert!(done.says("已發送測試給 1 人，1 人不會收到"), "{}", done.text());
        app.settle().await;
        assert_eq!(shop.phones(&app).await.len(), 1);
        let list = marketer.get("/broadcasts").await;
        assert!(list.says("草稿"), "a trial is in no record: {}", list.text());
    }
}
