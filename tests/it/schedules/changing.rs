//! Edit, copy, cancel; two people at once.

use super::shop::*;
use crate::support::both;
use chrono::Days;
use tidings_base::{db::Id, web::Role};
use tidings_campaigns::schedules::TaskStatus::{self, Cancelled, Done, Waiting};

fn shown(list: &[(&str, TaskStatus)]) -> Vec<(String, TaskStatus)> {
    list.iter().map(|(at, status)| ((*at).to_owned(), *status)).collect()
}

both! {
    async fn an_edit_makes_what_has_not_run_anew_and_keeps_the_rest(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 5).await;
        let cancel = task_link(&who, &id, "2027/03/04").await;
        who.get(&cancel).await.form(&cancel).submit().await;
        at(&app, "2027-03-02 10:00").await;
        app.settle().await;

        let page = who.get(&format!("/schedules/{id}/edit")).await;
        assert!(page.says("先前已取消，不會執行"), "{}", page.text());
        assert!(page.says("儲存後會移除 3 個待執行的任務，重新建立 3 個"), "{}", page.text());
        let form = page.form(&format!("/schedules/{id}")).set("name", "改過的名字").set("end", "2027-03-07").add("do", "publish");
        let page = form.submit().await;
        assert_eq!(page.status, 200);
        assert!(page.says("已儲存「改過的名字」"), "{}", page.text());
        let kept = shown(&[
            ("2027-03-02 10:00", Done), ("2027-03-03 10:00", Waiting), ("2027-03-04 10:00", Cancelled),
            ("2027-03-05 10:00", Waiting), ("2027-03-06 10:00", Waiting), ("2027-03-07 10:00", Waiting),
        ]);
        assert_eq!(tasks(&app, &id).await, kept);
        assert!(page.says("4 ／6") || page.says("4／6"), "{}", page.text());
        // The same form once more: once.
        assert_eq!(form.submit().await.path, page.path);
        assert_eq!(tasks(&app, &id).await, kept);

        // Another hour: nothing that was cancelled comes again, so all are made.
        let form = who.get(&format!("/schedules/{id}/edit")).await.form(&format!("/schedules/{id}"));
        form.set("time", "18:00").add("do", "publish").submit().await;
        let waiting: Vec<_> = tasks(&app, &id).await.into_iter().filter(|(_, status)| *status == Waiting).map(|(at, _)| at).collect();
        assert_eq!(waiting, ["2027-03-02 18:00", "2027-03-03 18:00", "2027-03-04 18:00", "2027-03-05 18:00", "2027-03-06 18:00", "2027-03-07 18:00"]);
        // Tasks that ran say their own time still.
        assert!(tasks(&app, &id).await.contains(&("2027-03-02 10:00".to_owned(), Done)));
    }

    async fn an_edit_that_leaves_only_cancelled_times_is_refused(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 2).await;
        let cancel = task_link(&who, &id, "2027/03/02").await;
        who.get(&cancel).await.form(&cancel).submit().await;
        let form = who.get(&format!("/schedules/{id}/edit")).await.form(&format!("/schedules/{id}"));
        let page = form.set("end", "2027-03-02").add("do", "publish").submit().await;
        assert_eq!(page.status, 422);
        assert!(page.says("這段期間的每一次都已經取消過"), "{}", page.text());
    }

    async fn the_second_of_two_editors_is_told_and_loses_nothing(app: App) {
        let shop = Shop::open(&app).await;
        let (one, two) = (app.as_(Role::Marketer).await, app.as_(Role::Admin).await);
        let id = publish_daily(&app, &one, &shop, 3).await;
        let address = format!("/schedules/{id}");
        let (mine, theirs) = (one.get(&format!("{address}/edit")).await.form(&address), two.get(&format!("{address}/edit")).await.form(&address));
        assert_eq!(mine.set("name", "甲的名字").add("do", "publish").submit().await.status, 200);
        let told = theirs.set("name", "乙的名字").set("time", "20:00").add("do", "publish").submit().await;
        assert_eq!(told.status, 409);
        assert!(told.says("這個排程剛才被其他人更改了"), "{}", told.text());
        let again = told.form(&address);
        assert_eq!((again.value("name"), again.value("time")), ("乙的名字", "20:00"));
        assert!(two.get(&format!("{address}/tasks")).await.all("h1") == ["甲的名字"]);
        let saved = again.add("do", "publish").submit().await;
        assert_eq!((saved.status, saved.all("h1")), (200, vec!["乙的名字".to_owned()]));
    }

    async fn an_ended_schedule_cannot_be_edited_or_cancelled_but_copied(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 1).await;
        let late = who.get(&format!("/schedules/{id}/edit")).await.form(&format!("/schedules/{id}"));
        at(&app, "2027-03-02 10:00").await;
        app.settle().await;
        for page in ["edit", "cancel"] {
            let page = who.get(&format!("/schedules/{id}/{page}")).await;
            assert_eq!(page.status, 409);
            assert!(page.says("已結束，沒有剩餘的任務可以更改"), "{}", page.text());
        }
        let page = late.set("end", "2027-04-02").add("do", "publish").submit().await;
        assert_eq!(page.status, 409, "{}", page.text());
        let copy = who.get(&format!("/schedules/{id}/copy")).await;
        assert_eq!(copy.status, 200);
        let form = copy.form("/schedules");
        assert_eq!(form.value("name"), "每週新品通知（複製）");
        assert_eq!((form.value("journey"), form.value("audience")), (shop.journey.as_str(), shop.audience.as_str()));
        assert_eq!((form.value("frequency"), form.value("start"), form.value("time")), ("periodic", "2027-03-02", "10:00"));
        assert!(copy.says("這段期間沒有任何一次執行會在現在之後"), "it says what would be refused: {}", copy.text());
        assert!(form.clone().add("do", "publish").submit().await.says("這段期間沒有任何一次執行會在現在之後"));
        let copied = published(&form.set("end", "2027-03-05").add("do", "publish").submit().await);
        assert_ne!(copied, id);
        assert_eq!(tasks(&app, &copied).await.len(), 3);
    }

    async fn one_task_is_cancelled_by_its_time(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 3).await;
        let link = task_link(&who, &id, "2027/03/03").await;
        let page = who.get(&link).await;
        assert!(page.all("h1")[0].contains("2027/03/03（三）10:00"), "{}", page.text());
        let done = page.form(&link).submit().await;
        assert!(done.says("已取消 2027/03/03（三）10:00 的任務") && done.says("由 marketer 美玲 取消"), "{}", done.text());
        assert!(done.says("2／3") || done.says("2 ／3"), "{}", done.text());
        assert!(done.says("排程中"), "cancelling alone leaves it scheduled");
        // Twice, or too late: it says so.
        assert!(page.form(&link).submit().await.says("沒有待執行的任務可以取消"));
        assert_eq!(who.get(&link).await.path, format!("/schedules/{id}/tasks"), "nothing to confirm any more");
        let other = publish_daily(&app, &who, &shop, 1).await;
        let wrong = link.replace(id.as_str(), other.as_str());
        assert_eq!(who.get(&wrong).await.status, 404, "a task of another schedule");
        assert_eq!(who.get(&format!("/schedules/{id}/tasks/{}/cancel", Id::new())).await.status, 404);
        at(&app, "2027-03-03 10:00").await;
        app.settle().await;
        assert_eq!(tasks(&app, &id).await[1].1, Cancelled, "what is cancelled does not run");
    }

    async fn all_remaining_tasks_are_cancelled_by_their_number(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-01 08:00").await;
        let id = publish_daily(&app, &who, &shop, 4).await;
        at(&app, "2027-03-02 10:00").await;
        app.settle().await;
        let address = format!("/schedules/{id}/cancel");
        let page = who.get(&address).await;
        assert!(page.says("將取消「每週新品通知」的 3 個待執行任務"), "{}", page.text());
        assert_eq!(page.all("form button.danger"), ["取消 3 個任務"]);
        let done = page.form(&address).submit().await;
        assert!(done.says("已取消 3 個任務") && done.says("已結束") && done.says("無剩餘任務"), "{}", done.text());
        assert!(done.says("0／4") || done.says("0 ／4"), "{}", done.text());
        assert!(page.form(&address).submit().await.says("沒有待執行的任務可以取消"));
        let admin = app.as_(Role::Admin).await;
        let trail = admin.get("/audit").await;
        assert!(trail.says("取消 3 個待執行的任務") && trail.says("建立 4 個任務"), "{}", trail.text());
    }

    async fn addresses_of_nothing_are_not_found(app: App) {
        let who = app.as_(Role::Admin).await;
        for path in ["tasks", "edit", "copy", "cancel"] {
            assert_eq!(who.get(&format!("/schedules/{}/{path}", Id::new())).await.status, 404);
            assert_eq!(who.get(&format!("/schedules/1%20or%201=1/{path}")).await.status, 404);
        }
    }

    async fn a_start_in_the_past_keeps_its_phase(app: App) {
        let shop = Shop::open(&app).await;
        let who = app.as_(Role::Marketer).await;
        at(&app, "2027-03-10 12:00").await;
        let first = today(&app) - Days::new(8);
        let values = [
            ("frequency", "periodic".to_owned()), ("every", "3".into()), ("unit", "days".into()), ("time", "10:00".into()),
            ("start", first.to_string()), ("end", "2027-03-20".into()),
        ];
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let id = published(&typed(form(&who, &shop).await, &values).submit().await);
        let times: Vec<_> = tasks(&app, &id).await.into_iter().map(|(at, _)| at).collect();
        assert_eq!(times, ["2027-03-11 10:00", "2027-03-14 10:00", "2027-03-17 10:00", "2027-03-20 10:00"]);
    }
}
