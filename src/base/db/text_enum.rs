/// An enum that the database keeps as a word.
///
/// ```ignore
/// text_enum! {
///     /// How a schedule's run stands.
///     pub enum TaskStatus { Waiting = "waiting", Running = "running" }
/// }
/// ```
/// gives `ALL`, `word()`, `FromStr`, `Display`, serde as the word, and both backends' `ToSql` and
/// `FromSql`. A word that is not known is an error, never a default.
#[macro_export]
macro_rules! text_enum {
    ($(#[$about:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, $crate::db::reexport::AsExpression, $crate::db::reexport::FromSqlRow)]
        #[diesel(sql_type = $crate::db::reexport::Text)]
        $vis enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every variant, in the order they are written.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word the database keeps.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(format!(concat!("no ", stringify!($name), ": {:?}"), word)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl $crate::db::reexport::Serialize for $name {
            fn serialize<S: $crate::db::reexport::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.word())
            }
        }

        impl<'de> $crate::db::reexport::Deserialize<'de> for $name {
            fn deserialize<D: $crate::db::reexport::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <String as $crate::db::reexport::Deserialize>::deserialize(from)?.parse().map_err($crate::db::reexport::custom)
            }
        }

        impl<DB: $crate::db::reexport::Backend> $crate::db::reexport::ToSql<$crate::db::reexport::Text, DB> for $name
        where
            str: $crate::db::reexport::ToSql<$crate::db::reexport::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut $crate::db::reexport::Output<'b, '_, DB>) -> $crate::db::reexport::SerializeResult {
                <str as $crate::db::reexport::ToSql<$crate::db::reexport::Text, DB>>::to_sql(self.word(), out)
            }
        }

        impl<DB: $crate::db::reexport::Backend> $crate::db::reexport::FromSql<$crate::db::reexport::Text, DB> for $name
        where
            String: $crate::db::reexport::FromSql<$crate::db::reexport::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> $crate::db::reexport::DeserializeResult<Self> {
                let word = <String as $crate::db::reexport::FromSql<$crate::db::reexport::Text, DB>>::from_sql(bytes)?;
                Ok(word.parse()?)
            }
        }
    };
}
