//! What LINE sends: `webhook.yml`, one stored row an event.

use crate::channels::{InboundEvent, NotUnderstood, What};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// One event of a webhook's body, as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Keyed {
    /// `webhookEventId`, the same when LINE delivers it again.
    pub key: String,
    pub body: String,
}

/// The events of a webhook's body; none when LINE only checks the address.
///
/// # Errors
/// It is not JSON with a list of events.
pub fn cut(body: &[u8]) -> Result<Vec<Keyed>, NotUnderstood> {
    #[derive(Deserialize)]
    struct Body {
        events: Vec<Value>,
    }
    let body: Body = serde_json::from_slice(body).map_err(|e| NotUnderstood(e.to_string()))?;
    Ok(body.events.into_iter().map(keyed).collect())
}

fn keyed(event: Value) -> Keyed {
    // PostgreSQL's texts hold no NUL, which JSON may; nobody misses it.
    let body = event.to_string().replace("\\u0000", "");
    let id = event["webhookEventId"].as_str().filter(|id| !id.is_empty() && id.len() <= 100);
    let key = match id {
        Some(id) => id.replace('\0', ""),
        // Required by the specification; without it the event stands for itself.
        None => Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    Keyed { key, body }
}

/// An event, as far as it is worked on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    /// Milliseconds since 1970, UTC.
    timestamp: i64,
    source: Option<Source>,
    message: Option<Said>,
    unsend: Option<Unsend>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Source {
    #[serde(rename = "type")]
    kind: String,
    user_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    text: Option<String>,
    file_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unsend {
    message_id: String,
}

/// Reads one event as it was stored. Nothing where it is not about one person: what is said in
/// groups is nobody's conversation with the shop.
pub(super) fn read(body: &str) -> Result<Vec<InboundEvent>, NotUnderstood> {
    let event: Event = serde_json::from_str(body).map_err(|e| NotUnderstood(e.to_string()))?;
    let at = DateTime::from_timestamp_millis(event.timestamp)
        .ok_or_else(|| NotUnderstood(format!("the timestamp {}", event.timestamp)))?
        .naive_utc();
    let Some(Source { kind, user_id: Some(identity) }) = event.source else { return Ok(Vec::new()) };
    if kind != "user" || identity.is_empty() {
        return Ok(Vec::new());
    }
    let what = match (event.kind.as_str(), event.message, event.unsend) {
        // `follow.isUnblocked` tells somebody who comes back from somebody new; the contact tells it too.
        ("follow", _, _) => What::Follow,
        ("unfollow", _, _) => What::Unfollow,
        ("message", Some(said), _) => What::Message { id: said.id.clone(), text: words(said) },
        ("postback", _, _) => What::Pressed,
        ("unsend", _, Some(unsend)) => What::Unsent { id: unsend.message_id },
        _ => What::Other { kind: event.kind },
    };
    Ok(vec![InboundEvent { identity, at, what }])
}

/// What a person said; a word for what is not said in words.
fn words(said: Said) -> String {
    let word = match said.kind.as_str() {
        "text" => return said.text.unwrap_or_default(),
        "sticker" => "［貼圖］",
        "image" => "［圖片］",
        "video" => "［影片］",
        "audio" => "［語音］",
        "location" => "［位置］",
        "file" => return format!("［檔案］{}", said.file_name.unwrap_or_default()),
        _ => "［訊息］",
    };
    word.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, more: &str) -> String {
        format!(
            r#"{{"type":"{kind}","mode":"active","timestamp":1795485600123,"source":{{"type":"user","userId":"U1"}},
            "webhookEventId":"01H","deliveryContext":{{"isRedelivery":false}}{more}}}"#
        )
    }

    fn what(kind: &str, more: &str) -> What {
        let [event] = &read(&event(kind, more)).unwrap()[..] else { panic!("{kind} {more}") };
        assert_eq!((event.identity.as_str(), event.at.to_string().as_str()), ("U1", "2026-11-24 02:00:00.123"));
        event.what.clone()
    }

    #[test]
    fn each_kind_is_what_all_vendors_have() {
        let message = |text: &str| What::Message { id: Some("9".to_owned()), text: text.to_owned() };
        let said = |kind: &str| format!(r#","message":{{"type":"{kind}","id":"9"}}"#);
        assert_eq!(what("follow", r#","follow":{"isUnblocked":true}"#), What::Follow);
        assert_eq!(what("unfollow", ""), What::Unfollow);
        assert_eq!(what("message", r#","message":{"type":"text","id":"9","text":"你好 😀"}"#), message("你好 😀"));
        for (kind, text) in [
            ("sticker", "［貼圖］"),
            ("image", "［圖片］"),
            ("video", "［影片］"),
            ("audio", "［語音］"),
            ("location", "［位置］"),
            ("file", "［檔案］"),
            ("hologram", "［訊息］"),
        ] {
            assert_eq!(what("message", &said(kind)), message(text), "{kind}");
        }
        assert_eq!(what("postback", r#","postback":{"data":"a=1"}"#), What::Pressed);
        assert_eq!(what("unsend", r#","unsend":{"messageId":"9"}"#), What::Unsent { id: "9".to_owned() });
        assert_eq!(what("beacon", ""), What::Other { kind: "beacon".to_owned() });
        assert_eq!(what("message", ""), What::Other { kind: "message".to_owned() });
    }

    #[test]
    fn what_is_about_no_single_person_is_passed_over() {
        for source in [
            r#"{"type":"group","groupId":"C1","userId":"U1"}"#,
            r#"{"type":"group","groupId":"C1"}"#,
            r#"{"type":"user"}"#,
            "null",
        ] {
            let event = event("message", "").replace(r#"{"type":"user","userId":"U1"}"#, source);
            assert_eq!(read(&event).unwrap(), [], "{source}");
        }
        assert!(read("{}").is_err() && read("[]").is_err() && read(r#"{"type":"follow","timestamp":"x"}"#).is_err());
        assert!(read(&event("follow", "").replace("1795485600123", "9223372036854775807")).is_err());
    }

    #[test]
    fn a_body_is_cut_into_its_events() {
        let body = format!(r#"{{"destination":"U2","events":[{},{{"type":"new"}}]}}"#, event("follow", ""));
        let cut = super::cut(body.as_bytes()).unwrap();
        assert_eq!((cut.len(), cut[0].key.as_str(), cut[1].key.len()), (2, "01H", 64));
        assert_eq!(read(&cut[0].body).unwrap().len(), 1);
        assert_eq!(super::cut(br#"{"destination":"U2","events":[]}"#).unwrap(), []);
        for bad in ["", "{}", "[]", r#"{"events":1}"#, r#"{"events":[]"#, "\u{0}"] {
            assert!(super::cut(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
