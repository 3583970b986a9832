//! Statements that stay prepared: read and planned once on each connection.

use super::{Of, Piece, Sql, Value};
use diesel::{
    QueryResult, RunQueryDsl,
    backend::Backend,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{BigInt, Bool, Double, HasSqlType, Nullable, Text, Timestamp, Untyped},
    sqlite::Sqlite,
};

/// A statement that diesel finds again by its text.
pub(super) struct Kept<'a>(pub(super) &'a Sql);

impl Query for Kept<'_> {
    type SqlType = Untyped;
}

impl QueryId for Kept<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Conn> RunQueryDsl<Conn> for Kept<'_> {}

impl QueryFragment<Pg> for Kept<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        walk(self.0, out, |of| match of {
            Of::Texts => ("json_array_elements_text(", "::json)"),
            Of::Arrays => ("json_array_elements(", "::json)"),
        })
    }
}

impl QueryFragment<Sqlite> for Kept<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        walk(self.0, out, |of| match of {
            Of::Texts | Of::Arrays => ("json_each(", ")"),
        })
    }
}

fn walk<'b, DB>(
    sql: &'b Sql,
    mut out: AstPass<'_, 'b, DB>,
    rows: impl Fn(Of) -> (&'static str, &'static str),
) -> QueryResult<()>
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt> + HasSqlType<Bool> + HasSqlType<Double> + HasSqlType<Timestamp>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
    bool: ToSql<Bool, DB>,
    f64: ToSql<Double, DB>,
    chrono::NaiveDateTime: ToSql<Timestamp, DB>,
    Option<&'static str>: ToSql<Nullable<Text>, DB>,
    Option<chrono::NaiveDateTime>: ToSql<Nullable<Timestamp>, DB>,
{
    for piece in &sql.pieces {
        match piece {
            Piece::Text(text) => out.push_sql(text),
            Piece::Rows { json, of } => {
                let (before, after) = rows(*of);
                out.push_sql(before);
                out.push_bind_param::<Text, _>(json)?;
                out.push_sql(after);
            }
            Piece::Bind(Value::Text(v)) => out.push_bind_param::<Text, _>(v)?,
            Piece::Bind(Value::BigInt(v)) => out.push_bind_param::<BigInt, _>(v)?,
            Piece::Bind(Value::Bool(v)) => out.push_bind_param::<Bool, _>(v)?,
            Piece::Bind(Value::Double(v)) => out.push_bind_param::<Double, _>(v)?,
            Piece::Bind(Value::Timestamp(v)) => out.push_bind_param::<Timestamp, _>(v)?,
            Piece::Bind(Value::NullText) => out.push_bind_param::<Nullable<Text>, _>(&None::<&'static str>)?,
            Piece::Bind(Value::NullTimestamp) => {
                out.push_bind_param::<Nullable<Timestamp>, _>(&None::<chrono::NaiveDateTime>)?;
            }
        }
    }
    Ok(())
}
