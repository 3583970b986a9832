//! How a database gets a statement.

use super::{Keep, Of, Piece, Sql, Value};
use diesel::{
    QueryResult, RunQueryDsl,
    backend::Backend,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{BigInt, Bool, Double, HasSqlType, Nullable, Text, Timestamp, Untyped},
    sqlite::Sqlite,
};

/// A statement that diesel runs, and finds again by its text where it stays prepared.
pub(super) struct Statement<'a>(pub(super) &'a Sql);

impl Query for Statement<'_> {
    type SqlType = Untyped;
}

impl QueryId for Statement<'_> {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Conn> RunQueryDsl<Conn> for Statement<'_> {}

impl QueryFragment<Pg> for Statement<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let kept = match self.0.keep {
            Keep::Nowhere | Keep::OnSqlite => false,
            Keep::Everywhere => true,
        };
        walk(self.0, out, kept, |of| match of {
            Of::Texts => ("json_array_elements_text(", "::json)"),
            Of::Arrays => ("json_array_elements(", "::json)"),
        })
    }
}

impl QueryFragment<Sqlite> for Statement<'_> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let kept = match self.0.keep {
            Keep::Nowhere => false,
            Keep::OnSqlite | Keep::Everywhere => true,
        };
        walk(self.0, out, kept, |of| match of {
            Of::Texts | Of::Arrays => ("json_each(", ")"),
        })
    }
}

fn walk<'b, DB>(
    sql: &'b Sql,
    mut out: AstPass<'_, 'b, DB>,
    kept: bool,
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
    if !kept {
        out.unsafe_to_cache_prepared();
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_stays_prepared_where_it_says_so() {
        for (keep, on_sqlite, on_pg) in
            [(Keep::Nowhere, false, false), (Keep::OnSqlite, true, false), (Keep::Everywhere, true, true)]
        {
            let mut sql = Sql::new("select 1 where 1 = ");
            sql.bind(1).keep(keep);
            let statement = Statement(&sql);
            let kept = (
                statement.is_safe_to_cache_prepared(&Sqlite).unwrap(),
                statement.is_safe_to_cache_prepared(&Pg).unwrap(),
            );
            assert_eq!(kept, (on_sqlite, on_pg), "{keep:?}");
        }
    }
}
