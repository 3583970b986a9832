use super::{
    BadParameter, Content, Part,
    parameters::{Piece, pieces},
};
use serde::{Deserialize, Serialize};

/// What is known of the person a message is for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Addressee<'a> {
    /// The newest name; empty when there is none.
    pub name: &'a str,
    /// The last name that was known.
    pub last_known_name: Option<&'a str>,
}

/// A message as one person gets it. Two people with equal ones may share a call.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Words {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preheader: Option<String>,
    pub parts: Vec<Rendered>,
}

/// A part as one person gets it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Rendered {
    Text {
        text: String,
    },
    Image {
        image: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        alt: String,
    },
}

impl Content {
    /// What `person` gets: the newest name, else the last one known, else the fallback typed.
    ///
    /// # Errors
    /// The first parameter that cannot be replaced; content that passed [`Content::check`] has none.
    pub fn render(&self, person: &Addressee<'_>) -> Result<Words, BadParameter> {
        let replaced = |text: &Option<String>| text.as_deref().map(|text| replace(text, person)).transpose();
        let parts = self.parts.iter().map(|part| match part {
            Part::Text { text } => Ok(Rendered::Text { text: replace(text, person)? }),
            Part::Image { image, alt } => Ok(Rendered::Image { image: image.clone(), alt: alt.clone() }),
        });
        Ok(Words {
            subject: replaced(&self.subject)?,
            preheader: replaced(&self.preheader)?,
            parts: parts.collect::<Result<_, _>>()?,
        })
    }
}

impl Words {
    /// As stored with a call, so that the same call can be made again.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings in lists can always be written as JSON")
    }

    /// As stored, read again.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

impl Rendered {
    /// As stored, one part alone.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a string can always be written as JSON")
    }

    /// As stored, read again.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

impl<'a> Addressee<'a> {
    /// Somebody without a name, who gets every fallback.
    pub const NOBODY: Addressee<'static> = Addressee { name: "", last_known_name: None };

    /// What this person is called, if there is a name.
    pub(super) fn called(&self) -> Option<&'a str> {
        [Some(self.name), self.last_known_name].into_iter().flatten().map(str::trim).find(|name| !name.is_empty())
    }
}

fn replace(text: &str, person: &Addressee<'_>) -> Result<String, BadParameter> {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        out.push_str(match piece? {
            Piece::Words(words) => words,
            Piece::Name { fallback } => person.called().unwrap_or(fallback),
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(content: &Content, person: &Addressee<'_>) -> String {
        match content.render(person).unwrap().parts.remove(0) {
            Rendered::Text { text } => text,
            Rendered::Image { .. } => unreachable!("a text was rendered"),
        }
    }

    #[test]
    fn the_newest_name_then_the_last_known_then_the_fallback() {
        let content = Content::text("{{name|貴賓}}，您好");
        for (name, last_known_name, wanted) in [
            ("王怡君", None, "王怡君，您好"),
            ("王怡君", Some("怡君"), "王怡君，您好"),
            ("", Some("怡君"), "怡君，您好"),
            ("  ", Some("怡君"), "怡君，您好"),
            ("", Some(" "), "貴賓，您好"),
            ("", None, "貴賓，您好"),
            ("<b>{{name|x}}</b>", None, "<b>{{name|x}}</b>，您好"),
        ] {
            assert_eq!(text(&content, &Addressee { name, last_known_name }), wanted);
        }
    }

    #[test]
    fn a_wrong_parameter_is_never_sent() {
        assert!(Content::text("{{nickname|x}}，您好").render(&Addressee::NOBODY).is_err());
    }

    proptest! {
        #[test]
        fn a_name_stands_where_its_parameter_stood(
            before in "[^{]{0,20}", after in "[^{]{0,20}", name in "\\PC{1,20}", fallback in "[a-z王]{1,10}",
        ) {
            let content = Content::text(format!("{before}{{{{name|{fallback}}}}}{after}"));
            let called = if name.trim().is_empty() { fallback.as_str() } else { name.trim() };
            let got = text(&content, &Addressee { name: &name, last_known_name: None });
            prop_assert_eq!(got, format!("{before}{called}{after}"));
        }

        #[test]
        fn what_is_not_personal_is_the_same_for_all(words in "[^{]{0,40}", name in "\\PC{0,20}") {
            let content = Content::text(words);
            let one = content.render(&Addressee { name: &name, last_known_name: None }).unwrap();
            prop_assert_eq!(one, content.render(&Addressee::NOBODY).unwrap());
        }

        #[test]
        fn it_can_be_stored_and_read_again(words in "[^{]{0,40}", subject in proptest::option::of("[^{]{0,20}")) {
            let content = Content { subject, ..Content::text(words) };
            let rendered = content.render(&Addressee::NOBODY).unwrap();
            prop_assert_eq!(Words::from_json(&rendered.to_json()).unwrap(), rendered);
        }
    }
}
