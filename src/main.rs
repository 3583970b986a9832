//! The command line.

mod cli;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};
use tidings::startup::Failure;
use tidings_base::settings::Settings;

/// Omnichannel marketing automation for shops.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: cli::serve::Options,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the website and run the jobs (the default)
    Serve(cli::serve::Options),
    /// Run the jobs alone, beside servers on the same PostgreSQL
    Worker(cli::worker::Options),
    /// Bring the database up to date
    Migrate,
    /// People who can sign in
    User {
        #[command(subcommand)]
        command: cli::user::Command,
    },
    /// Copy the SQLite database to FILE, while it is in use
    Backup { file: PathBuf },
    /// Put the SQLite database of FILE in the place of this one
    Restore { file: PathBuf },
    /// Give the disk back what was removed; SQLite's server must be stopped
    Vacuum,
    /// Say how this installation is set up and whether it is well
    Doctor,
}

fn main() -> ExitCode {
    tidings_base::memory::keep_little();
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            #[expect(clippy::print_stderr, reason = "the last word of a program that cannot go on")]
            {
                eprintln!("tidings: {e}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let settings = settings()?;
    cli::log(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().max_blocking_threads(64).enable_all().build()?;
    runtime.block_on(async {
        match cli.command.unwrap_or(Command::Serve(cli.serve)) {
            Command::Serve(options) => cli::serve::run(&settings, &options).await,
            Command::Worker(options) => cli::worker::run(&settings, &options).await,
            Command::Migrate => cli::migrate(&settings).await,
            Command::User { command } => cli::user::run(&settings, command).await,
            Command::Backup { file } => cli::backup::backup(&settings, &file),
            Command::Restore { file } => cli::backup::restore(&settings, &file),
            Command::Vacuum => cli::backup::vacuum(&settings),
            Command::Doctor => cli::doctor::run(&settings).await,
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
fn settings() -> Result<Settings, Failure> {
    let file = match std::fs::read_to_string("tidings.toml") {
        Ok(text) => Some(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
        Err(e) => return Err(format!("tidings.toml: {e}").into()),
    };
    Ok(Settings::read(std::env::vars(), file.as_deref())?)
}
