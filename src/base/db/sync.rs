//! Making commits of SQLite durable beside the writer: it commits to its log and goes on, while this
//! thread waits for the disk in the name of all who want to know that theirs is there.
//!
//! With `synchronous = normal` a commit in WAL mode is in the log but not forced to the disk; forcing the
//! log's file afterwards is what `synchronous = full` does before each commit returns (SQLite: PRAGMA
//! synchronous; Write-Ahead Logging, section 3.1). A checkpoint that takes the log's content away in between has
//! forced it into the database's file first.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, Sender},
};

/// Told whether what was committed before is on the disk.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

pub(super) struct Syncer(Sender<Answer>);

impl Syncer {
    /// Starts the thread for the database in the file `database`.
    pub(super) fn start(database: &str) -> io::Result<Self> {
        let log = PathBuf::from(format!("{database}-wal"));
        let (send, receive) = mpsc::channel();
        std::thread::Builder::new().name("sqlite-sync".into()).spawn(move || serve(&log, &receive))?;
        Ok(Self(send))
    }

    /// Calls `answer` when everything committed until now is on the disk.
    pub(super) fn then(&self, answer: Answer) {
        if let Err(mpsc::SendError(answer)) = self.0.send(answer) {
            answer(Err("the thread that waits for the disk ended".to_owned()));
        }
    }
}

fn serve(log: &Path, receive: &Receiver<Answer>) {
    let mut file = None;
    while let Ok(first) = receive.recv() {
        // Whoever waits by now is served by the same wait.
        let all: Vec<Answer> = std::iter::once(first).chain(receive.try_iter()).collect();
        let synced = sync(log, &mut file).map_err(|e| e.to_string());
        if let Err(e) = &synced {
            tracing::error!(error = %e, "what was committed could not be forced to the disk");
        }
        for answer in all {
            answer(synced.clone());
        }
    }
}

/// The log's file stays the same as long as somebody has the database open, as the writer has.
fn sync(log: &Path, file: &mut Option<File>) -> io::Result<()> {
    match file {
        Some(file) => file.sync_data(),
        None => {
            let opened = File::open(log)?;
            opened.sync_data()?;
            // That there is such a file is written in its folder.
            let folder = log.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            File::open(folder)?.sync_all()?;
            *file = Some(opened);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_answered_and_told_if_there_is_no_log() {
        let place = tempfile::tempdir().unwrap();
        let database = place.path().join("shop.db");
        let syncer = Syncer::start(&database.to_string_lossy()).unwrap();
        let ask = || {
            let (send, receive) = mpsc::channel();
            syncer.then(Box::new(move |synced| send.send(synced).unwrap()));
            receive.recv().unwrap()
        };
        assert!(ask().is_err());
        std::fs::write(place.path().join("shop.db-wal"), "a log").unwrap();
        assert_eq!(ask(), Ok(()));
        assert_eq!(ask(), Ok(()));
    }
}
