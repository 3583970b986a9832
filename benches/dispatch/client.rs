//! (a): the program's HTTP client and nothing else.

use crate::{Figures, vendor, vendor::Vendor};
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::time::Instant;
use tidings_base::{
    db::Id,
    outside::{Outside, Reach},
    secret::Secret,
};

/// Calls at the same time; more or fewer make it slower here.
const AT_ONCE: usize = 128;

#[expect(clippy::disallowed_methods, reason = "a monotonic time that is never shown")]
pub(crate) async fn run(vendor: &Vendor, people: usize) -> Figures {
    vendor.forget();
    let api = format!("http://{}", vendor.address);
    let reach =
        Reach { public_url: "https://shop.example".to_owned(), line_api: api.clone(), allow_private_addresses: true };
    let outside = Outside::new(reach, Secret::random().expect("random numbers"));
    let (client, url) = (outside.http(), format!("{api}/v2/bot/message/push"));
    let began = Instant::now();
    stream::iter(0..people)
        .map(|n| {
            let text = format!("王小明 {n}，週年慶全館八折，只到這個週日。");
            let body = json!({"to": vendor::identity(n), "messages": [{"type": "text", "text": text}]});
            let request = client
                .post(&url)
                .bearer_auth("the-channel-access-token")
                .header("X-Line-Retry-Key", Id::new().as_str())
                .header("content-type", "application/json")
                .body(body.to_string());
            tokio::spawn(async move {
                let answer = request.send().await.expect("an answer");
                answer.bytes().await.expect("a whole answer")
            })
        })
        .buffer_unordered(AT_ONCE)
        .for_each(|done| async {
            done.expect("no panic");
        })
        .await;
    let took = began.elapsed();
    assert_eq!(vendor.received(), people, "the bare client: everybody exactly once");
    Figures {
        name: "(a) the bare client".to_owned(),
        messages: people,
        took,
        written: None,
        peak_mb: None,
        bytes: None,
    }
}
