//! Lists that stay fast at a million rows: a page begins after a row, not at a number.

mod order;

pub use order::{Column, Order};

use super::{query::Query, texts};
use crate::db::{Conn, Id, sql::Sql};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{Datelike, NaiveDateTime};
use diesel::QueryResult;
use serde::{Deserialize, Serialize};

/// Rows on a page: two screens of them, and a page of the longest names stays small.
pub const PAGE: i64 = 20;
/// A list that is longer says only that it is: to count a million rows takes longer than to show a page of them.
pub const MOST_COUNTED: i64 = 5_000;

/// What a list is sorted by, in the row where a page begins.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Key {
    Text(String),
    Number(i64),
    Time(NaiveDateTime),
    /// Rows without a value stand last, whichever way the list is sorted.
    None,
}

impl From<Option<NaiveDateTime>> for Key {
    fn from(at: Option<NaiveDateTime>) -> Self {
        at.map_or(Self::None, Self::Time)
    }
}

/// Where the address asks a page to begin: after this row, or before it. [`Order::page`] takes it if
/// it is of a list sorted by the same kind of column.
#[derive(Clone, PartialEq, Debug)]
pub struct Cursor {
    back: bool,
    at: Place,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Place {
    key: Key,
    id: Id,
    /// The ordinal of the row itself, from 1, so that the page can say "51–100 of 1,284".
    ordinal: i64,
}

/// Where a page does begin; [`Listing::new`] asks for it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Start<'a>(Option<&'a Cursor>);

/// The list's place in its address.
pub fn cursor(query: &Query) -> Option<Cursor> {
    let read = |name: &str| -> Option<Place> {
        let json = BASE64_URL_SAFE_NO_PAD.decode(query.text(name)).ok()?;
        serde_json::from_slice(&json).ok().filter(Place::is_possible)
    };
    let after = read("after").map(|at| Cursor { back: false, at });
    after.or_else(|| read("before").map(|at| Cursor { back: true, at }))
}

impl Place {
    /// Whether a list can have such a row: an address may say anything.
    fn is_possible(&self) -> bool {
        let storable = match &self.key {
            Key::Text(text) => !text.contains('\0'),
            Key::Time(at) => (1900..10_000).contains(&at.year()),
            Key::Number(_) | Key::None => true,
        };
        storable && (1..1 << 40).contains(&self.ordinal)
    }
}

impl Start<'_> {
    fn is_back(self) -> bool {
        self.0.is_some_and(|cursor| cursor.back)
    }
}

/// How many rows a list has, as far as they were counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Total {
    Exactly(i64),
    MoreThan(i64),
    /// Not counted: only what the page itself shows.
    Unknown,
}

impl Total {
    /// Counts the rows of a statement without its `select`: ` from … where …`; not beyond five thousand.
    pub fn of(conn: &mut Conn, from: Sql) -> QueryResult<Self> {
        let mut sql = Sql::new("select count(*) as n from (select 1 as one ");
        let n = sql.append(from).push(" limit ").bind(MOST_COUNTED + 1).push(") as counted").count(conn)?;
        Ok(if n > MOST_COUNTED { Self::MoreThan(MOST_COUNTED) } else { Self::Exactly(n) })
    }

    /// Whether there is no row.
    pub fn is_none(&self) -> bool {
        *self == Self::Exactly(0)
    }

    /// `1,284`, or `10,000+`.
    pub fn text(&self) -> String {
        match self {
            Self::Exactly(n) => texts::number(*n),
            Self::MoreThan(n) => format!("{}+", texts::number(*n)),
            Self::Unknown => String::new(),
        }
    }
}

impl From<i64> for Total {
    fn from(n: i64) -> Self {
        Self::Exactly(n)
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    pub rows: Vec<T>,
    /// How many rows the whole list has.
    pub total: Total,
    /// The ordinal of the first row here, from 1; 0 where there is none.
    pub first: i64,
    /// The cursors of the neighbouring pages, for `?before=` and `?after=`.
    pub before: Option<String>,
    pub after: Option<String>,
}

impl<T> Listing<T> {
    /// A list without a row.
    pub fn empty() -> Self {
        Self { rows: Vec::new(), total: Total::Exactly(0), first: 0, before: None, after: None }
    }

    /// From what [`Order::page`] loaded; `place` tells a row's sort key and id.
    pub fn new(mut rows: Vec<T>, total: impl Into<Total>, start: Start, place: impl Fn(&T) -> (Key, Id)) -> Self {
        let more = rows.len() as i64 > PAGE;
        rows.truncate(PAGE as usize);
        if start.is_back() {
            rows.reverse();
        }
        let count = rows.len() as i64;
        let first = match start.0 {
            None => 1,
            Some(Cursor { back: false, at }) => at.ordinal + 1,
            Some(Cursor { back: true, at }) => (at.ordinal - count).max(1),
        };
        let (has_before, has_after) = if start.is_back() { (more, true) } else { (start.0.is_some(), more) };
        let name = |row: Option<&T>, ordinal: i64| {
            let (key, id) = place(row?);
            let json = serde_json::to_vec(&Place { key, id, ordinal }).ok()?;
            Some(BASE64_URL_SAFE_NO_PAD.encode(json))
        };
        let before = has_before.then(|| name(rows.first(), first)).flatten();
        let after = has_after.then(|| name(rows.last(), first + count - 1)).flatten();
        let total = match (total.into(), &after) {
            (Total::Unknown, None) => Total::Exactly(first + count - 1),
            (Total::Unknown, Some(_)) => Total::MoreThan(first + count - 1),
            (known, _) => known,
        };
        Self { first: if rows.is_empty() { 0 } else { first }, rows, total, before, after }
    }

    /// The ordinal of the last row here.
    pub fn last(&self) -> i64 {
        if self.rows.is_empty() { 0 } else { self.first + self.rows.len() as i64 - 1 }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The same page with other rows.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Listing<U> {
        Listing {
            rows: self.rows.into_iter().map(f).collect(),
            total: self.total,
            first: self.first,
            before: self.before,
            after: self.after,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> Id {
        format!("00000000-0000-7000-8000-0000000000{n:02x}").parse().unwrap()
    }

    fn query(name: &str, place: &Place) -> Query {
        let json = serde_json::to_vec(place).unwrap();
        Query::parse(&format!("{name}={}", BASE64_URL_SAFE_NO_PAD.encode(json)))
    }

    fn keys() -> [Key; 4] {
        let at = chrono::NaiveDate::from_ymd_opt(2027, 1, 31).unwrap().and_hms_opt(9, 0, 0).unwrap();
        [Key::Text("王".into()), Key::Number(7), Key::Time(at), Key::None]
    }

    #[test]
    fn a_cursor_is_taken_where_a_row_can_have_its_key() {
        let cases = [
            (Column::Text("x"), [true, false, false, false]),
            (Column::Number("x"), [false, true, false, false]),
            (Column::Time("x"), [false, false, true, false]),
            (Column::TimeOrNone("x"), [false, false, true, true]),
        ];
        for (column, taken) in cases {
            for (key, taken) in keys().into_iter().zip(taken) {
                let cursor = cursor(&query("after", &Place { key, id: id(1), ordinal: 50 })).unwrap();
                let mut sql = Sql::new("select 1 from t where 1 = 1");
                let start = Order { column, id: "id", descending: false }.page(&mut sql, Some(&cursor));
                assert_eq!(sql.text().contains(" and "), taken, "{column:?} {cursor:?}");
                let list = Listing::new(vec![1], 60, start, |_| (Key::None, id(2)));
                assert_eq!((list.first, list.before.is_some()), if taken { (51, true) } else { (1, false) });
            }
        }
    }

    #[test]
    fn what_no_row_can_have_is_no_cursor() {
        let far = chrono::NaiveDate::from_ymd_opt(200_000, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
        for key in [Key::Text("a\0b".into()), Key::Time(far)] {
            assert_eq!(cursor(&query("after", &Place { key, id: id(1), ordinal: 1 })), None);
        }
        for ordinal in [i64::MIN, -1, 0, i64::MAX] {
            assert_eq!(cursor(&query("before", &Place { key: Key::None, id: id(1), ordinal })), None, "{ordinal}");
        }
        for text in ["", "x", "e30", "bnVsbA", "eyJrZXkiOjF9"] {
            assert_eq!(cursor(&Query::parse(&format!("after={text}"))), None, "{text}");
        }
    }
}
