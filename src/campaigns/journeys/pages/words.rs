//! Steps in words.

use crate::journeys::model::{Action, ReEntry, StepKind, Unit, Wait};
use tidings_base::{
    db::Id,
    web::{
        Lang, Message, dates,
        texts::{number, say},
    },
};
use tidings_customers::{audiences::builder, tags::Tag};
use tidings_sending::messages::{Addressee, Bubble, Stretch};

/// What a step does, in lines: the texts it sends, how long it waits, what it asks.
pub(super) fn about(action: &Action, tags: &[Tag], lang: Lang) -> Vec<String> {
    match action {
        Action::Send { content } => {
            let name = say(lang, "messages.insert_name", &[]);
            let somebody = Addressee { name: &name, last_known_name: None };
            let shown =
                |stretch: Stretch| if stretch.is_name { format!("［{}］", stretch.text) } else { stretch.text };
            let texts = content.preview(&somebody).into_iter().map(|bubble| match bubble {
                Bubble::Words(words) => words.into_iter().map(shown).collect::<String>(),
                Bubble::Image { alt, .. } => format!("{} {alt}", say(lang, "messages.image", &[])).trim().to_owned(),
            });
            content.subject.clone().into_iter().chain(texts).collect()
        }
        Action::Wait(wait) => vec![wait_words(*wait, lang)],
        Action::AddTag { tag_id } | Action::RemoveTag { tag_id } => vec![tag_name(tag_id, tags, lang)],
        Action::Condition { rule } => {
            let lines = builder::words(rule, tags, lang);
            if lines.is_empty() {
                return vec![say(lang, "audiences.words.everybody", &[])];
            }
            lines
                .into_iter()
                .filter_map(|line| line.says.or_else(|| line.opens.map(|key| say(lang, key, &[]))))
                .collect()
        }
        Action::End => Vec::new(),
    }
}

fn wait_words(wait: Wait, lang: Lang) -> String {
    match wait {
        Wait::For { amount, unit } => {
            let key = match unit {
                Unit::Minutes => "journeys.wait.minutes",
                Unit::Hours => "journeys.wait.hours",
                Unit::Days => "journeys.wait.days",
            };
            say(lang, key, &[("n", &amount.to_string())])
        }
        Wait::UntilTime { time } => say(lang, "journeys.wait.until_time", &[("x", &time.format("%H:%M").to_string())]),
        Wait::Until { at } => {
            let (day, time) = (dates::day(at.date(), lang), at.format("%H:%M").to_string());
            say(lang, "journeys.wait.until", &[("x", &day), ("y", &time)])
        }
    }
}

fn tag_name(id: &Id, tags: &[Tag], lang: Lang) -> String {
    let name = tags.iter().find(|tag| tag.id == *id).map(|tag| tag.name.clone());
    name.unwrap_or_else(|| say(lang, "audiences.lost_tag", &[]))
}

/// The sentence of a re-entry policy.
pub(super) fn re_entry(policy: ReEntry) -> Message {
    match policy {
        ReEntry::Once => Message::new("journeys.re_entry.once_about"),
        ReEntry::After { days } => Message::new("journeys.re_entry.after_about").with("n", number(days.into())),
        ReEntry::Always => Message::new("journeys.re_entry.always_about"),
    }
}

/// How the drawing shows a kind: its colour and its icon.
pub(super) fn looks(kind: StepKind) -> (&'static str, &'static str) {
    match kind {
        StepKind::Send => ("send", "send"),
        StepKind::Wait => ("wait", "wait"),
        StepKind::Condition => ("condition", "condition"),
        StepKind::AddTag => ("tag", "tag"),
        StepKind::RemoveTag => ("tag", "untag"),
        StepKind::End => ("end", "end"),
    }
}
