//! Numbers that look like chance and are the same on every machine. Only the generator's own stream
//! is used, and whole numbers alone: how a library draws from a range may change with its version.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// A source of chance for one subject, so that what changes in one moves nothing in another.
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// The source for `subject`, of which at most 32 bytes count.
    pub(super) fn of(subject: &str) -> Self {
        let mut seed = [b'~'; 32];
        for (to, from) in seed.iter_mut().zip(subject.bytes()) {
            *to = from;
        }
        Self(ChaCha8Rng::from_seed(seed))
    }

    /// From 0 to `n` - 1.
    pub(super) fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.0.next_u64()) * n as u128;
        (wide >> 64) as usize
    }

    /// From `least` to `most`.
    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below((most - least + 1).max(1) as usize) as i64
    }

    /// From 0 to `most`, small numbers more often than large ones.
    pub(super) fn few(&mut self, most: i64) -> i64 {
        let inner = self.between(0, most);
        self.between(0, inner)
    }

    /// True `n` times in a thousand.
    pub(super) fn hit(&mut self, n: usize) -> bool {
        self.below(1000) < n
    }

    /// One of them.
    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// One of them, each as often as its weight says.
    pub(super) fn weighted<'a, T>(&mut self, from: &'a [(T, usize)]) -> &'a T {
        let mut at = self.below(from.iter().map(|(_, weight)| weight).sum());
        for (one, weight) in from {
            match at.checked_sub(*weight) {
                Some(rest) => at = rest,
                None => return one,
            }
        }
        &from[from.len() - 1].0
    }

    /// `n` lower-case hexadecimal digits.
    pub(super) fn hex(&mut self, n: usize) -> String {
        (0..n).map(|_| char::from_digit(self.below(16) as u32, 16).expect("below 16")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_on_every_machine() {
        let mut chance = Chance::of("members");
        let drawn: Vec<usize> = (0..6).map(|_| chance.below(1000)).collect();
        assert_eq!(drawn, [477, 0, 159, 146, 155, 492]);
    }

    #[test]
    fn weights_are_kept() {
        let mut chance = Chance::of("weights");
        let heads = (0..10_000).filter(|_| *chance.weighted(&[(true, 3), (false, 1)])).count();
        assert!((7_300..7_700).contains(&heads), "{heads}");
        let few = (0..1_000).filter(|_| chance.few(99) < 25).count();
        assert!((500..700).contains(&few), "{few}");
    }
}
