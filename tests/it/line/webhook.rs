//! What LINE sends: its signature, what is stored, and what comes of it.

use super::connecting::connected;
use crate::support::{App, both, line::sign};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::sql_types::{Nullable, Text, Timestamp};
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tidings_base::db::{Id, sql::Sql};

const XIAO: &str = "U4af4980629000000000000000000abcd";
const MEI: &str = "U0047556f2e40dba2456887320ba7c76d";

/// LINE's request with this body and signature.
async fn post(app: &App, path: &str, body: impl Into<reqwest::Body>, signature: Option<&str>) -> StatusCode {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut request = http.post(format!("{}{path}", app.address)).header("content-type", "application/json").body(body);
    if let Some(signature) = signature {
        request = request.header("X-Line-Signature", signature);
    }
    request.send().await.unwrap().status()
}

/// Sends events as LINE does, and waits until they had their effect.
async fn tell(app: &App, account: &Id, events: &[Value]) {
    let body = json!({"destination": "U00000000000000000000000000000b07", "events": events}).to_string();
    let status = post(app, &format!("/hooks/line/{account}"), body.clone(), Some(&sign(&body))).await;
    assert_eq!(status, 200);
    app.settle().await;
}

fn event(kind: &str, who: &str, id: &str, at: NaiveDateTime, more: &Value) -> Value {
    let mut event = json!({
        "type": kind, "mode": "active", "timestamp": at.and_utc().timestamp_millis(), "webhookEventId": id,
        "source": {"type": "user", "userId": who}, "deliveryContext": {"isRedelivery": false},
    });
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    event
}

fn follow(who: &str, id: &str, at: NaiveDateTime) -> Value {
    event("follow", who, id, at, &json!({"follow": {"isUnblocked": false}, "replyToken": "r"}))
}

fn unfollow(who: &str, id: &str, at: NaiveDateTime) -> Value {
    event("unfollow", who, id, at, &json!({}))
}

fn message(who: &str, id: &str, at: NaiveDateTime, text: &str) -> Value {
    let said = json!({"type": "text", "id": format!("m-{id}"), "text": text, "quoteToken": "q"});
    event("message", who, id, at, &json!({"replyToken": "r", "message": said}))
}

#[derive(diesel::QueryableByName, Debug)]
struct Contact {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    consent: String,
    #[diesel(sql_type = Nullable<Text>)]
    unreachable: Option<String>,
    #[diesel(sql_type = Timestamp)]
    subscribed_at: NaiveDateTime,
    #[diesel(sql_type = Nullable<Timestamp>)]
    last_inbound_at: Option<NaiveDateTime>,
}

async fn contact(app: &App, who: &'static str) -> Contact {
    let read = move |conn: &mut _| {
        let mut sql = Sql::new(
            "select id, name, consent, unreachable, subscribed_at, last_inbound_at from contacts where identity = ",
        );
        sql.bind(who);
        sql.first(conn)
    };
    app.read(read).await
}

async fn count(app: &App, sql: &'static str) -> i64 {
    app.read(move |conn| Sql::new(sql).count(conn)).await
}

const STORED: &str = "select count(*) as n from inbound_events";

/// To the millisecond, as LINE tells it.
fn moment(app: &App) -> NaiveDateTime {
    let now = app.clock.now() - TimeDelta::hours(1);
    chrono::DateTime::from_timestamp_millis(now.and_utc().timestamp_millis()).unwrap().naive_utc()
}

both! {
    async fn only_what_is_signed_by_line_is_stored(app: App) {
        let (_line, admin, id) = connected(&app).await;
        let at = format!("/hooks/line/{id}");
        let body = json!({"destination": "U1", "events": [follow(XIAO, "01", moment(&app))]}).to_string();
        let right = sign(&body);
        assert_eq!(post(&app, &at, body.clone(), None).await, 401);
        assert_eq!(post(&app, &at, body.clone(), Some("")).await, 401);
        assert_eq!(post(&app, &at, body.clone(), Some("AAAA")).await, 401);
        assert_eq!(post(&app, &at, body.replace("follow", "fellow"), Some(&right)).await, 401);
        assert_eq!(post(&app, &format!("/hooks/line/{}", Id::new()), body.clone(), Some(&right)).await, 404);
        assert_eq!(post(&app, "/hooks/line/x", body.clone(), Some(&right)).await, 404);
        assert_eq!(count(&app, STORED).await, 0);
        let empty = r#"{"destination":"U1","events":[]}"#;
        assert_eq!(post(&app, &at, empty, Some(&sign(empty))).await, 200);
        assert_eq!(post(&app, &at, "{", Some(&sign("{"))).await, 400);
        assert_eq!(count(&app, STORED).await, 0);
        assert_eq!(post(&app, &at, body.clone(), Some(&right)).await, 200);
        assert_eq!(count(&app, STORED).await, 1);
        // An account that is not connected takes nothing.
        let away = format!("/channels/{id}/disconnect");
        admin.get(&away).await.form(&away).submit().await;
        assert_eq!(post(&app, &at, body, Some(&right)).await, 404);
    }

    async fn a_body_of_ten_megabytes_is_not_read(app: App) {
        let (_line, _admin, id) = connected(&app).await;
        let at = format!("/hooks/line/{id}");
        assert_eq!(post(&app, &at, vec![b' '; 10 << 20], Some("AAAA")).await, 413);
        // As long as that without saying so beforehand.
        let chunk = vec![b' '; 1 << 20];
        let chunks = futures_util::stream::iter((0..10).map(move |_| Ok::<_, std::io::Error>(Frame::data(Bytes::from(chunk.clone())))));
        assert_eq!(post(&app, &at, reqwest::Body::wrap(StreamBody::new(chunks)), Some("AAAA")).await, 413);
        assert_eq!(count(&app, STORED).await, 0);
    }

    async fn people_become_contacts_with_the_consent_they_gave(app: App) {
        let (line, _admin, id) = connected(&app).await;
        line.is_called(XIAO, "蕭小明");
        let at = moment(&app);
        let pressed = event("postback", "U00000000000000000000000000000003", "03", at, &json!({"postback": {"data": "a=1"}}));
        let group = json!({"source": {"type": "group", "groupId": "C1", "userId": "U00000000000000000000000000000004"}});
        let said_in_group = event("message", "U", "04", at, &group);
        tell(&app, &id, &[follow(XIAO, "01", at), message(MEI, "02", at, "請問還有嗎？"), pressed, said_in_group]).await;
        let xiao = contact(&app, XIAO).await;
        assert_eq!((xiao.name.as_str(), xiao.consent.as_str(), xiao.subscribed_at, xiao.last_inbound_at), ("蕭小明", "granted", at, None));
        let mei = contact(&app, MEI).await;
        assert_eq!((mei.name.as_str(), mei.consent.as_str(), mei.last_inbound_at), ("", "none", Some(at)));
        let pressed = contact(&app, "U00000000000000000000000000000003").await;
        assert_eq!((pressed.consent.as_str(), pressed.last_inbound_at), ("none", Some(at)));
        assert_eq!(count(&app, "select count(*) as n from contacts").await, 3);
        assert_eq!(count(&app, "select count(*) as n from contact_names").await, 0, "everybody was asked after");
        let marketer = app.as_(tidings_base::web::Role::Marketer).await;
        let page = marketer.get(&format!("/contacts/{}", mei.id)).await;
        assert!(page.says("傳來訊息：請問還有嗎？"), "{}", page.text());
    }

    async fn a_name_that_cannot_be_had_now_is_asked_for_again(app: App) {
        let (line, _admin, id) = connected(&app).await;
        line.is_called(XIAO, "蕭小明");
        "elsewhere".clone_into(&mut line.token.lock().unwrap());
        tell(&app, &id, &[follow(XIAO, "01", moment(&app))]).await;
        assert_eq!(contact(&app, XIAO).await.name, "");
        crate::support::line::TOKEN.clone_into(&mut line.token.lock().unwrap());
        app.advance(TimeDelta::minutes(5)).await;
        assert_eq!(contact(&app, XIAO).await.name, "蕭小明");
    }

    async fn the_same_again_and_late_changes_nothing(app: App) {
        let (_line, _admin, id) = connected(&app).await;
        let at = moment(&app);
        let (one, two, three) = (at, at + TimeDelta::minutes(1), at + TimeDelta::minutes(2));
        // The newest comes first, each twice.
        for _ in 0..2 {
            tell(&app, &id, &[message(MEI, "03", three, "三"), unfollow(XIAO, "u2", two)]).await;
            tell(&app, &id, &[message(MEI, "01", one, "一"), follow(XIAO, "f1", one)]).await;
        }
        let (mei, xiao) = (contact(&app, MEI).await, contact(&app, XIAO).await);
        assert_eq!(mei.last_inbound_at, Some(three));
        assert_eq!(xiao.unreachable.as_deref(), Some("blocked"), "the follow was before");
        assert_eq!(count(&app, "select count(*) as n from events where kind = 'message_received'").await, 2);
        assert_eq!(count(&app, STORED).await, 4);
        tell(&app, &id, &[follow(XIAO, "f3", three)]).await;
        tell(&app, &id, &[unfollow(XIAO, "u0", one - TimeDelta::minutes(9))]).await;
        assert_eq!(contact(&app, XIAO).await.unreachable, None);
    }

    async fn who_follows_again_has_not_taken_a_withdrawal_back(app: App) {
        let (_line, _admin, id) = connected(&app).await;
        let at = moment(&app);
        tell(&app, &id, &[follow(XIAO, "1", at)]).await;
        app.write(|conn| Sql::new("update contacts set consent = 'withdrawn'").execute(conn)).await;
        tell(&app, &id, &[unfollow(XIAO, "2", at + TimeDelta::minutes(1)), follow(XIAO, "3", at + TimeDelta::minutes(2))]).await;
        let xiao = contact(&app, XIAO).await;
        assert_eq!((xiao.consent.as_str(), xiao.unreachable), ("withdrawn", None));
    }

    async fn a_message_that_is_taken_back_is_erased_before_and_after(app: App) {
        let (_line, _admin, id) = connected(&app).await;
        let at = moment(&app);
        let unsend = |message: &str, id: &str| {
            event("unsend", MEI, id, at + TimeDelta::minutes(1), &json!({"unsend": {"messageId": message}}))
        };
        tell(&app, &id, &[message(MEI, "1", at, "我的祕密")]).await;
        tell(&app, &id, &[unsend("m-1", "2")]).await;
        tell(&app, &id, &[unsend("m-3", "4")]).await;
        tell(&app, &id, &[message(MEI, "3", at, "另一個祕密")]).await;
        assert_eq!(count(&app, "select count(*) as n from inbound_events where body like '%祕密%'").await, 0);
        assert_eq!(count(&app, "select count(*) as n from events where data like '%祕密%'").await, 0);
        let mei = contact(&app, MEI).await;
        let page = app.as_(tidings_base::web::Role::Marketer).await.get(&format!("/contacts/{}", mei.id)).await;
        assert!(page.says("對方已收回這則訊息"), "{}", page.text());
    }
}
