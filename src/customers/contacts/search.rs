//! What is typed into a search for people, against names and identities.

use super::{identity, way::Way};
use tidings_base::db::{
    Conn,
    sql::{Sql, Value, contains},
};

/// A text that people are looked for by, in either case of ASCII letters. It is part of a name, or
/// an identity begins or ends with it, or what stands behind a mail's @ begins with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Search {
    text: String,
}

/// Fewer letters are looked for in names only.
const SHORTEST_OF_IDENTITY: usize = 3;
/// Letters of which the rarest are looked for; of a longer text the first count.
const LOOKED_AT: usize = 24;
/// What stands before a gram that an identity begins with, or that begins behind its @.
const BEGINS: char = '\u{2}';
/// What stands before a gram that an identity ends with.
const ENDS: char = '\u{3}';
/// Where a gram has this many people, another may be rarer.
const FREQUENT: i64 = 1_000;

impl Search {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_ascii_lowercase() }
    }

    /// Its condition over the contacts `c`, which reads each of them.
    pub(super) fn condition(&self) -> Sql {
        let mut sql = Sql::new("(lower(c.name) like ");
        sql.bind(contains(&self.text)).push(r" escape '\'");
        if self.is_of_identity() {
            let text = contains(&self.text);
            let text = text.trim_start_matches('%');
            for pattern in [text.to_owned(), format!("%@{text}"), format!("%{}", text.trim_end_matches('%'))] {
                sql.push(" or lower(c.identity) like ").bind(pattern).push(r" escape '\'");
            }
        }
        if let Some(digits) = as_stored_phone(&self.text) {
            sql.push(" or (").append(begins(&digits)).push(")");
        }
        sql.push(")");
        sql
    }

    /// Ways to all whom [`Self::condition`] lets through; somebody may stand on two.
    pub(super) fn ways(&self, conn: &mut Conn) -> diesel::QueryResult<Vec<Way>> {
        let mut ways = self.ways_by_letters(conn)?;
        if let Some(digits) = as_stored_phone(&self.text) {
            // By the index of each account's identities.
            let mut sql = Sql::new(" from channels a cross join contacts c where c.channel_id = a.id and ");
            sql.append(begins(&digits));
            ways.push(Way::Plain(sql));
        }
        Ok(ways)
    }

    fn ways_by_letters(&self, conn: &mut Conn) -> diesel::QueryResult<Vec<Way>> {
        let letters: Vec<char> = self.text.chars().take(LOOKED_AT).collect();
        if letters.len() < 3 {
            let end: Value = format!("{}\u{10ffff}", self.text).into();
            let mut rows = Sql::new(" from contact_grams where gram >= ");
            rows.bind(self.text.as_str()).push(" and gram < ").bind(end);
            return Ok(vec![Way::Named { rows, again: true }]);
        }
        let grams: Vec<String> = letters.windows(3).map(|three| three.iter().collect()).collect();
        let mut rarest = (i64::MAX, &grams[0]);
        for gram in &grams {
            let mut sql = Sql::new("select count(*) as n from (select 1 as one");
            let people = sql.append(of_gram(gram)).push(" limit ").bind(FREQUENT).push(") as found").count(conn)?;
            if people < rarest.0 {
                rarest = (people, gram);
            }
        }
        let mut wanted = vec![rarest.1.clone()];
        if self.is_of_identity() {
            let last: String = self.text.chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
            wanted.push(format!("{ENDS}{last}"));
            // Every phone of a country begins alike: their own way leads to fewer.
            if !begins_as_phone(&self.text) {
                wanted.push(format!("{BEGINS}{}", grams[0]));
            }
        }
        Ok(wanted.iter().map(|gram| Way::Named { rows: of_gram(gram), again: false }).collect())
    }

    fn is_of_identity(&self) -> bool {
        self.text.is_ascii() && self.text.len() >= SHORTEST_OF_IDENTITY
    }
}

fn of_gram(gram: &str) -> Sql {
    let mut rows = Sql::new(" from contact_grams where gram = ");
    rows.bind(gram);
    rows
}

/// Identities that begin with these digits.
fn begins(digits: &str) -> Sql {
    let mut sql = Sql::new("c.identity >= ");
    sql.bind(digits).push(" and c.identity < ").bind(format!("{digits}:"));
    sql
}

/// People type `0912…` for what is stored as `+886912…`.
fn as_stored_phone(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if let Some(number) = identity::phone(&digits) {
        return Some(number);
    }
    if is_begun_phone(&digits) {
        return Some(digits);
    }
    let rest = digits.strip_prefix("09")?;
    rest.bytes().all(|b| b.is_ascii_digit()).then(|| format!("+8869{rest}"))
}

/// Whether only phones begin like this, as people type or paste them: `+886 912…`.
fn begins_as_phone(text: &str) -> bool {
    text.starts_with('+') && as_stored_phone(text).is_some()
}

/// A phone as it is stored, or the first digits of one.
fn is_begun_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_with_its_country_has_a_way_of_its_own_however_it_is_written() {
        for (typed, led) in
            [("+886912", true), ("+886 912-345 678", true), ("0912", false), ("+c", false), ("a+8", false)]
        {
            assert_eq!(begins_as_phone(typed), led, "{typed}");
        }
    }

    #[test]
    fn a_phone_is_found_as_people_type_it() {
        for (typed, stored) in [
            ("0912", Some("+886912")),
            ("0912-345 678", Some("+886912345678")),
            ("+81 90 1234 5678", Some("+819012345678")),
            ("+886 91", Some("+88691")),
            ("+88x", None),
            ("345", None),
            ("09a", None),
            ("王", None),
        ] {
            assert_eq!(as_stored_phone(typed).as_deref(), stored, "{typed}");
        }
    }
}
