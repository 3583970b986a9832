//! A whole Tidings for each test: its own database, its own server on a free port, its own clock.

pub(crate) mod bench;
mod browser;
pub(crate) mod child;
pub(crate) mod database;
pub(crate) mod line;
#[cfg(feature = "crash-points")]
pub(crate) mod postgres;
mod shop;
pub(crate) mod smtp;
pub(crate) mod stream;
mod visitor;

pub(crate) use browser::{Browser, View};
pub(crate) use shop::Someone;
pub(crate) use visitor::{Filled, Shown, Visitor};

use chrono::TimeDelta;
use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
    time::Duration,
};
use tidings::Parts;
use tidings_base::{
    clock::Clock,
    db::{Conn, Db, DbError, Id, Url},
    jobs::{self, Running, Wake, Work},
    outside::{Outside, Reach},
    passwords::Hasher,
    people::{self, NewPerson},
    secret::Secret,
    web::{Role, live::Streams},
};

/// Which database a test runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// One test, two databases:
/// `both! { async fn it_does_this(app: App) { … } }`
macro_rules! both {
    ($($(#[$about:meta])* async fn $name:ident($app:ident: App) $body:block)*) => {$(
        $(#[$about])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn the_test($app: $crate::support::App) $body

            #[test]
            fn sqlite() {
                $crate::support::run($crate::support::Backend::Sqlite, the_test);
            }

            #[test]
            fn postgres() {
                $crate::support::run($crate::support::Backend::Postgres, the_test);
            }
        }
    )*};
}
pub(crate) use both;

/// A running Tidings.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) url: Url,
    pub(crate) address: String,
    pub(crate) backend: Backend,
    pub(crate) work: Work,
    /// Where this Tidings believes LINE to be; nobody answers there until a fake does.
    line: Arc<Mutex<Option<TcpListener>>>,
    running: Running,
    _place: Arc<database::Place>,
}

/// Under which the world outside reaches a Tidings of the tests; nobody listens there.
pub(crate) const PUBLIC_URL: &str = "https://shop.example";

/// The password of every person of a test.
pub(crate) const PASSWORD: &str = "open sesame, please";

/// Nothing in a test takes this long; a test that waits for what never comes fails instead.
const PATIENCE: Duration = Duration::from_secs(60);

impl App {
    /// Somebody who has not signed in, with a browser that keeps cookies and runs no scripts.
    pub(crate) fn anonymous(&self) -> Visitor {
        Visitor::new(&self.address)
    }

    /// Somebody who has this role and has signed in.
    pub(crate) async fn as_(&self, role: Role) -> Visitor {
        let (email, _) = self.person(&[role]).await;
        self.sign_in(&email).await
    }

    /// A person with these roles; their address and id.
    pub(crate) async fn person(&self, roles: &[Role]) -> (String, Id) {
        let email = format!("{}@shop.test", uuid::Uuid::new_v4().simple());
        let (address, roles, now) = (email.clone(), roles.to_vec(), self.clock.now());
        let hash = Hasher::cheapest().hash(PASSWORD);
        let id = self
            .write(move |conn| {
                let name = format!("{} 美玲", roles.first().map_or("nobody", |role| role.word()));
                people::add(conn, &NewPerson { email: &address, name: &name, password_hash: &hash, roles: &roles }, now)
            })
            .await;
        (email, id)
    }

    /// Signs in by the page.
    pub(crate) async fn sign_in(&self, email: &str) -> Visitor {
        let visitor = self.anonymous();
        let page = visitor.get("/signin").await;
        let answer =
            page.form("/signin").set("email", email).set("password", PASSWORD).set("back", "/account").submit().await;
        assert_eq!(answer.status, 200, "{email} could not sign in: {}", answer.html);
        visitor
    }

    /// LINE, as far as this Tidings knows.
    pub(crate) fn fake_line(&self) -> Arc<line::FakeLine> {
        line::FakeLine::start(self.line.lock().unwrap().take().expect("there is one LINE"))
    }

    /// Asks the database.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> diesel::QueryResult<T> + Send + 'static,
    ) -> T {
        self.db.read(move |conn| f(conn).map_err(DbError::from)).await.unwrap()
    }

    /// Changes the database, in a transaction.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> diesel::QueryResult<T> + Send + 'static,
    ) -> T {
        self.db.write(move |conn| f(conn).map_err(DbError::from)).await.unwrap()
    }

    /// Lets product time pass, and waits until what became due has been done.
    pub(crate) async fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.settle().await;
    }

    /// Waits until there is nothing left to do now.
    pub(crate) async fn settle(&self) {
        let done = async {
            // Work makes work: it is quiet when it was quiet twice.
            let mut quiet = 0;
            while quiet < 2 {
                for kind in tidings::kinds() {
                    self.work.wake.kind(kind.name);
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
                quiet = if self.running.is_idle(&self.work).await.unwrap() { quiet + 1 } else { 0 };
            }
        };
        tokio::time::timeout(PATIENCE, done).await.expect("the jobs found no end");
    }
}

/// Runs `test` against a Tidings of its own.
pub(crate) fn run<F: Future<Output = ()>>(backend: Backend, test: fn(App) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (url, place) = database::fresh(backend);
        let db = Db::open(&url, 4).unwrap();
        let clock = Clock::real();
        let wake = Wake::default();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let line = TcpListener::bind("127.0.0.1:0").unwrap();
        let line_api = format!("http://{}", line.local_addr().unwrap());
        let reach = Reach { public_url: PUBLIC_URL.to_owned(), line_api, allow_private_addresses: true };
        let outside = Outside::new(reach, Secret::random().unwrap());
        let work = Work { db: db.clone(), clock: clock.clone(), wake, outside, lease: TimeDelta::seconds(30) };
        let parts = Parts {
            work: work.clone(),
            hasher: Hasher::cheapest(),
            streams: Streams::default(),
            secure: false,
            demo: false,
        };
        let server = tidings::server(&parts, listener).unwrap();
        let (running, workers) = jobs::start(tidings::kinds(), &work);
        let app = App {
            db,
            clock,
            url,
            address,
            backend,
            work,
            line: Arc::new(Mutex::new(Some(line))),
            running,
            _place: Arc::new(place),
        };
        tokio::select! {
            () = test(app) => {}
            end = server => panic!("the server ended: {end:?}"),
            () = workers => panic!("the workers ended"),
        }
    });
    // Connections in use by a last job must not hold the test up.
    runtime.shutdown_timeout(Duration::from_secs(5));
}
