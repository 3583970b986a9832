//! Server-sent events, as a page hears them.

use reqwest::Response;
use scraper::Html;

/// The next event of a stream, or nothing at its end. What only says that nothing changed is passed over.
pub(crate) async fn event(stream: &mut Response) -> Option<String> {
    let mut event = String::new();
    loop {
        let Some(chunk) = stream.chunk().await.unwrap() else { return (!event.is_empty()).then_some(event) };
        event.push_str(std::str::from_utf8(&chunk).unwrap());
        if event == ":\n\n" {
            event.clear();
        } else if event.ends_with("\n\n") {
            return Some(event);
        }
    }
}

/// The text of an event's part of the page.
pub(crate) fn text(event: &str) -> String {
    let html: String = event.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let text = Html::parse_fragment(&html).root_element().text().collect::<Vec<_>>().join(" ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
