//! Tidings as a child process, and what the system says of it.

use crate::vendor::Vendor;
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};
use tidings_base::db::Url;

pub(crate) struct Program(Child);

impl Program {
    /// Starts it and waits until it is ready.
    pub(crate) fn start(data: &Path, url: &Url, vendor: &Vendor, key: &str) -> Self {
        let database = match url {
            Url::Sqlite(path) | Url::Postgres(path) => path,
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_tidings"))
            .args(["serve", "--empty"])
            .env_clear()
            .env("TIDINGS_DATA", data)
            .env("DATABASE_URL", database)
            .env("TIDINGS_LISTEN", "127.0.0.1:0")
            .env("TIDINGS_LOG", "warn")
            .env("TIDINGS_SECRET_KEY", key)
            .env("TIDINGS_LINE_API_BASE", format!("http://{}", vendor.address))
            .env("TIDINGS_ALLOW_PRIVATE_ADDRESSES", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let ready = lines.by_ref().map_while(Result::ok).any(|line| line.starts_with("listening on "));
        assert!(ready, "the program did not become ready");
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
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
        let text = std::fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
    }

    pub(crate) fn stop(mut self) {
        let _ = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}
