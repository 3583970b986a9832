//! What a broadcast's page says by itself while it goes out.

use super::shop::{Shop, confirm, confirmation, form, id};
use crate::support::{
    App, Backend, Browser, Shown, Visitor, both, run,
    stream::{event, text},
};
use diesel::prelude::*;
use fantoccini::Locator;
use tidings_base::{
    db::{
        Id,
        schema::{broadcasts, dispatches},
    },
    web::Role,
};
use tidings_customers::channels::ChannelKind;

/// Makes it as if so many were sent and this many still to be.
async fn stands(app: &App, broadcast: &Id, status: &'static str, sent: i64, pending: i64) {
    let broadcast = broadcast.clone();
    app.write(move |conn| {
        let dispatch: Id =
            broadcasts::table.find(broadcast).select(broadcasts::dispatch_id.assume_not_null()).first(conn)?;
        let change = (dispatches::status.eq(status), dispatches::sent.eq(sent), dispatches::pending.eq(pending));
        diesel::update(dispatches::table.find(dispatch)).set(change).execute(conn)
    })
    .await;
}

/// A broadcast that is done, and its page.
async fn sent(app: &App, who: &Visitor) -> (Id, Shown) {
    Shop::open(app, ChannelKind::Line).await;
    let shown = confirm(&confirmation(form(who).await).await).await;
    app.settle().await;
    let id = id(&shown);
    let page = who.get(&format!("/broadcasts/{id}")).await;
    (id, page)
}

both! {
    async fn its_figures_come_by_themselves_until_it_is_done(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        let (id, page) = sent(&app, &marketer).await;
        assert!(page.attributes("[data-live]", "data-live").is_empty(), "what is done changes no more");
        let path = format!("/broadcasts/{id}/live");

        stands(&app, &id, "sending", 2, 3).await;
        let page = marketer.get(&format!("/broadcasts/{id}")).await;
        assert_eq!(page.attributes("[data-live]", "data-live"), [path.as_str()]);
        assert!(page.html.contains(r#"<noscript><meta http-equiv="refresh""#), "without scripts it is asked for anew");
        let mut stream = marketer.raw(&path).await;
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        assert_eq!(stream.headers()["cache-control"], "no-store");
        let first = event(&mut stream).await.unwrap();
        assert!(text(&first).contains("3 / 6") && text(&first).contains("待發送 3"), "{first}");
        stands(&app, &id, "sending", 4, 1).await;
        let second = event(&mut stream).await.unwrap();
        assert!(text(&second).contains("5 / 6") && !second.starts_with("event:"), "{second}");
        stands(&app, &id, "done", 5, 0).await;
        let last = event(&mut stream).await.unwrap();
        assert!(last.starts_with("event: over\n") && text(&last).contains("5 83.3%"), "{last}");
        assert_eq!(event(&mut stream).await, None);
    }

    async fn a_person_has_a_few_streams_and_others_theirs(app: App) {
        let marketer = app.as_(Role::Marketer).await;
        let (id, _) = sent(&app, &marketer).await;
        stands(&app, &id, "sending", 2, 3).await;
        let path = format!("/broadcasts/{id}/live");
        let mut open = Vec::new();
        for _ in 0..6 {
            let mut stream = marketer.raw(&path).await;
            assert!(event(&mut stream).await.is_some());
            open.push(stream);
        }
        assert_eq!(marketer.raw(&path).await.status(), 503);
        assert_eq!(app.as_(Role::Marketer).await.raw(&path).await.status(), 200);
        assert_eq!(app.as_(Role::Salesperson).await.raw(&path).await.status(), 403);
        stands(&app, &id, "done", 5, 0).await;
        for mut stream in open {
            assert!(event(&mut stream).await.unwrap().starts_with("event: over"));
            assert_eq!(event(&mut stream).await, None);
        }
        assert_eq!(marketer.raw(&path).await.status(), 200, "what ended is given back");
    }
}

#[test]
fn in_a_real_browser_it_is_watched_to_its_end() {
    run(Backend::Sqlite, |app| async move {
        let (id, _) = sent(&app, &app.as_(Role::Marketer).await).await;
        stands(&app, &id, "sending", 2, 3).await;
        let browser = Browser::start(&app).await;
        browser.sign_in(&app, Role::Marketer).await;
        browser.open(&format!("/broadcasts/{id}")).await;
        // A reload would forget it.
        browser.ask("window.here = true").await;
        let sees = async |words: &str| {
            let xpath = format!("//main//*[contains(normalize-space(.), '{words}')]");
            if browser.client.wait().for_element(Locator::XPath(&xpath)).await.is_err() {
                panic!("{words} is not on the page: {}", browser.ask("return document.body.innerText").await);
            }
        };
        stands(&app, &id, "sending", 4, 1).await;
        sees("5 / 6").await;
        stands(&app, &id, "done", 5, 0).await;
        browser.client.wait().for_element(Locator::Css("main .badge.done")).await.unwrap();
        assert_eq!(
            browser.ask("return [window.here, document.querySelectorAll('[data-live]').length]").await,
            serde_json::json!([true, 0])
        );
        assert!(browser.complaints().await.is_empty());
    });
}
