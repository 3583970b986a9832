use tidings_base::db::Id;

/// Draws for one contact of one account, the same on every machine and in every version: FNV-1a of
/// account, identity and what is drawn for, stirred once more (SplitMix64) because FNV leaves the
/// upper bits of short texts alike.
pub(super) struct Draw(u64);

impl Draw {
    pub(super) fn of(account: &Id, identity: &str) -> Self {
        Self(fnv(fnv(0xcbf2_9ce4_8422_2325, account.as_str()), identity))
    }

    /// A number from 0 up to but not including 1.
    pub(super) fn share(&self, what: &str) -> f64 {
        let mut z = fnv(self.0, what).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number from `least` to `most`.
    pub(super) fn between(&self, what: &str, least: i64, most: i64) -> i64 {
        least + (self.share(what) * (most - least + 1) as f64) as i64
    }
}

fn fnv(from: u64, text: &str) -> u64 {
    text.bytes().fold(from, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_share_of_many_is_about_that_share() {
        let account = Id::new();
        for share in [0.0, 0.02, 0.5, 1.0] {
            let hit = (0..10_000).filter(|n| Draw::of(&account, &format!("U{n}")).share("failure") < share).count();
            assert!((hit as f64 / 10_000.0 - share).abs() < 0.02, "{share}: {hit}");
        }
    }

    proptest! {
        #[test]
        fn it_repeats(identity in "\\PC{0,40}", what in "[a-z]{1,8}", least in -50i64..50, width in 0i64..100) {
            let account: Id = "01900000-0000-7000-8000-000000000001".parse().unwrap();
            let (a, b) = (Draw::of(&account, &identity), Draw::of(&account, &identity));
            prop_assert!((0.0..1.0).contains(&a.share(&what)));
            prop_assert_eq!(a.share(&what), b.share(&what));
            prop_assert!((least..=least + width).contains(&a.between(&what, least, least + width)));
        }
    }
}
