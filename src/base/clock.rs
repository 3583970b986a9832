//! The two clocks of the program: the only place that asks what time it is.
//!
//! *Product time* can be moved and sped up (a demonstration, a test): schedules, waits, windows,
//! statuses and every time shown. *Machine time* cannot: leases, rate tokens, sessions, back-off.

use chrono::{DateTime, DurationRound, FixedOffset, NaiveDateTime, TimeDelta};
use std::{
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

/// Where a moved clock was set: at machine time `machine` the product's time was `product`, and it
/// has run `speed` times as fast since. Times are UTC.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Anchor {
    pub product: NaiveDateTime,
    pub machine: NaiveDateTime,
    pub speed: f64,
}

impl Anchor {
    fn at(self, machine: NaiveDateTime) -> NaiveDateTime {
        let passed = machine - self.machine;
        let micros = passed.num_microseconds().unwrap_or(i64::MAX) as f64 * self.speed;
        self.product.checked_add_signed(TimeDelta::microseconds(micros as i64)).unwrap_or(NaiveDateTime::MAX)
    }
}

/// Gives both times. Clones share one setting.
#[derive(Clone, Default)]
pub struct Clock(Arc<RwLock<Option<Anchor>>>);

impl Clock {
    /// A clock that shows the machine's time.
    pub fn real() -> Self {
        Self::default()
    }

    /// Product time, UTC, to the microsecond.
    pub fn now(&self) -> NaiveDateTime {
        let machine = self.machine();
        self.anchor().map_or(machine, |anchor| micros(anchor.at(machine)))
    }

    /// Machine time, UTC, to the microsecond.
    pub fn machine(&self) -> NaiveDateTime {
        machine()
    }

    /// How the clock was moved, if it was.
    pub fn anchor(&self) -> Option<Anchor> {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the clock, or lets it show the machine's time again.
    pub fn set(&self, anchor: Option<Anchor>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = anchor;
    }

    /// Moves product time onward at once; how tests let days pass.
    pub fn advance(&self, by: TimeDelta) {
        let machine = self.machine();
        let now = self.now();
        let speed = self.anchor().map_or(1.0, |a| a.speed);
        self.set(Some(Anchor { product: now + by, machine, speed }));
    }

    /// Real time until product time reaches `at`; zero when it has.
    pub fn until(&self, at: NaiveDateTime) -> Duration {
        let speed = self.anchor().map_or(1.0, |a| a.speed);
        let left = (at - self.now()).num_microseconds().unwrap_or(i64::MAX).max(0);
        Duration::from_micros((left as f64 / speed).ceil() as u64)
    }
}

/// Machine time without a clock at hand (the log, ids).
#[expect(clippy::disallowed_methods, reason = "this is the place")]
pub(crate) fn machine() -> NaiveDateTime {
    micros(chrono::Utc::now().naive_utc())
}

/// Databases keep microseconds; a time must be the same before and after it is stored.
fn micros(at: NaiveDateTime) -> NaiveDateTime {
    at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at)
}

/// A setting such as `2027-01-31T08:59:50+08:00@600x`: where product time starts and how fast it
/// runs. Without `@…x` it runs at the machine's pace.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Start {
    pub at: DateTime<FixedOffset>,
    pub speed: f64,
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = "expected a time with its offset and a speed, such as 2027-01-31T08:59:50+08:00@600x";
        let (at, speed) = match text.split_once('@') {
            Some((at, speed)) => (at, speed.strip_suffix('x').ok_or(wanted)?),
            None => (text, "1"),
        };
        let at = DateTime::parse_from_rfc3339(at).map_err(|e| format!("{wanted} ({e})"))?;
        let speed: f64 = speed.parse().map_err(|_| wanted)?;
        if !(speed.is_finite() && (0.001..=1_000_000.0).contains(&speed)) {
            return Err(format!("the speed must be between 0.001x and 1000000x, found {speed}x"));
        }
        Ok(Self { at, speed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_read_as_written() {
        let start: Start = "2027-01-31T08:59:50+08:00@600x".parse().unwrap();
        assert_eq!(start.speed, 600.0);
        assert_eq!(start.at.naive_utc().to_string(), "2027-01-31 00:59:50");
        assert_eq!("2027-01-31T08:59:50Z".parse::<Start>().unwrap().speed, 1.0);
        for bad in [
            "",
            "soon",
            "2027-01-31T08:59:50",
            "2027-01-31T08:59:50Z@",
            "2027-01-31T08:59:50Z@0x",
            "2027-01-31T08:59:50Z@-1x",
            "2027-01-31T08:59:50Z@nanx",
            "2027-01-31T08:59:50Z@600",
        ] {
            assert!(bad.parse::<Start>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_moved_clock_runs_at_its_speed_and_can_jump() {
        let clock = Clock::real();
        let far = clock.machine() + TimeDelta::days(100);
        clock.set(Some(Anchor { product: far, machine: clock.machine(), speed: 1000.0 }));
        assert!(clock.now() >= far);
        assert!(clock.until(far + TimeDelta::seconds(1000)) <= Duration::from_secs(1));
        clock.advance(TimeDelta::days(3));
        assert!(clock.now() >= far + TimeDelta::days(3));
        assert_eq!(clock.until(far), Duration::ZERO);
    }
}
