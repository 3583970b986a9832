//! Where a run's database is: one among those of all tests, or one of its own that can be made to suffer
//! without them.

use crate::support::{Backend, database, postgres::Server};
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};
use tidings_base::db::{Id, Url, migrate};

/// Room for what a run writes.
const DISK_MB: u32 = 48;

pub(super) struct Place {
    pub(super) url: Url,
    /// The program's folder.
    pub(super) folder: PathBuf,
    /// Where the database can be stopped and started again.
    pub(super) server: Option<Server>,
    /// Where the disk can be filled up.
    disk: Option<Disk>,
    _shared: Option<database::Place>,
    _own: tempfile::TempDir,
}

impl Place {
    /// `own`: whether it will be made to suffer what others must not.
    ///
    /// # Panics
    /// A small disk cannot be mounted, or PostgreSQL is not installed.
    pub(super) fn open(backend: Backend, own: bool) -> Self {
        let memory = if Path::new("/dev/shm").is_dir() { PathBuf::from("/dev/shm") } else { std::env::temp_dir() };
        let folder = tempfile::tempdir_in(memory).unwrap();
        let mut place = Self {
            url: Url::Sqlite(String::new()),
            folder: folder.path().to_owned(),
            server: None,
            disk: None,
            _shared: None,
            _own: folder,
        };
        match backend {
            Backend::Sqlite if own => {
                place.disk = Some(Disk::mount(place.folder.join("disk")));
                place.folder = place.folder.join("disk");
                place.url = Url::Sqlite(place.folder.join("tidings.db").to_string_lossy().into_owned());
                migrate::run(&place.url).unwrap();
            }
            Backend::Postgres if own => {
                let server = Server::start(&place.folder.join("postgres")).unwrap();
                place.url = Url::Postgres(server.url());
                place.server = Some(server);
                migrate::run(&place.url).unwrap();
            }
            backend => {
                let (url, shared) = database::fresh(backend);
                if let Url::Sqlite(path) = &url {
                    place.folder = Path::new(path).parent().unwrap().to_owned();
                }
                (place.url, place._shared) = (url, Some(shared));
            }
        }
        place
    }

    /// Fills the disk up to its last byte, until what this answers is dropped.
    pub(super) fn fill_up(&self) -> Option<Ballast> {
        // Under a name of its own: two may fill it at the same time.
        self.disk.as_ref().map(|disk| Ballast::load(disk.0.join(Id::new().as_str())))
    }
}

/// A small file system in memory.
struct Disk(PathBuf);

impl Disk {
    fn mount(at: PathBuf) -> Self {
        std::fs::create_dir_all(&at).unwrap();
        let size = format!("size={DISK_MB}m");
        let mount = ["mount", "-t", "tmpfs", "-o", &size, "tmpfs"];
        let root = Command::new("id").arg("-u").output().is_ok_and(|said| said.stdout.trim_ascii() == b"0");
        let mut command = Command::new(if root { mount[0] } else { "sudo" });
        command.args(if root { &mount[1..] } else { &mount }).arg(&at);
        assert!(command.status().unwrap().success(), "a small disk can be mounted at {}", at.display());
        Self(at)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// What fills a disk.
pub(super) struct Ballast(PathBuf);

impl Ballast {
    fn load(at: PathBuf) -> Self {
        let mut file = std::fs::File::create(&at).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
        Self(at)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}
