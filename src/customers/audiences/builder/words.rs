//! A rule in words, for those who read what an audience is without changing it.

use super::typed::dollars;
use crate::{
    audiences::rule::{Attribute, Condition, Group, Join, Node, Rule, Test},
    tags::Tag,
};
use tidings_base::{
    db::Id,
    web::{
        Lang, dates,
        texts::{number, say},
    },
};

/// One line of a rule in words. Lines that open and close stand around those of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// A group begins: the key of what holds it together.
    pub opens: Option<&'static str>,
    /// A condition.
    pub says: Option<String>,
    /// Whether the group that begins or ends is inside another.
    pub inner: bool,
}

/// The lines of a rule; none where it means everybody. `tags` are all there are.
pub fn words(rule: &Rule, tags: &[Tag], lang: Lang) -> Vec<Line> {
    let mut lines = Vec::new();
    if !rule.root().nodes.is_empty() {
        group(rule.root(), false, tags, lang, &mut lines);
    }
    lines
}

/// The key of the name of a month, 1 to 12.
pub fn month_label(month: i64) -> &'static str {
    const LABELS: [&str; 12] = [
        "audiences.month.january",
        "audiences.month.february",
        "audiences.month.march",
        "audiences.month.april",
        "audiences.month.may",
        "audiences.month.june",
        "audiences.month.july",
        "audiences.month.august",
        "audiences.month.september",
        "audiences.month.october",
        "audiences.month.november",
        "audiences.month.december",
    ];
    LABELS[(month - 1).rem_euclid(12) as usize]
}

fn group(group: &Group, inner: bool, tags: &[Tag], lang: Lang, lines: &mut Vec<Line>) {
    let opens = Some(match group.join {
        Join::All => "audiences.words.all",
        Join::Any => "audiences.words.any",
    });
    lines.push(Line { opens, says: None, inner });
    for node in &group.nodes {
        match node {
            Node::Group(group) => self::group(group, true, tags, lang, lines),
            Node::Condition(asked) => {
                lines.push(Line { opens: None, says: Some(condition(asked, tags, lang)), inner: true });
            }
        }
    }
    lines.push(Line { opens: None, says: None, inner });
}

fn condition(asked: &Condition, tags: &[Tag], lang: Lang) -> String {
    let attribute = asked.attribute();
    let name = say(lang, attribute.label(), &[]);
    let sentence = |key: &str, x: &str, y: &str| say(lang, key, &[("name", &name), ("x", x), ("y", y)]);
    let list = |items: Vec<String>| items.join(&say(lang, "site.and", &[]));
    let day = |date| dates::day(date, lang);
    let figure = |n: &i64| figure(attribute, *n);
    let text = |text: &str| choice(attribute, text, lang);
    match asked.test() {
        Test::HasAny(ids) => sentence("audiences.words.has_any", &list(names(ids, tags, lang)), ""),
        Test::HasAll(ids) => sentence("audiences.words.has_all", &list(names(ids, tags, lang)), ""),
        Test::HasNone(ids) => sentence("audiences.words.has_none", &list(names(ids, tags, lang)), ""),
        Test::WithinDays(n) => sentence("audiences.words.within_days", &figure(n), ""),
        Test::OverDays(n) => sentence("audiences.words.over_days", &figure(n), ""),
        Test::Before(date) => sentence("audiences.words.before", &day(*date), ""),
        Test::After(date) => sentence("audiences.words.after", &day(*date), ""),
        Test::BetweenDates(first, last) => sentence("audiences.words.between", &day(*first), &day(*last)),
        Test::Never => sentence("audiences.words.never", "", ""),
        Test::Is(word) => sentence("audiences.words.is", &text(word), ""),
        Test::IsNot(word) => sentence("audiences.words.is_not", &text(word), ""),
        Test::OneOf(words) => sentence("audiences.words.one_of", &list(words.clone()), ""),
        Test::Contains(part) => sentence("audiences.words.contains", part, ""),
        Test::InMonths(months) => {
            let months = months.iter().map(|month| say(lang, month_label(*month), &[])).collect();
            sentence("audiences.words.one_of", &list(months), "")
        }
        Test::ThisMonth => sentence("audiences.words.this_month", "", ""),
        Test::NextMonth => sentence("audiences.words.next_month", "", ""),
        Test::AtLeast(n) => sentence("audiences.words.at_least", &figure(n), ""),
        Test::AtMost(n) => sentence("audiences.words.at_most", &figure(n), ""),
        Test::Between(least, most) => sentence("audiences.words.between", &figure(least), &figure(most)),
        Test::Equals(n) => sentence("audiences.words.equals", &figure(n), ""),
    }
}

fn figure(attribute: Attribute, n: i64) -> String {
    if attribute != Attribute::TotalSpent {
        return number(n);
    }
    let text = dollars(n);
    match text.split_once('.') {
        Some((_, cents)) => format!("NT${}.{cents}", number(n / 100)),
        None => format!("NT${}", number(n / 100)),
    }
}

fn choice(attribute: Attribute, word: &str, lang: Lang) -> String {
    let found = attribute.choices().into_iter().find(|choice| choice.word == word);
    found.map_or_else(|| word.to_owned(), |choice| say(lang, choice.label, &[]))
}

fn names(ids: &[Id], tags: &[Tag], lang: Lang) -> Vec<String> {
    let name = |id: &Id| tags.iter().find(|tag| tag.id == *id).map(|tag| tag.name.clone());
    ids.iter().map(|id| name(id).unwrap_or_else(|| say(lang, "audiences.lost_tag", &[]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_reads_as_sentences() {
        let tag = Tag { id: Id::new(), name: "VIP".into() };
        let rule = Rule::from_json(&format!(
            r#"{{"any":[{{"attribute":"tags","operator":"has_all","value":["{}","{}"]}},{{"all":[{{"attribute":"total_spent","operator":"between","value":[1205,500000]}},{{"attribute":"gender","operator":"is_not","value":"male"}}]}}]}}"#,
            tag.id,
            Id::new(),
        ));
        let lines = words(&rule.unwrap(), &[tag], Lang::Zh);
        let male = say(Lang::Zh, "members.gender.male", &[]);
        let said: Vec<_> = lines.iter().map(|line| line.says.as_deref().or(line.opens).unwrap_or("end")).collect();
        assert_eq!(
            said,
            [
                "audiences.words.any",
                "標籤同時有 VIP、已刪除的標籤",
                "audiences.words.all",
                "累計消費在 NT$12.05 到 NT$5,000 之間",
                &format!("性別不是「{male}」"),
                "end",
                "end"
            ]
        );
        assert!(words(&Rule::everybody(), &[], Lang::Zh).is_empty());
    }
}
