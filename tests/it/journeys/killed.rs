//! `kill -9` between any two commits of the way from entering to the record: nobody is written to
//! twice, and nobody is missing.

use super::world::{World, say};
use crate::support::child;
use chrono::TimeDelta;
use std::{path::Path, process::Stdio, time::Duration};
use tidings_base::db::{Conn, Url, migrate, sql::Sql};
use tidings_campaigns::journeys::{Action, Step};

const ADMIN: &[(&str, &str)] = &[
    ("TIDINGS_ADMIN_EMAIL", "admin@shop.test"),
    ("TIDINGS_ADMIN_PASSWORD", "open sesame, please"),
    ("TIDINGS_LEASE", "1"),
];

/// Every place on the way where a commit lies on one side.
const POINTS: &[&str] = &[
    "journeys.before_move",
    "journeys.after_move",
    "dispatch.claimed",
    "dispatch.begun",
    "sandbox.taken",
    "dispatch.called",
    "dispatch.recording",
    "dispatch.recorded",
    "journeys.before_follow",
    "journeys.after_follow",
];

const PEOPLE: i64 = 40;

#[test]
fn a_process_that_is_killed_anywhere_on_the_way_repeats_and_loses_nothing() {
    for point in POINTS {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        prepare(data);
        die_at(data, point);
        let running = child::Running::start(data, &["--empty"], ADMIN);
        wait_until_all_have_left(data, point);
        assert!(running.terminate());
        let mut conn = open(data);
        let mut count = |from: &str| Sql::new(&format!("select count(*) as n from {from}")).count(&mut conn).unwrap();
        for text in ["第一則", "第二則"] {
            assert_eq!(count(&format!("sandbox_messages where body like '%{text}%'")), PEOPLE, "{point}: {text}");
        }
        let twice = "(select identity, body from sandbox_messages group by identity, body having count(*) > 1) twice";
        assert_eq!(count(twice), 0, "{point}: somebody got it twice");
        assert_eq!(count("deliveries where state <> 'sent'") + count("dispatch_news"), 0, "{point}");
        assert_eq!(count("contact_tags"), PEOPLE, "{point}");
        assert_eq!(count("journey_passages"), PEOPLE, "{point}: the tag");
        assert_eq!(count("journey_entries where ended_at is not null"), PEOPLE, "{point}");
        assert_eq!(count("dispatches where status <> 'done'"), 0, "{point}");
    }
}

/// A shop whose people have just entered a journey: a message, a tag, a message.
fn prepare(data: &Path) {
    let url = Url::Sqlite(data.join("tidings.db").to_string_lossy().into_owned());
    migrate::run(&url).unwrap();
    let mut conn = migrate::open(&url).unwrap();
    let mut world = World::new(&mut conn);
    // Before any time that the process may show.
    world.now = super::world::at("2026-01-01 00:00") - TimeDelta::days(365);
    for n in 0..PEOPLE {
        world.contact(&format!("顧客 {n}"));
    }
    let tag = Step::new(Action::AddTag { tag_id: world.tag("已通知") });
    let journey = world.journey(vec![say("第一則"), tag, say("第二則")]);
    assert_eq!(world.enter(&journey).entered, PEOPLE);
}

fn open(data: &Path) -> Conn {
    migrate::open(&Url::Sqlite(data.join("tidings.db").to_string_lossy().into_owned())).unwrap()
}

/// Runs the program until it dies at this point.
fn die_at(data: &Path, point: &str) {
    let environment = [ADMIN, &[("TIDINGS_CRASH_AT", point)]].concat();
    let mut command = child::tidings(data, &["--empty"], &environment);
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..600 {
        if let Some(status) = process.try_wait().unwrap() {
            assert!(!status.success(), "{point}: it ended well");
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    process.kill().unwrap();
    panic!("{point}: it did not die in a minute");
}

fn wait_until_all_have_left(data: &Path, point: &str) {
    let mut conn = open(data);
    let left = Sql::new("select count(*) as n from journey_cohorts where closed_at is not null");
    let sent = Sql::new("select count(*) as n from dispatches where status = 'done'");
    for _ in 0..600 {
        if left.count(&mut conn).unwrap() == 1 && sent.count(&mut conn).unwrap() == 2 {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{point}: people were lost on the way");
}
