//! A run: the program suffers what was drawn, is then left in peace until nothing is left to do, and
//! what came of it is held against the laws.

use super::{
    laws,
    plan::{Act, Clock, How, Mail, Plan},
    shop::{self, KEY, Shop},
};
use crate::support::{
    Backend,
    child::tidings,
    database,
    line::{Chance, FakeLine, TOKEN},
    smtp::{Ending, Manners, Smtp},
};
use chrono::{NaiveDateTime, TimeDelta};
use diesel::{Connection, QueryResult, connection::SimpleConnection};
use std::{
    collections::VecDeque,
    io::{BufRead, BufReader},
    net::TcpListener,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};
use tidings_base::{
    clock,
    db::{Conn, Id, Url, migrate, sql::Sql},
};
use tidings_sending::dispatch;

/// How long a process that is to die at some place may take to come there.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a process may take to end that was asked to.
const GRACE: Duration = Duration::from_secs(12);
/// How long everything may take to come to rest.
const REST: Duration = Duration::from_secs(90);

/// One run and what it is made of.
struct Run {
    plan: Plan,
    url: Url,
    folder: PathBuf,
    line: Arc<FakeLine>,
    line_api: String,
    smtp: Smtp,
    shop: Shop,
}

pub(super) fn run(seed: u64, backend: Backend) {
    let plan = Plan::draw(seed);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (url, _place) = database::fresh(backend);
    let own = tempfile::tempdir().unwrap();
    let folder = match &url {
        Url::Sqlite(path) => PathBuf::from(path).parent().unwrap().to_owned(),
        Url::Postgres(_) => own.path().to_owned(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let line_api = format!("http://{}", listener.local_addr().unwrap());
    let line = {
        let _here = runtime.enter();
        FakeLine::start(listener)
    };
    line.by_chance(plan.line, seed);
    let smtp = runtime.block_on(Smtp::start(manners(&plan)));
    let mut conn = migrate::open(&url).unwrap();
    let now = clock::Clock::real().now();
    let shop = conn.transaction(|conn| shop::fill(conn, plan.people, &smtp, now)).unwrap();
    drop(conn);
    let run = Run { plan, url, folder, line, line_api, smtp, shop };
    run.suffer();
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
    fn connection(&self) -> Conn {
        match &self.url {
            Url::Sqlite(_) => migrate::open(&self.url).unwrap(),
            Url::Postgres(url) => migrate::open(&Url::Postgres(format!("{url}&application_name=faults"))).unwrap(),
        }
    }

    /// Whether two processes share the work.
    fn shares(&self) -> bool {
        self.plan.nodes > 1 && matches!(self.url, Url::Postgres(_))
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

    fn start(&self, command: &[&str], environment: &[(&str, &str)]) -> Child {
        self.command(command, environment).stdout(Stdio::null()).spawn().unwrap()
    }

    /// The server, once it says that it is ready.
    fn ready(&self, clock: &str) -> Child {
        let environment = [("TIDINGS_CLOCK", clock)];
        let mut child = self.command(&["serve", "--empty"], &environment).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("listening on ")), "it did not become ready");
        std::thread::spawn(move || lines.for_each(drop));
        child
    }

    fn command(&self, command: &[&str], environment: &[(&str, &str)]) -> Command {
        let lease = format!("{}s", self.plan.lease());
        let mut all = vec![
            ("TIDINGS_LEASE", lease.as_str()),
            ("TIDINGS_SECRET_KEY", KEY),
            ("TIDINGS_LINE_API_BASE", &self.line_api),
            ("TIDINGS_ALLOW_PRIVATE_ADDRESSES", "1"),
        ];
        if let Url::Postgres(url) = &self.url {
            all.push(("DATABASE_URL", url));
        }
        all.extend(environment);
        let mut command = tidings(&self.folder, command, &all);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn act(&self, act: Act) {
        let mut conn = self.connection();
        let now = clock::Clock::real().now();
        match act {
            Act::Lock(long) => {
                let lock = match &self.url {
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
            Act::Disconnect => {
                if let Url::Postgres(_) = &self.url {
                    let all = "select count(pg_terminate_backend(pid)) as n from pg_stat_activity \
                               where datname = current_database() and application_name <> 'faults'";
                    Sql::new(all).count(&mut conn).unwrap();
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
                Ok(left) => assert!(began.elapsed() < REST, "{when} it found no rest: {left:?}"),
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

/// As the program writes on SQLite: whoever is first to write holds the lock from the beginning.
fn transaction<T>(conn: &mut Conn, what: impl FnOnce(&mut Conn) -> QueryResult<T>) -> QueryResult<T> {
    match conn {
        Conn::Sqlite(_) => {
            conn.batch_execute("begin immediate")?;
            let done = what(conn);
            conn.batch_execute(if done.is_ok() { "commit" } else { "rollback" })?;
            done
        }
        Conn::Pg(_) => conn.transaction(what),
    }
}

fn moved(by: TimeDelta) -> String {
    let shown = clock::Clock::real().now() + by;
    format!("{}+00:00", shown.format("%Y-%m-%dT%H:%M:%S"))
}

fn terminate(child: &Child) {
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
}

/// Whether it ended within this time.
fn ended(child: &mut Child, within: Duration) -> bool {
    let began = Instant::now();
    while began.elapsed() < within {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        sleep(Duration::from_millis(10));
    }
    false
}

fn each(conn: &mut Conn, what: impl Fn(&mut Conn, &Id) -> QueryResult<()>) -> QueryResult<()> {
    for id in ids(conn, "select id from dispatches")? {
        what(conn, &id)?;
    }
    Ok(())
}

fn ids(conn: &mut Conn, sql: &str) -> QueryResult<Vec<Id>> {
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        id: Id,
    }
    Ok(Sql::new(sql).load(conn)?.into_iter().map(|row: Row| row.id).collect())
}

/// As its page does it: the broadcast that waits is cancelled itself, the one that sends by its dispatch.
fn cancel(conn: &mut Conn, broadcast: &Id, now: NaiveDateTime) -> QueryResult<()> {
    let mut sql = Sql::new("update broadcasts set status = 'cancelled', ended_at = ");
    sql.bind(now).push(", version = version + 1 where status = 'scheduled' and id = ").bind(broadcast);
    if sql.execute(conn)? > 0 {
        return Ok(());
    }
    let mut sql = Sql::new("select id from dispatches where origin = 'broadcast' and origin_id = ");
    sql.bind(broadcast);
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        id: Id,
    }
    for Row { id } in sql.load(conn)? {
        dispatch::cancel(conn, &id, now)?;
    }
    Ok(())
}

/// What waits for a time of the machine does not wait, what stopped goes on.
fn hurry(conn: &mut Conn) -> QueryResult<()> {
    let (now, machine) = (clock::Clock::real().now(), clock::Clock::real().machine());
    for id in ids(conn, "select id from dispatches where status = 'paused'")? {
        dispatch::resume(conn, &id, now)?;
    }
    let mut sql = Sql::new("update slices set due_at = ");
    sql.bind(machine).push(" where lease_until is null and due_at > ").bind(machine);
    sql.execute(conn)?;
    let mut sql = Sql::new("update deliveries set due_at = ");
    sql.bind(machine).push(" where waits and due_at > ").bind(machine);
    sql.execute(conn)?;
    Sql::new("update channel_health set failing = 0, open_until = null where failing > 0").execute(conn)?;
    Sql::new("update channels set status = 'ready', trouble = null where status = 'trouble'").execute(conn)?;
    Ok(())
}

/// What is not done yet; people who wait in a journey count where the clock lets them go.
fn left(conn: &mut Conn, travelling: bool) -> QueryResult<Vec<(&'static str, i64)>> {
    let waits = "select count(*) as n from journey_entries where ended_at is null";
    let mut asked = vec![
        ("tasks", "select count(*) as n from schedule_tasks where status in ('waiting', 'running')"),
        ("broadcasts", "select count(*) as n from broadcasts where status in ('scheduled', 'choosing')"),
        ("deliveries", "select count(*) as n from deliveries where state = 'pending'"),
        ("slices", "select count(*) as n from slices"),
        ("followed", "select count(*) as n from dispatch_news"),
    ];
    if travelling {
        asked.push(("people", waits));
        asked.push(("dispatches", "select count(*) as n from dispatches where status not in ('done', 'cancelled')"));
    }
    let mut left = Vec::new();
    for (what, sql) in asked {
        let n = Sql::new(sql).count(conn)?;
        if n > 0 {
            left.push((what, n));
        }
    }
    Ok(left)
}
