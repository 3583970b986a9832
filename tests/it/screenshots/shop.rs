//! A shop that grows by its own pages, from nothing to everything that can go right and wrong.

use crate::support::{App, Filled, Shown, Someone, Visitor};
use chrono::TimeDelta;
use tidings_base::{db::Id, web::Role};
use tidings_customers::{
    channels::{self, ChannelKind, Connector, NewChannel},
    consent::Consent,
};

pub(super) struct Shop {
    pub(super) app: App,
    pub(super) admin: Visitor,
}

/// As long as a name may be, of words and of one word without an end.
pub(super) fn longest() -> [String; 2] {
    let words: String = "週年慶限定新品上市與會員獨享回饋方案－".chars().cycle().take(100).collect();
    [words, "W".repeat(100)]
}

impl Shop {
    pub(super) async fn open(app: &App) -> Self {
        Self { app: app.clone(), admin: app.as_(Role::Admin).await }
    }

    /// An account that sends one message a second: what it sends is under way for a while.
    pub(super) async fn slow_account(&self, name: &'static str, people: usize) -> Id {
        let now = self.app.clock.now();
        let add = move |conn: &mut _| {
            let (kind, connector) = (ChannelKind::Sms, Connector::Sandbox);
            channels::add(conn, &NewChannel { kind, connector, name, rate_per_second: 1, failure_share: 0.1 }, now)
        };
        let channel = self.app.write(add).await;
        let someone = |n: usize| {
            let consent = if n.is_multiple_of(9) { Consent::Withdrawn } else { Consent::Granted };
            Someone::called(["王怡君", "陳建宏", "林美玲"][n % 3]).at(&format!("+8869{n:08}")).who(consent)
        };
        self.app.contacts(&channel, (1..=people).map(someone).collect()).await;
        channel
    }

    /// An audience of everybody on LINE; its address.
    pub(super) async fn audience(&self, name: &str) -> String {
        let form = self.admin.get("/audiences/new").await.form("/audiences").set("name", name).set("kind", "line");
        fine(form.add("action", "save").submit().await).path
    }

    /// A draft of a journey that says one thing; its address.
    pub(super) async fn draft(&self, name: &str, channel: &Id, says: &str) -> String {
        let form = self.admin.get("/journeys/new").await.form("/journeys").set("name", name);
        let at = fine(form.set("channel", channel.as_str()).submit().await).path;
        let at = at.split('?').next().unwrap().to_owned();
        let step = self.admin.get(&self.new_step(&at, "send").await).await;
        fine(step.form(&format!("{at}/steps")).set("text-1", says).add("action", "save").submit().await);
        at
    }

    /// Where a step of this kind is added to the journey at `at`.
    pub(super) async fn new_step(&self, at: &str, kind: &str) -> String {
        let links = self.admin.get(at).await.attributes("main a[href*='/steps/new']", "href");
        links.into_iter().find(|link| link.contains(&format!("kind={kind}&"))).expect("a link that adds a step")
    }

    /// Opens the page that asks, and presses its button.
    pub(super) async fn press(&self, at: &str, what: &str) -> Shown {
        let path = format!("{at}/{what}");
        fine(self.admin.get(&path).await.form(&path).submit().await)
    }

    /// Presses a button that asks nothing.
    pub(super) async fn at_once(&self, at: &str, what: &str) -> Shown {
        fine(self.admin.get(at).await.form(&format!("{at}/{what}")).submit().await)
    }

    /// A published schedule that runs every day from tomorrow; its address.
    pub(super) async fn schedule(&self, name: &str, journey: &str, audience: &str) -> String {
        let id = |path: &str| path.split('/').nth(2).unwrap().to_owned();
        let form = self.admin.get("/schedules/new").await.form("/schedules").set("name", name);
        let form = form.set("journey", &id(journey)).set("audience", &id(audience)).set("frequency", "periodic");
        let form = form.set("every", "1").set("unit", "days").set("time", "10:00").set("start", &self.day(1));
        fine(form.set("end", &self.day(30)).add("do", "publish").submit().await).path
    }

    /// A day of the shop, counted from today.
    fn day(&self, from_today: i64) -> String {
        let at = self.app.clock.now() + TimeDelta::days(from_today);
        at.and_utc().with_timezone(&chrono_tz::Asia::Taipei).date_naive().to_string()
    }

    /// The form of a broadcast to everybody of an account.
    pub(super) async fn broadcast(&self, name: &str, channel: &Id) -> Filled {
        let form = self.admin.get(&format!("/broadcasts/new?account={channel}")).await.form("/broadcasts");
        let says = "{{name|貴賓}}您好，週年慶今天開跑，滿 2,000 折 300。";
        form.set("name", name).set("account", channel.as_str()).set("text-1", says)
    }

    /// One that is sent at once; its address.
    pub(super) async fn send(&self, name: &str, channel: &Id) -> String {
        let asks = fine(self.broadcast(name, channel).await.add("do", "next").submit().await);
        let sent = fine(asks.form(&asks.path.clone()).submit().await);
        sent.path
    }

    /// One that waits for tomorrow; its address.
    pub(super) async fn send_tomorrow(&self, name: &str, channel: &Id) -> String {
        let form = self.broadcast(name, channel).await.set("when", "later").set("date", &self.day(1));
        let asks = fine(form.set("time", "09:30").add("do", "next").submit().await);
        fine(asks.form(&asks.path.clone()).submit().await).path
    }

    /// A file that was uploaded and waits for a look; its address.
    pub(super) async fn upload(&self, to: &str, file: &str) -> String {
        let form = self.admin.get(to).await.form(to);
        fine(form.file("file", "名單.csv", file.as_bytes()).submit().await).path
    }
}

/// What went as a person would expect.
pub(super) fn fine(shown: Shown) -> Shown {
    assert_eq!(shown.status, 200, "{}: {}", shown.path, shown.text());
    shown
}
