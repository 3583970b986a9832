//! Tidings as a child process, and what the system says of it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};
use tidings_base::db::Url;

pub(crate) struct Program {
    child: Child,
    /// `http://host:port` where it listens.
    pub(crate) address: String,
}

impl Program {
    /// Starts `tidings serve` with these flags and settings besides, and waits until it is ready.
    pub(crate) fn start(data: &Path, url: &Url, flags: &[&str], settings: &[(&str, &str)]) -> Self {
        let database = match url {
            Url::Sqlite(path) | Url::Postgres(path) => path,
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .arg("serve")
            .args(flags)
            .env_clear()
            .env("TIDINGS_DATA", data)
            .env("DATABASE_URL", database)
            .env("TIDINGS_LISTEN", "127.0.0.1:0")
            .env("TIDINGS_LOG", "warn")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let ready = lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("listening on "));
        let address = ready.expect("the program did not become ready").replace("listening on ", "");
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// The most memory it ever had.
    pub(crate) fn peak_mb(&self) -> u64 {
        self.figure("status", "VmHWM:") / 1024
    }

    /// Bytes it wrote to the disk.
    pub(crate) fn written(&self) -> u64 {
        self.figure("io", "write_bytes:")
    }

    fn figure(&self, file: &str, name: &str) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
    }

    /// Asks it to finish, and waits.
    pub(crate) fn stop(mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    /// A bench that fails leaves nothing running.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
