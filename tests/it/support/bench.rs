//! A database and the two clocks, without a server and with no worker running: the test claims and
//! runs work itself, at the machine time it wants.

use super::{Backend, PUBLIC_URL, database, line::FakeLine};
use chrono::{NaiveDateTime, TimeDelta};
use std::{
    net::TcpListener,
    sync::{Arc, Mutex},
};
use tidings_base::{
    clock::Clock,
    db::{Conn, Db, DbError},
    jobs::{Claim, Kind, Slice, Wake, Work},
    outside::{Outside, Reach},
    secret::Secret,
};

/// One test, two databases: `benches! { async fn it_does_this(bench: Bench) { … } }`
macro_rules! benches {
    ($($(#[$about:meta])* async fn $name:ident($bench:ident: Bench) $body:block)*) => {$(
        $(#[$about])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn the_test($bench: $crate::support::bench::Bench) $body

            #[test]
            fn sqlite() {
                $crate::support::bench::run($crate::support::Backend::Sqlite, the_test);
            }

            #[test]
            fn postgres() {
                $crate::support::bench::run($crate::support::Backend::Postgres, the_test);
            }
        }
    )*};
}
pub(crate) use benches;

/// See the module.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) work: Work,
    /// Machine time when the test began; claims count from it.
    start: NaiveDateTime,
    /// Where LINE is believed to be; nobody answers there until a fake does.
    line: Arc<Mutex<Option<TcpListener>>>,
    _place: Arc<database::Place>,
}

impl Bench {
    pub(crate) fn now(&self) -> NaiveDateTime {
        self.work.clock.now()
    }

    /// LINE, as far as this bench knows.
    pub(crate) fn fake_line(&self) -> Arc<FakeLine> {
        FakeLine::start(self.line.lock().unwrap().take().expect("there is one LINE"))
    }

    /// Connections to LINE are refused from now on.
    pub(crate) fn line_is_gone(&self) {
        self.line.lock().unwrap().take();
    }

    /// Asks and changes the database, in a transaction.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Conn) -> diesel::QueryResult<T> + Send + 'static,
    ) -> T {
        self.work.db.write(move |conn| f(conn).map_err(DbError::from)).await.unwrap()
    }

    /// Claims once, as a worker whose machine shows `later` than when the test began.
    pub(crate) async fn claim(&self, kind: &Kind, later: TimeDelta) -> Option<Slice> {
        let machine = self.start + later;
        let owner = uuid::Uuid::new_v4().to_string();
        let terms = Claim {
            owner: owner.clone(),
            now: self.now(),
            machine,
            until: machine + self.work.lease,
            limit: kind.slice,
        };
        let claim = kind.claim.clone();
        let rows = self.write(move |conn| claim(conn, &terms)).await;
        (!rows.is_empty()).then_some(Slice { owner, rows })
    }

    /// Does the work of a claim.
    pub(crate) async fn run(&self, kind: &Kind, slice: Slice) {
        (kind.run)(self.work.clone(), slice).await.unwrap();
    }

    /// One claim and its work, if something is due.
    pub(crate) async fn once(&self, kind: &Kind, later: TimeDelta) {
        if let Some(slice) = self.claim(kind, later).await {
            self.run(kind, slice).await;
        }
    }

    /// Claims and works until nothing is due, each claim a second after the one before; answers how
    /// many there were.
    pub(crate) async fn drain(&self, kind: &Kind, later: TimeDelta) -> usize {
        for n in 0..10_000 {
            match self.claim(kind, later + TimeDelta::seconds(n)).await {
                Some(slice) => self.run(kind, slice).await,
                None => return n as usize,
            }
        }
        panic!("{} found no end", kind.name);
    }
}

/// Runs `test` on a database of its own.
pub(crate) fn run<F: Future<Output = ()>>(backend: Backend, test: fn(Bench) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let (url, place) = database::fresh(backend);
        let db = Db::open(&url, 4).unwrap();
        let line = TcpListener::bind("127.0.0.1:0").unwrap();
        let line_api = format!("http://{}", line.local_addr().unwrap());
        let reach = Reach { public_url: PUBLIC_URL.to_owned(), line_api, allow_private_addresses: true };
        let outside = Outside::new(reach, Secret::random().unwrap());
        let work = Work { db, clock: Clock::real(), wake: Wake::default(), outside, lease: TimeDelta::seconds(30) };
        let start = work.clock.machine();
        test(Bench { work, start, line: Arc::new(Mutex::new(Some(line))), _place: Arc::new(place) }).await;
    });
}
