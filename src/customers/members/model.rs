use crate::sheets::day;
use chrono::{Datelike, NaiveDate};
use std::fmt;
use tidings_base::text_enum;

text_enum! {
    /// A member's gender, as the member stated it.
    pub enum Gender {
        Female = "female",
        Male = "male",
        Other = "other",
    }
}

impl Gender {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Female => "members.gender.female",
            Self::Male => "members.gender.male",
            Self::Other => "members.gender.other",
        }
    }

    /// What people write for it in a file.
    pub fn read(text: &str) -> Option<Self> {
        match text.trim().to_lowercase().as_str() {
            "女" | "女性" | "女生" | "小姐" | "女士" | "f" | "female" | "woman" => Some(Self::Female),
            "男" | "男性" | "男生" | "先生" | "m" | "male" | "man" => Some(Self::Male),
            "其他" | "其它" | "非二元" | "other" | "x" => Some(Self::Other),
            _ => None,
        }
    }
}

/// A member's birthday, stored as `1990-05-17`; its month is stored beside it to be searched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Birthday(pub NaiveDate);

impl Birthday {
    /// A [`day`] as people write it in a file. A day after `today` is none.
    pub fn read(text: &str, today: NaiveDate) -> Option<Self> {
        day(text).filter(|day| (1900..).contains(&day.year()) && *day <= today).map(Self)
    }

    /// 1 to 12.
    pub fn month(self) -> i64 {
        self.0.month().into()
    }
}

impl fmt::Display for Birthday {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A city in its usual spelling: the official 臺 and the everyday 台 are one city.
pub fn city(text: &str) -> String {
    text.trim().replace('臺', "台")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_birthday_is_read_as_people_write_it() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        for text in ["1990-05-17", "民國79年5月17日"] {
            assert_eq!(Birthday::read(text, today).map(|b| b.to_string()).as_deref(), Some("1990-05-17"), "{text}");
        }
        assert_eq!(Birthday::read("2000-02-29", today).map(Birthday::month), Some(2));
        for bad in ["", "17-05-1990", "2026-11-22", "1899-12-31", "99990101"] {
            assert_eq!(Birthday::read(bad, today), None, "{bad}");
        }
    }

    #[test]
    fn a_city_has_one_spelling() {
        assert_eq!(city(" 臺北市 "), "台北市");
        assert_eq!(city("台東縣"), "台東縣");
        assert_eq!(city("Osaka"), "Osaka");
    }
}
