//! Every sentence exists in both languages, is used, and is written as it should be.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use tidings_base::web::{Lang, texts};

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn flatten(prefix: &str, table: &toml::Table, texts: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::Table(table) => flatten(&key, table, texts),
            value => {
                let text = value.as_str().unwrap_or_else(|| panic!("{key} is no text")).to_owned();
                assert!(texts.insert(key.clone(), text).is_none(), "{key} is written twice");
            }
        }
    }
}

fn all(lang: Lang) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for file in files(&format!("locales/{}", lang.code()), ".toml") {
        let table: toml::Table = toml::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(table.keys().collect::<Vec<_>>(), [&stem], "{} holds the texts of its own feature", file.display());
        flatten("", &table, &mut texts);
    }
    texts
}

fn slots(text: &str) -> BTreeSet<String> {
    let inner = text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(slot, _)| slot);
    inner.map(|slot| slot.split(':').next().unwrap().to_owned()).collect()
}

#[test]
fn both_languages_have_the_same_sentences_with_the_same_slots() {
    let (zh, en) = (all(Lang::Zh), all(Lang::En));
    let (zh_keys, en_keys): (BTreeSet<_>, BTreeSet<_>) = (zh.keys().collect(), en.keys().collect());
    let only: Vec<_> = zh_keys.symmetric_difference(&en_keys).collect();
    assert!(only.is_empty(), "in one language only: {only:?}");
    for (key, text) in &zh {
        assert_eq!(slots(text), slots(&en[key]), "{key} takes other values in English");
        assert!(!text.trim().is_empty() && !en[key].trim().is_empty(), "{key} is empty");
    }
}

/// Quoted texts of code and templates that look like a key of some feature.
fn used() -> BTreeMap<String, PathBuf> {
    let features: BTreeSet<String> =
        all(Lang::Zh).keys().map(|key| key.split('.').next().unwrap().to_owned()).collect();
    let mut used = BTreeMap::new();
    let sources = files("src", ".rs").into_iter().chain(files("templates", ".html"));
    for file in sources {
        let text = fs::read_to_string(&file).unwrap();
        let text: String = text.lines().filter(|line| !line.contains("crash::point(")).collect();
        for quoted in text.split('"') {
            let feature = quoted.split('.').next().unwrap();
            let looks = quoted.contains('.')
                && !quoted.ends_with('.')
                && features.contains(feature)
                && quoted
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'{' | b'}'));
            if looks {
                used.insert(quoted.to_owned(), file.clone());
            }
        }
    }
    used
}

/// Other things between quotes that look like a key: columns, kinds of job, names of settings, files.
fn is_no_key(text: &str, file: &Path) -> bool {
    let jobs: Vec<_> = tidings::kinds().iter().map(|kind| kind.name).collect();
    jobs.contains(&text)
        || text.ends_with(".html")
        || file.file_name().is_some_and(|name| name == "store.rs" || name == "startup.rs")
        || file.components().any(|part| part.as_os_str() == "store" || part.as_os_str() == "demo")
        || file.file_name().is_some_and(|name| name == "store.rs" || name == "jobs.rs")
}

#[test]
fn every_key_that_is_used_exists_and_every_key_is_used() {
    let texts = all(Lang::Zh);
    let used = used();
    let missing: Vec<_> = used
        .iter()
        .filter(|(key, file)| !key.contains('{') && !texts.contains_key(*key) && !is_no_key(key, file))
        .collect();
    assert!(missing.is_empty(), "used but not written: {missing:#?}");
    let built: Vec<_> = used.keys().filter(|key| key.contains('{')).map(|key| key.split('{').next().unwrap()).collect();
    let unused: Vec<_> = texts
        .keys()
        .filter(|key| !used.contains_key(*key))
        .filter(|key| !built.iter().any(|start| key.starts_with(start)))
        .collect();
    assert!(unused.is_empty(), "written but not used: {unused:#?}");
}

/// Simplified characters that differ from the traditional ones of the same word, and words of the
/// mainland where Taiwan has another.
const FOREIGN: &[&str] = &[
    "信息",
    "筛",
    "选",
    "发",
    "送达率为",
    "视频",
    "短信",
    "软件",
    "网络",
    "默认",
    "用户",
    "设置",
    "账号",
    "帐号",
    "渠道商",
    "图片库",
    "这",
    "个人信息",
    "样",
    "来",
    "说",
    "时",
    "会员卡",
    "应",
    "对话框",
    "数据",
    "登录",
    "注销",
    "创建",
    "添加",
    "消息",
];

#[test]
fn chinese_is_written_as_in_taiwan() {
    let mut wrong = Vec::new();
    for (key, text) in all(Lang::Zh) {
        for word in FOREIGN {
            if text.contains(word) {
                wrong.push(format!("{key} says {word}: {text}"));
            }
        }
        let plain: Vec<char> = text.chars().collect();
        for three in plain.windows(3) {
            if is_han(three[0]) && matches!(three[1], ',' | ';' | ':' | '?' | '!' | '(' | ')') && is_han(three[2]) {
                wrong.push(format!("{key} has half-width punctuation between Chinese: {text}"));
            }
        }
        for two in plain.windows(2) {
            let touches = (is_han(two[0]) && two[1].is_ascii_alphanumeric())
                || (two[0].is_ascii_alphanumeric() && is_han(two[1]));
            if touches {
                wrong.push(format!("{key} lacks a space between Chinese and Latin: {text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[test]
fn a_missing_text_shows_its_key_rather_than_nothing() {
    assert_eq!(texts::say(Lang::En, "nowhere.at_all", &[]), "nowhere.at_all");
}
