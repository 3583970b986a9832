//! Places where a test can make the process die.

/// Ends the process here, as `kill -9` would, if the feature `crash-points` is built in and
/// `TIDINGS_CRASH_AT` is `name`. In every other build it is nothing.
#[inline]
pub fn point(name: &str) {
    #[cfg(feature = "crash-points")]
    #[expect(clippy::disallowed_methods, reason = "no setting: absent from what is released")]
    if std::env::var("TIDINGS_CRASH_AT").is_ok_and(|wanted| wanted == name) {
        std::process::abort();
    }
    #[cfg(not(feature = "crash-points"))]
    let _ = name;
}
