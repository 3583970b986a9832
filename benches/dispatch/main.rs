//! `cargo bench --bench dispatch [-- PEOPLE]`: what the corridor costs beside the bare HTTP client,
//! on both databases in one run. A vendor in this process, the program as a child process, PostgreSQL
//! in a folder of its own: all of them share this machine.
//!
//! - (a) the program's own HTTP client posts the messages, and nothing else; before, between and after the
//!   others, and the median counts, because a machine is not the same from minute to minute;
//! - (b) a schedule's task sends every person words of their own: from the task's time to the last
//!   recorded answer;
//! - (c) the same with the same words for everybody, so that 500 people share a call. Each person's row is
//!   written after the answer is recorded; "all rows" says when the last one was.
//!
//! `-- freeze` and `-- nodes` measure choosing a million people, and two processes on one database;
//! `-- sqlite` and `-- postgres` leave the other one out.

mod client;
mod freeze;
mod nodes;
#[path = "../../tests/it/support/postgres.rs"]
mod postgres;
#[path = "../program.rs"]
mod program;
mod shop;
mod vendor;

use program::Program;
use std::time::Duration;
use tidings_base::db::Url;
use vendor::Vendor;

/// What a run came to.
struct Figures {
    name: String,
    messages: usize,
    took: Duration,
    /// Until all rows were written, where there are any.
    written: Option<Duration>,
    /// Of the program's process; nothing for the bare client.
    peak_mb: Option<u64>,
    /// Written to disk by the program, and by PostgreSQL to its log, over all deliveries.
    bytes: Option<u64>,
}

impl Figures {
    fn rate(&self) -> f64 {
        self.messages as f64 / self.took.as_secs_f64()
    }
}

const PERSONAL: &str = "{{name|貴賓}}，週年慶全館八折，只到這個週日。";
const SAME: &str = "週年慶全館八折，只到這個週日。";

fn main() {
    // `cargo bench` passes flags of its own.
    let given = |word: &str| std::env::args().any(|given| given == word);
    let number: Option<usize> = std::env::args().skip(1).find_map(|given| given.parse().ok());
    let usual = if given("freeze") {
        1_000_000
    } else if given("nodes") {
        20_000
    } else {
        100_000
    };
    let people = number.unwrap_or(usual);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let vendor = runtime.block_on(Vendor::start(people));
    let place = tempfile::tempdir().expect("a folder");

    let file = place.path().join("lite").join("tidings.db");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    let lite = Url::Sqlite(file.to_string_lossy().into_owned());
    if given("freeze") {
        freeze::run("SQLite", &lite, place.path(), &vendor, people);
        let server = postgres::Server::start(&place.path().join("postgres")).expect("PostgreSQL");
        return freeze::run("PostgreSQL", &Url::Postgres(server.url()), place.path(), &vendor, people);
    }
    if given("nodes") {
        let server = postgres::Server::start(&place.path().join("postgres")).expect("PostgreSQL");
        return nodes::run(&runtime, &vendor, &Url::Postgres(server.url()), place.path(), people);
    }
    let bare = || runtime.block_on(client::run(&vendor, people));
    let mut alone = vec![bare()];
    let mut rows = Vec::new();
    if !given("postgres") {
        rows.extend(on(&runtime, &vendor, &lite, place.path(), people).map(|figures| ("SQLite", figures)));
        alone.push(bare());
    }
    if !given("sqlite") {
        match postgres::Server::start(&place.path().join("postgres")) {
            Ok(server) => {
                let both = on(&runtime, &vendor, &Url::Postgres(server.url()), place.path(), people);
                rows.extend(both.map(|figures| ("PostgreSQL", figures)));
            }
            Err(why) => say(&format!("no PostgreSQL here: {why}")),
        }
        alone.push(bare());
    }
    alone.sort_by_key(|figures| figures.took);
    rows.insert(0, ("", alone.swap_remove(1)));
    table(&rows);
}

/// (b) and (c) on one database.
fn on(
    runtime: &tokio::runtime::Runtime,
    vendor: &Vendor,
    url: &Url,
    folder: &std::path::Path,
    people: usize,
) -> [Figures; 2] {
    let shop = shop::open(url, people);
    let run = |name: &str, text: &str| {
        vendor.forget();
        let data = folder.join("data");
        std::fs::create_dir_all(&data).expect("a folder");
        let before = shop.written();
        let api = format!("http://{}", vendor.address);
        let program = Program::start(&data, url, &["--empty"], &settings(&api, &shop.key));
        let task = shop.publish(text);
        let took = runtime.block_on(shop.finished(&task, people));
        assert_eq!(vendor.received(), people, "{name} at {}: everybody exactly once", program.address);
        let figures = Figures {
            name: name.to_owned(),
            messages: people,
            took: took.recorded,
            written: Some(took.written),
            peak_mb: Some(program.peak_mb()),
            bytes: Some(program.written() + shop.written() - before),
        };
        program.stop();
        figures
    };
    [run("(b) words of their own", PERSONAL), run("(c) the same words", SAME)]
}

/// What the program is told beside where its data are.
fn settings<'a>(api: &'a str, key: &'a str) -> [(&'static str, &'a str); 3] {
    [("TIDINGS_SECRET_KEY", key), ("TIDINGS_LINE_API_BASE", api), ("TIDINGS_ALLOW_PRIVATE_ADDRESSES", "1")]
}

fn table(rows: &[(&str, Figures)]) {
    let bare = rows[0].1.rate();
    say(&format!(
        "{:<12} {:<24} {:>10} {:>9} {:>9} {:>8} {:>9} {:>12}",
        "", "", "messages/s", "seconds", "all rows", "÷ (a)", "peak MB", "bytes each"
    ));
    let dash = || "–".to_owned();
    for (database, figures) in rows {
        say(&format!(
            "{database:<12} {:<24} {:>10.0} {:>9.2} {:>9} {:>8.2} {:>9} {:>12}",
            figures.name,
            figures.rate(),
            figures.took.as_secs_f64(),
            figures.written.map_or_else(dash, |took| format!("{:.2}", took.as_secs_f64())),
            figures.rate() / bare,
            figures.peak_mb.map_or_else(dash, |mb| mb.to_string()),
            figures.bytes.map_or_else(dash, |bytes| (bytes / figures.messages as u64).to_string()),
        ));
    }
}

#[expect(clippy::print_stdout, reason = "a bench says what it measured")]
fn say(line: &str) {
    println!("{line}");
}
