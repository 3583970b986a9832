//! When something that may succeed by itself is tried again, by machine time.

use chrono::TimeDelta;
use rand::Rng;

/// How often a call is made in all, the first one included.
pub(super) const MOST_CALLS: i64 = 8;

/// The longest wait between two calls that the vendor did not ask for itself.
const LONGEST: TimeDelta = TimeDelta::minutes(10);

/// How long to wait after the call number `calls` (from 1): doubling from one second, between half
/// and one and a half of it, so that many do not come back at the same moment. A vendor's own wish
/// (`Retry-After`) is kept to, plus up to a tenth.
pub(super) fn wait(calls: i64, wish: Option<TimeDelta>, random: &mut impl Rng) -> TimeDelta {
    if let Some(wish) = wish {
        return wish + scaled(wish, random.random_range(0.0..0.1));
    }
    let doubled = TimeDelta::seconds(1 << calls.clamp(1, 12).saturating_sub(1)).min(LONGEST);
    scaled(doubled, random.random_range(0.5..1.5))
}

fn scaled(time: TimeDelta, by: f64) -> TimeDelta {
    TimeDelta::milliseconds((time.num_milliseconds() as f64 * by) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{SeedableRng, rngs::StdRng};

    proptest! {
        #[test]
        fn it_doubles_within_its_bounds(calls in 1i64..1000, seed: u64) {
            let wait = wait(calls, None, &mut StdRng::seed_from_u64(seed));
            let doubled = TimeDelta::seconds(1 << (calls - 1).min(11)).min(LONGEST);
            prop_assert!(wait >= doubled / 2 && wait <= doubled * 3 / 2);
        }

        #[test]
        fn it_never_comes_earlier_than_the_vendor_asked(calls in 1i64..20, wish in 0i64..100_000, seed: u64) {
            let wish = TimeDelta::seconds(wish);
            let wait = wait(calls, Some(wish), &mut StdRng::seed_from_u64(seed));
            prop_assert!(wait >= wish && wait <= wish + wish / 10);
        }
    }
}
