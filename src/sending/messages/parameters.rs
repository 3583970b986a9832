//! Parameters in a text: `{{name|fallback}}`, where the fallback stands in for a person without a
//! name.

/// How the name of the contact is written in a text, before its `|` and fallback.
pub const NAME: &str = "name";

/// A parameter that cannot be replaced, as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BadParameter {
    /// `{{` without `}}`.
    Open { written: String },
    /// `{{nickname|…}}`: there is no such parameter.
    Unknown { written: String },
    /// `{{name}}` or `{{name|}}`: nothing to fall back on.
    NoFallback { written: String },
}

/// A stretch of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Piece<'a> {
    Words(&'a str),
    Name { fallback: &'a str },
}

/// Whether the text has something that looks like a parameter.
pub(super) fn has_any(text: &str) -> bool {
    text.contains("{{")
}

/// Cuts a text into words and parameters; every parameter that is wrong is an error of its own.
pub(super) fn pieces(text: &str) -> Vec<Result<Piece<'_>, BadParameter>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((words, from)) = rest.split_once("{{") {
        if !words.is_empty() {
            pieces.push(Ok(Piece::Words(words)));
        }
        let Some((inside, after)) = from.split_once("}}") else {
            pieces.push(Err(BadParameter::Open { written: shown(&format!("{{{{{from}")) }));
            return pieces;
        };
        pieces.push(parameter(inside));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Ok(Piece::Words(rest)));
    }
    pieces
}

fn parameter(inside: &str) -> Result<Piece<'_>, BadParameter> {
    let written = || shown(&format!("{{{{{inside}}}}}"));
    let (name, fallback) = inside.split_once('|').unwrap_or((inside, ""));
    match (name.trim(), fallback.trim()) {
        (NAME, "") => Err(BadParameter::NoFallback { written: written() }),
        (NAME, fallback) => Ok(Piece::Name { fallback }),
        _ => Err(BadParameter::Unknown { written: written() }),
    }
}

/// The first words of what was written, enough to find it again.
fn shown(written: &str) -> String {
    const MOST: usize = 30;
    if written.chars().count() <= MOST {
        return written.to_owned();
    }
    written.chars().take(MOST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_cut_into_words_and_names() {
        let name = |fallback| Ok(Piece::Name { fallback });
        let words = |words| Ok(Piece::Words(words));
        for (text, wanted) in [
            ("", vec![]),
            ("您好", vec![words("您好")]),
            ("{{name|貴賓}}", vec![name("貴賓")]),
            ("{{ name | 親愛的 貴賓 }}您好", vec![name("親愛的 貴賓"), words("您好")]),
            ("嗨 {{name|a|b}}！", vec![words("嗨 "), name("a|b"), words("！")]),
            ("{{name|一}}{{name|二}}", vec![name("一"), name("二")]),
            ("{ name } }}", vec![words("{ name } }}")]),
            ("{{name}}", vec![Err(BadParameter::NoFallback { written: "{{name}}".into() })]),
            ("{{name| }}", vec![Err(BadParameter::NoFallback { written: "{{name| }}".into() })]),
            ("{{Name|x}}", vec![Err(BadParameter::Unknown { written: "{{Name|x}}".into() })]),
            ("a {{name|x", vec![words("a "), Err(BadParameter::Open { written: "{{name|x".into() })]),
        ] {
            assert_eq!(pieces(text), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_can_be_cut(text in "\\PC{0,60}|[{}|name ]{0,40}") {
            let pieces = pieces(&text);
            prop_assert_eq!(has_any(&text), pieces.iter().any(|p| !matches!(p, Ok(Piece::Words(_)))));
        }

        #[test]
        fn words_without_braces_stay_whole(text in "[^{]{1,60}") {
            prop_assert_eq!(pieces(&text), vec![Ok(Piece::Words(text.as_str()))]);
        }
    }
}
