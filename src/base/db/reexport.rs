//! What the macros of this package name in the packages that use them.

pub use diesel::{
    backend::Backend,
    deserialize::{FromSql, FromSqlRow, Result as DeserializeResult},
    expression::AsExpression,
    serialize::{Output, Result as SerializeResult, ToSql},
    sql_types::Text,
};
pub use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// [`serde::de::Error::custom`] by a path of its own.
pub fn custom<E: Error>(message: String) -> E {
    E::custom(message)
}
