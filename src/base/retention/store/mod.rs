//! When the night comes, and how it went.

mod housekeeping;

pub use housekeeping::SWEEPS;

use crate::{
    db::{Conn, schema::sweeps},
    zones,
};
use chrono::{Days, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use diesel::prelude::*;

/// When shops sleep.
const HOUR: NaiveTime = NaiveTime::from_hms_opt(3, 0, 0).expect("a time of day");

/// How the last night went.
#[derive(Queryable, Clone, PartialEq, Eq, Debug)]
pub struct Last {
    pub finished_at: Option<NaiveDateTime>,
    /// Rows.
    pub removed: i64,
    pub next_at: NaiveDateTime,
}

/// How it went last, and when it comes again.
pub fn last(conn: &mut Conn) -> QueryResult<Option<Last>> {
    sweeps::table.select((sweeps::finished_at, sweeps::removed, sweeps::due_at)).first(conn).optional()
}

/// The next three o'clock in the zone.
pub(super) fn next(now: NaiveDateTime, zone: Tz) -> NaiveDateTime {
    let today = zone.from_utc_datetime(&now).date_naive();
    [today, today + Days::new(1)]
        .into_iter()
        .filter_map(|day| zones::instant(zone, day.and_time(HOUR)))
        .find(|at| *at > now)
        .unwrap_or(now + TimeDelta::days(1))
}

pub(super) fn finish(
    conn: &mut Conn,
    owner: &str,
    next: NaiveDateTime,
    now: NaiveDateTime,
    removed: i64,
) -> QueryResult<()> {
    diesel::update(sweeps::table.filter(sweeps::owner.eq(owner)))
        .set((
            sweeps::due_at.eq(next),
            sweeps::owner.eq(None::<String>),
            sweeps::lease_until.eq(None::<NaiveDateTime>),
            sweeps::begun.eq(0),
            sweeps::finished_at.eq(now),
            sweeps::removed.eq(removed),
        ))
        .execute(conn)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_comes_once_a_day() {
        for (now, next_at) in [
            ("2026-11-22T18:59:59", "2026-11-22T19:00:00"),
            ("2026-11-22T19:00:00", "2026-11-23T19:00:00"),
            ("2026-11-22T00:00:00", "2026-11-22T19:00:00"),
        ] {
            let at = |text: &str| -> NaiveDateTime { text.parse().unwrap() };
            assert_eq!(next(at(now), Tz::Asia__Taipei), at(next_at), "{now}");
        }
        // Three o'clock does not exist on the morning that summer time begins in Greenland's capital… and
        // everywhere else there is a next one too.
        for zone in chrono_tz::TZ_VARIANTS {
            for day in 0..366 {
                let now = NaiveDateTime::default() + TimeDelta::days(20_500 + day);
                let wait = next(now, zone) - now;
                assert!(wait > TimeDelta::zero() && wait <= TimeDelta::hours(26), "{zone} {now}: {wait}");
            }
        }
    }
}
