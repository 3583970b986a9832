//! The program itself, as a process.

use super::Visitor;
use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    time::Duration,
};

/// A `tidings` with nothing of this environment but what it is given.
pub(crate) fn tidings(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidings"));
    command.args(arguments).env_clear().current_dir(data);
    command.env("TIDINGS_DATA", data).env("TIDINGS_LISTEN", "127.0.0.1:0").env("TIDINGS_LOG", "warn");
    command.envs(environment.iter().copied());
    command
}

/// Runs it to its end.
pub(crate) fn finished(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    tidings(data, arguments, environment).stdin(Stdio::null()).output().unwrap()
}

/// What a finished process said, on both its outputs.
pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A process that runs until it is stopped, or until this goes.
pub(crate) struct Running {
    child: Child,
    /// Where it listens, for `serve`.
    pub(crate) address: String,
}

/// Longer than any start takes.
const PATIENCE: Duration = Duration::from_secs(60);

impl Running {
    /// Starts it and waits for the line by which it says that it is ready.
    pub(crate) fn start(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = tidings(data, arguments, environment);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (send, receive) = mpsc::channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        let mut address = String::new();
        loop {
            match receive.recv_timeout(PATIENCE) {
                Ok(line) if line == "working" => break,
                Ok(line) => {
                    if let Some(at) = line.strip_prefix("listening on ") {
                        address = at.to_owned();
                        break;
                    }
                }
                Err(_) => {
                    let _ = child.kill();
                    let mut errors = String::new();
                    let _ = child.stderr.take().unwrap().read_to_string(&mut errors);
                    panic!("tidings did not become ready: {errors}");
                }
            }
        }
        // Nobody reads its log; a full pipe would stop it.
        let errors = child.stderr.take().unwrap();
        std::thread::spawn(move || for _ in BufReader::new(errors).lines().map_while(Result::ok) {});
        Self { child, address }
    }

    /// Somebody with a browser.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(&self.address)
    }

    /// How much memory it has for itself alone, in MB.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }

    /// Sends SIGTERM and waits for the end; whether it ended well.
    pub(crate) fn terminate(mut self) -> bool {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().success()
    }

    /// `kill -9`.
    #[cfg(feature = "crash-points")]
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it ends by itself; whether it ended well.
    #[cfg(feature = "crash-points")]
    pub(crate) fn wait(mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
