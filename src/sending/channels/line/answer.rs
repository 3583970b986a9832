//! What LINE's answers mean. No network: a reply in, a class out.
//!
//! There is no code in a refusal, only the status and a sentence, so the start of the sentence is
//! looked at; one that is not known falls to its status.

use super::{
    body::{Refused, Taken},
    reply::Reply,
};
use crate::channels::{Answer, Refusal, RefusalReason, Stop, StopReason, Trouble};
use serde::de::DeserializeOwned;

/// What became of a push or multicast to `people` people.
pub(super) fn sent(reply: &Reply, people: usize) -> Answer {
    let stop = |reason| Answer::Stop(Stop { reason, detail: detail(reply) });
    match reply.status {
        // Half an answer, or a page of something in between, is no word of LINE's. It costs nothing
        // to ask again with the same key: what was taken answers 409.
        200..=299 => match json::<Taken>(reply) {
            Some(taken) => accepted(reply, taken, people),
            None => unknown(reply),
        },
        409 if reply.accepted_request_id.is_some() || json::<Refused>(reply).is_some() => {
            accepted(reply, json::<Taken>(reply).unwrap_or_default(), people)
        }
        400 => refused(reply, people),
        401 => stop(StopReason::Token),
        403 => stop(StopReason::Permission),
        413 | 415 => stop(StopReason::Content),
        429 if words(reply).message.starts_with("You have reached your monthly limit") => stop(StopReason::Quota),
        429 | 300..=399 => Answer::Later { retry_after: reply.retry_after, detail: detail(reply) },
        // 408 and 409 are no refusals here. "If an error with status code 5xx occurs …, users will
        // receive the same message twice if the first API request was accepted" (LINE: Retrying a
        // failed API request): so every 5xx is asked again with its key, and never counts as refused.
        408 | 409 | 500.. => unknown(reply),
        // Of no known kind: it lies with the person, or with one of them.
        _ => Answer::Rejected { people: Vec::new(), detail: detail(reply) },
    }
}

/// What LINE says to a question; nothing where it knows nothing of what is asked for.
pub(super) fn asked<T: DeserializeOwned>(reply: &Reply) -> Result<Option<T>, Trouble> {
    let stop = |reason| Err(Trouble::Stop(Stop { reason, detail: detail(reply) }));
    match reply.status {
        200..=299 => match json(reply) {
            Some(answer) => Ok(Some(answer)),
            None => Err(Trouble::Later { detail: format!("{} and no whole answer", reply.status) }),
        },
        // 400: the id in the address is none of LINE's.
        400 | 404 => Ok(None),
        401 => stop(StopReason::Token),
        403 => stop(StopReason::Permission),
        _ => Err(Trouble::Later { detail: detail(reply) }),
    }
}

fn accepted(reply: &Reply, taken: Taken, people: usize) -> Answer {
    let request_id = reply.accepted_request_id.clone().or_else(|| reply.request_id.clone());
    // Only a push says what its messages are called, one for each part; the last is the newest.
    let vendor_id = taken.sent_messages.into_iter().next_back().map(|message| message.id).filter(|_| people == 1);
    Answer::Taken { request_id, people: vec![Ok(vendor_id); people] }
}

fn unknown(reply: &Reply) -> Answer {
    Answer::Unknown { detail: detail(reply) }
}

/// A 400: nobody got it.
fn refused(reply: &Reply, people: usize) -> Answer {
    let words = words(reply);
    let properties = words.details.iter().filter_map(|detail| detail.property.as_deref());
    let said: Vec<&str> = properties.chain(property(&words.message)).collect();
    let gone = |n| (n, Refusal { reason: RefusalReason::Gone, detail: detail(reply) });
    let named: Vec<_> = said.iter().filter_map(|property| place(property)).filter(|n| *n < people).collect();
    if !named.is_empty() {
        let mut named = named;
        named.sort_unstable();
        named.dedup();
        return Answer::Rejected { people: named.into_iter().map(gone).collect(), detail: detail(reply) };
    }
    // A user id of another provider, or of nobody; `to` may also be named without a place.
    let about_people = words.message.starts_with("Failed to send messages") || said.contains(&"to");
    if about_people {
        let alone = (people == 1).then(|| gone(0));
        return Answer::Rejected { people: alone.into_iter().collect(), detail: detail(reply) };
    }
    let ours = said.iter().any(|property| !property.starts_with("to"))
        || words.message.starts_with("The request body could not be parsed")
        || words.message.starts_with("The request body has");
    if ours {
        return Answer::Stop(Stop { reason: StopReason::Content, detail: detail(reply) });
    }
    Answer::Rejected { people: Vec::new(), detail: detail(reply) }
}

/// `to[17]` of "The property, to[17], in the request body is invalid (line: -, column: -)".
fn property(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("The property, ")?;
    rest.split_once(',').map(|(property, _)| property.trim())
}

/// 17 of `to[17]`.
fn place(property: &str) -> Option<usize> {
    property.strip_prefix("to[")?.split(']').next()?.parse().ok()
}

/// The body, if it came whole and is what it should be.
fn json<T: DeserializeOwned>(reply: &Reply) -> Option<T> {
    let body = reply.body.as_deref()?;
    // Every answer is an object; serde would take a list for a struct, too.
    body.trim_ascii_start().starts_with(b"{").then(|| serde_json::from_slice(body).ok()).flatten()
}

fn words(reply: &Reply) -> Refused {
    json(reply).unwrap_or_default()
}

/// The status and LINE's own words, for who looks into it.
fn detail(reply: &Reply) -> String {
    let words = words(reply);
    let mut detail = reply.status.to_string();
    let details = words.details.iter().map(|detail| {
        let said = [detail.property.as_deref(), detail.message.as_deref()];
        said.into_iter().flatten().collect::<Vec<_>>().join(": ")
    });
    for words in std::iter::once(words.message.clone()).chain(details).filter(|words| !words.is_empty()) {
        detail.push(' ');
        detail.push_str(&words);
    }
    detail.chars().take(LONGEST_DETAIL).collect()
}

/// What is kept of LINE's words, in characters.
const LONGEST_DETAIL: usize = 500;

#[cfg(test)]
mod test;
