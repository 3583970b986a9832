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
    /// What people write for a day in a file: `1990-05-17`, `1990/5/17`, `1990.5.17`, `19900517`,
    /// `1990年5月17日`, and years of the Republic, `民國79年5月17日`. A day after `today` is none.
    pub fn read(text: &str, today: NaiveDate) -> Option<Self> {
        let text = text.trim();
        let (offset, text) = match text.strip_prefix("民國") {
            Some(rest) => (1911, rest),
            None => (0, text),
        };
        let day = if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
            NaiveDate::parse_from_str(text, "%Y%m%d").ok()?
        } else {
            let mut parts = text.trim_end_matches('日').split(['-', '/', '.', '年', '月']).map(str::trim);
            let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
            // Two digits could be a year of either calendar.
            if parts.next().is_some() || (offset == 0 && year.len() != 4) {
                return None;
            }
            NaiveDate::from_ymd_opt(year.parse::<i32>().ok()? + offset, month.parse().ok()?, day.parse().ok()?)?
        };
        ((1900..).contains(&day.year()) && day <= today).then_some(Self(day))
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
        for text in
            ["1990-05-17", "1990/5/17", "1990.05.17", "19900517", "1990年5月17日", "民國79年5月17日", " 1990-5-17 "]
        {
            assert_eq!(Birthday::read(text, today).map(|b| b.to_string()).as_deref(), Some("1990-05-17"), "{text}");
        }
        assert_eq!(Birthday::read("2000-02-29", today).map(Birthday::month), Some(2));
        for bad in [
            "",
            "soon",
            "1990-13-01",
            "2001-02-29",
            "90/5/17",
            "5/17/1990",
            "17-05-1990",
            "2026-11-22",
            "1899-12-31",
            "1990-05",
            "1990-05-17-1",
            "民國",
            "民國99999999999年1月1日",
            "99990101",
        ] {
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
