//! What a list of contacts is narrowed to, and how it is sorted; both live in the list's address.

mod typed;

use super::search::Search;
use crate::consent::Consent;
use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use std::{fmt, str::FromStr};
use tidings_base::{
    db::{Id, sql::Sql},
    text_enum,
    web::Query,
    zones,
};

/// Which contacts of an account are meant. Empty means all of them.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Filter {
    /// Part of a name or of an identity.
    pub search: String,
    /// 訂閱時間.
    pub subscribed: Period,
    /// 互動時間.
    pub interacted: Period,
    /// Any of these tags.
    pub tags: Vec<Id>,
    /// Any of these states.
    pub consent: Vec<Consent>,
}

/// When something happened: all that is said must hold.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Period {
    /// In the last so many times 24 hours.
    pub within: Option<i64>,
    /// On this day or later, in the workspace's zone.
    pub from: Option<NaiveDate>,
    /// On this day or earlier, in the workspace's zone.
    pub to: Option<NaiveDate>,
    /// It never happened; nothing else counts then.
    pub never: bool,
}

/// A hundred years: more days than a period can mean.
const MOST_DAYS: i64 = 36_500;
/// A search for more than this is a search for nothing.
const LONGEST_SEARCH: usize = 200;

impl Filter {
    /// Reads it from an address. What makes no sense there is left out.
    pub fn from_query(query: &Query) -> Self {
        Self {
            search: query.text("q").chars().take(LONGEST_SEARCH).collect(),
            subscribed: Period::from_query(query, &SUBSCRIBED),
            interacted: Period::from_query(query, &INTERACTED),
            tags: query.all("tag").filter_map(|id| id.parse().ok()).collect(),
            consent: query.all("consent").filter_map(|word| word.parse().ok()).collect(),
        }
    }

    /// Names and values that [`Filter::from_query`] reads, for links and hidden fields.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if !self.search.is_empty() {
            pairs.push(("q", self.search.clone()));
        }
        self.subscribed.pairs(&SUBSCRIBED, &mut pairs);
        self.interacted.pairs(&INTERACTED, &mut pairs);
        pairs.extend(self.tags.iter().map(|id| ("tag", id.to_string())));
        pairs.extend(self.consent.iter().map(|consent| ("consent", consent.to_string())));
        pairs
    }

    /// The pairs as a query, to be kept; [`Filter::parse`] reads it.
    pub fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(self.pairs()).finish()
    }

    /// Reads what [`Filter::to_query`] wrote.
    pub fn parse(query: &str) -> Self {
        Self::from_query(&Query::parse(query))
    }

    /// Whether it lets every contact through.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Its condition over the contacts `c` of an account, each part with ` and ` before it.
    pub fn condition(&self, now: NaiveDateTime, zone: Tz) -> Sql {
        let mut sql = Sql::default();
        if !self.search.is_empty() {
            sql.push(" and ").append(Search::new(&self.search).condition());
        }
        sql.append(self.subscribed.condition("c.subscribed_at", now, zone));
        sql.append(self.interacted.condition("c.last_interaction_at", now, zone));
        if !self.tags.is_empty() {
            sql.push(" and exists (select 1 from contact_tags t where t.contact_id = c.id and t.tag_id in (");
            sql.bind_all(&self.tags).push("))");
        }
        if !self.consent.is_empty() {
            sql.push(" and c.consent in (").bind_all(self.consent.iter().map(|consent| consent.word())).push(")");
        }
        sql
    }
}

/// The names of a period's fields.
struct Names {
    within: &'static str,
    from: &'static str,
    to: &'static str,
    never: &'static str,
}

const SUBSCRIBED: Names =
    Names { within: "subscribed_within", from: "subscribed_from", to: "subscribed_to", never: "subscribed_never" };
const INTERACTED: Names =
    Names { within: "interacted_within", from: "interacted_from", to: "interacted_to", never: "interacted_never" };

impl Period {
    /// Whether it says anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn from_query(query: &Query, names: &Names) -> Self {
        Self {
            within: query.get(names.within).filter(|days| (1..=MOST_DAYS).contains(days)),
            from: query.get(names.from),
            to: query.get(names.to),
            never: query.has(names.never),
        }
    }

    fn pairs(&self, names: &Names, pairs: &mut Vec<(&'static str, String)>) {
        pairs.extend(self.within.map(|days| (names.within, days.to_string())));
        pairs.extend(self.from.map(|day| (names.from, day.to_string())));
        pairs.extend(self.to.map(|day| (names.to, day.to_string())));
        pairs.extend(self.never.then(|| (names.never, "1".to_owned())));
    }

    fn condition(&self, column: &str, now: NaiveDateTime, zone: Tz) -> Sql {
        if self.never {
            return Sql::new(&format!(" and {column} is null"));
        }
        let mut sql = Sql::default();
        let within = self.within.and_then(|days| now.checked_sub_signed(TimeDelta::days(days)));
        let from = self.from.map(|day| start_of(day, zone));
        for at in [within, from].into_iter().flatten() {
            sql.push(&format!(" and {column} >= ")).bind(at);
        }
        if let Some(day) = self.to.and_then(|day| day.checked_add_days(Days::new(1))) {
            sql.push(&format!(" and {column} < ")).bind(start_of(day, zone));
        }
        sql
    }
}

/// The first moment of a day, UTC. Where a clock skips midnight, the day begins after the gap.
fn start_of(day: NaiveDate, zone: Tz) -> NaiveDateTime {
    let midnight = day.and_time(NaiveTime::MIN);
    zones::instant(zone, midnight).unwrap_or(midnight)
}

text_enum! {
    /// The columns that the list can be sorted by.
    pub enum Sort {
        Name = "name",
        Subscribed = "subscribed",
        Interacted = "interacted",
    }
}

/// How the list is sorted: `name` and, turned around, `-name`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sorting {
    pub by: Sort,
    pub descending: bool,
}

impl Default for Sorting {
    /// Who subscribed last stands first.
    fn default() -> Self {
        Self { by: Sort::Subscribed, descending: true }
    }
}

impl Sorting {
    /// What a press on the head of column `by` leads to: each column begins in the direction that
    /// people look for first, and turns around on the next press.
    pub fn pressed(self, by: Sort) -> Self {
        let descending = match by {
            Sort::Name => false,
            Sort::Subscribed | Sort::Interacted => true,
        };
        if self.by == by { Self { by, descending: !self.descending } } else { Self { by, descending } }
    }

    /// For `aria-sort` on the head of column `by`; empty where the list is sorted by another.
    pub fn direction(self, by: Sort) -> &'static str {
        match (self.by == by, self.descending) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        }
    }
}

impl fmt::Display for Sorting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.descending { "-" } else { "" }, self.by)
    }
}

impl FromStr for Sorting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (descending, word) = text.strip_prefix('-').map_or((false, text), |word| (true, word));
        Ok(Self { by: word.parse()?, descending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_base::db::sql::Value;

    fn filter(query: &str) -> Filter {
        Filter::from_query(&Query::parse(query))
    }

    #[test]
    fn an_address_is_read_and_written_the_same() {
        let id = Id::new();
        let text = format!(
            "q=%E6%80%A1&subscribed_within=30&subscribed_from=2026-01-01&subscribed_to=2026-01-31&interacted_never=1\
             &tag={id}&consent=granted&consent=none"
        );
        let read = filter(&text);
        assert_eq!(read.search, "怡");
        assert_eq!(read.subscribed.within, Some(30));
        assert_eq!(read.tags, [id]);
        assert_eq!(read.consent, [Consent::Granted, Consent::None]);
        let again: Vec<_> = read.pairs().iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(filter(&again.join("&")), read);
    }

    #[test]
    fn what_makes_no_sense_is_left_out() {
        for text in [
            "",
            "q=%20",
            "subscribed_within=0&subscribed_from=2026-02-30&subscribed_to=soon",
            "subscribed_within=99999999999999999999",
            "tag=7&tag=&consent=maybe",
        ] {
            assert!(filter(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn days_begin_at_midnight_of_the_zone() {
        let at = |text: &str| Value::Timestamp(text.parse().unwrap());
        let now = "2026-11-21T04:00:00".parse().unwrap();
        let read = filter("subscribed_from=2026-11-01&subscribed_to=2026-11-01&interacted_within=7");
        let sql = read.condition(now, chrono_tz::Asia::Taipei);
        assert_eq!(
            sql.values().cloned().collect::<Vec<_>>(),
            [at("2026-10-31T16:00:00"), at("2026-11-01T16:00:00"), at("2026-11-14T04:00:00")]
        );
        // Cuba's clocks go forward at midnight: 00:00 does not exist on 8 March 2026.
        let gap = start_of("2026-03-08".parse().unwrap(), chrono_tz::America::Havana);
        assert_eq!(gap.to_string(), "2026-03-08 05:00:00");
    }

    #[test]
    fn values_are_bound_and_wildcards_are_letters() {
        let sql = filter("q=50%25_'); drop table contacts;--").condition(NaiveDateTime::default(), Tz::UTC);
        assert!(!sql.text().contains("drop"));
        assert!(sql.values().any(|value| *value == Value::from(r"%50\%\_'); drop table contacts;--%")));
    }

    #[test]
    fn a_column_turns_around_when_pressed_again() {
        let sorting = Sorting::default();
        assert_eq!(sorting.to_string(), "-subscribed");
        assert_eq!(sorting.pressed(Sort::Subscribed).to_string(), "subscribed");
        assert_eq!(sorting.pressed(Sort::Name).to_string(), "name");
        assert_eq!(sorting.pressed(Sort::Name).pressed(Sort::Name).to_string(), "-name");
        assert_eq!(sorting.direction(Sort::Subscribed), "descending");
        assert_eq!(sorting.direction(Sort::Name), "");
        for text in ["", "-", "city", "--name"] {
            assert!(text.parse::<Sorting>().is_err(), "{text}");
        }
    }
}
