//! Assembly: every route table, every place of the menu, every kind of work, in visible lists.

pub mod demo;
mod health;
mod metrics;
pub mod startup;

use actix_session::{
    SessionMiddleware,
    config::{CookieContentSecurity, PersistentSession},
};
use actix_web::{
    App, HttpServer,
    cookie::{Key, SameSite, time::Duration},
    dev::Server,
    middleware::{Compress, from_fn},
    web,
};
use std::{net::TcpListener, sync::Arc};
use tidings_base::{
    accounts, audit,
    jobs::{self, Kind, Work},
    passwords::Hasher,
    people,
    retention::{self, Sweep},
    web::{
        self as tidings_web, MenuPlace, Permission, Route, Routes, SessionRows, State, frame, live::Streams, register,
    },
    workspace,
};
use tidings_campaigns::{broadcasts, find, journeys, schedules, today};
use tidings_customers::{audiences, consent, contacts, events, imports};
use tidings_sending::{
    channels::{self, connectors},
    dispatch, images, sandbox,
};

/// Every address of the program.
pub fn routes() -> Vec<Route> {
    [
        tidings_web::ROUTES,
        health::ROUTES,
        metrics::ROUTES,
        accounts::ROUTES,
        today::ROUTES,
        find::ROUTES,
        contacts::ROUTES,
        consent::ROUTES,
        imports::ROUTES,
        audiences::ROUTES,
        broadcasts::ROUTES,
        journeys::ROUTES,
        schedules::ROUTES,
        channels::ROUTES,
        images::ROUTES,
        sandbox::ROUTES,
        people::ROUTES,
        jobs::ROUTES,
        audit::ROUTES,
        workspace::ROUTES,
    ]
    .concat()
}

/// Everything that is removed when it is too old.
fn sweeps() -> Vec<Sweep> {
    [retention::SWEEPS, dispatch::SWEEPS, journeys::SWEEPS, events::SWEEPS, contacts::SWEEPS].concat()
}

/// Every kind of work in the background.
pub fn kinds() -> Vec<Kind> {
    let mut kinds = vec![imports::run(), schedules::run_tasks(), broadcasts::start(connectors())];
    kinds.extend(journeys::kinds());
    kinds.push(retention::sweep(sweeps()));
    kinds.extend([
        dispatch::send(connectors()),
        dispatch::write_out(),
        dispatch::inbound(connectors()),
        channels::names::names(connectors()),
    ]);
    kinds
}

const CUSTOMERS: Option<&str> = Some("site.customers");
const SENDING: Option<&str> = Some("site.sending");
const RESULTS: Option<&str> = Some("site.results");
const ADMINISTRATION: Option<&str> = Some("site.administration");

/// The menu, in its order; a person sees what their roles may open.
pub const MENU: &[MenuPlace] = &[
    tab(place(None, "/", "today.title", "today", Permission::UseWorkspace)),
    tab(place(CUSTOMERS, "/contacts", "contacts.title", "contacts", Permission::ReadContacts)),
    place(CUSTOMERS, "/audiences", "audiences.title", "audiences", Permission::ReadAudiences),
    place(SENDING, "/broadcasts/new", "broadcasts.new", "send", Permission::ManageBroadcasts),
    tab(place(SENDING, "/journeys", "journeys.title", "journeys", Permission::ManageJourneys)),
    tab(place(SENDING, "/schedules", "schedules.title", "schedules", Permission::ManageSchedules)),
    place(RESULTS, "/broadcasts", "broadcasts.title", "chart", Permission::ManageBroadcasts),
    place(ADMINISTRATION, "/people", "people.title", "people", Permission::ManagePeople),
    place(ADMINISTRATION, "/channels", "channels.title", "channels", Permission::ManageChannels),
    place(ADMINISTRATION, "/jobs", "jobs.title", "clock", Permission::ManageJobs),
    place(ADMINISTRATION, "/audit", "audit.title", "audit", Permission::ReadAudit),
    place(ADMINISTRATION, "/settings", "settings.title", "settings", Permission::ManageSettings),
    place(ADMINISTRATION, "/sandbox", "sandbox.title", "sandbox", Permission::UseWorkspace),
];

/// A place that phones keep at hand, too.
const fn tab(place: MenuPlace) -> MenuPlace {
    MenuPlace { tab: true, ..place }
}

const fn place(
    group: Option<&'static str>,
    href: &'static str,
    label: &'static str,
    icon: &'static str,
    permission: Permission,
) -> MenuPlace {
    MenuPlace { group, href, label, icon, permission, tab: false }
}

/// What a server is built from.
#[derive(Clone)]
pub struct Parts {
    pub work: Work,
    pub hasher: Hasher,
    /// What a server that stops ends first.
    pub streams: Streams,
    /// Whether browsers reach it over TLS.
    pub secure: bool,
    /// Whether the demo shop is loaded.
    pub demo: bool,
}

/// How long a session lasts without being used.
const SESSION_DAYS: i64 = 14;

/// The server on `listener`, not yet running.
///
/// # Errors
/// The system refuses the listener.
pub fn server(parts: &Parts, listener: TcpListener) -> std::io::Result<Server> {
    answering(routes(), parts, listener)
}

/// What a process without the website answers: whether it is well, and what it measures.
///
/// # Errors
/// The system refuses the listener.
pub fn monitor(parts: &Parts, listener: TcpListener) -> std::io::Result<Server> {
    answering([health::ROUTES, metrics::ROUTES].concat(), parts, listener)
}

fn answering(routes: Vec<Route>, parts: &Parts, listener: TcpListener) -> std::io::Result<Server> {
    let work = parts.work.clone();
    let secret = work.outside.secret().clone();
    let key = Key::derive_from(&secret.derive("session cookie"));
    let (db, secure) = (work.db.clone(), parts.secure);
    let state = web::Data::new(State {
        db: work.db,
        clock: work.clock,
        wake: work.wake,
        outside: work.outside,
        kinds: kinds().into(),
        lease: work.lease,
        secret,
        hasher: parts.hasher.clone(),
        streams: parts.streams.clone(),
        menu: MENU,
        secure,
        demo: parts.demo,
    });
    let routes = web::Data::new(Routes(Arc::new(routes)));
    let server = HttpServer::new(move || {
        let sessions = SessionMiddleware::builder(SessionRows(db.clone()), key.clone())
            .session_lifecycle(PersistentSession::default().session_ttl(Duration::days(SESSION_DAYS)))
            .cookie_name("tidings".into())
            .cookie_secure(secure)
            .cookie_http_only(true)
            .cookie_same_site(SameSite::Lax)
            .cookie_content_security(CookieContentSecurity::Private)
            .build();
        App::new()
            .app_data(state.clone())
            .app_data(routes.clone())
            .wrap(from_fn(frame))
            .wrap(sessions)
            .wrap(Compress::default())
            .configure(|config| register(config, &routes.0))
    });
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    // An answer goes out in several writes: without this the last one waits 40 ms for an acknowledgement.
    let server = server.tcp_nodelay(true);
    Ok(server.workers(cores.min(4)).shutdown_timeout(5).disable_signals().listen(listener)?.run())
}
