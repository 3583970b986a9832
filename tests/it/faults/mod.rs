//! The law of the corridor under faults: the real program as processes, real databases, vendors that
//! keep their own record and misbehave. What goes wrong is drawn from a seed ([`plan`]), a run of the
//! program suffers it ([`run`]), and at the end the laws are held against the database and the vendors'
//! records ([`laws`]). A few seeds run with every test; `tests/faults N` runs many more.

mod hands;
mod laws;
mod nodes;
mod place;
mod plan;
mod run;
mod shop;

use crate::support::Backend;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicU64, Ordering},
};

/// Seeds that run with every test; each was chosen for what it draws.
macro_rules! seeds {
    ($($name:ident: $seed:literal;)+) => {$(
        mod $name {
            #[test]
            fn sqlite() {
                super::run::run($seed, crate::support::Backend::Sqlite);
            }

            #[test]
            fn postgres() {
                super::run::run($seed, crate::support::Backend::Postgres);
            }
        }
    )+};
}

seeds! {
    seed_1: 1;
    seed_2: 2;
    seed_3: 3;
    seed_4: 4;
    // The disk fills up; PostgreSQL is stopped and started again.
    seed_31: 31;
    seed_32: 32;
}

/// `FAULTS` seeds from `FAULTS_FROM`, on both databases, a few at the same time. A seed that fails is
/// named, and runs alone by `tests/faults 1 SEED`.
#[test]
#[ignore = "tests/faults runs it"]
#[expect(clippy::print_stdout, reason = "it says what it did")]
fn many() {
    let asked = |name: &str, otherwise| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise);
    let (number, from): (u64, u64) = (asked("FAULTS", 10), asked("FAULTS_FROM", 1));
    let (next, failed) = (AtomicU64::new(0), AtomicU64::new(0));
    let some = || loop {
        let n = next.fetch_add(1, Ordering::Relaxed);
        if n >= number * 2 {
            return;
        }
        let (seed, backend) = (from + n / 2, if n % 2 == 0 { Backend::Sqlite } else { Backend::Postgres });
        let ended = catch_unwind(AssertUnwindSafe(|| run::run(seed, backend)));
        if ended.is_err() {
            failed.fetch_add(1, Ordering::Relaxed);
            println!("SEED {seed} on {backend:?} broke a law: {:?}", plan::Plan::draw(seed));
        } else if n % 20 == 19 {
            println!("{} of {} runs", n + 1, number * 2);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..asked("FAULTS_AT_ONCE", 4) {
            scope.spawn(some);
        }
    });
    assert_eq!(failed.into_inner(), 0, "runs broke a law; their seeds stand above");
}
