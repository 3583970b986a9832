//! Places where a test can make the process die.

/// Ends the process here, as `kill -9` would, if the feature `crash-points` is built in and
/// `TIDINGS_CRASH_AT` is `name`, or `name:n` and this is the n-th time that it comes by. In every
/// other build it is nothing.
#[inline]
pub fn point(name: &str) {
    #[cfg(feature = "crash-points")]
    if passages::is_over(name) {
        std::process::abort();
    }
    #[cfg(not(feature = "crash-points"))]
    let _ = name;
}

#[cfg(feature = "crash-points")]
mod passages {
    use std::sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    };

    /// Where the process dies, and how often it still comes by.
    #[expect(clippy::disallowed_methods, reason = "no setting: absent from what is released")]
    static WANTED: LazyLock<Option<(String, AtomicU32)>> = LazyLock::new(|| {
        let wanted = std::env::var("TIDINGS_CRASH_AT").ok()?;
        let (name, left) = wanted.split_once(':').unwrap_or((&wanted, "1"));
        Some((name.to_owned(), AtomicU32::new(left.parse().expect("TIDINGS_CRASH_AT is a name, or name:number"))))
    });

    pub(super) fn is_over(name: &str) -> bool {
        WANTED.as_ref().is_some_and(|(wanted, left)| wanted == name && left.fetch_sub(1, Ordering::Relaxed) <= 1)
    }
}
