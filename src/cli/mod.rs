//! What each command does.

pub(crate) mod backup;
pub(crate) mod doctor;
pub(crate) mod serve;
pub(crate) mod user;
pub(crate) mod worker;

use std::io::IsTerminal;
use tidings::startup::{self, Failure};
use tidings_base::settings::Settings;
use tracing_subscriber::EnvFilter;

/// Lines to read on a terminal, JSON elsewhere; on standard error, as standard output is for people
/// and scripts.
pub(crate) fn log(settings: &Settings) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&settings.log).map_err(|e| format!("TIDINGS_LOG: {e}"))?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        log.compact().init()
    } else {
        log.json().init()
    }
    Ok(())
}

/// `tidings migrate`
#[expect(clippy::print_stdout, reason = "the answer to a command")]
pub(crate) async fn migrate(settings: &Settings) -> Result<(), Failure> {
    startup::open(settings).await?;
    println!("the database is up to date: {}", settings.database);
    Ok(())
}

/// Completes at SIGTERM or Ctrl-C.
pub(crate) async fn asked_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            stop = tokio::signal::ctrl_c() => stop,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
