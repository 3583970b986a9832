//! A run: the program suffers what was drawn, is then left in peace until nothing is left to do, and
//! what came of it is held against the laws.

use super::{
    hands::{cancel, each, hurry, left, open_dispatches, transaction},
    laws,
    place::Place,
    plan::{Act, Clock, How, Mail, Plan},
    shop::{self, KEY, Shop},
};
use crate::support::{
    Backend,
    child::tidings,
    line::{Chance, FakeLine, TOKEN},
    smtp::{Ending, Manners, Smtp},
};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::Connection;
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader},
    net::TcpListener,
    ops::{Deref, DerefMut},
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};
use tidings_base::{
    clock,
    db::{Conn, Url, migrate, sql::Sql},
};
use tidings_sending::dispatch;

/// How long a process that is to die at some place may take to come there.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long claimed work is left alone: shorter than a call may take.
const LEASE: &str = "2s";
/// How long a process may take to end that was asked to.
pub(super) const GRACE: Duration = Duration::from_secs(12);
/// How long everything may take to come to rest.
const REST: Duration = Duration::from_secs(90);

/// One run and what it is made of.
pub(super) struct Run {
    pub(super) plan: Plan,
    pub(super) place: Place,
    line: Arc<FakeLine>,
    line_api: String,
    smtp: Smtp,
    shop: Shop,
    /// One restart of the database after the other.
    restarting: Mutex<()>,
}

pub(super) fn run(seed: u64, backend: Backend) {
    with(Plan::draw(seed), seed, backend, Run::suffer);
}

/// A run of this plan that suffers what `suffers` does to it.
pub(super) fn with(plan: Plan, seed: u64, backend: Backend, suffers: impl FnOnce(&Run)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let place = Place::open(backend, plan.breaks_the_database());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let line_api = format!("http://{}", listener.local_addr().unwrap());
    let line = {
        let _here = runtime.enter();
        FakeLine::start(listener)
    };
    line.by_chance(plan.line, seed);
    let smtp = runtime.block_on(Smtp::start(manners(&plan)));
    let mut conn = migrate::open(&place.url).unwrap();
    let now = clock::Clock::real().now();
    let shop = conn.transaction(|conn| shop::fill(conn, &plan, &smtp, now)).unwrap();
    drop(conn);
    let run = Run { plan, place, line, line_api, smtp, shop, restarting: Mutex::default() };
    suffers(&run);
    run.rest(None, "without the clock moved");
    let late = clock::Clock::real().now() + TimeDelta::minutes(90);
    run.rest(Some(late), "ninety minutes later");
    laws::hold(&mut run.connection(), &run.plan, &run.line, &run.smtp);
}

/// What the mail server does, for each recipient.
fn manners(plan: &Plan) -> Manners {
    let mut manners = Manners::default();
    for (n, mail) in plan.mail.iter().enumerate() {
        let to = shop::by_mail(n);
        match mail {
            Mail::Arrives => {}
            Mail::Greylisted => {
                manners.recipients.insert(to, VecDeque::from(["451 4.7.1 Greylisted, come back later"]));
            }
            Mail::Refused => {
                manners.endings.insert(to, Ending::Says("554 5.7.1 Not wanted here"));
            }
            Mail::AcceptsAndCloses => {
                manners.endings.insert(to, Ending::AcceptsAndCloses);
            }
            Mail::ClosesInTheMiddle => {
                manners.endings.insert(to, Ending::ClosesInTheMiddle);
            }
        }
    }
    manners
}

impl Run {
    /// One process after the other comes to its end, while other things happen.
    fn suffer(&self) {
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for (after, act) in &self.plan.acts {
                scope.spawn(|| {
                    let began = Instant::now();
                    while began.elapsed() < *after && !over.load(Ordering::Relaxed) {
                        sleep(Duration::from_millis(20));
                    }
                    self.act(*act);
                });
            }
            let bystander = self.shares().then(|| self.start(&["worker"], &[("TIDINGS_CLOCK", "real")]));
            for end in &self.plan.ends {
                let shown = match end.clock {
                    // Nodes that show different times are a mistake of whoever runs them.
                    _ if self.shares() => "real".to_owned(),
                    None => "real".to_owned(),
                    Some(Clock::HourAhead) => moved(TimeDelta::hours(1)),
                    Some(Clock::FiveMinutesBack) => moved(-TimeDelta::minutes(5)),
                };
                self.end(end.how, &shown);
            }
            over.store(true, Ordering::Relaxed);
            if let Some(mut bystander) = bystander {
                bystander.kill().unwrap();
                bystander.wait().unwrap();
            }
        });
    }

    /// A connection of this test's own, which nobody breaks.
    pub(super) fn connection(&self) -> Conn {
        self.reachable().expect("the database is up")
    }

    /// [`Self::connection`], if the database is up at this moment.
    fn reachable(&self) -> Option<Conn> {
        match &self.place.url {
            Url::Sqlite(_) => migrate::open(&self.place.url).ok(),
            Url::Postgres(url) => migrate::open(&Url::Postgres(format!("{url}&application_name=faults"))).ok(),
        }
    }

    /// Whether two processes share the work.
    fn shares(&self) -> bool {
        self.plan.nodes > 1 && matches!(self.place.url, Url::Postgres(_))
    }

    /// A process, from its start to its end.
    fn end(&self, how: How, clock: &str) {
        let mut environment = vec![("TIDINGS_CLOCK", clock.to_owned())];
        if let How::At(point, passage) = how {
            environment.push(("TIDINGS_CRASH_AT", format!("{point}:{passage}")));
        }
        let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut child = self.start(&["serve", "--empty"], &environment);
        match how {
            How::At(..) => {
                ended(&mut child, PATIENCE);
                let _ = child.kill();
            }
            How::Killed(after) => {
                sleep(after);
                let _ = child.kill();
            }
            How::Terminated(after) => {
                sleep(after);
                terminate(&child);
                assert!(ended(&mut child, GRACE), "it did not end within {GRACE:?} of SIGTERM");
            }
            How::TerminatedTwice(after) => {
                sleep(after);
                terminate(&child);
                terminate(&child);
                assert!(ended(&mut child, GRACE), "it did not end within {GRACE:?} of two SIGTERMs");
            }
        }
        child.wait().unwrap();
    }

    pub(super) fn start(&self, command: &[&str], environment: &[(&str, &str)]) -> Service {
        Service(self.command(command, environment).stdout(Stdio::null()).spawn().unwrap())
    }

    /// The server, once it says that it is ready.
    pub(super) fn ready(&self, clock: &str) -> Service {
        let environment = [("TIDINGS_CLOCK", clock)];
        let mut command = self.command(&["serve", "--empty"], &environment);
        let mut child = Service(command.stdout(Stdio::piped()).spawn().unwrap());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("listening on ")), "it did not become ready");
        std::thread::spawn(move || lines.for_each(drop));
        child
    }

    fn command(&self, command: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut all = vec![
            ("TIDINGS_LEASE", LEASE),
            ("TIDINGS_SECRET_KEY", KEY),
            ("TIDINGS_LINE_API_BASE", &self.line_api),
            ("TIDINGS_ALLOW_PRIVATE_ADDRESSES", "1"),
        ];
        if let Url::Postgres(url) = &self.place.url {
            all.push(("DATABASE_URL", url));
        }
        all.extend(environment);
        let mut command = tidings(&self.place.folder, command, &all);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn act(&self, act: Act) {
        let Some(mut conn) = self.reachable() else { return };
        let now = clock::Clock::real().now();
        match act {
            Act::Lock(long) => {
                let lock = match &self.place.url {
                    Url::Sqlite(_) => "update people set version = version where 1 = 0",
                    Url::Postgres(_) => "lock table deliveries, slices, journey_entries in exclusive mode",
                };
                // Whoever comes too late to the lock has nothing to hold.
                let _ = transaction(&mut conn, |conn| {
                    Sql::new(lock).execute(conn)?;
                    sleep(long);
                    Ok(())
                });
            }
            Act::FillDisk(long) => {
                let ballast = self.place.fill_up();
                sleep(long);
                drop(ballast);
            }
            Act::Restart => {
                if let Some(server) = &self.place.server {
                    drop(conn);
                    let _turn = self.restarting.lock().unwrap();
                    server.down().and_then(|()| server.up()).unwrap();
                }
            }
            Act::Disconnect => {
                if let Url::Postgres(_) = &self.place.url {
                    let all = "select count(pg_terminate_backend(pid)) as n from pg_stat_activity \
                               where datname = current_database() and application_name <> 'faults'";
                    let _ = Sql::new(all).count(&mut conn);
                }
            }
            Act::CancelBroadcast => {
                let broadcast = self.shop.broadcast.clone();
                let _ = transaction(&mut conn, |conn| cancel(conn, &broadcast, now));
            }
            Act::PauseAll => {
                let _ =
                    transaction(&mut conn, |conn| each(conn, |conn, id| dispatch::pause(conn, id, "店長").map(drop)));
            }
            Act::ResumeAll => {
                let _ = transaction(&mut conn, |conn| each(conn, |conn, id| dispatch::resume(conn, id, now).map(drop)));
            }
            Act::Revoke(long) => {
                *self.line.token.lock().unwrap() = "another".to_owned();
                sleep(long);
                *self.line.token.lock().unwrap() = TOKEN.to_owned();
            }
            Act::Quota(left, long) => {
                self.line.left(left);
                sleep(long);
                self.line.limit(None);
            }
        }
    }

    /// Everything goes well, and somebody impatient sees to what stopped, until nothing is left to do.
    fn rest(&self, clock: Option<NaiveDateTime>, when: &str) {
        self.line.by_chance(Chance::default(), 0);
        let shown = clock.map_or_else(|| "real".to_owned(), |at| format!("{}+00:00", at.format("%Y-%m-%dT%H:%M:%S")));
        let mut child = self.ready(&shown);
        let mut conn = self.connection();
        let began = Instant::now();
        loop {
            sleep(Duration::from_millis(200));
            let left = transaction(&mut conn, |conn| {
                hurry(conn)?;
                left(conn, clock.is_some())
            });
            match left {
                Ok(left) if left.is_empty() => break,
                Ok(left) if began.elapsed() >= REST => {
                    panic!("{when} it found no rest: {left:?}, {:?}", open_dispatches(&mut conn))
                }
                Ok(_) => {}
                Err(e) => assert!(began.elapsed() < REST, "{when} the database said {e}"),
            }
            assert!(child.try_wait().unwrap().is_none(), "{when} the program ended by itself");
        }
        terminate(&child);
        assert!(ended(&mut child, GRACE), "it did not end within {GRACE:?} of SIGTERM");
        let status = child.wait().unwrap();
        assert!(status.success() && status.signal().is_none(), "{when} it ended with {status:?}");
    }
}

fn moved(by: TimeDelta) -> String {
    let shown = clock::Clock::real().now() + by;
    format!("{}+00:00", shown.format("%Y-%m-%dT%H:%M:%S"))
}

/// A process that does not outlive the run, however that ends.
pub(super) struct Service(Child);

impl Deref for Service {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Service {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.0.kill().and_then(|()| self.0.wait()));
    }
}

pub(super) fn terminate(child: &Child) {
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
}

/// Whether it ended within this time.
pub(super) fn ended(child: &mut Child, within: Duration) -> bool {
    eventually(within, || child.try_wait().unwrap().is_some())
}

/// Whether it comes true in time.
pub(super) fn eventually(within: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < within {
        if is_so() {
            return true;
        }
        sleep(Duration::from_millis(10));
    }
    false
}
