//! Processes that die in the middle of a task, and two that share the work.

use super::shop::{Shop, many};
use crate::support::{Backend, child::Running, database};
use chrono::{TimeDelta, TimeZone};
use chrono_tz::Asia::Taipei;
use diesel::prelude::*;
use std::{num::NonZeroU32, path::PathBuf, time::Duration};
use tidings_base::{
    clock::Clock,
    db::{
        Conn, Db, DbError, Id, Url,
        schema::{journey_steps, schedule_tasks},
        sql::Sql,
    },
};
use tidings_campaigns::{
    journeys::ReEntry,
    schedules::{Draft, Frequency, TaskStatus, Timing, seed},
};
use tidings_customers::channels::ChannelKind;

/// Contacts: more than two slices.
#[cfg(feature = "crash-points")]
const MANY: i64 = 12_000;

/// A database that is looked at while no process has it.
struct Desk {
    url: Url,
    folder: PathBuf,
    _place: database::Place,
    _temporary: Option<tempfile::TempDir>,
}

impl Desk {
    fn open(backend: Backend) -> Self {
        let (url, place) = database::fresh(backend);
        let (folder, temporary) = match &url {
            Url::Sqlite(path) => (PathBuf::from(path).parent().unwrap().to_owned(), None),
            Url::Postgres(_) => {
                let folder = tempfile::tempdir().unwrap();
                (folder.path().to_owned(), Some(folder))
            }
        };
        Self { url, folder, _place: place, _temporary: temporary }
    }

    /// Asks or changes the database.
    fn ask<T: Send + 'static>(&self, f: impl FnOnce(&mut Conn) -> Result<T, DbError> + Send + 'static) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let db = Db::open(&self.url, 1).unwrap();
            db.write(f).await.unwrap()
        })
    }

    /// A shop with `number` people and `tasks` schedules whose one task came due a minute ago; the
    /// journeys send nothing, so that this is about who enters.
    fn fill(&self, number: i64, tasks: i64) {
        self.ask(move |conn| {
            let now = Clock::real().now();
            for _ in 0..tasks {
                let shop = Shop::add(conn, ChannelKind::Line, ReEntry::Always, now)?;
                diesel::delete(journey_steps::table).execute(conn)?;
                many(conn, &shop.channel, number)?;
                let due = Taipei.from_utc_datetime(&(now - TimeDelta::minutes(1))).naive_local();
                let timing = Timing {
                    frequency: Frequency::Once,
                    every: NonZeroU32::MIN,
                    starts_on: due.date(),
                    ends_on: None,
                    at: due.time(),
                };
                let draft =
                    Draft { name: "到期了".into(), journey_id: shop.journey, audience_id: shop.audience, timing };
                seed::publish(conn, &draft, Taipei, &Id::new(), now - TimeDelta::hours(1))?;
            }
            Ok(())
        });
    }

    /// A process that runs the jobs.
    fn start(&self, crash_at: &str) -> Running {
        let mut environment = vec![
            ("TIDINGS_LEASE", "1s"),
            ("TIDINGS_ADMIN_EMAIL", "boss@shop.test"),
            ("TIDINGS_ADMIN_PASSWORD", "a long password"),
        ];
        if !crash_at.is_empty() {
            environment.push(("TIDINGS_CRASH_AT", crash_at));
        }
        let key = "0".repeat(64);
        match &self.url {
            Url::Sqlite(_) => Running::start(&self.folder, &["serve", "--empty"], &environment),
            Url::Postgres(url) => {
                environment.extend([("DATABASE_URL", url.as_str()), ("TIDINGS_SECRET_KEY", key.as_str())]);
                Running::start(&self.folder, &["worker"], &environment)
            }
        }
    }

    fn statuses(&self) -> Vec<(TaskStatus, i64)> {
        self.ask(|conn| {
            Ok(schedule_tasks::table
                .select((schedule_tasks::status, schedule_tasks::entered))
                .order(schedule_tasks::id)
                .load(conn)?)
        })
    }

    fn number(&self, sql: &'static str) -> i64 {
        self.ask(move |conn| Ok(Sql::new(sql).count(conn)?))
    }

    /// Waits until every task is over, while other processes work.
    fn finished(&self) -> Vec<(TaskStatus, i64)> {
        for _ in 0..3_000 {
            let statuses = self.statuses();
            if statuses.iter().all(|(status, _)| !matches!(status, TaskStatus::Waiting | TaskStatus::Running)) {
                return statuses;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("the tasks found no end: {:?}", self.statuses());
    }

    fn everybody_entered_once(&self, all: i64) {
        assert_eq!(self.number("select count(*) as n from journey_entries"), all);
        let people = "select count(*) as n from (select distinct task_id, contact_id from journey_entries) as people";
        assert_eq!(self.number(people), all);
    }
}

#[cfg(feature = "crash-points")]
mod dying {
    use super::*;

    fn between_any_two_commits(backend: Backend) {
        let desk = Desk::open(backend);
        desk.fill(MANY, 1);
        let all = MANY + super::super::shop::PEOPLE;
        assert!(!desk.start("schedules.begun").wait(), "it died after the task had begun");
        assert_eq!(desk.statuses(), [(TaskStatus::Running, 0)]);
        assert!(!desk.start("schedules.entered").wait(), "it died after the first slice");
        let entered = desk.statuses()[0];
        assert!(entered.0 == TaskStatus::Running && entered.1 > 0 && entered.1 < all, "{entered:?}");
        assert!(!desk.start("schedules.entered").wait(), "and after the second");
        let worker = desk.start("");
        assert_eq!(desk.finished(), [(TaskStatus::Done, all)]);
        worker.kill();
        desk.everybody_entered_once(all);
    }

    #[test]
    fn a_task_goes_on_after_a_kill_between_any_two_commits_sqlite() {
        between_any_two_commits(Backend::Sqlite);
    }

    #[test]
    fn a_task_goes_on_after_a_kill_between_any_two_commits_postgres() {
        between_any_two_commits(Backend::Postgres);
    }

    #[test]
    fn a_task_in_which_three_workers_died_fails() {
        let desk = Desk::open(Backend::Postgres);
        desk.fill(10, 1);
        for _ in 0..3 {
            assert!(!desk.start("schedules.begun").wait());
        }
        let worker = desk.start("");
        assert_eq!(desk.finished(), [(TaskStatus::Failed, 0)]);
        worker.kill();
        assert_eq!(desk.number("select count(*) as n from schedules where status = 'ended'"), 1);
    }
}

#[test]
fn two_workers_share_the_tasks_and_nobody_enters_twice() {
    let desk = Desk::open(Backend::Postgres);
    desk.fill(6_000, 6);
    let each = 6_000 + super::shop::PEOPLE;
    let (one, two) = (desk.start(""), desk.start(""));
    let finished = desk.finished();
    assert!(finished.iter().all(|task| *task == (TaskStatus::Done, each)), "{finished:?}");
    assert!(one.terminate() && two.terminate());
    desk.everybody_entered_once(each * 6);
}
