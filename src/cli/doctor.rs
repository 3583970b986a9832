use tidings::startup::Failure;
use tidings_base::{
    db::{Db, DbError, Url, migrate},
    secret::Secret,
    settings::{KNOWN, Settings},
};

/// `tidings doctor`: how this installation is set up, and whether it is well.
///
/// # Errors
/// Something is not well; every finding was printed before.
#[expect(clippy::print_stdout, reason = "the answer to a command")]
pub(crate) async fn run(settings: &Settings) -> Result<(), Failure> {
    println!("tidings {}", env!("CARGO_PKG_VERSION"));
    println!("database: {}", settings.database);
    let tls = if cfg!(feature = "postgres-tls") { "with" } else { "without" };
    println!("built {tls} TLS to PostgreSQL");
    println!("data folder: {}", settings.data.display());
    println!("listens on: {}", settings.listen);
    println!("public address: {}", settings.public_url.as_deref().unwrap_or("not set"));
    println!("settings known: {}", KNOWN.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(" "));
    for kind in tidings::kinds() {
        println!(
            "job {}: up to {} slices of {} rows at a time, lease {} s",
            kind.name,
            kind.concurrency,
            kind.slice,
            settings.lease.num_seconds()
        );
    }
    let mut ill = 0;
    if matches!(settings.database, Url::Sqlite(ref path) if !std::path::Path::new(path).exists()) {
        println!("NOT WELL: there is no database yet; `tidings migrate` or the first start makes it");
        ill += 1;
    } else {
        match database(settings).await {
            Ok(0) => println!("the database answers and is up to date"),
            Ok(missing) => {
                println!("NOT WELL: {missing} migrations are missing; run `tidings migrate`");
                ill += 1;
            }
            Err(e) => {
                println!("NOT WELL: the database does not answer: {e}");
                ill += 1;
            }
        }
    }
    if let Err(e) = Secret::load(settings) {
        println!("NOT WELL: {e}");
        ill += 1;
    }
    if ill == 0 { Ok(()) } else { Err(format!("{ill} things are not well").into()) }
}

async fn database(settings: &Settings) -> Result<usize, DbError> {
    Db::open(&settings.database, 1)?.read(migrate::missing).await
}
