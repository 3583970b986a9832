//! What is wrong with a message, beside the field of the composer where it is to be put right.

use super::{
    BadParameter, Content, Measure, Part, Problem,
    composer::{ALT, PREHEADER, SUBJECT, TEXT, field},
};
use tidings_base::web::Message;

impl Problem {
    /// The field it stands beside, and the sentence.
    pub fn said(&self, content: &Content) -> (String, Message) {
        let first = || format!("{TEXT}1");
        let field = |place: &usize| content.parts.get(*place).map_or_else(first, |part| field(part, *place));
        match self {
            Self::NoParts => (first(), Message::new("forms.required")),
            Self::TooManyParts { most, found } => {
                (field(most), Message::new("messages.too_many_parts").with("n", most).with("m", found))
            }
            Self::Empty { part } => {
                let key = match content.parts.get(*part) {
                    Some(Part::Image { .. }) => "messages.no_image",
                    Some(Part::Text { .. }) | None => "messages.empty",
                };
                (field(part), Message::new(key))
            }
            Self::NoImages { part } => (field(part), Message::new("messages.no_images")),
            Self::AltTooLong { part, most, found } => {
                (format!("{ALT}{}", part + 1), Message::new("forms.too_long").with("n", most).with("m", found))
            }
            Self::TooLong { part, measure, most, found } => {
                let key = match measure {
                    Measure::Utf16 | Measure::Characters => "messages.too_long",
                    Measure::Bytes => "messages.too_long_bytes",
                    Measure::SmsParts => "messages.too_long_sms",
                };
                (field(part), Message::new(key).with("n", most).with("m", found))
            }
            Self::Parameter { part, bad } => (field(part), bad.said()),
            Self::NoSubject => (SUBJECT.to_owned(), Message::new("forms.required")),
            Self::SubjectTooLong { most, found } => {
                (SUBJECT.to_owned(), Message::new("messages.too_long").with("n", most).with("m", found))
            }
            Self::SubjectParameter { bad } => (SUBJECT.to_owned(), bad.said()),
            Self::PreheaderTooLong { most, found } => {
                (PREHEADER.to_owned(), Message::new("messages.too_long").with("n", most).with("m", found))
            }
            Self::PreheaderParameter { bad } => (PREHEADER.to_owned(), bad.said()),
            Self::SubjectOfManyLines => (SUBJECT.to_owned(), Message::new("messages.subject_of_many_lines")),
        }
    }
}

impl BadParameter {
    fn said(&self) -> Message {
        match self {
            Self::Open { written } => Message::new("messages.parameter_open").with("written", written),
            Self::Unknown { written } => Message::new("messages.parameter_unknown").with("written", written),
            Self::NoFallback { written } => Message::new("messages.parameter_no_fallback").with("written", written),
        }
    }
}
