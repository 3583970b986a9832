//! `cargo bench --bench dispatch -- freeze [PEOPLE]`: the people of a broadcast with words of their own are chosen
//! and written down, beside the same `insert … select` by hand.

use crate::{program::Program, say, settings, shop, vendor::Vendor};
use std::time::{Duration, Instant};
use tidings_base::db::{Url, migrate, sql::Sql};

/// What a delivery is by hand: all that the program writes of somebody who will get the message.
const BY_HAND: &str = "insert into deliveries (id, dispatch_id, channel_id, contact_id, member_id, waits, missed, state, \
     parts_sent, attempts, begun, due_at, created_at) select $id, $dispatch, c.channel_id, c.id, c.member_id, \
     false, '', 'pending', 0, 0, 0, '1970-01-01 00:00:00', '2026-11-22 00:00:00' from contacts c \
     where c.channel_id = $channel and c.consent <> 'withdrawn' and c.unreachable is null order by c.id";

#[expect(clippy::disallowed_methods, reason = "a monotonic time that is never shown")]
pub(crate) fn run(name: &str, url: &Url, folder: &std::path::Path, vendor: &Vendor, people: usize) {
    // By hand first, while the table is as empty as it will be for the program.
    let shop = shop::open(url, people);
    let hand = shop.dispatch();
    let mut conn = migrate::open(url).expect("the database");
    let id = |number: &str| match url {
        Url::Sqlite(_) => format!("printf('01900000-0000-7000-8000-%012x', {number})"),
        Url::Postgres(_) => format!("'01900000-0000-7000-8000-' || lpad(to_hex({number}), 12, '0')"),
    };
    let number = "row_number() over (order by c.id)";
    let quoted = |id: &str| format!("'{id}'");
    let text = BY_HAND
        .replace("$id", &id(number))
        .replace("$dispatch", &quoted(hand.as_str()))
        .replace("$channel", &quoted(shop.channel.as_str()));
    if let Url::Postgres(_) = url {
        Sql::new("set statement_timeout = 0").execute(&mut conn).expect("no deadline by hand");
    }
    let began = Instant::now();
    let rows = Sql::new(&text).execute(&mut conn).expect("rows by hand");
    let by_hand = began.elapsed();
    assert_eq!(rows, people);
    Sql::new("delete from deliveries").execute(&mut conn).expect("an empty table");
    if let Url::Postgres(_) = url {
        Sql::new("vacuum deliveries").execute(&mut conn).expect("a table without dead rows");
    }

    let data = folder.join("data");
    std::fs::create_dir_all(&data).expect("a folder");
    let program = Program::start(&data, url, &["--empty"], &settings(&format!("http://{}", vendor.address), &shop.key));
    let broadcast = shop.broadcast();
    let state = |column: &str| {
        let mut sql = Sql::new(&format!(
            "select coalesce(max({column}), -1) as n from dispatches where origin = 'broadcast' and origin_id = "
        ));
        sql.bind(&broadcast).count(&mut shop.connection()).expect("the dispatch")
    };
    while state("people") < 0 {
        std::thread::yield_now();
    }
    let began = Instant::now();
    while state("people") < people as i64 {
        assert!(began.elapsed() < Duration::from_secs(600), "the freeze found no end");
        std::thread::park_timeout(Duration::from_millis(20));
    }
    let took = began.elapsed();
    program.stop();
    say(&format!(
        "{name:<12} {people} people: by hand {:.2} s, by the program {:.2} s, ÷ {:.2}",
        by_hand.as_secs_f64(),
        took.as_secs_f64(),
        took.as_secs_f64() / by_hand.as_secs_f64()
    ));
}
