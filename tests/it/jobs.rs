//! The page of jobs: what needs somebody, and what they may do about it.

use crate::support::{App, both};
use tidings_base::{
    db::{Id, sql::Sql},
    web::Role,
};
use tidings_customers::channels::{self, ChannelKind, Connector, NewChannel};
use tidings_sending::{channels::INBOUND, dispatch::Origin, messages::Content};

/// An account that was never connected, with two people on it.
async fn account(app: &App) -> Id {
    let now = app.clock.now();
    app.write(move |conn| {
        let account = NewChannel {
            kind: ChannelKind::Line,
            connector: Connector::Live,
            name: "本店官方帳號",
            rate_per_second: 100,
            failure_share: 0.0,
        };
        let channel = channels::add(conn, &account, now)?;
        for identity in ["U1", "U2"] {
            let mut sql = Sql::new(
                "insert into contacts (id, channel_id, identity, name, consent, subscribed_at, source, created_at, version) values (",
            );
            sql.bind(Id::new()).push(", ").bind(&channel).push(", ").bind(identity).push(", '王怡君', 'granted', ");
            sql.bind(now).push(", 'import', ").bind(now).push(", 1)");
            sql.execute(conn)?;
        }
        Ok(channel)
    })
    .await
}

both! {
    async fn what_stopped_is_named_with_its_reason_and_can_be_tried_again_or_given_up(app: App) {
        let admin = app.as_(Role::Admin).await;
        let page = admin.get("/jobs").await;
        assert!(page.says("沒有需要處理的工作") && page.says("發送訊息"));
        let channel = account(&app).await;
        let (dispatch, _) = app.send_to_all(&channel, Origin::Broadcast, Content::text("全館八折")).await;
        app.settle().await;

        let page = admin.get("/jobs").await;
        assert!(page.says("週年慶") && page.says("the account is not connected"), "{}", page.text());
        // it stops again, for the same reason
        let again = page.form(&format!("/jobs/dispatch.send/{dispatch}/retry")).submit().await;
        assert!(again.says("即將再試一次"));
        app.settle().await;
        assert!(admin.get("/jobs").await.says("週年慶"));

        let ask = admin.get(&format!("/jobs/dispatch.send/{dispatch}/cancel")).await;
        assert!(ask.says("要放棄「週年慶」嗎？") && ask.says("2 人不會收到。"), "{}", ask.text());
        let gone = ask.form(&format!("/jobs/dispatch.send/{dispatch}/cancel")).submit().await;
        assert!(gone.says("已放棄") && gone.says("沒有需要處理的工作"));
        assert_eq!(admin.get(&format!("/jobs/dispatch.send/{dispatch}/cancel")).await.status, 404);
        let late = ask.form(&format!("/jobs/dispatch.send/{dispatch}/cancel")).submit().await;
        assert!(!late.says("已放棄"), "{}", late.text());
        let sql = move |conn: &mut _| {
            let mut sql = Sql::new("select count(*) as n from deliveries where state = 'cancelled' and dispatch_id = ");
            sql.bind(&dispatch).count(conn)
        };
        assert_eq!(app.read(sql).await, 2);
        assert!(admin.get("/audit").await.says("週年慶"));
    }

    async fn what_a_vendor_sent_is_read_again_or_given_up(app: App) {
        let admin = app.as_(Role::Admin).await;
        let channel = account(&app).await;
        let id = Id::new();
        let (event, now) = (id.clone(), app.clock.now());
        app.write(move |conn| {
            let mut sql = Sql::new(
                "insert into inbound_events (id, channel_id, vendor_event_id, body, status, problem, received_at, due_at, epoch, begun) values (",
            );
            sql.bind(&event).push(", ").bind(&channel).push(", 'e1', 'no JSON', 'failed', 'broken', ").bind(now);
            sql.push(", ").bind(now).push(", 0, 0)");
            sql.execute(conn)
        })
        .await;
        let page = admin.get("/jobs").await;
        assert!(page.says("渠道送來的內容無法處理") && page.says("broken"));
        page.form(&format!("/jobs/{INBOUND}/{id}/retry")).submit().await;
        app.settle().await;
        let page = admin.get("/jobs").await;
        assert!(page.says("渠道送來的內容無法處理") && !page.says("broken"), "it was read again, in vain");
        let ask = admin.get(&format!("/jobs/{INBOUND}/{id}/cancel")).await;
        assert!(ask.says("要放棄這件「處理渠道回報」嗎？它屬於「本店官方帳號」。"), "{}", ask.text());
        assert!(ask.form(&format!("/jobs/{INBOUND}/{id}/cancel")).submit().await.says("沒有需要處理的工作"));
        assert_eq!(admin.get(&format!("/jobs/none/{id}/cancel")).await.status, 404);
        assert_eq!(app.as_(Role::Marketer).await.get("/jobs").await.status, 403);
    }
}
