//! One statement, put together from pieces, with every value bound.
//!
//! Typed diesel is the rule. This is for what would be unwieldy in it: an audience's rule, a wide
//! list, `insert … select`. Pieces can be nested in any order: placeholders are numbered when the
//! statement runs, in the order they stand in the text, which both databases understand.

mod statement;
mod value;

use self::statement::Statement;
pub use self::value::Value;
use super::{Conn, Id};
use diesel::{
    QueryResult, RunQueryDsl,
    deserialize::QueryableByName,
    pg::{Pg, PgQueryBuilder},
    query_builder::{QueryBuilder, QueryFragment},
    sql_types::BigInt,
};

#[derive(Clone, PartialEq, Debug)]
enum Piece {
    Text(String),
    Bind(Value),
    /// A JSON array that is read as a table with the column `value`.
    Rows {
        json: String,
        of: Of,
    },
}

/// What the elements of an array are.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Of {
    Texts,
    Arrays,
}

/// From this many on, texts are bound as one array: a placeholder for each would be read anew by the
/// database every time.
const MANY: usize = 16;

/// Where a statement stays prepared on the connections that ran it. For those that run many times a second
/// and whose texts can be counted: nothing ever forgets one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Keep {
    #[default]
    Nowhere,
    /// PostgreSQL plans it each time: on a table that grows, a plan from when it was young is a bad one.
    OnSqlite,
    Everywhere,
}

/// A statement, or a part of one.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Sql {
    pieces: Vec<Piece>,
    keep: Keep,
}

impl Sql {
    /// Begins with `text`, which holds no values from outside.
    pub fn new(text: &str) -> Self {
        let mut sql = Self::default();
        sql.push(text);
        sql
    }

    /// Adds `text`, which holds no values from outside.
    pub fn push(&mut self, text: &str) -> &mut Self {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            Some(Piece::Bind(_) | Piece::Rows { .. }) | None => self.pieces.push(Piece::Text(text.to_owned())),
        }
        self
    }

    /// Adds a placeholder for `value`.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.pieces.push(Piece::Bind(value.into()));
        self
    }

    /// Adds what stands in `in (…)` for `values`; there must be at least one.
    pub fn bind_all(&mut self, values: impl IntoIterator<Item = impl Into<Value>>) -> &mut Self {
        let values: Vec<Value> = values.into_iter().map(Into::into).collect();
        let text = |value: &Value| if let Value::Text(text) = value { Some(text.clone()) } else { None };
        if values.len() >= MANY
            && let Some(texts) = values.iter().map(text).collect::<Option<Vec<String>>>()
        {
            self.push("select value from ");
            self.pieces.push(Piece::Rows { json: serde_json::json!(texts).to_string(), of: Of::Texts });
            return self;
        }
        for (n, value) in values.into_iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.bind(value);
        }
        self
    }

    /// Adds rows of texts as a table with one column `value`, whose columns are `value ->> 0`,
    /// `value ->> 1`, …: for `with … as (select … from …)`.
    pub fn bind_rows<const N: usize>(&mut self, rows: impl IntoIterator<Item = [Option<String>; N]>) -> &mut Self {
        let rows: Vec<Vec<Option<String>>> = rows.into_iter().map(Vec::from).collect();
        self.pieces.push(Piece::Rows { json: serde_json::json!(rows).to_string(), of: Of::Arrays });
        self
    }

    /// Says where the whole statement stays prepared.
    pub fn keep(&mut self, keep: Keep) -> &mut Self {
        self.keep = keep;
        self
    }

    /// Adds another piece.
    pub fn append(&mut self, other: Sql) -> &mut Self {
        for piece in other.pieces {
            match piece {
                Piece::Text(text) => _ = self.push(&text),
                Piece::Bind(_) | Piece::Rows { .. } => self.pieces.push(piece),
            }
        }
        self
    }

    /// The statement as PostgreSQL gets it: `… where a = $1`.
    pub fn text(&self) -> String {
        let mut text = PgQueryBuilder::new();
        Statement(self).to_sql(&mut text, &Pg).expect("values that this type holds can be written");
        text.finish()
    }

    /// The values, in the order of their placeholders; not those of rows.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) | Piece::Rows { .. } => None,
            Piece::Bind(value) => Some(value),
        })
    }

    /// Runs the statement and reads its rows.
    pub fn load<R>(&self, conn: &mut Conn) -> QueryResult<Vec<R>>
    where
        R: QueryableByName<diesel::pg::Pg> + QueryableByName<diesel::sqlite::Sqlite> + 'static,
    {
        crate::each_backend!(conn, c => Statement(self).load(c))
    }

    /// Runs the statement and reads its first row; none is [`diesel::NotFound`].
    pub fn first<R>(&self, conn: &mut Conn) -> QueryResult<R>
    where
        R: QueryableByName<diesel::pg::Pg> + QueryableByName<diesel::sqlite::Sqlite> + 'static,
    {
        crate::each_backend!(conn, c => Statement(self).get_result(c))
    }

    /// Runs the statement; answers how many rows it changed.
    pub fn execute(&self, conn: &mut Conn) -> QueryResult<usize> {
        crate::each_backend!(conn, c => Statement(self).execute(c))
    }

    /// Runs a `select count(*) as n …` and reads the number.
    pub fn count(&self, conn: &mut Conn) -> QueryResult<i64> {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            n: i64,
        }
        self.first::<Count>(conn).map(|row| row.n)
    }
}

/// An expression that gives each row of an `insert … select` a key of its own: a UUIDv7 of this
/// moment, as [`Id::new`] makes them.
pub fn new_id(conn: &Conn) -> String {
    let id = Id::new();
    // The time and the version come from here, 74 random bits a row from the database.
    let moment = &id.as_str()[..15];
    match conn {
        Conn::Pg(_) => format!("('{moment}' || substr(gen_random_uuid()::text, 16))"),
        Conn::Sqlite(_) => format!(
            "('{moment}' || lower(substr(hex(randomblob(2)), 2) || '-' || substr('89ab', 1 + (random() & 3), 1) \
             || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))))"
        ),
    }
}

/// A `like` that takes ASCII letters in either case.
pub fn like(conn: &Conn) -> &'static str {
    match conn {
        Conn::Pg(_) => " ilike ",
        Conn::Sqlite(_) => " like ",
    }
}

/// `text` as a pattern that `like … escape '\'` finds anywhere, its own wildcards taken literally.
pub fn contains(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::sql_types::Text;

    #[test]
    fn placeholders_are_numbered_in_the_order_of_the_text() {
        let mut inner = Sql::new("city = ");
        inner.bind("台北市");
        let mut outer = Sql::new("select 1 where n > ");
        outer.bind(3).push(" and (").append(inner).push(") and id in (").bind_all(["a", "b"]).push(")");
        assert_eq!(outer.text(), "select 1 where n > $1 and (city = $2) and id in ($3, $4)");
        assert_eq!(outer.values().count(), 4);
    }

    #[test]
    fn each_row_gets_a_key_of_its_own() {
        #[derive(diesel::QueryableByName)]
        struct Key {
            #[diesel(sql_type = Text)]
            id: Id,
        }
        let mut conn = crate::db::migrate::open(&crate::db::Url::Sqlite(":memory:".into())).unwrap();
        let select = format!("select {} as id from (values (1), (2), (3))", new_id(&conn));
        let keys: std::collections::HashSet<Id> =
            Sql::new(&select).load::<Key>(&mut conn).unwrap().into_iter().map(|key| key.id).collect();
        assert_eq!(keys.len(), 3);
        for key in keys {
            let uuid: uuid::Uuid = key.as_str().parse().unwrap();
            assert_eq!((uuid.get_version_num(), uuid.get_variant()), (7, uuid::Variant::RFC4122), "{key}");
            assert_eq!(uuid.to_string(), key.as_str());
        }
    }

    #[test]
    fn a_pattern_takes_wildcards_literally() {
        assert_eq!(contains("50%_\\"), "%50\\%\\_\\\\%");
    }
}
