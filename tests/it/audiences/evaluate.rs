//! A rule asked of people in memory: written from the sentences of the page, knowing nothing of the compiler.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use tidings_base::db::Id;
use tidings_customers::audiences::{
    Lens,
    rule::{Attribute, Condition, Group, Join, Node, Rule, Test},
};

/// A contact as a rule sees it.
#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) tags: Vec<Id>,
    pub(crate) consent: &'static str,
    pub(crate) subscribed_at: NaiveDateTime,
    pub(crate) last_interaction_at: Option<NaiveDateTime>,
}

/// A member as a rule sees it.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) city: Option<&'static str>,
    pub(crate) gender: Option<&'static str>,
    pub(crate) birth_month: Option<i64>,
    pub(crate) order_count: i64,
    pub(crate) total_spent: i64,
    pub(crate) last_order_at: Option<NaiveDateTime>,
}

/// Who is asked: one contact and its member, or a member and all of its contacts.
pub(crate) struct Asked<'a> {
    pub(crate) contacts: Vec<&'a Contact>,
    pub(crate) member: Option<&'a Member>,
}

/// Whether they fulfil the rule.
pub(crate) fn fulfils(asked: &Asked<'_>, rule: &Rule, lens: &Lens) -> bool {
    rule.root().nodes.is_empty() || group(asked, rule.root(), lens)
}

fn group(asked: &Asked<'_>, group: &Group, lens: &Lens) -> bool {
    let mut nodes = group.nodes.iter().map(|node| match node {
        Node::Group(inner) => self::group(asked, inner, lens),
        Node::Condition(asks) => condition(asked, asks, lens),
    });
    match group.join {
        Join::All => nodes.all(|holds| holds),
        Join::Any => nodes.any(|holds| holds),
    }
}

fn condition(asked: &Asked<'_>, asks: &Condition, lens: &Lens) -> bool {
    let contacts = || asked.contacts.iter();
    let member = asked.member;
    match asks.attribute() {
        Attribute::Tags => {
            let has = |tag: &Id| contacts().any(|contact| contact.tags.contains(tag));
            match asks.test() {
                Test::HasAny(tags) => tags.iter().any(has),
                Test::HasAll(tags) => tags.iter().all(has),
                Test::HasNone(tags) => !tags.iter().any(has),
                other => panic!("{other:?} of tags"),
            }
        }
        Attribute::Consent => match asks.test() {
            Test::Is(word) => contacts().any(|contact| contact.consent == word),
            Test::IsNot(word) => contacts().all(|contact| contact.consent != word),
            other => panic!("{other:?} of consent"),
        },
        Attribute::SubscribedAt => time(contacts().map(|contact| contact.subscribed_at).min(), asks.test(), lens),
        Attribute::LastInteractionAt => {
            time(contacts().filter_map(|contact| contact.last_interaction_at).max(), asks.test(), lens)
        }
        Attribute::LastOrderAt => time(member.and_then(|member| member.last_order_at), asks.test(), lens),
        Attribute::City => word(member.and_then(|member| member.city), asks.test()),
        Attribute::Gender => word(member.and_then(|member| member.gender), asks.test()),
        Attribute::BirthMonth => {
            let now = Utc.from_utc_datetime(&lens.now).with_timezone(&lens.zone).month() as i64;
            let next = if now == 12 { 1 } else { now + 1 };
            let born = member.and_then(|member| member.birth_month);
            born.is_some_and(|born| match asks.test() {
                Test::InMonths(months) => months.contains(&born),
                Test::ThisMonth => born == now,
                Test::NextMonth => born == next,
                other => panic!("{other:?} of a month"),
            })
        }
        Attribute::OrderCount => number(member.map_or(0, |member| member.order_count), asks.test()),
        Attribute::TotalSpent => number(member.map_or(0, |member| member.total_spent), asks.test()),
    }
}

fn time(at: Option<NaiveDateTime>, test: &Test, lens: &Lens) -> bool {
    let Some(at) = at else { return *test == Test::Never };
    let day = |at: NaiveDateTime| -> NaiveDate { Utc.from_utc_datetime(&at).with_timezone(&lens.zone).date_naive() };
    match test {
        Test::WithinDays(n) => lens.now - at <= TimeDelta::hours(24 * n),
        Test::OverDays(n) => lens.now - at > TimeDelta::hours(24 * n),
        Test::Before(date) => day(at) < *date,
        Test::After(date) => day(at) > *date,
        Test::BetweenDates(first, last) => (*first..=*last).contains(&day(at)),
        Test::Never => false,
        other => panic!("{other:?} of a time"),
    }
}

fn word(word: Option<&str>, test: &Test) -> bool {
    match test {
        Test::Is(text) => word == Some(text),
        Test::IsNot(text) => word != Some(text),
        Test::OneOf(texts) => word.is_some_and(|word| texts.iter().any(|text| text == word)),
        Test::Contains(part) => word.is_some_and(|word| word.contains(part.as_str())),
        other => panic!("{other:?} of a text"),
    }
}

fn number(n: i64, test: &Test) -> bool {
    match test {
        Test::AtLeast(least) => n >= *least,
        Test::AtMost(most) => n <= *most,
        Test::Between(least, most) => n >= *least && n <= *most,
        Test::Equals(other) => n == *other,
        other => panic!("{other:?} of a number"),
    }
}
