use super::asked_to_stop;
use std::time::Duration;
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
    /// Start without the demo shop, and make the first admin
    #[arg(long)]
    empty: bool,
}

/// How long work in hand may take when the program is asked to stop; the whole must end within 10 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// `tidings serve`: the website, and the jobs behind it.
pub(crate) async fn run(settings: &Settings, options: &Options) -> Result<(), Failure> {
    let secret = Secret::load(settings)?;
    let (db, clock) = startup::open(settings).await?;
    let demo = if options.empty { startup::is_demo(&db).await? } else { startup::demo(&db, &clock, settings).await? };
    if !demo {
        startup::first_admin(&db, &clock, settings).await?;
    }
    let listener = startup::listen(settings, demo)?;
    let address = listener.local_addr()?;
    let secure = settings.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let hasher = Hasher::strong();
    channels::connection::all_open(&db, &secret).await?;
    let outside = Outside::new(settings.reach(address)?, secret);
    let work = Work { db, clock, wake: Wake::default(), outside, lease: settings.lease };
    let streams = Streams::default();
    let parts = Parts { work: work.clone(), hasher, streams: streams.clone(), secure, demo };
    let server = tidings::server(&parts, listener)?;
    let handle = server.handle();
    let (running, workers) = jobs::start(tidings::kinds(), &work);
    say_ready(settings, demo, address);
    let stop = async {
        asked_to_stop().await?;
        tracing::info!("stopping");
        streams.stop();
        tokio::join!(handle.stop(true), running.stop(PATIENCE));
        Ok::<_, std::io::Error>(())
    };
    tokio::pin!(stop, server);
    tokio::select! {
        biased;
        stopped = &mut stop => Ok(stopped?),
        served = &mut server => {
            // A server that was asked to stop ends before the jobs in hand do.
            served?;
            Ok(stop.await?)
        }
        () = workers => Err("the workers ended".into()),
    }
}

#[expect(clippy::print_stdout, reason = "what people and scripts wait for")]
fn say_ready(settings: &Settings, demo: bool, address: std::net::SocketAddr) {
    if demo {
        let password = if settings.demo_password.is_some() { "TIDINGS_DEMO_PASSWORD" } else { startup::DEMO_PASSWORD };
        println!("demo shop: sign in as {} with the password {password}", startup::DEMO_PEOPLE.join(", "));
    }
    println!("listening on http://{address}");
}
