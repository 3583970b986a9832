//! What is said to a person: the parts of a message, the parameters in them, and the limits that
//! each kind of channel sets, and the form that it is written in. No database and no clock.

mod composer;
mod limits;
mod parameters;
mod preview;
mod render;
mod said;
mod sms;

pub use composer::{Composer, PartField, image_fields, pressed};
pub use limits::{Limits, Measure, Problem, limits};
pub use parameters::{BadParameter, NAME};
pub use preview::{Bubble, Heading, Stretch};
pub use render::{Addressee, Rendered, Words};
pub use sms::{Encoding, SmsLength};

use serde::{Deserialize, Serialize};

/// What is sent, as it was written: parameters not yet replaced. Stored as JSON.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Content {
    /// The subject line of a mail; no other channel has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What mail programs show beside the subject; no other channel has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preheader: Option<String>,
    /// What the person sees one below the other.
    pub parts: Vec<Part>,
}

/// One bubble of a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Part {
    /// Words, with parameters such as `{{name|貴賓}}`.
    Text { text: String },
    /// A picture.
    Image {
        /// The unguessable key it is kept under.
        image: String,
        /// What it shows, in words, for those who do not see it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        alt: String,
    },
}

impl Content {
    /// One text and nothing else.
    pub fn text(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::Text { text: text.into() }], ..Self::default() }
    }

    /// As stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings in lists can always be written as JSON")
    }

    /// As stored, read again.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// Whether two people may get different words.
    pub fn is_personal(&self) -> bool {
        self.texts().any(parameters::has_any)
    }

    /// The keys of its images.
    pub fn images(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text { .. } => None,
            Part::Image { image, .. } => Some(image.as_str()),
        })
    }

    /// Every text in it that may hold parameters, the subject first.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let head = [&self.subject, &self.preheader].into_iter().filter_map(Option::as_deref);
        head.chain(self.parts.iter().filter_map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            Part::Image { .. } => None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_stored_as_json_that_can_grow() {
        let content = Content::text("{{name|貴賓}}，您好");
        assert_eq!(content.to_json(), r#"{"parts":[{"kind":"text","text":"{{name|貴賓}}，您好"}]}"#);
        assert_eq!(Content::from_json(&content.to_json()).unwrap(), content);
        assert!(Content::from_json(r#"{"parts":[{"kind":"hologram"}]}"#).is_err());
    }

    #[test]
    fn it_is_personal_when_a_parameter_is_in_it() {
        assert!(!Content::text("週年慶開跑").is_personal());
        assert!(Content::text("{{name|貴賓}}，週年慶開跑").is_personal());
        let mail =
            Content { subject: Some("{{name|貴賓}} 的生日禮".to_owned()), ..Content::text("生日快樂") };
        assert!(mail.is_personal());
    }
}
