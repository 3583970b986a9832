//! The process dies between two commits of the way from a delivery to its record, is started again,
//! and the sandbox's own record tells: nobody got it twice, and nobody is missing.

use crate::{
    dispatch::shop::look,
    support::{
        Backend,
        child::{Running, tidings},
        database,
    },
};
use chrono::{NaiveDateTime, TimeDelta};
use std::{
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};
use tidings_base::{
    clock::Clock,
    db::{Conn, Db, DbError, Id, Url, sql::Sql},
};
use tidings_customers::channels::{self, ChannelKind, Connector, NewChannel};
use tidings_sending::{
    dispatch::{self, Begins, NewDispatch, Origin},
    messages::Content,
};

/// Every place on the way, each with a process that dies there.
macro_rules! places {
    ($($name:ident: $point:literal;)+) => {$(
        mod $name {
            #[test]
            fn sqlite() {
                super::dies_at($point, crate::support::Backend::Sqlite);
            }

            #[test]
            fn postgres() {
                super::dies_at($point, crate::support::Backend::Postgres);
            }
        }
    )+};
}

places! {
    after_the_claim: "dispatch.claimed";
    after_the_keys_are_written: "dispatch.begun";
    after_the_vendor_took_it: "sandbox.taken";
    after_the_answer: "dispatch.called";
    before_the_record: "dispatch.recording";
    after_the_record: "dispatch.recorded";
    before_an_event_takes_effect: "inbound.begun";
    after_an_event_took_effect: "inbound.done";
}

/// Longer than a restart, a lease and the sending take together.
const PATIENCE: Duration = Duration::from_secs(60);

/// People on each account.
const PEOPLE: usize = 150;

/// A database with a shop, and how to start a worker on it.
struct Shop {
    db: Db,
    folder: PathBuf,
    /// What runs the jobs: the whole server on SQLite, a worker of its own on PostgreSQL.
    command: &'static [&'static str],
    environment: Vec<(String, String)>,
    dispatches: Vec<Id>,
    _own: tempfile::TempDir,
}

fn dies_at(point: &str, backend: Backend) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (url, _place) = database::fresh(backend);
    let shop = runtime.block_on(open(&url));

    let dead = shop.doomed(point).spawn().unwrap().wait().unwrap();
    assert_eq!(dead.signal(), Some(6), "it was to die at {point}, and ended with {dead:?}");

    let environment: Vec<_> = shop.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let again = Running::start(&shop.folder, shop.command, &environment);
    runtime.block_on(shop.wait());
    again.kill();
    runtime.block_on(shop.check(point));
}

impl Shop {
    /// A process that dies at `point`.
    fn doomed(&self, point: &str) -> std::process::Command {
        let environment: Vec<_> =
            self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let mut command = tidings(&self.folder, self.command, &environment);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.env("TIDINGS_CRASH_AT", point);
        command
    }

    async fn read<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn) -> diesel::QueryResult<T> + Send + 'static) -> T {
        self.db.read(move |conn| f(conn).map_err(DbError::from)).await.unwrap()
    }

    /// Until everything is sent, and every event of the first seconds took effect.
    async fn wait(&self) {
        let soon = Clock::real().now() + TimeDelta::seconds(5);
        let began = Instant::now();
        loop {
            let left = self
                .read(move |conn| {
                    let running =
                        Sql::new("select count(*) as n from dispatches where status <> 'done'").count(conn)?;
                    let mut events =
                        Sql::new("select count(*) as n from inbound_events where status = 'waiting' and due_at < ");
                    events.bind(soon);
                    Ok(running + events.count(conn)?)
                })
                .await;
            if left == 0 {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{left} things are left to do");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn check(&self, point: &str) {
        for (n, dispatch) in self.dispatches.iter().enumerate() {
            let (id, of) = (dispatch.clone(), dispatch.clone());
            let (status, states) = self.read(move |conn| look(conn, &id)).await;
            assert_eq!(status, "done", "{point}");
            let received = self.read(move |conn| counts(conn, &of)).await;
            assert_eq!(received.twice, 0, "{point}: somebody got it twice");
            assert_eq!(received.sent_without, 0, "{point}: somebody is said to have it and has not");
            if n < KEYED {
                assert_eq!(states, [format!("{PEOPLE} sent")], "{point}");
                assert_eq!(received.people, PEOPLE as i64, "{point}: somebody is missing");
            } else {
                let unknown = received.unknown;
                assert_eq!(received.sent + unknown, PEOPLE as i64, "{point}: {states:?}");
                // 64 calls a slice, and at most 8 slices of an account are in hand.
                assert!(unknown <= 8 * 64, "{point}: {unknown} are unknown, more than can be called at once");
            }
        }
    }
}

#[derive(diesel::QueryableByName)]
struct Received {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    people: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    twice: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    sent: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    unknown: i64,
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    sent_without: i64,
}

/// The sandbox's record beside ours: a message of a dispatch is known by the delivery it refers to.
fn counts(conn: &mut Conn, dispatch: &Id) -> diesel::QueryResult<Received> {
    let mut sql = Sql::new(
        "select (select count(*) from per where got > 0) as people, (select count(*) from per where got > 1) as twice, \
         (select count(*) from per where state = 'sent') as sent, (select count(*) from per where state = 'unknown') as unknown, \
         (select count(*) from per where state = 'sent' and got = 0) as sent_without from (select 1 as one) as once",
    );
    let mut with = Sql::new(
        "with per as (select d.state, (select count(*) from sandbox_messages m where m.reference = d.id) as got from deliveries d where d.dispatch_id = ",
    );
    with.bind(dispatch).push(") ");
    with.append(std::mem::take(&mut sql));
    with.first(conn)
}

/// The first two dispatches go over an account with keys.
const KEYED: usize = 2;

/// A shop with three accounts and four dispatches, ready to be sent.
async fn open(url: &Url) -> Shop {
    let own = tempfile::tempdir().unwrap();
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut environment = vec![set("TIDINGS_LEASE", "3")];
    let (folder, command): (_, &[&str]) = match url {
        Url::Sqlite(path) => {
            environment.push(set("TIDINGS_ADMIN_EMAIL", "boss@shop.test"));
            environment.push(set("TIDINGS_ADMIN_PASSWORD", "a long password"));
            (PathBuf::from(path).parent().unwrap().to_owned(), &["serve", "--empty"])
        }
        Url::Postgres(url) => {
            environment.push(set("TIDINGS_SECRET_KEY", &"0123456789abcdef".repeat(4)));
            environment.push(set("DATABASE_URL", url));
            (own.path().to_owned(), &["worker"])
        }
    };
    let db = Db::open(url, 2).unwrap();
    let now = Clock::real().now();
    let dispatches = db.write(move |conn| fill(conn, now).map_err(DbError::from)).await.unwrap();
    Shop { db, folder, command, environment, dispatches, _own: own }
}

fn fill(conn: &mut Conn, now: NaiveDateTime) -> diesel::QueryResult<Vec<Id>> {
    let mut dispatches = Vec::new();
    let line = account(conn, ChannelKind::Line, now)?;
    let whatsapp = account(conn, ChannelKind::WhatsApp, now)?;
    let sms = account(conn, ChannelKind::Sms, now)?;
    for (channel, text) in
        [(&line, "{{name|貴賓}}，週年慶"), (&line, "週年慶"), (&whatsapp, "{{name|貴賓}}，週年慶"), (&sms, "週年慶")]
    {
        let (origin_id, step, content) = (Id::new(), Id::new(), Content::text(text));
        let new = NewDispatch {
            channel_id: channel,
            name: "週年慶",
            origin: Origin::Journey,
            origin_id: &origin_id,
            origin_step: &step,
            cohort: "一",
            content: &content,
            begins: Begins::AtOnce,
        };
        let id = dispatch::open(conn, &new, now)?;
        let mut people = Sql::new(" from contacts c where c.channel_id = ");
        people.bind(channel);
        dispatch::add(conn, &id, dispatch::People::Contacts(people), now)?;
        dispatch::close(conn, &id, now)?;
        dispatches.push(id);
    }
    Ok(dispatches)
}

fn account(conn: &mut Conn, kind: ChannelKind, now: NaiveDateTime) -> diesel::QueryResult<Id> {
    let new =
        NewChannel { kind, connector: Connector::Sandbox, name: kind.word(), rate_per_second: 500, failure_share: 0.0 };
    let channel = channels::add(conn, &new, now)?;
    for n in 0..PEOPLE {
        let mut sql = Sql::new(
            "insert into contacts (id, channel_id, identity, name, consent, subscribed_at, last_interaction_at, last_inbound_at, \
             source, created_at, version) values (",
        );
        sql.bind(Id::new())
            .push(", ")
            .bind(&channel)
            .push(", ")
            .bind(format!("U{n}"))
            .push(", ")
            .bind(format!("王 {n}"));
        sql.push(", 'granted', ").bind(now).push(", ").bind(now).push(", ").bind(now).push(", 'import', ").bind(now);
        sql.push(", 1)");
        sql.execute(conn)?;
    }
    Ok(channel)
}
