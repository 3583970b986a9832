//! A database file of the first release, amid its work: people wait in a journey, four of twelve have their
//! message. `tests/data/released/first.db` was made by that program; it was killed while it sent.

use crate::support::child::{Running, finished, said};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Text},
};
use std::{collections::BTreeMap, path::Path, time::Duration};
use tidings_base::db::{Url, migrate, sql::Sql};

/// Longer than what is waited for ever takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ten minutes after it was killed, and the shop's third Wednesday after that.
const SOON: &str = "2026-11-22T16:50:00+08:00";
const LATER: &str = "2026-11-25T17:10:00+08:00";

#[derive(QueryableByName)]
struct Got {
    #[diesel(sql_type = Text)]
    identity: String,
    #[diesel(sql_type = BigInt)]
    n: i64,
}

struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("tidings.db");
        std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/released/first.db"), place).unwrap();
        Self { folder }
    }

    fn execute(&self, text: &str) {
        Sql::new(text).execute(&mut migrate::open(&self.url()).unwrap()).unwrap();
    }

    fn url(&self) -> Url {
        Url::Sqlite(self.folder.path().join("tidings.db").to_string_lossy().into_owned())
    }

    fn start(&self, clock: &str) -> Running {
        let key = "7".repeat(64);
        let environment = [("TIDINGS_CLOCK", clock), ("TIDINGS_LEASE", "1s"), ("TIDINGS_SECRET_KEY", &key)];
        Running::start(self.folder.path(), &["serve"], &environment)
    }

    fn count(&self, what: &str) -> i64 {
        let sql = Sql::new(&format!("select count(*) as n from {what}"));
        sql.count(&mut migrate::peek(&self.url()).unwrap()).unwrap()
    }

    fn wait_for(&self, what: &str, n: i64) {
        let began = std::time::Instant::now();
        while self.count(what) != n {
            assert!(began.elapsed() < PATIENCE, "{what}: {} and not {n}", self.count(what));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// How often each person got a message with these words.
    fn got(&self, words: &str) -> BTreeMap<String, i64> {
        let mut sql = Sql::new("select identity, count(*) as n from sandbox_messages where body like ");
        sql.bind(format!("%{words}%")).push(" group by identity");
        let rows: Vec<Got> = sql.load(&mut migrate::peek(&self.url()).unwrap()).unwrap();
        rows.into_iter().map(|row| (row.identity, row.n)).collect()
    }

    fn everybody_got(&self, words: &str) {
        let got = self.got(words);
        assert!(got.len() == 12 && got.values().all(|n| *n == 1), "{words}: {got:?}");
    }
}

#[test]
fn what_the_first_release_left_half_done_is_finished_once() {
    let shop = Shop::open();
    assert_eq!(shop.got("新品到了").len(), 4);
    shop.execute("update channels set rate_per_second = 100");
    let server = shop.start(SOON);
    shop.wait_for("deliveries where state = 'sent'", 12);
    shop.everybody_got("新品到了");
    shop.wait_for("journey_entries where state = 'waiting'", 12);
    runtime().block_on(async {
        let visitor = server.visitor();
        let page = visitor.get("/signin?back=/account").await;
        let form = page.form("/signin").set("email", "owner@shop.test").set("password", "a long password");
        assert_eq!(form.submit().await.path, "/account", "the password is the same");
        for (path, words) in [
            ("/contacts?q=顧客07", "顧客07"),
            ("/contacts?q=0000000b", "顧客11"),
            ("/schedules", "每週新品"),
            ("/journeys", "新品旅程"),
            ("/audiences", "所有顧客"),
            ("/audit", "每週新品"),
            ("/channels", "本店官方帳號"),
        ] {
            let shown = visitor.get(path).await;
            assert!(shown.status == 200 && shown.says(words), "{path}: {}", shown.text());
        }
    });
    assert!(server.terminate());

    let server = shop.start(LATER);
    shop.wait_for("deliveries where state = 'sent'", 24);
    shop.everybody_got("新品到了");
    shop.everybody_got("三天後再見");
    shop.wait_for("journey_entries where state = 'done'", 12);
    assert!(server.terminate());
    assert_eq!(shop.count("dispatches where status = 'done'"), 2);
    let checked = finished(shop.folder.path(), &["doctor"], &[]);
    assert!(said(&checked).contains("up to date"), "{}", said(&checked));
}

#[test]
fn a_backup_while_sending_sends_nothing_by_itself_when_it_is_restored() {
    let shop = Shop::open();
    shop.execute("update channels set rate_per_second = 4");
    let server = shop.start(SOON);
    shop.wait_for("sandbox_messages", 7);
    let copy = shop.folder.path().join("copy.db");
    let made = finished(shop.folder.path(), &["backup", copy.to_str().unwrap()], &[]);
    assert!(made.status.success(), "{}", said(&made));
    shop.wait_for("deliveries where state = 'sent'", 12);
    shop.everybody_got("新品到了");
    assert!(server.terminate());

    let restored = finished(shop.folder.path(), &["restore", copy.to_str().unwrap()], &[]);
    assert!(said(&restored).contains("1 channel accounts are paused"), "{}", said(&restored));
    let there = shop.count("sandbox_messages");
    assert!((7..12).contains(&there), "{there}");
    let server = shop.start(SOON);
    runtime().block_on(async {
        let visitor = server.visitor();
        let page = visitor.get("/signin?back=/").await;
        let form = page.form("/signin").set("email", "owner@shop.test").set("password", "a long password");
        let today = form.submit().await;
        assert!(today.says("本店官方帳號"), "today says which account cannot send: {}", today.text());
        assert_eq!(shop.count("sandbox_messages"), there, "nothing goes out by itself");
        let channels = visitor.get("/channels").await;
        let account = channels.attributes("td.title a", "href").remove(0);
        let page = visitor.get(&account).await;
        page.form(&format!("{account}/resume")).submit().await;
    });
    shop.wait_for("deliveries where state = 'sent'", 12);
    shop.everybody_got("新品到了");
    assert!(server.terminate());
    let smaller = finished(shop.folder.path(), &["vacuum"], &[]);
    assert!(smaller.status.success() && said(&smaller).contains("bytes"), "{}", said(&smaller));
    shop.everybody_got("新品到了");
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}
