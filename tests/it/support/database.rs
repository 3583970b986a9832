//! A migrated database for each test: a copied file, or a copied template.

use super::Backend;
use diesel::{Connection, PgConnection, RunQueryDsl};
use std::{path::PathBuf, sync::OnceLock};
use tidings_base::db::{Url, migrate};

/// Where a test's database is; it goes with this.
pub(crate) struct Place {
    _folder: Option<tempfile::TempDir>,
    postgres: Option<String>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(name) = &self.postgres
            && let Ok(mut conn) = PgConnection::establish(&admin())
        {
            let _ = diesel::sql_query(format!("drop database if exists {name} with (force)")).execute(&mut conn);
        }
    }
}

/// An empty database with every migration.
pub(crate) fn fresh(backend: Backend) -> (Url, Place) {
    match backend {
        Backend::Sqlite => {
            let folder = tempfile::tempdir_in(memory()).unwrap();
            let path = folder.path().join("tidings.db");
            std::fs::write(&path, template_file()).unwrap();
            let url = Url::Sqlite(path.to_string_lossy().into_owned());
            (url, Place { _folder: Some(folder), postgres: None })
        }
        Backend::Postgres => {
            let name = format!("t_{}", uuid::Uuid::new_v4().simple());
            let template = template_database();
            let mut conn = PgConnection::establish(&admin()).unwrap();
            let copy = format!("create database {name} template {template} strategy file_copy");
            diesel::sql_query(copy).execute(&mut conn).unwrap();
            (Url::Postgres(named(&name)), Place { _folder: None, postgres: Some(name) })
        }
    }
}

/// A folder in memory where there is one.
fn memory() -> PathBuf {
    let shared = PathBuf::from("/dev/shm");
    if shared.is_dir() { shared } else { std::env::temp_dir() }
}

fn template_file() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("template.db");
        migrate::run(&Url::Sqlite(path.to_string_lossy().into_owned())).unwrap();
        std::fs::read(path).unwrap()
    })
}

fn template_database() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| {
        let name = format!("template_{}", uuid::Uuid::new_v4().simple());
        let mut conn = PgConnection::establish(&admin()).unwrap();
        diesel::sql_query(format!("create database {name}")).execute(&mut conn).unwrap();
        migrate::run(&Url::Postgres(named(&name))).unwrap();
        name
    })
}

fn admin() -> String {
    std::env::var("TEST_POSTGRES").expect("TEST_POSTGRES names no server: start the tests with tests/run")
}

/// The address of another database of the same server.
fn named(name: &str) -> String {
    admin().replacen("/postgres?", &format!("/{name}?"), 1)
}
