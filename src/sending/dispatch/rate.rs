//! How many calls an account may make now: the generic cell rate algorithm, whose whole state is one
//! time on the account's row, so that nodes share it. Machine time.

use chrono::{NaiveDateTime, TimeDelta};

/// Calls that come late may be caught up on within this long, and no more.
const BURST: TimeDelta = TimeDelta::milliseconds(250);

/// How many calls may be reserved in one go at `per_second`: a quarter second's worth, at least one.
pub(super) fn block(per_second: i64) -> i64 {
    (per_second / 4).max(1)
}

/// Whether something may be reserved at `now`, when calls are reserved until `reserved`.
pub(super) fn is_free(reserved: Option<NaiveDateTime>, now: NaiveDateTime) -> bool {
    reserved.is_none_or(|reserved| reserved <= now)
}

/// Until when calls are reserved after `calls` more.
pub(super) fn reserve(
    reserved: Option<NaiveDateTime>,
    now: NaiveDateTime,
    calls: i64,
    per_second: i64,
) -> NaiveDateTime {
    let from = reserved.map_or(now - BURST, |reserved| reserved.max(now - BURST));
    from + TimeDelta::microseconds(calls.saturating_mul(1_000_000) / per_second.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// However the claims fall, no stretch of time sees more calls than its length allows, plus
        /// the burst and one block.
        #[test]
        fn the_rate_is_kept(
            per_second in 1i64..2_000,
            steps in proptest::collection::vec((0i64..400_000, 1i64..600), 1..60),
        ) {
            let start = chrono::DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::days(1);
            let mut now = start;
            let mut reserved = None;
            let mut made: Vec<(NaiveDateTime, i64)> = Vec::new();
            for (pause, wanted) in steps {
                now += TimeDelta::microseconds(pause);
                if is_free(reserved, now) {
                    let calls = wanted.min(block(per_second));
                    reserved = Some(reserve(reserved, now, calls, per_second));
                    made.push((now, calls));
                }
            }
            for (n, (from, _)) in made.iter().enumerate() {
                let mut sum = 0;
                for (to, calls) in &made[n..] {
                    sum += calls;
                    let micros = (*to - *from + BURST).num_microseconds().unwrap_or_default() as f64;
                    let most = micros / 1e6 * per_second as f64 + block(per_second) as f64 + 1.0;
                    prop_assert!(sum as f64 <= most, "{sum} calls, at most {most}");
                }
            }
        }

        #[test]
        fn who_claims_in_time_gets_the_whole_rate(per_second in 4i64..2_000) {
            let mut now = chrono::DateTime::UNIX_EPOCH.naive_utc();
            let mut reserved = Some(now);
            let mut calls = 0;
            while now < chrono::DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::seconds(10) {
                if is_free(reserved, now) {
                    reserved = Some(reserve(reserved, now, block(per_second), per_second));
                    calls += block(per_second);
                }
                now += TimeDelta::milliseconds(5);
            }
            prop_assert!(calls >= per_second * 10);
        }
    }
}
