use super::asked_to_stop;
use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};
use tidings::{
    Parts,
    startup::{self, Failure},
};
use tidings_base::{
    jobs::{self, Wake, Work},
    outside::Outside,
    passwords::Hasher,
    secret::Secret,
    settings::Settings,
    web::live::Streams,
};
use tidings_sending::channels;

#[derive(clap::Args, Clone, Default)]
pub(crate) struct Options {
    /// Answer /metrics, /healthz and /readyz at this address
    #[arg(long, value_name = "ADDRESS")]
    monitor: Option<SocketAddr>,
}

/// How long work in hand may take when the program is asked to stop; the whole must end within 10 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// `tidings worker`: the jobs without the website.
#[expect(clippy::print_stdout, reason = "what people and scripts wait for")]
pub(crate) async fn run(settings: &Settings, options: &Options) -> Result<(), Failure> {
    let (db, clock) = startup::open(settings).await?;
    if !db.is_postgres() {
        return Err("SQLite has one process: `tidings serve` runs the jobs too. For workers of their own, set DATABASE_URL to a PostgreSQL database".into());
    }
    let secret = Secret::load(settings)?;
    channels::connection::all_open(&db, &secret).await?;
    let outside = Outside::new(settings.reach(settings.listen)?, secret);
    let work = Work { db, clock, wake: Wake::default(), outside, lease: settings.lease };
    let monitor = options.monitor.map(|address| monitor(&work, address)).transpose()?;
    let (running, workers) = jobs::start(tidings::kinds(), &work);
    println!("working");
    let stop = async {
        asked_to_stop().await?;
        tracing::info!("stopping");
        running.stop(PATIENCE).await;
        Ok::<_, std::io::Error>(())
    };
    let monitored = async {
        match monitor {
            Some(server) => server.await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        stopped = stop => Ok(stopped?),
        served = monitored => Err(format!("the monitor ended: {served:?}").into()),
        () = workers => Err("the workers ended".into()),
    }
}

#[expect(clippy::print_stdout, reason = "what people and scripts wait for")]
fn monitor(work: &Work, address: SocketAddr) -> Result<actix_web::dev::Server, Failure> {
    let listener = TcpListener::bind(address).map_err(|e| format!("{address}: {e}"))?;
    let address = listener.local_addr()?;
    let parts =
        Parts { work: work.clone(), hasher: Hasher::strong(), streams: Streams::default(), secure: false, demo: false };
    let server = tidings::monitor(&parts, listener)?;
    println!("listening on http://{address}");
    Ok(server)
}
