//! What this process measures of itself, as `/metrics` says it: OpenMetrics histograms, in seconds.

use chrono::TimeDelta;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use std::{
    fmt,
    sync::LazyLock,
    time::{Duration, Instant},
};

/// A call to a vendor.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
pub struct CallLabels {
    /// The kind of channel.
    pub channel: &'static str,
    /// The class of its answer.
    pub answer: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

struct Measured {
    registry: Registry,
    calls: Family<CallLabels, Histogram>,
    claims: Family<KindLabels, Histogram>,
    lag: Family<KindLabels, Histogram>,
    pool: Histogram,
    writer: Histogram,
}

static MEASURED: LazyLock<Measured> = LazyLock::new(|| {
    let mut registry = Registry::with_prefix("tidings");
    let calls = Family::new_with_constructor(histogram as fn() -> Histogram);
    let claims = Family::new_with_constructor(histogram as fn() -> Histogram);
    let lag = Family::new_with_constructor(histogram as fn() -> Histogram);
    let (pool, writer) = (histogram(), histogram());
    let unit = || Unit::Seconds;
    registry.register_with_unit("send_latency", "Time from a call to a vendor to its answer", unit(), calls.clone());
    registry.register_with_unit("claim_latency", "Time of a claim of due work", unit(), claims.clone());
    registry.register_with_unit("lag", "How late due work was begun", unit(), lag.clone());
    registry.register_with_unit("pool_wait", "Time until a database connection was free", unit(), pool.clone());
    registry.register_with_unit("writer_wait", "Time until SQLite's writer took a command", unit(), writer.clone());
    Measured { registry, calls, claims, lag, pool, writer }
});

/// From a tenth of a millisecond to half a minute.
fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.0001, 2.0, 19))
}

/// A vendor answered, or did not in time.
pub fn call(labels: CallLabels, took: Duration) {
    MEASURED.calls.get_or_create(&labels).observe(took.as_secs_f64());
}

/// Due work of this kind was claimed.
pub fn claim(kind: &'static str, took: Duration) {
    MEASURED.claims.get_or_create(&KindLabels { kind }).observe(took.as_secs_f64());
}

/// Work of this kind was begun so long after it was due.
pub fn lag(kind: &'static str, by: TimeDelta) {
    let by = by.to_std().unwrap_or_default();
    MEASURED.lag.get_or_create(&KindLabels { kind }).observe(by.as_secs_f64());
}

/// A connection was waited for.
pub fn pool_wait(took: Duration) {
    MEASURED.pool.observe(took.as_secs_f64());
}

/// The writer was waited for.
pub fn writer_wait(took: Duration) {
    MEASURED.writer.observe(took.as_secs_f64());
}

/// Everything measured so far, in OpenMetrics' text without its end.
///
/// # Errors
/// Whatever `to` says.
pub fn encode(to: &mut impl fmt::Write) -> fmt::Result {
    text::encode_registry(to, &MEASURED.registry)
}

/// A moment that something is measured from.
#[derive(Clone, Copy, Debug)]
pub struct Timer(Instant);

impl Timer {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "a monotonic time that is only compared")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long ago that was.
    pub fn took(self) -> Duration {
        self.0.elapsed()
    }
}
