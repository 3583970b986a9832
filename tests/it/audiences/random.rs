//! Random people and random rules. Values are few and lie on the borders that rules draw, so that they meet.

use super::evaluate::{Contact, Member};
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
};
use tidings_base::db::Id;
use tidings_customers::audiences::rule::{Attribute, Condition, Group, Join, MAX_DEPTH, Node, Rule, Test};

/// When the rules are asked: late on the last day of a year in Taipei.
pub(crate) fn now() -> NaiveDateTime {
    "2026-12-31T15:30:00.000250".parse().unwrap()
}

const CITIES: &[&str] = &["台北市", "新北市", "新竹市", "新竹縣", "O'Brien", "100%_\\"];
const GENDERS: &[&str] = &["female", "male", "other"];
const CONSENTS: &[&str] = &["granted", "none", "withdrawn"];
const DAYS: &[i64] = &[1, 7, 30, 90];

/// Members with their contacts; the last ones are contacts that belong to nobody.
pub(crate) fn people(tags: &[Id]) -> impl Strategy<Value = Vec<(Option<Member>, Vec<Contact>)>> + use<> {
    let tags = tags.to_vec();
    let known = (member(), vec(contact(tags.clone()), 0..4)).prop_map(|(member, contacts)| (Some(member), contacts));
    let unknown = contact(tags).prop_map(|contact| (None, vec![contact]));
    (vec(known, 30), vec(unknown, 15)).prop_map(|(known, unknown)| [known, unknown].concat())
}

/// A valid rule.
pub(crate) fn rule(tags: &[Id]) -> impl Strategy<Value = Rule> + use<> {
    group(tags.to_vec(), MAX_DEPTH, 0).prop_map(|root| Rule::new(root).unwrap())
}

fn member() -> impl Strategy<Value = Member> {
    let about = (option::of(select(CITIES)), option::of(select(GENDERS)), option::of(1..=12i64));
    (about, 0..5i64, 0..5i64, option::of(time())).prop_map(
        |((city, gender, birth_month), order_count, hundreds, last_order_at)| Member {
            city,
            gender,
            birth_month,
            order_count,
            total_spent: hundreds * 10_000,
            last_order_at,
        },
    )
}

fn contact(tags: Vec<Id>) -> impl Strategy<Value = Contact> {
    (subsequence(tags.clone(), 0..=tags.len()), select(CONSENTS), time(), option::of(time())).prop_map(
        |(tags, consent, subscribed_at, last_interaction_at)| Contact {
            tags,
            consent,
            subscribed_at,
            last_interaction_at,
        },
    )
}

/// Times around the borders: exactly N days ago, midnight in Taipei (16:00 UTC), a microsecond before and after.
fn time() -> impl Strategy<Value = NaiveDateTime> {
    let borders = prop_oneof![
        select(DAYS).prop_map(|days| now() - TimeDelta::days(days)),
        day().prop_map(|day| day.and_hms_opt(16, 0, 0).unwrap()),
    ];
    (borders, -1..=1i64).prop_map(|(at, micros)| at + TimeDelta::microseconds(micros))
}

fn day() -> impl Strategy<Value = NaiveDate> {
    (0..5u64).prop_map(|days| NaiveDate::from_ymd_opt(2026, 12, 26).unwrap() + chrono::Days::new(days))
}

fn group(tags: Vec<Id>, depth: usize, least: usize) -> BoxedStrategy<Group> {
    let condition = condition(tags.clone()).prop_map(Node::Condition);
    let node = if depth == 1 {
        condition.boxed()
    } else {
        prop_oneof![3 => condition, 1 => group(tags, depth - 1, 1).prop_map(Node::Group)].boxed()
    };
    let join = prop_oneof![Just(Join::All), Just(Join::Any)];
    (join, vec(node, least..4)).prop_map(|(join, nodes)| Group { join, nodes }).boxed()
}

fn condition(tags: Vec<Id>) -> impl Strategy<Value = Condition> {
    let some = subsequence(tags.clone(), 1..=tags.len());
    let tags = (some, select(vec![Test::HasAny, Test::HasAll, Test::HasNone] as Vec<fn(Vec<Id>) -> Test>));
    let dated = select(vec![Attribute::LastInteractionAt, Attribute::LastOrderAt]);
    prop_oneof![
        tags.prop_map(|(tags, test)| (Attribute::Tags, test(tags))),
        date().prop_map(|test| (Attribute::SubscribedAt, test)),
        (dated, prop_oneof![4 => date(), 1 => Just(Test::Never)]),
        word(CONSENTS).prop_map(|test| (Attribute::Consent, test)),
        word(GENDERS).prop_map(|test| (Attribute::Gender, test)),
        city().prop_map(|test| (Attribute::City, test)),
        month().prop_map(|test| (Attribute::BirthMonth, test)),
        number(1).prop_map(|test| (Attribute::OrderCount, test)),
        number(10_000).prop_map(|test| (Attribute::TotalSpent, test)),
    ]
    .prop_map(|(attribute, test)| Condition::new(attribute, test).unwrap())
}

fn date() -> impl Strategy<Value = Test> {
    prop_oneof![
        select(DAYS).prop_map(Test::WithinDays),
        select(DAYS).prop_map(Test::OverDays),
        day().prop_map(Test::Before),
        day().prop_map(Test::After),
        (day(), day()).prop_map(|(a, b)| Test::BetweenDates(a.min(b), a.max(b))),
    ]
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = Test> {
    let word = || select(words).prop_map(str::to_owned);
    prop_oneof![word().prop_map(Test::Is), word().prop_map(Test::IsNot)]
}

fn city() -> impl Strategy<Value = Test> {
    prop_oneof![
        word(CITIES),
        subsequence(CITIES, 1..4).prop_map(|cities| Test::OneOf(cities.into_iter().map(str::to_owned).collect())),
        select(vec!["市", "新", "台北市", "'", "%", "_", "\\", "o"]).prop_map(|part| Test::Contains(part.into())),
    ]
}

fn month() -> impl Strategy<Value = Test> {
    let months: Vec<i64> = (1..=12).collect();
    prop_oneof![subsequence(months, 1..6).prop_map(Test::InMonths), Just(Test::ThisMonth), Just(Test::NextMonth),]
}

fn number(unit: i64) -> impl Strategy<Value = Test> {
    let n = move || (0..5i64).prop_map(move |n| n * unit);
    prop_oneof![
        n().prop_map(Test::AtLeast),
        n().prop_map(Test::AtMost),
        (n(), n()).prop_map(|(a, b)| Test::Between(a.min(b), a.max(b))),
        n().prop_map(Test::Equals),
    ]
}
