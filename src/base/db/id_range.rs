use super::{Id, id::NotAnId, sql::Sql};
use uuid::Uuid;

/// Ids for rows that the database makes by itself: UUIDv7s of one moment whose last seven digits
/// count, so that one statement on both databases can give them, they sort in the order they were
/// made, and what a statement made can be found again.
pub struct IdRange(String);

impl IdRange {
    /// Ids that no row has yet.
    #[expect(clippy::new_without_default, reason = "new keys each time are no default")]
    pub fn new() -> Self {
        // The moment is that of an ordinary id; the 46 bits after it are drawn, because two ids of
        // one moment differ in their last bits only.
        let (moment, drawn) = (Id::new().to_string(), Uuid::new_v4().to_string());
        Self(format!("{}7{}", &moment[..14], &drawn[15..29]))
    }

    /// An expression for the next id, counting in `order`.
    pub fn next(&self, order: &str) -> Sql {
        let mut sql = Sql::default();
        sql.bind(self.0.as_str());
        sql.push(&format!(" || cast({} + row_number() over (order by {order}) as text)", Self::ZERO));
        sql
    }

    /// What all of them begin with; [`Self::nth`] makes them of it.
    pub fn prefix(&self) -> &str {
        &self.0
    }

    /// The id at `place` (from 0) of the range with this prefix, as [`Self::nth_sql`] gives it.
    ///
    /// # Errors
    /// It is no prefix of a range.
    pub fn nth(prefix: &str, place: usize) -> Result<Id, NotAnId> {
        format!("{prefix}{}", Self::ZERO + 1 + place as i64).parse()
    }

    /// An expression for the id at `place` (from 0) of the range with `prefix`, both columns.
    pub fn nth_sql(prefix: &str, place: &str) -> String {
        format!("{prefix} || cast({} + {place} as text)", Self::ZERO + 1)
    }

    /// The ids of the first `people` rows of the range with this prefix: those after the first, up to the second.
    pub fn reach(prefix: &str, people: i64) -> (String, String) {
        (format!("{prefix}{}", Self::ZERO), format!("{prefix}{}", Self::ZERO + people))
    }

    /// An expression for an id that `most` rows share, of those of which `which` holds, counting in `order`.
    pub fn shared(&self, which: &str, order: &str, most: i64) -> Sql {
        let mut sql = Sql::default();
        sql.bind(self.0.as_str());
        sql.push(&format!(
            " || cast({} + (count(case when {which} then 1 end) over (order by {order} rows unbounded preceding) \
             + {most} - 1) / {most} as text)",
            Self::ZERO
        ));
        sql
    }

    /// A condition on `column`: it is one of these ids.
    pub fn holds(&self, column: &str) -> Sql {
        let mut sql = Sql::new(column);
        sql.push(" > ").bind(self.first()).push(&format!(" and {column} < ")).bind(self.last());
        sql
    }

    /// Before the first of them.
    pub fn first(&self) -> String {
        format!("{}{}", self.0, Self::ZERO)
    }

    /// After the last that there can be.
    pub fn last(&self) -> String {
        format!("{}{}", self.0, Self::MOST)
    }

    /// Seven digits, and seven digits still after adding as many rows as a statement may have.
    const ZERO: i64 = 1_000_000;
    const MOST: i64 = 9_999_999;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_made_by_the_database_are_ids() {
        assert_ne!(IdRange::new().0, IdRange::new().0);
        let range = IdRange::new();
        for n in [1, 200_000, 8_999_998] {
            let id = format!("{}{}", range.0, IdRange::ZERO + n);
            assert_eq!(id.parse::<Id>().unwrap().as_str(), id);
            assert_eq!(IdRange::nth(range.prefix(), n as usize - 1).unwrap().as_str(), id);
            assert_eq!(IdRange::reach(range.prefix(), n), (range.first(), id.clone()));
            assert!(range.first() < id && id < range.last());
            assert_eq!(id.parse::<Uuid>().unwrap().get_version_num(), 7);
        }
    }
}
