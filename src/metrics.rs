//! What an operator's monitoring asks for: `/metrics`, in OpenMetrics' text.

use actix_web::{HttpRequest, HttpResponse};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};
use tidings_base::{
    db::DbError,
    metrics,
    web::{Answer, App, Error},
};
use tidings_sending::dispatch::{self, Figures};

tidings_base::routes! {
    get "/metrics" anyone => index;
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

/// GET `/metrics`: to this machine only. Whoever comes through a proxy comes from elsewhere.
async fn index(app: App, request: HttpRequest) -> Answer {
    let here = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let forwarded =
        ["forwarded", "x-forwarded-for", "x-real-ip"].iter().any(|name| request.headers().contains_key(*name));
    if !here || forwarded {
        return Err(Error::NotFound);
    }
    let machine = app.clock.machine();
    let (totals, since) = app
        .db
        .read(move |conn| Ok::<_, DbError>((dispatch::totals(conn)?, dispatch::waits_since(conn, machine)?)))
        .await?;
    let mut said = String::new();
    let age = since.map_or(0.0, |since| (machine - since).num_milliseconds().max(0) as f64 / 1e3);
    let written = text::encode_registry(&mut said, &now(&totals, age))
        .and_then(|()| metrics::encode(&mut said))
        .and_then(|()| text::encode_eof(&mut said));
    written.expect("text can always be written");
    Ok(HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(said))
}

/// What the database says at this moment.
fn now(totals: &Figures, age: f64) -> Registry {
    let mut registry = Registry::with_prefix("tidings");
    let deliveries = Family::<Outcome, Gauge>::default();
    for (outcome, people) in [
        ("waiting", totals.open),
        ("sent", totals.sent),
        ("failed", totals.failed),
        ("left_out", totals.left_out),
        ("cancelled", totals.cancelled),
        ("unknown", totals.unknown),
    ] {
        deliveries.get_or_create(&Outcome { outcome }).set(people);
    }
    registry.register("deliveries", "People of all dispatches by what came of them", deliveries);
    let oldest = Gauge::<f64, std::sync::atomic::AtomicU64>::default();
    oldest.set(age);
    let help = "How long the delivery has waited that has waited longest";
    registry.register_with_unit("queue_age", help, Unit::Seconds, oldest);
    registry
}
