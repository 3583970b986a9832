//! `cargo bench --bench dispatch -- nodes [PEOPLE]`: one process and two of them on one PostgreSQL, with a
//! vendor that takes 50 ms for an answer.

use crate::{PERSONAL, program::Program, say, settings, shop, vendor::Vendor};
use std::time::Duration;
use tidings_base::db::Url;

pub(crate) fn run(
    runtime: &tokio::runtime::Runtime,
    vendor: &Vendor,
    url: &Url,
    folder: &std::path::Path,
    people: usize,
) {
    let shop = shop::open(url, people);
    let api = format!("http://{}", vendor.address);
    vendor.slow_down(Duration::from_millis(50));
    let mut rates = Vec::new();
    for nodes in [1, 2] {
        vendor.forget();
        let start = |n: usize| {
            let data = folder.join(format!("data{n}"));
            std::fs::create_dir_all(&data).expect("a folder");
            Program::start(&data, url, &["--empty"], &settings(&api, &shop.key))
        };
        let programs: Vec<Program> = (0..nodes).map(start).collect();
        let task = shop.publish(PERSONAL);
        let took = runtime.block_on(shop.finished(&task, people)).recorded;
        assert_eq!(vendor.received(), people, "{nodes} nodes: everybody exactly once");
        rates.push(people as f64 / took.as_secs_f64());
        say(&format!("{nodes} nodes: {:.0} messages a second", rates[rates.len() - 1]));
        programs.into_iter().for_each(Program::stop);
    }
    say(&format!("two nodes ÷ one: {:.2}", rates[1] / rates[0]));
}
