//! A PostgreSQL of one's own, on a socket, with the durability it has anywhere: to be measured, or to be
//! stopped and started again under a program that uses it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

pub(crate) struct Server {
    bin: PathBuf,
    place: PathBuf,
}

impl Server {
    /// A new one in the folder `place`.
    pub(crate) fn start(place: &Path) -> Result<Self, String> {
        let mut found: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
            .map_err(|e| e.to_string())?
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .collect();
        found.sort();
        let server = Self { bin: found.pop().ok_or("it is not installed")?, place: place.to_owned() };
        std::fs::create_dir_all(place).map_err(|e| e.to_string())?;
        if is_root() {
            // It refuses to run as root, and must reach its folder.
            let parent = place.parent().unwrap_or(place);
            run(Command::new("chmod").arg("755").arg(parent))?;
            run(Command::new("chown").arg("postgres").arg(place))?;
        }
        let initdb = ["-U", "tidings", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        run(server.tool("initdb").arg("-D").arg(server.data()).args(initdb))?;
        server.up()?;
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgresql:///postgres?host={}&user=tidings", self.place.display())
    }

    pub(crate) fn up(&self) -> Result<(), String> {
        let options = format!(
            "-k {} -h '' -c max_connections=100 -c shared_buffers=256MB -c max_wal_size=4GB",
            self.place.display()
        );
        let mut start = self.tool("pg_ctl");
        start
            .arg("-D")
            .arg(self.data())
            .args(["-w", "-s", "-o", &options, "-l"])
            .arg(self.place.join("log"))
            .arg("start");
        run(&mut start)
    }

    /// Ends it at once, as when the machine loses power.
    pub(crate) fn down(&self) -> Result<(), String> {
        run(self.tool("pg_ctl").arg("-D").arg(self.data()).args(["-m", "immediate", "-s", "stop"]))
    }

    fn data(&self) -> PathBuf {
        self.place.join("data")
    }

    fn tool(&self, name: &str) -> Command {
        let tool = self.bin.join(name);
        if !is_root() {
            return Command::new(tool);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(tool);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.down();
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|said| said.stdout.trim_ascii() == b"0")
}

fn run(command: &mut Command) -> Result<(), String> {
    let said = command.current_dir("/").output().map_err(|e| e.to_string())?;
    if said.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said.stderr).into_owned()) }
}
