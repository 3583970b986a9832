//! Every sentence of the product, by key and language: `locales/<language>/<feature>.toml`.
//!
//! A text holds `{name}` where a value goes, and in English `{n:person|people}` where the number
//! decides the word. Numbers get their thousands separated.

use std::{collections::HashMap, fmt::Write, str::FromStr, sync::OnceLock};

/// The languages of the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lang {
    Zh,
    En,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// The tag of BCP 47, as in `<html lang>`, in the folder of texts and in the database.
    pub fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh-TW",
            Self::En => "en",
        }
    }

    /// The best of an `Accept-Language` header (RFC 9110 §12.5.4); Chinese where it names neither.
    pub fn from_header(header: &str) -> Self {
        let mut best = (0.0, Self::Zh);
        for range in header.split(',') {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let Ok(lang) = tag.trim().parse() else { continue };
            let weight: f32 = weight.trim().parse().unwrap_or(0.0);
            if weight > best.0 {
                best = (weight, lang);
            }
        }
        best.1
    }
}

impl FromStr for Lang {
    type Err = String;

    fn from_str(tag: &str) -> Result<Self, String> {
        match tag.split('-').next().unwrap_or_default().to_ascii_lowercase().as_str() {
            "zh" => Ok(Self::Zh),
            "en" => Ok(Self::En),
            _ => Err(format!("expected zh-TW or en, found {tag:?}")),
        }
    }
}

/// A sentence to be said in the reader's language: its key and the values that go into it.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Message {
    pub key: String,
    pub args: Vec<(String, String)>,
}

impl Message {
    /// The sentence of this key, as it stands.
    pub fn new(key: &str) -> Self {
        Self { key: key.to_owned(), args: Vec::new() }
    }

    /// With `value` where the text says `{name}`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.args.push((name.to_owned(), value.to_string()));
        self
    }

    /// The sentence in `lang`.
    pub fn say(&self, lang: Lang) -> String {
        let args: Vec<_> = self.args.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        say(lang, &self.key, &args)
    }
}

/// The text of `key` in `lang`, with its values. A missing key shows itself; a test finds it first.
pub fn say(lang: Lang, key: &str, args: &[(&str, &str)]) -> String {
    fill(text(lang, key).unwrap_or(key), args)
}

/// The text of `key` as it is written, if there is one.
pub fn text(lang: Lang, key: &str) -> Option<&'static str> {
    static ALL: OnceLock<[HashMap<String, String>; 2]> = OnceLock::new();
    let all = ALL.get_or_init(|| Lang::ALL.map(load));
    all[lang as usize].get(key).map(String::as_str)
}

/// 1284 → `1,284`.
pub fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::from(if n < 0 { "-" } else { "" });
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn fill(text: &str, args: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((slot, after)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        let (name, words) = slot.split_once(':').map_or((slot, None), |(name, words)| (name, Some(words)));
        let value = args.iter().find(|(arg, _)| *arg == name).map(|(_, value)| *value);
        match (value, words) {
            (Some(value), Some(words)) => {
                let (one, many) = words.split_once('|').unwrap_or((words, words));
                out.push_str(if value == "1" { one } else { many });
            }
            (Some(value), None) => match value.parse::<i64>() {
                Ok(n) if name.len() == 1 => out.push_str(&number(n)),
                Ok(_) | Err(_) => out.push_str(value),
            },
            (None, _) => {
                let _ = write!(out, "{{{slot}}}");
            }
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[derive(rust_embed::Embed)]
#[folder = "../../locales"]
struct Locales;

fn load(lang: Lang) -> HashMap<String, String> {
    let mut texts = HashMap::new();
    for file in Locales::iter().filter(|file| file.split('/').next() == Some(lang.code())) {
        let raw = Locales::get(&file).expect("it was just listed");
        let raw = std::str::from_utf8(&raw.data).unwrap_or_else(|e| panic!("locales/{file}: {e}"));
        let table: toml::Table = toml::from_str(raw).unwrap_or_else(|e| panic!("locales/{file}: {e}"));
        flatten(String::new(), table, &mut texts);
    }
    texts
}

fn flatten(prefix: String, table: toml::Table, texts: &mut HashMap<String, String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(table) => flatten(key, table, texts),
            toml::Value::String(text) => {
                texts.insert(key, text);
            }
            other => panic!("the text {key} is {other:?}, not a text"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_where_the_text_says() {
        assert_eq!(fill("發送給 {n} 人", &[("n", "1284")]), "發送給 1,284 人");
        assert_eq!(fill("{n} {n:person|people}", &[("n", "1")]), "1 person");
        assert_eq!(fill("{n} {n:person|people}", &[("n", "20")]), "20 people");
        assert_eq!(fill("since {year}", &[("year", "2026")]), "since 2026");
        assert_eq!(fill("{a} { {b", &[("a", "{b}"), ("b", "x")]), "{b} { {b");
    }

    #[test]
    fn the_header_chooses_the_language() {
        for (header, lang) in [
            ("", Lang::Zh),
            ("en-GB,en;q=0.9", Lang::En),
            ("fr, en;q=0.5, zh;q=0.7", Lang::Zh),
            ("de", Lang::Zh),
            ("zh-Hant-TW", Lang::Zh),
        ] {
            assert_eq!(Lang::from_header(header), lang, "{header}");
        }
    }

    #[test]
    fn numbers_have_their_thousands_apart() {
        for (n, shown) in [(0, "0"), (999, "999"), (1284, "1,284"), (-1_000_000, "-1,000,000")] {
            assert_eq!(number(n), shown);
        }
    }
}
