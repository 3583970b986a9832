use std::{fs, path::Path};
use tidings::startup::Failure;
use tidings_base::{
    db::{Url, migrate, sql::Sql},
    settings::Settings,
};

/// `tidings backup FILE`: a consistent copy, made while the server runs.
#[expect(clippy::print_stdout, reason = "the answer to a command")]
pub(crate) fn backup(settings: &Settings, file: &Path) -> Result<(), Failure> {
    let path = sqlite(settings, "use pg_dump: pg_dump --format=custom --file=FILE \"$DATABASE_URL\"")?;
    if !Path::new(path).exists() {
        return Err(format!("there is no database at {path}").into());
    }
    if file.exists() {
        return Err(format!("{} exists already; a backup never writes over a file", file.display()).into());
    }
    let mut conn = migrate::open(&settings.database)?;
    let mut copy = Sql::new("vacuum into ");
    copy.bind(file.to_string_lossy().into_owned());
    copy.execute(&mut conn)?;
    fs::File::open(file)?.sync_all()?;
    println!("{} holds {} bytes", file.display(), fs::metadata(file)?.len());
    Ok(())
}

/// `tidings restore FILE`: the copy takes the place of the database, which is kept beside it.
#[expect(clippy::print_stdout, reason = "the answer to a command")]
pub(crate) fn restore(settings: &Settings, file: &Path) -> Result<(), Failure> {
    let path = sqlite(settings, "use pg_restore: pg_restore --clean --if-exists --dbname=\"$DATABASE_URL\" FILE")?;
    let copy = Url::Sqlite(file.to_string_lossy().into_owned());
    if !file.exists() {
        return Err(format!("there is no file {}", file.display()).into());
    }
    let people =
        migrate::peek(&copy).and_then(|mut conn| Ok(Sql::new("select count(*) as n from people").count(&mut conn)?));
    people.map_err(|e| format!("{} is no backup of Tidings: {e}", file.display()))?;
    let place = Path::new(path);
    if place.exists() {
        in_use(settings)?;
        let old = format!("{path}.before-restore");
        fs::rename(place, &old).map_err(|e| format!("{path} cannot be moved to {old}: {e}"))?;
        println!("what was there is kept as {old}");
    }
    for tail in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{path}{tail}"));
    }
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(file, place)?;
    fs::File::open(place)?.sync_all()?;
    println!("{path} is as it was in {}", file.display());
    let paused = pause(settings)?;
    if paused > 0 {
        println!(
            "{paused} channel accounts are paused, so that nothing goes out that went out since the backup: look at \
             what was being sent, call off what people have got, then resume each account on its page"
        );
    }
    Ok(())
}

/// Pauses every account; answers how many there were. What the copy takes for unsent may have been sent.
fn pause(settings: &Settings) -> Result<usize, Failure> {
    let mut conn = migrate::open(&settings.database)?;
    let mut sql = Sql::new("update channels set status = 'paused', version = version + 1 where status in (");
    Ok(sql.bind_all(["ready", "trouble"]).push(")").execute(&mut conn)?)
}

/// `tidings vacuum`: gives the disk back what was removed.
#[expect(clippy::print_stdout, reason = "the answer to a command")]
pub(crate) fn vacuum(settings: &Settings) -> Result<(), Failure> {
    let Url::Sqlite(path) = &settings.database else {
        let mut conn = migrate::open(&settings.database)?;
        Sql::new("vacuum (analyze)").execute(&mut conn)?;
        println!("PostgreSQL has looked through every table");
        return Ok(());
    };
    if !Path::new(path).exists() {
        return Err(format!("there is no database at {path}").into());
    }
    let before = fs::metadata(path)?.len();
    in_use(settings)?;
    let mut conn = migrate::open(&settings.database)?;
    Sql::new("vacuum").execute(&mut conn)?;
    drop(conn);
    println!("{path} had {before} bytes and has {}", fs::metadata(path)?.len());
    Ok(())
}

/// Refuses a database that a server has open.
fn in_use(settings: &Settings) -> Result<(), Failure> {
    // Only a connection that is alone can take the whole file and leave the log's mode.
    let mut conn = migrate::open(&settings.database)?;
    let alone = Sql::new("pragma busy_timeout = 0")
        .execute(&mut conn)
        .and_then(|_| Sql::new("pragma journal_mode = delete").execute(&mut conn));
    let mode = alone.and_then(|_| mode(&mut conn));
    match mode.as_deref() {
        Ok("delete") => Ok(()),
        _ => Err("the database is in use: stop the server first".into()),
    }
}

fn mode(conn: &mut tidings_base::db::Conn) -> diesel::QueryResult<String> {
    #[derive(diesel::QueryableByName)]
    struct Mode {
        #[diesel(sql_type = diesel::sql_types::Text)]
        journal_mode: String,
    }
    Sql::new("select journal_mode from pragma_journal_mode").first::<Mode>(conn).map(|row| row.journal_mode)
}

fn sqlite<'a>(settings: &'a Settings, instead: &str) -> Result<&'a str, Failure> {
    match &settings.database {
        Url::Sqlite(path) => Ok(path),
        Url::Postgres(_) => Err(format!("this database is PostgreSQL: {instead}").into()),
    }
}
