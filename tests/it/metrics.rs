//! What monitoring sees.

use crate::support::{Backend, Someone, both, child::Running, database};
use tidings_customers::{channels::ChannelKind, consent::Consent};
use tidings_sending::{dispatch::Origin, messages::Content};

both! {
    async fn what_was_sent_and_how_fast(app: App) {
        let channel = app.channel(ChannelKind::Line, "本店").await;
        for name in ["王怡君", "陳建宏"] {
            app.contact(&channel, Someone::called(name).who(Consent::Granted)).await;
        }
        app.contact(&channel, Someone::called("林志明").who(Consent::Withdrawn)).await;
        app.send_to_all(&channel, Origin::Journey, Content::text("週年慶")).await;
        app.settle().await;
        // No schedule runs here.
        tidings_base::metrics::lag("schedules.run", chrono::TimeDelta::zero());
        let said = app.anonymous().get("/metrics").await;
        assert_eq!(said.status, 200);
        for line in [
            "tidings_deliveries{outcome=\"sent\"} 2",
            "tidings_deliveries{outcome=\"left_out\"} 1",
            "tidings_deliveries{outcome=\"waiting\"} 0",
            "tidings_queue_age_seconds 0.0",
        ] {
            assert!(said.html.lines().any(|said| said == line), "{line} is not in {}", said.html);
        }
        for name in ["send_latency", "claim_latency", "pool_wait", "lag"] {
            assert!(said.html.contains(&format!("# TYPE tidings_{name}_seconds histogram")), "{name}: {}", said.html);
        }
        assert!(said.html.contains("tidings_send_latency_seconds_count{channel=\"line\",answer=\"taken\"}"));
        assert!(said.html.ends_with("# EOF\n"));
    }

    async fn nobody_elsewhere_sees_it(app: App) {
        tidings_base::outside::tls();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for name in ["X-Forwarded-For", "Forwarded", "X-Real-IP"] {
            let answer = http.get(format!("{}/metrics", app.address)).header(name, "203.0.113.7").send().await.unwrap();
            assert_eq!(answer.status(), 404, "{name}");
        }
    }
}

#[test]
fn a_worker_says_what_it_measures_and_nothing_else() {
    let (url, _place) = database::fresh(Backend::Postgres);
    let folder = tempfile::tempdir().unwrap();
    let tidings_base::db::Url::Postgres(url) = url else { unreachable!("it was asked for") };
    let key = "7".repeat(64);
    let environment = [("DATABASE_URL", url.as_str()), ("TIDINGS_SECRET_KEY", &key)];
    let worker = Running::start(folder.path(), &["worker", "--monitor", "127.0.0.1:0"], &environment);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let visitor = worker.visitor();
        assert_eq!(visitor.get("/readyz").await.html, "ready\n");
        assert!(visitor.get("/metrics").await.html.contains("tidings_deliveries{outcome=\"sent\"} 0"));
        assert_eq!(visitor.get("/signin").await.status, 404);
    });
    assert!(worker.terminate());
}
