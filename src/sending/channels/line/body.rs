//! What is said to LINE and what it answers, as `messaging-api.yml` has it.

use crate::{
    channels::{Stop, StopReason},
    images,
    messages::{Rendered, Words},
};
use serde::{Deserialize, Serialize};
use tidings_base::outside::Outside;

/// `PushMessageRequest`.
#[derive(Serialize)]
pub(super) struct Push<'a> {
    pub(super) to: &'a str,
    pub(super) messages: &'a [Message<'a>],
}

/// `MulticastRequest`: at most 500 people.
#[derive(Serialize)]
pub(super) struct Multicast<'a> {
    pub(super) to: &'a [&'a str],
    pub(super) messages: &'a [Message<'a>],
}

/// `TextMessage` and `ImageMessage`.
#[derive(Serialize, PartialEq, Debug)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Message<'a> {
    Text { text: &'a str },
    Image { original_content_url: String, preview_image_url: String },
}

/// The parts of a message. LINE fetches images itself, over TLS.
///
/// # Errors
/// There is an image and LINE could not fetch it from here.
pub(super) fn messages<'a>(words: &'a Words, outside: &Outside) -> Result<Vec<Message<'a>>, Stop> {
    let message = |part: &'a Rendered| match part {
        Rendered::Text { text } => Ok(Message::Text { text }),
        Rendered::Image { .. } if !outside.is_public() => Err(Stop {
            reason: StopReason::Content,
            detail: "LINE fetches images over https: set TIDINGS_PUBLIC_URL to the https address of this server"
                .to_owned(),
        }),
        Rendered::Image { image, .. } => Ok(Message::Image {
            original_content_url: images::address(outside, image),
            preview_image_url: images::preview_address(outside, image),
        }),
    };
    words.parts.iter().map(message).collect()
}

/// `BotInfoResponse`, as far as it is needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bot {
    pub(super) user_id: String,
    pub(super) display_name: String,
}

/// `MessageQuotaResponse`.
#[derive(Deserialize)]
pub(super) struct Limit {
    #[serde(rename = "type")]
    kind: String,
    value: Option<i64>,
}

impl Limit {
    /// How many messages in this month; none where LINE sets no limit.
    pub(super) fn limit(&self) -> Option<i64> {
        // `value` may only be missing for `none`.
        (self.kind != "none").then_some(self.value.unwrap_or_default())
    }
}

/// `QuotaConsumptionResponse`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Consumption {
    pub(super) total_usage: i64,
}

/// `UserProfileResponse`, as far as it is needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    pub(super) display_name: String,
}

/// What a push answers.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Taken {
    pub(super) sent_messages: Vec<SentMessage>,
}

#[derive(Deserialize)]
pub(super) struct SentMessage {
    pub(super) id: String,
}

/// `ErrorResponse`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) details: Vec<Detail>,
}

/// `ErrorDetail`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Detail {
    pub(super) message: Option<String>,
    pub(super) property: Option<String>,
}
