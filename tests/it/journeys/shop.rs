//! A shop that a test walks through by its pages.

use crate::support::{App, Filled, Shown, Visitor};
use tidings_base::{
    db::{Id, sql::Sql},
    web::Role,
};
use tidings_campaigns::journeys::{self, Entering};
use tidings_customers::{
    channels::{self, ChannelKind, Connector, NewChannel},
    tags::{self, TagName},
};

pub(super) struct Shop {
    pub(super) app: App,
    pub(super) marketer: Visitor,
    pub(super) channel: Id,
    pub(super) tag: Id,
}

impl Shop {
    /// A LINE account with people of these names, a tag, and a marketer who has signed in.
    pub(super) async fn open(app: App, names: &[&str]) -> Self {
        let now = app.clock.now();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let (channel, tag) = app
            .write(move |conn| {
                let account = NewChannel {
                    kind: ChannelKind::Line,
                    connector: Connector::Sandbox,
                    name: "本店官方帳號",
                    rate_per_second: 500,
                    failure_share: 0.0,
                };
                let channel = channels::add(conn, &account, now)?;
                for name in names {
                    let id = Id::new();
                    let mut sql = Sql::new(
                        "insert into contacts (id, channel_id, identity, name, consent, subscribed_at, source, created_at, \
                         version) values (",
                    );
                    sql.bind(&id).push(", ").bind(&channel).push(", ").bind(id.as_str()).push(", ").bind(name);
                    sql.push(", 'granted', ").bind(now).push(", 'channel', ").bind(now).push(", 1)");
                    sql.execute(conn)?;
                }
                let tag = tags::get_or_create(conn, &TagName::new("VIP").unwrap(), now)?;
                Ok((channel, tag.id))
            })
            .await;
        let marketer = app.as_(Role::Marketer).await;
        Self { app, marketer, channel, tag }
    }

    pub(super) async fn get(&self, path: &str) -> Shown {
        self.marketer.get(path).await
    }

    /// The form of a new journey, filled in.
    pub(super) async fn new_journey(&self, name: &str) -> Filled {
        let page = self.get("/journeys/new").await;
        page.form("/journeys").set("name", name).set("channel", self.channel.as_str())
    }

    /// A draft of this name; its address.
    pub(super) async fn journey(&self, name: &str) -> String {
        let made = self.new_journey(name).await.submit().await;
        assert_eq!(made.status, 200, "{}", made.text());
        made.path
    }

    /// The form of a new step of the journey at `at`, to be put at `spot`.
    pub(super) async fn new_step(&self, at: &str, kind: &str, spot: &str) -> Filled {
        let page = self.get(&format!("{at}/steps/new?kind={kind}&at={spot}")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        page.form(&format!("{at}/steps"))
    }

    /// Adds a step and answers its id.
    pub(super) async fn step(&self, at: &str, kind: &str, spot: &str, fields: &[(&str, &str)]) -> String {
        let mut form = self.new_step(at, kind, spot).await;
        for (name, value) in fields {
            form = form.without(name).add(name, value);
        }
        let saved = form.submit().await;
        assert_eq!(saved.status, 200, "{}", saved.text());
        assert!(saved.says("已加入步驟"), "{}", saved.text());
        newest(&saved)
    }

    /// Publishes the draft of the journey at `at`.
    pub(super) async fn publish(&self, at: &str) -> Shown {
        self.press(at, "publish").await
    }

    /// Opens the page that asks, and presses its button.
    pub(super) async fn press(&self, at: &str, what: &str) -> Shown {
        let asks = self.get(&format!("{at}/{what}")).await;
        assert_eq!(asks.status, 200, "{}", asks.text());
        asks.form(&format!("{at}/{what}")).submit().await
    }

    /// Everybody of the account enters, as a schedule's task would have them.
    pub(super) async fn enter(&self, at: &str) -> i64 {
        let id: Id = at.trim_start_matches("/journeys/").parse().unwrap();
        let now = self.app.clock.now();
        let entered = self
            .app
            .write(move |conn| {
                let journey = journeys::find(conn, &id)?.unwrap();
                let (task_id, audience) = (Id::new(), Sql::new("1 = 1"));
                let entering = Entering {
                    journey: &journey,
                    task_id: &task_id,
                    audience,
                    after: None,
                    slice: 1000,
                    slice_together: Some(1000),
                    now,
                };
                Ok(journeys::enter(conn, &entering)?.unwrap().entered)
            })
            .await;
        self.app.settle().await;
        entered
    }

    pub(super) async fn count(&self, from: &str) -> i64 {
        let sql = Sql::new(&format!("select count(*) as n from {from}"));
        self.app.read(move |conn| sql.count(conn)).await
    }
}

/// The id of the step that was added last: ids sort in the order they were made.
pub(super) fn newest(page: &Shown) -> String {
    let ids = page.attributes(".step", "id");
    let newest = ids.iter().filter_map(|id| id.strip_prefix("step-")).max();
    newest.unwrap_or_else(|| panic!("no steps: {}", page.text())).to_owned()
}
