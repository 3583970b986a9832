use super::asked_to_stop;
use std::time::Duration;
use tidings::startup::{self, Failure};
use tidings_base::{
    jobs::{self, Wake, Work},
    outside::Outside,
    secret::Secret,
    settings::Settings,
};
use tidings_sending::channels;

/// `tidings worker`: the jobs without the website.
#[expect(clippy::print_stdout, reason = "what people and scripts wait for")]
pub(crate) async fn run(settings: &Settings) -> Result<(), Failure> {
    let (db, clock) = startup::open(settings).await?;
    if !db.is_postgres() {
        return Err("SQLite has one process: `tidings serve` runs the jobs too. For workers of their own, set DATABASE_URL to a PostgreSQL database".into());
    }
    let secret = Secret::load(settings)?;
    channels::connection::all_open(&db, &secret).await?;
    let outside = Outside::new(settings.reach(settings.listen)?, secret);
    let work = Work { db, clock, wake: Wake::default(), outside, lease: settings.lease };
    let (running, workers) = jobs::start(tidings::kinds(), &work);
    println!("working");
    let stop = async {
        asked_to_stop().await?;
        tracing::info!("stopping");
        running.stop(Duration::from_secs(8)).await;
        Ok::<_, std::io::Error>(())
    };
    tokio::select! {
        stopped = stop => Ok(stopped?),
        () = workers => Err("the workers ended".into()),
    }
}
