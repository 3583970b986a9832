//! How a message will look, before there is anybody to send it to.

use super::{Addressee, BadParameter, Content, Part, parameters};

/// A part of a preview.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Bubble {
    Words(Vec<Stretch>),
    Image { image: String, alt: String },
}

impl Bubble {
    /// Whether nothing would be seen.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Words(stretches) => stretches.is_empty(),
            Self::Image { image, .. } => image.is_empty(),
        }
    }
}

/// A stretch of a preview.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stretch {
    pub text: String,
    /// Whether it stands where a parameter stood.
    pub is_name: bool,
}

/// What a mail program shows of a mail before it is opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heading {
    pub subject: Vec<Stretch>,
    pub preheader: Vec<Stretch>,
}

impl Content {
    /// The head of the mail as `person` would see it, a name marked as such; none where there is no
    /// mail, or nothing in its head.
    pub fn heading(&self, person: &Addressee<'_>) -> Option<Heading> {
        let words = |text: &Option<String>| stretches(text.as_deref().unwrap_or_default(), person);
        let heading = Heading { subject: words(&self.subject), preheader: words(&self.preheader) };
        (!heading.subject.is_empty() || !heading.preheader.is_empty()).then_some(heading)
    }

    /// The bubbles as `person` would see them, a name marked as such. What cannot be replaced shows
    /// as it was written.
    pub fn preview(&self, person: &Addressee<'_>) -> Vec<Bubble> {
        let bubble = |part: &Part| match part {
            Part::Text { text } => Bubble::Words(stretches(text, person)),
            Part::Image { image, alt } => Bubble::Image { image: image.clone(), alt: alt.clone() },
        };
        self.parts.iter().map(bubble).collect()
    }
}

/// The words of a text, cut where a name stands.
pub(super) fn stretches(text: &str, person: &Addressee<'_>) -> Vec<Stretch> {
    let stretch = |piece| match piece {
        Ok(parameters::Piece::Words(words)) => Stretch { text: str::to_owned(words), is_name: false },
        Ok(parameters::Piece::Name { fallback }) => {
            Stretch { text: person.called().unwrap_or(fallback).to_owned(), is_name: true }
        }
        Err(
            BadParameter::Open { written } | BadParameter::Unknown { written } | BadParameter::NoFallback { written },
        ) => Stretch { text: written, is_name: false },
    };
    parameters::pieces(text).into_iter().map(stretch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_marks_the_name() {
        let content = Content::text("嗨 {{name|貴賓}}，{{x");
        let bubbles = content.preview(&Addressee { name: "怡君", last_known_name: None });
        let [Bubble::Words(words)] = &bubbles[..] else { panic!("one text, {bubbles:?}") };
        let marked: Vec<_> = words.iter().map(|s| (s.text.as_str(), s.is_name)).collect();
        assert_eq!(marked, [("嗨 ", false), ("怡君", true), ("，", false), ("{{x", false)]);
    }

    #[test]
    fn the_head_of_a_mail_carries_the_name_too() {
        let person = Addressee { name: "怡君", last_known_name: None };
        let mail = Content { subject: Some("{{name|您}}好".to_owned()), ..Content::text("內文") };
        let heading = mail.heading(&person).unwrap();
        let words: Vec<_> = heading.subject.iter().map(|s| (s.text.as_str(), s.is_name)).collect();
        assert_eq!((words, heading.preheader.len()), (vec![("怡君", true), ("好", false)], 0));
        assert_eq!(Content::text("內文").heading(&person), None);
        assert_eq!(Content { subject: Some(String::new()), ..Content::text("") }.heading(&person), None);
    }
}
