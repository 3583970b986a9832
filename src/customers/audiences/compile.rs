//! A rule as one SQL predicate, the same text on both databases, with every value bound.
//!
//! The predicate is true or false and never null: wherever an attribute can be empty, it says what that means. So it can
//! stand in a `where`, in a `case`, and under `not`.
//!
//! Tags and consent are asked by `exists` for each person: a freeze walks the contacts by key range, and what a slice costs
//! must depend on the slice alone.

use super::rule::{Attribute, Condition, Group, Join, Node, Rule, Test};
use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use tidings_base::db::{
    Id,
    sql::{Sql, Value},
};

/// The moment and the zone in which a rule is asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Lens {
    /// "N days ago" counts back from here. UTC.
    pub now: NaiveDateTime,
    /// The workspace's zone, in which days and months begin.
    pub zone: Tz,
}

/// The predicate over *contacts*: `c` is a row of `contacts`, `m` its member's row in `members`, left joined.
///
/// ```sql
/// from contacts c left join members m on m.id = c.member_id where c.channel_id = … and (<predicate>)
/// ```
pub fn compile(rule: &Rule, lens: &Lens) -> Sql {
    group(rule.root(), lens, Subject::Contact)
}

/// The predicate over *members*: `m` is a row of `members`. Tags, consent and times of a member are those of any of the
/// member's contacts: one tag on one of them is enough; the first subscription and the newest interaction count.
pub fn compile_for_members(rule: &Rule, lens: &Lens) -> Sql {
    group(rule.root(), lens, Subject::Member)
}

impl Lens {
    /// N × 24 hours before now.
    pub fn days_ago(&self, days: i64) -> NaiveDateTime {
        self.now - TimeDelta::days(days)
    }

    /// The first moment of a day in the zone, as UTC. Where the clocks skip midnight, the day begins when they stop.
    pub fn start(&self, day: NaiveDate) -> NaiveDateTime {
        let midnight = day.and_time(chrono::NaiveTime::MIN);
        (0..=96)
            .find_map(|quarters| {
                self.zone.from_local_datetime(&(midnight + TimeDelta::minutes(15 * quarters))).earliest()
            })
            .map_or(midnight, |start| start.naive_utc())
    }

    /// The first moment after a day in the zone, as UTC.
    pub fn end(&self, day: NaiveDate) -> NaiveDateTime {
        self.start(day + Days::new(1))
    }

    /// The month it is in the zone, 1 to 12.
    pub fn month(&self) -> i64 {
        Utc.from_utc_datetime(&self.now).with_timezone(&self.zone).month().into()
    }
}

/// Who is asked.
#[derive(Clone, Copy)]
enum Subject {
    Contact,
    Member,
}

/// Where an attribute stands.
struct Column {
    sql: &'static str,
    nullable: bool,
}

fn group(group: &Group, lens: &Lens, subject: Subject) -> Sql {
    if group.nodes.is_empty() {
        return Sql::new("1 = 1");
    }
    let nodes = group.nodes.iter().map(|node| match node {
        Node::Group(inner) => self::group(inner, lens, subject),
        Node::Condition(asked) => condition(asked, lens, subject),
    });
    match group.join {
        Join::All => joined(" and ", nodes),
        Join::Any => joined(" or ", nodes),
    }
}

fn condition(asked: &Condition, lens: &Lens, subject: Subject) -> Sql {
    let attribute = asked.attribute();
    let column = column(attribute, subject);
    match asked.test() {
        Test::HasAny(tags) => tagged(tags, subject),
        Test::HasAll(tags) => joined(" and ", tags.chunks(1).map(|tag| tagged(tag, subject))),
        Test::HasNone(tags) => not(tagged(tags, subject)),
        Test::WithinDays(days) => column.compare(">=", lens.days_ago(*days)),
        Test::OverDays(days) => column.compare("<", lens.days_ago(*days)),
        Test::Before(day) => column.compare("<", lens.start(*day)),
        Test::After(day) => column.compare(">=", lens.end(*day)),
        Test::BetweenDates(first, last) => {
            joined(" and ", [column.compare(">=", lens.start(*first)), column.compare("<", lens.end(*last))])
        }
        Test::Never => Sql::new(&format!("{} is null", column.sql)),
        Test::Is(word) if attribute == Attribute::Consent => consented(word, subject),
        Test::Is(text) => column.compare("=", text.as_str()),
        Test::IsNot(word) if attribute == Attribute::Consent => not(consented(word, subject)),
        Test::IsNot(text) => not(column.compare("=", text.as_str())),
        Test::OneOf(texts) => column.one_of(texts.iter().map(String::as_str)),
        Test::Contains(text) => column.contains(text),
        Test::InMonths(months) => column.one_of(months.iter().copied()),
        Test::ThisMonth => column.compare("=", lens.month()),
        Test::NextMonth => column.compare("=", lens.month() % 12 + 1),
        Test::AtLeast(n) => column.compare(">=", *n),
        Test::AtMost(n) => column.compare("<=", *n),
        Test::Between(least, most) => joined(" and ", [column.compare(">=", *least), column.compare("<=", *most)]),
        Test::Equals(n) => column.compare("=", *n),
    }
}

fn column(attribute: Attribute, subject: Subject) -> Column {
    let (sql, nullable) = match (attribute, subject) {
        (Attribute::SubscribedAt, Subject::Contact) => ("c.subscribed_at", false),
        (Attribute::SubscribedAt, Subject::Member) => {
            ("(select min(x.subscribed_at) from contacts x where x.member_id = m.id)", true)
        }
        (Attribute::LastInteractionAt, Subject::Contact) => ("c.last_interaction_at", true),
        (Attribute::LastInteractionAt, Subject::Member) => {
            ("(select max(x.last_interaction_at) from contacts x where x.member_id = m.id)", true)
        }
        (Attribute::City, _) => ("m.city", true),
        (Attribute::Gender, _) => ("m.gender", true),
        (Attribute::BirthMonth, _) => ("m.birth_month", true),
        (Attribute::OrderCount, _) => ("coalesce(m.order_count, 0)", false),
        (Attribute::TotalSpent, _) => ("coalesce(m.total_spent, 0)", false),
        (Attribute::LastOrderAt, _) => ("m.last_order_at", true),
        // Asked by `exists`, which starts from the person's key.
        (Attribute::Tags | Attribute::Consent, Subject::Contact) => ("c.id", false),
        (Attribute::Tags | Attribute::Consent, Subject::Member) => ("m.id", false),
    };
    Column { sql, nullable }
}

impl Column {
    /// Compared to a value; false where the attribute is empty.
    fn compare(&self, operator: &str, value: impl Into<Value>) -> Sql {
        let mut sql = self.known();
        sql.push(&format!("{} {operator} ", self.sql)).bind(value).push(")");
        sql
    }

    fn one_of(&self, values: impl IntoIterator<Item = impl Into<Value>>) -> Sql {
        let mut sql = self.known();
        sql.push(&format!("{} in (", self.sql)).bind_all(values).push("))");
        sql
    }

    /// Not by `like`, which takes ASCII letters as equal on one database and not on the other.
    fn contains(&self, part: &str) -> Sql {
        let mut sql = self.known();
        sql.push(&format!("replace({}, ", self.sql)).bind(part).push(&format!(", '') <> {})", self.sql));
        sql
    }

    fn known(&self) -> Sql {
        match self.nullable {
            true => Sql::new(&format!("({} is not null and ", self.sql)),
            false => Sql::new("("),
        }
    }
}

/// Whether one of these tags is on the contact, or on any contact of the member.
fn tagged(tags: &[Id], subject: Subject) -> Sql {
    let mut sql = Sql::new(match subject {
        Subject::Contact => "exists (select 1 from contact_tags t where t.contact_id = c.id and t.tag_id in (",
        Subject::Member => {
            "exists (select 1 from contacts x join contact_tags t on t.contact_id = x.id \
             where x.member_id = m.id and t.tag_id in ("
        }
    });
    sql.bind_all(tags).push("))");
    sql
}

/// Whether the contact, or any contact of the member, is in this state.
fn consented(state: &str, subject: Subject) -> Sql {
    let mut sql = Sql::new(match subject {
        Subject::Contact => "(c.consent = ",
        Subject::Member => "exists (select 1 from contacts x where x.member_id = m.id and x.consent = ",
    });
    sql.bind(state).push(")");
    sql
}

fn not(sql: Sql) -> Sql {
    let mut negated = Sql::new("not ");
    negated.append(sql);
    negated
}

fn joined(join: &str, pieces: impl IntoIterator<Item = Sql>) -> Sql {
    let mut sql = Sql::new("(");
    for (n, piece) in pieces.into_iter().enumerate() {
        sql.push(if n > 0 { join } else { "" }).append(piece);
    }
    sql.push(")");
    sql
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono_tz::{America::Sao_Paulo, Asia::Taipei, Europe::Berlin};

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn lens(zone: Tz) -> Lens {
        Lens { now: at("2026-11-30T16:00:00"), zone }
    }

    fn predicate(rule: &str) -> Sql {
        compile(&Rule::from_json(rule).unwrap(), &lens(Taipei))
    }

    #[test]
    fn values_are_bound_and_never_in_the_text() {
        let evil = "x') or 1 = 1; drop table contacts; --";
        let rule = format!(r#"{{"all":[{{"attribute":"city","operator":"is","value":"{evil}"}}]}}"#);
        let sql = predicate(&rule);
        assert_eq!(sql.text(), "((m.city is not null and m.city = $1))");
        assert_eq!(sql.values().collect::<Vec<_>>(), [&Value::from(evil)]);
    }

    #[test]
    fn groups_nest_as_they_are_written() {
        let sql = predicate(
            r#"{"any":[{"attribute":"order_count","operator":"between","value":[2,3]},{"all":[{"attribute":"last_order_at","operator":"never"},{"attribute":"birth_month","operator":"in_months","value":[1,12]}]}]}"#,
        );
        assert_eq!(
            sql.text(),
            "(((coalesce(m.order_count, 0) >= $1) and (coalesce(m.order_count, 0) <= $2)) or \
             (m.last_order_at is null and (m.birth_month is not null and m.birth_month in ($3, $4))))"
        );
        assert_eq!(predicate(r#"{"any":[]}"#).text(), "1 = 1");
    }

    #[test]
    fn a_day_begins_when_the_zone_says() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (zone, date, start) in [
            (Taipei, "2026-11-23", "2026-11-22T16:00:00"),
            (Berlin, "2026-03-29", "2026-03-28T23:00:00"),
            // The clocks went from 00:00 to 01:00.
            (Sao_Paulo, "2018-11-04", "2018-11-04T03:00:00"),
            // The clocks went from 00:00 back to 23:00 of the day before.
            (Sao_Paulo, "2018-02-18", "2018-02-18T03:00:00"),
        ] {
            assert_eq!(lens(zone).start(day(date)), at(start), "{zone} {date}");
        }
        assert_eq!(lens(Berlin).end(day("2026-03-29")), at("2026-03-29T22:00:00"));
    }

    #[test]
    fn the_month_is_the_zones() {
        assert_eq!(lens(Taipei).month(), 12);
        assert_eq!(lens(Berlin).month(), 11);
        let next = compile(
            &Rule::from_json(r#"{"all":[{"attribute":"birth_month","operator":"next_month"}]}"#).unwrap(),
            &lens(Taipei),
        );
        assert_eq!(next.values().collect::<Vec<_>>(), [&Value::BigInt(1)]);
    }
}
