//! A filter in words.

use super::filter::{Filter, Period};
use crate::tags::Tag;
use chrono::NaiveDate;
use tidings_base::web::{Message, Page, dates::day};

/// One condition of a filter.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What it says, in the reader's language.
    pub text: String,
    /// The filter without it.
    pub without: Filter,
}

/// The conditions of `filter` in their order; `tags` are those that it may name.
pub fn conditions(filter: &Filter, tags: &[Tag], page: &Page) -> Vec<Condition> {
    let mut conditions = Vec::new();
    let mut add = |text: Message, without: Filter| conditions.push(Condition { text: page.say(&text), without });
    if !filter.search.is_empty() {
        let text = Message::new("contacts.chip.search").with("name", &filter.search);
        add(text, Filter { search: String::new(), ..filter.clone() });
    }
    if let Some(words) = period(&filter.subscribed, page) {
        let text = Message::new("contacts.chip.subscribed").with("name", words);
        add(text, Filter { subscribed: Period::default(), ..filter.clone() });
    }
    if let Some(words) = period(&filter.interacted, page) {
        let text = Message::new("contacts.chip.interacted").with("name", words);
        add(text, Filter { interacted: Period::default(), ..filter.clone() });
    }
    for id in &filter.tags {
        let Some(tag) = tags.iter().find(|tag| tag.id == *id) else { continue };
        let tags = filter.tags.iter().filter(|other| *other != id).cloned().collect();
        add(Message::new("contacts.chip.tag").with("name", &tag.name), Filter { tags, ..filter.clone() });
    }
    for state in &filter.consent {
        let consent = filter.consent.iter().filter(|other| *other != state).copied().collect();
        add(Message::new(state.label()), Filter { consent, ..filter.clone() });
    }
    conditions
}

fn period(period: &Period, page: &Page) -> Option<String> {
    let day = |date: &NaiveDate| day(*date, page.language());
    if period.never {
        return Some(page.text("contacts.period.never"));
    }
    let within = period.within.map(|days| Message::new("contacts.period.within").with("n", days));
    let days = match (&period.from, &period.to) {
        (Some(from), Some(to)) => Some(Message::new("contacts.period.between").with("x", day(from)).with("y", day(to))),
        (Some(from), None) => Some(Message::new("contacts.period.from").with("x", day(from))),
        (None, Some(to)) => Some(Message::new("contacts.period.to").with("y", day(to))),
        (None, None) => None,
    };
    let words: Vec<String> = within.iter().chain(&days).map(|message| page.say(message)).collect();
    (!words.is_empty()).then(|| words.join(&page.text("site.and")))
}
