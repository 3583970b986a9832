//! Several processes on one database: started and stopped many times at once, and beside a program that
//! has already brought the database further.

use super::{
    plan::Plan,
    run::{GRACE, Run, Service, ended, eventually, terminate, with},
};
use crate::support::Backend;
use std::{thread::sleep, time::Duration};
use tidings_base::db::{Conn, sql::Sql};

const PEOPLE: usize = 120;
/// No clock is moved.
const REAL: &[(&str, &str)] = &[("TIDINGS_CLOCK", "real")];

#[test]
fn services_start_and_stop_many_times_at_once() {
    with(Plan::calm(PEOPLE, 24), 0, Backend::Postgres, |run| {
        for round in 0..4 {
            let start = |n: u64| {
                let command: &[&str] = if n.is_multiple_of(2) { &["serve", "--empty"] } else { &["worker"] };
                (n, run.start(command, REAL))
            };
            let mut services: Vec<(u64, Service)> = (0..6).map(start).collect();
            for (n, child) in &services {
                // From before they are ready until well into their work.
                sleep(Duration::from_millis(round * 70 + n * 23));
                terminate(child);
                if n.is_multiple_of(3) {
                    terminate(child);
                }
            }
            for (_, child) in &mut services {
                assert!(ended(child, GRACE), "it did not end within {GRACE:?} of SIGTERM");
                child.wait().unwrap();
            }
            // PostgreSQL sees a moment later that somebody has gone.
            let mut conn = run.connection();
            let gone = eventually(GRACE, || connections(&mut conn) == 0);
            assert!(gone, "somebody left a connection behind");
        }
    });
}

#[test]
fn one_service_is_started_and_stopped_many_times_on_sqlite() {
    with(Plan::calm(PEOPLE, 8), 0, Backend::Sqlite, |run| {
        for round in 0..8 {
            let mut child = run.start(&["serve", "--empty"], REAL);
            sleep(Duration::from_millis(40 * round * round));
            terminate(&child);
            assert!(ended(&mut child, GRACE), "it did not end within {GRACE:?} of SIGTERM");
        }
    });
}

/// What a migration of a later release may do while this one runs: add.
const LATER: &[&str] = &[
    "alter table deliveries add column later_note text",
    "alter table dispatches add column later_flag boolean not null default false",
    "alter table journey_entries add column later_note text",
    "alter table contacts add column later_rank bigint not null default 0",
    "create table later_table (id text not null primary key)",
    "create index later_index on deliveries (channel_id, created_at)",
    "insert into __diesel_schema_migrations (version) values ('99991231000001')",
];

fn beside_a_later_release(run: &Run) {
    let mut first = run.ready("real");
    sleep(Duration::from_millis(1_500));
    let mut conn = run.connection();
    for change in LATER {
        Sql::new(change).execute(&mut conn).unwrap();
    }
    sleep(Duration::from_millis(500));
    // A node of this release that comes late finds the database further than it knows.
    let mut second = match &conn {
        Conn::Pg(_) => Some(run.ready("real")),
        Conn::Sqlite(_) => None,
    };
    sleep(Duration::from_millis(500));
    first.kill().unwrap();
    first.wait().unwrap();
    if let Some(second) = &mut second {
        terminate(second);
        assert!(ended(second, GRACE), "it did not end within {GRACE:?} of SIGTERM");
    }
}

mod a_database_that_a_later_release_has_brought_further {
    use super::*;

    #[test]
    fn sqlite() {
        with(Plan::calm(PEOPLE, 2), 0, Backend::Sqlite, beside_a_later_release);
    }

    #[test]
    fn postgres() {
        with(Plan::calm(PEOPLE, 2), 0, Backend::Postgres, beside_a_later_release);
    }
}

fn connections(conn: &mut Conn) -> i64 {
    let all = "select count(*) as n from pg_stat_activity where datname = current_database() \
               and backend_type = 'client backend' and application_name <> 'faults'";
    Sql::new(all).count(conn).unwrap()
}
