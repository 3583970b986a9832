//! What happens between the command line and the first request.

use chrono::NaiveDateTime;
use std::{io::IsTerminal, net::TcpListener};
use tidings_base::{
    clock::{Anchor, Clock},
    db::{Conn, Db, DbError, migrate},
    passwords::Hasher,
    people::{self, NewPerson},
    settings::{ClockSetting, Settings},
    web::Role,
    workspace,
};
use tidings_sending::channels::connection;

/// Why the program does not start.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

const ANCHOR: &str = "clock.anchor";
const ANCHOR_TEXT: &str = "clock.setting";

/// Opens the database with every migration applied, and the clock as the settings or the database
/// say.
pub async fn open(settings: &Settings) -> Result<(Db, Clock), Failure> {
    std::fs::create_dir_all(&settings.data)
        .map_err(|e| format!("the data folder {} cannot be made: {e}", settings.data.display()))?;
    let applied = migrate::run(&settings.database)
        .map_err(|e| format!("the database ({}) cannot be opened or migrated: {e}", settings.database))?;
    if !applied.is_empty() {
        tracing::info!(migrations = applied.len(), "the database was brought up to date");
    }
    let db = Db::open(&settings.database, READERS)?;
    let clock = Clock::real();
    set_clock(&db, &clock, settings).await?;
    set_zone(&db, &clock, settings.timezone).await?;
    Ok((db, clock))
}

/// Connections that read; as many pages are drawn at once.
const READERS: u32 = 16;

/// The zone of the settings is that of a new workspace; afterwards the page of settings rules.
async fn set_zone(db: &Db, clock: &Clock, zone: chrono_tz::Tz) -> Result<(), Failure> {
    let now = clock.now();
    let set = db.write(move |conn| workspace::begin(conn, zone, now).map_err(DbError::from));
    Ok(set.await?)
}

/// A moved clock's anchor is a row, so that restarts and nodes agree: the same setting as before
/// goes on from where it was set, another one starts anew.
async fn set_clock(db: &Db, clock: &Clock, settings: &Settings) -> Result<(), Failure> {
    let (setting, text, machine) = (settings.clock, settings.clock_text.clone(), clock.machine());
    let anchor = db.write(move |conn| anchor(conn, setting, &text, machine)).await?;
    let reach = settings.reach(settings.listen)?;
    let beyond = move |conn: &mut Conn| Ok::<_, DbError>(connection::any_beyond(conn, &reach)?);
    if anchor.is_some() && db.read(beyond).await? {
        return Err("the clock may only be moved while no channel account really sends; \
            set TIDINGS_CLOCK=real to put it back"
            .into());
    }
    clock.set(anchor);
    Ok(())
}

fn anchor(
    conn: &mut Conn,
    setting: ClockSetting,
    text: &str,
    machine: NaiveDateTime,
) -> Result<Option<Anchor>, DbError> {
    let stored: Option<Anchor> = workspace::get(conn, ANCHOR)?.and_then(|json| serde_json::from_str(&json).ok());
    match setting {
        ClockSetting::AsStored => Ok(stored),
        ClockSetting::Real => {
            workspace::remove(conn, ANCHOR)?;
            workspace::remove(conn, ANCHOR_TEXT)?;
            Ok(None)
        }
        ClockSetting::Start(_) if stored.is_some() && workspace::get(conn, ANCHOR_TEXT)?.as_deref() == Some(text) => {
            Ok(stored)
        }
        ClockSetting::Start(start) => {
            let anchor = Anchor { product: start.at.naive_utc(), machine, speed: start.speed };
            let json = serde_json::to_string(&anchor).map_err(|_| DbError::Gone)?;
            workspace::set(conn, ANCHOR, &json, machine)?;
            workspace::set(conn, ANCHOR_TEXT, text, machine)?;
            Ok(Some(anchor))
        }
    }
}

/// Who can sign in to the demo shop.
pub const DEMO_PEOPLE: &[&str] = &["admin@demo.test", "marketer@demo.test", "manager@demo.test", "sales@demo.test"];
/// Their password, unless `TIDINGS_DEMO_PASSWORD` says another.
pub const DEMO_PASSWORD: &str = "tidings-demo";

/// Whether this database holds the demo shop.
///
/// # Errors
/// What the database says.
pub async fn is_demo(db: &Db) -> Result<bool, DbError> {
    db.read(|conn| Ok(workspace::get(conn, DEMO)?.is_some())).await
}

const DEMO: &str = "demo.loaded";

/// Loads the demo shop into a database that has nothing, and sets the demo's passwords; answers
/// whether this database holds the demo shop.
///
/// # Errors
/// What the database says.
pub async fn demo(db: &Db, clock: &Clock, settings: &Settings) -> Result<bool, Failure> {
    let empty = db.read(|conn| Ok::<_, DbError>(people::store::count(conn)? == 0)).await?;
    if !empty && !is_demo(db).await? {
        return Ok(false);
    }
    let hash = Hasher::strong().hash(settings.demo_password.as_deref().unwrap_or(DEMO_PASSWORD));
    let (now, zone) = (clock.now(), settings.timezone);
    db.write(move |conn| {
        if empty {
            crate::demo::load(conn, &hash, now, zone)?;
            workspace::set(conn, DEMO, "yes", now)?;
        }
        for email in DEMO_PEOPLE {
            people::store::set_password_of(conn, email, &hash)?;
        }
        Ok::<_, DbError>(())
    })
    .await?;
    Ok(true)
}

/// Opens the address to listen on.
///
/// # Errors
/// The address is taken, or it is not loopback while everybody knows the demo's password.
pub fn listen(settings: &Settings, demo: bool) -> Result<TcpListener, Failure> {
    if demo && settings.demo_password.is_none() && !settings.listen.ip().is_loopback() {
        return Err(format!(
            "the demo's password is known to everybody, so {} is refused: set TIDINGS_DEMO_PASSWORD, or listen on 127.0.0.1",
            settings.listen
        )
        .into());
    }
    TcpListener::bind(settings.listen).map_err(|e| format!("cannot listen on {}: {e}", settings.listen).into())
}

/// Makes the first admin of an empty workspace, from the settings or from the terminal.
///
/// # Errors
/// There is neither, or what they say will not do.
pub async fn first_admin(db: &Db, clock: &Clock, settings: &Settings) -> Result<(), Failure> {
    if db.read(|conn| people::store::count(conn).map_err(DbError::from)).await? > 0 {
        return Ok(());
    }
    let (email, password) = match (&settings.admin_email, &settings.admin_password) {
        (Some(email), Some(password)) => (email.clone(), password.clone()),
        _ if std::io::stdin().is_terminal() => ask()?,
        _ => {
            return Err("the workspace is empty and nobody can sign in: set TIDINGS_ADMIN_EMAIL and \
                TIDINGS_ADMIN_PASSWORD, or start it from a terminal"
                .into());
        }
    };
    add_person(db, clock, &email, &email, &[Role::Admin], &password).await
}

/// Adds a person as the command line asks for it.
///
/// # Errors
/// Says what is wrong with the address or the password.
pub async fn add_person(
    db: &Db,
    clock: &Clock,
    email: &str,
    name: &str,
    roles: &[Role],
    password: &str,
) -> Result<(), Failure> {
    if !email.contains('@') {
        return Err(format!("expected a mail address, found {email:?}").into());
    }
    let shortest = tidings_base::accounts::SHORTEST_PASSWORD;
    if password.chars().count() < shortest {
        return Err(format!("the password must have at least {shortest} characters").into());
    }
    let hash = Hasher::strong().hash(password);
    let (email, name, roles, now) = (email.to_owned(), name.to_owned(), roles.to_vec(), clock.now());
    let shown = email.clone();
    let added = db
        .write(move |conn| {
            if people::exists(conn, &email)? {
                return Ok(false);
            }
            let person = NewPerson { email: &email, name: &name, password_hash: &hash, roles: &roles };
            people::add(conn, &person, now)?;
            Ok::<_, DbError>(true)
        })
        .await?;
    if added { Ok(()) } else { Err(format!("somebody has the address {shown} already").into()) }
}

#[expect(clippy::print_stdout, reason = "a question to the person at the terminal")]
fn ask() -> Result<(String, String), Failure> {
    println!("This workspace is empty. The first admin:");
    print!("email: ");
    std::io::Write::flush(&mut std::io::stdout())?;
    let mut email = String::new();
    std::io::stdin().read_line(&mut email)?;
    let password = rpassword::prompt_password("password: ")?;
    Ok((email.trim().to_owned(), password))
}
