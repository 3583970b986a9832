use std::fmt;
use tidings_base::text_enum;

text_enum! {
    /// Why a text cannot be the name of a tag.
    pub enum NameProblem {
        Empty = "tag_empty",
        /// More than [`TagName::LONGEST`] characters.
        Long = "tag_long",
        /// A separator of lists or a control character: a list of tags in one cell of a file could
        /// not be read again.
        Character = "tag_character",
    }
}

/// What separates the tags in one cell of a file.
pub const SEPARATORS: &[char] = &[',', '，', '、', ';', '；', '|', '｜', '\n'];

/// The name of a tag: 1 to 50 characters on one line, none of [`SEPARATORS`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TagName(String);

impl TagName {
    /// In characters.
    pub const LONGEST: usize = 50;

    /// Takes `text` without the space around it.
    pub fn new(text: &str) -> Result<Self, NameProblem> {
        let name = text.trim();
        if name.is_empty() {
            Err(NameProblem::Empty)
        } else if name.chars().count() > Self::LONGEST {
            Err(NameProblem::Long)
        } else if name.chars().any(|c| SEPARATORS.contains(&c) || c.is_control()) {
            Err(NameProblem::Character)
        } else {
            Ok(Self(name.to_owned()))
        }
    }

    /// The tags in one cell of a file.
    pub fn list(cell: &str) -> Result<Vec<Self>, NameProblem> {
        cell.split(SEPARATORS).filter(|name| !name.trim().is_empty()).map(Self::new).collect()
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl NameProblem {
    /// The key of the sentence beside the field.
    pub fn label(self) -> &'static str {
        match self {
            Self::Empty => "tags.problem.empty",
            Self::Long => "tags.problem.long",
            Self::Character => "tags.problem.character",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_a_name() {
        for good in ["VIP", " 2026 週年慶 ", "🎉", "<b>不跳脫</b>", "مرحبا", &"長".repeat(50)] {
            assert_eq!(TagName::new(good).unwrap().as_str(), good.trim());
        }
        for (bad, why) in [
            ("", NameProblem::Empty),
            (" \u{3000} ", NameProblem::Empty),
            ("a,b", NameProblem::Character),
            ("a、b", NameProblem::Character),
            ("a\nb", NameProblem::Character),
            ("a\u{7}", NameProblem::Character),
            (&"長".repeat(51), NameProblem::Long),
        ] {
            assert_eq!(TagName::new(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn a_cell_is_a_list() {
        let names = TagName::list("VIP、 台北門市 ;,新客|").unwrap();
        assert_eq!(names.iter().map(TagName::as_str).collect::<Vec<_>>(), ["VIP", "台北門市", "新客"]);
        assert_eq!(TagName::list(" "), Ok(vec![]));
        assert_eq!(TagName::list(&"長".repeat(51)), Err(NameProblem::Long));
    }
}
