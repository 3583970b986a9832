//! `cargo bench --bench pages [-- ROWS]`: how long each list takes when the shop has a million contacts
//! and a million deliveries, on SQLite: its first page, searched, and from the middle on.
//!
//! The demo shop is filled up with rows of the same shapes; the program then answers a browser's
//! requests, one after the other. A line is the median and the longest of ten.

#[path = "../program.rs"]
mod program;
mod shop;
mod visitor;

use program::Program;
use shop::Shop;
use std::time::Duration;
use tidings_base::db::Url;
use visitor::Visitor;

/// What the slowest of these pages may take.
const WANTED: Duration = Duration::from_millis(50);

fn main() {
    // `cargo bench` passes flags of its own.
    let rows: i64 = std::env::args().skip(1).find_map(|given| given.parse().ok()).unwrap_or(1_000_000);
    let place = tempfile::tempdir().expect("a folder");
    let url = Url::Sqlite(place.path().join("tidings.db").to_string_lossy().into_owned());
    // The first start makes the demo shop.
    Program::start(place.path(), &url, &[], &[]).stop();
    let shop = Shop::fill(&url, rows);
    let program = Program::start(place.path(), &url, &[], &[]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let visitor = Visitor::sign_in(&program.address).await;
        say(&format!("{:<44} {:>9} {:>9} {:>9}", format!("{rows} rows"), "median ms", "most ms", "KB"));
        for (name, path) in shop.pages() {
            let mut took = Vec::new();
            let mut size = 0;
            for _ in 0..10 {
                let (one, bytes) = visitor.get(&path).await;
                took.push(one);
                size = bytes;
            }
            took.sort();
            let (median, most) = (took[took.len() / 2], took[took.len() - 1]);
            let mark = if median > WANTED { "  over" } else { "" };
            let ms = |took: Duration| took.as_secs_f64() * 1000.0;
            say(&format!("{name:<44} {:>9.1} {:>9.1} {:>9.1}{mark}", ms(median), ms(most), size as f64 / 1024.0));
        }
    });
    let wrote = program.written() / 1024;
    say(&format!("peak memory of the program: {} MB; it wrote {wrote} KB meanwhile", program.peak_mb()));
    program.stop();
}

#[expect(clippy::print_stdout, reason = "a bench says what it measured")]
fn say(line: &str) {
    println!("{line}");
}
