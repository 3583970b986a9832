//! LINE, as far as sending needs it: it takes every message, and knows who got how many.

use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use std::time::Duration;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
};
use tokio::net::TcpListener;

pub(crate) struct Vendor {
    pub(crate) address: SocketAddr,
    /// How often each person got a message, by the number in their identity.
    got: Arc<[AtomicU8]>,
    /// How long it takes for an answer, in milliseconds.
    delay: Arc<AtomicU64>,
}

#[derive(Deserialize)]
struct Sent<'a> {
    #[serde(borrow)]
    to: To<'a>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum To<'a> {
    One(&'a str),
    #[serde(borrow)]
    Many(Vec<&'a str>),
}

/// The identity of the person with this number.
pub(crate) fn identity(n: usize) -> String {
    format!("U{n:032x}")
}

impl Vendor {
    pub(crate) async fn start(people: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let got: Arc<[AtomicU8]> = (0..people).map(|_| AtomicU8::new(0)).collect();
        let delay = Arc::new(AtomicU64::new(0));
        let (counts, slow) = (got.clone(), delay.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let (counts, slow) = (counts.clone(), slow.clone());
                let service = service_fn(move |request| {
                    let (counts, slow) = (counts.clone(), slow.clone());
                    async move {
                        let wait = slow.load(Ordering::Relaxed);
                        if wait > 0 {
                            tokio::time::sleep(Duration::from_millis(wait)).await;
                        }
                        Ok::<_, Infallible>(answer(request, &counts).await)
                    }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, got, delay }
    }

    /// Lets it think so long before each answer.
    pub(crate) fn slow_down(&self, to: Duration) {
        self.delay.store(to.as_millis() as u64, Ordering::Relaxed);
    }

    /// Forgets who got what.
    pub(crate) fn forget(&self) {
        self.got.iter().for_each(|count| count.store(0, Ordering::Relaxed));
    }

    /// How many people got exactly one message.
    pub(crate) fn received(&self) -> usize {
        self.got.iter().filter(|count| count.load(Ordering::Relaxed) == 1).count()
    }
}

async fn answer(request: Request<Incoming>, counts: &[AtomicU8]) -> Response<Full<Bytes>> {
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let Ok(sent) = serde_json::from_slice::<Sent<'_>>(&body) else {
        return Response::new(Full::from(r#"{"type":"none","totalUsage":0}"#));
    };
    let took = |identity: &str| {
        let n = usize::from_str_radix(identity.trim_start_matches('U'), 16).expect("an identity of ours");
        counts[n].fetch_add(1, Ordering::Relaxed);
    };
    let body = match sent.to {
        To::One(identity) => {
            took(identity);
            r#"{"sentMessages":[{"id":"461230966842064897","quoteToken":"IStG5h1Tz7b"}]}"#
        }
        To::Many(identities) => {
            identities.into_iter().for_each(took);
            "{}"
        }
    };
    let answer = Response::builder().header("content-type", "application/json").header("x-line-request-id", "5b59509c");
    answer.body(Full::from(body)).expect("fixed headers")
}
