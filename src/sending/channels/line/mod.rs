//! LINE's Messaging API: push for one person, multicast for several, both with a retry key; the
//! questions about an account; and what LINE sends. Shapes are those of LINE's OpenAPI files.

mod answer;
mod body;
mod event;
mod reply;
pub mod signature;

use super::{
    Answer, Call, Capabilities, Channel, Checked, InboundEvent, NotUnderstood, Quota, Stop, StopReason, Trouble,
    capabilities, connection, refusals::Refusals,
};
pub use event::{Keyed, cut};

use futures_util::{FutureExt, future::BoxFuture};
use reply::NoReply;
use reqwest::{Method, RequestBuilder, header::CONTENT_TYPE};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::Duration;
use tidings_base::{db::Id, jobs::Work};
use tidings_customers::channels::{ChannelAccount, ChannelKind};
use tokio::sync::OnceCell;

/// The secrets of an account as they are stored. No `Debug`, so that no log shows them.
#[derive(Clone, Deserialize)]
pub struct Secrets {
    access_token: String,
    pub channel_secret: String,
}

/// The way of one account to LINE.
pub struct Line {
    account: Option<Id>,
    work: Work,
    /// Read when first needed, and kept as long as this is: for the calls of one slice, one page.
    token: OnceCell<String>,
    refusals: Refusals,
}

/// How long a question of a page may take.
const PATIENCE: Duration = Duration::from_secs(8);

impl Line {
    /// The way of `account`, with what is stored for it.
    pub fn new(account: &ChannelAccount, work: Work) -> Self {
        Self { account: Some(account.id.clone()), work, token: OnceCell::new(), refusals: Refusals::default() }
    }

    /// A way with secrets that are not stored yet.
    pub(super) fn trial(secrets: &serde_json::Value, work: &Work) -> Self {
        let token = secrets["access_token"].as_str().unwrap_or_default().to_owned();
        let token = OnceCell::new_with(Some(token));
        Self { account: None, work: work.clone(), token, refusals: Refusals::default() }
    }

    async fn token(&self) -> Result<&str, Trouble> {
        let read = || async {
            let id = self.account.as_ref().ok_or(connection::NotConnected::Missing)?;
            let stored = connection::load::<serde_json::Value, Secrets>(&self.work.db, self.work.outside.secret(), id);
            Ok::<_, connection::NotConnected>(stored.await?.secrets.access_token)
        };
        match self.token.get_or_try_init(read).await {
            Ok(token) => Ok(token),
            Err(connection::NotConnected::Db(e)) => Err(Trouble::Later { detail: e.to_string() }),
            Err(e) => Err(Trouble::Stop(Stop { reason: StopReason::Token, detail: e.to_string() })),
        }
    }

    fn request(&self, method: Method, path: &str, token: &str) -> RequestBuilder {
        let outside = &self.work.outside;
        outside.http().request(method, format!("{}{path}", outside.line_api())).bearer_auth(token)
    }

    /// Asks LINE something that changes nothing.
    async fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, Trouble> {
        let token = self.token().await?;
        let request = self.request(Method::GET, path, token).timeout(PATIENCE);
        match reply::exchange(request, self.work.clock.machine()).await {
            Ok(reply) => answer::asked(&reply),
            Err(NoReply::NotSent(detail) | NoReply::Lost(detail)) => Err(Trouble::Later { detail }),
        }
    }

    /// [`Line::ask`] where LINE always has an answer.
    async fn must<T: DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        self.ask(path).await?.ok_or_else(|| Trouble::Later { detail: format!("nothing at {path}") })
    }
}

impl Channel for Line {
    fn capabilities(&self) -> Capabilities {
        capabilities(ChannelKind::Line)
    }

    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Answer> {
        async move {
            let messages = match body::messages(&call.words, &self.work.outside) {
                Ok(messages) => messages,
                Err(stop) => return Answer::Stop(stop),
            };
            let token = match self.token().await {
                Ok(token) => token,
                Err(Trouble::Later { detail }) => return Answer::Later { retry_after: None, detail },
                Err(Trouble::Stop(stop)) => return Answer::Stop(stop),
            };
            let to: Vec<&str> = call.people.iter().map(|person| person.identity.as_str()).collect();
            let (path, body) = match to[..] {
                [one] => ("/v2/bot/message/push", json(&body::Push { to: one, messages: &messages })),
                _ => ("/v2/bot/message/multicast", json(&body::Multicast { to: &to, messages: &messages })),
            };
            let mut request =
                self.request(Method::POST, path, token).header(CONTENT_TYPE, "application/json").body(body);
            if let Some(key) = &call.retry_key {
                request = request.header("X-Line-Retry-Key", key);
            }
            match reply::exchange(request, self.work.clock.machine()).await {
                Ok(reply) => self.refusals.judge(to.len(), answer::sent(&reply, to.len())),
                Err(NoReply::NotSent(detail)) => Answer::Later { retry_after: None, detail },
                Err(NoReply::Lost(detail)) => Answer::Unknown { detail },
            }
        }
        .boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<Checked, Trouble>> {
        async {
            let bot: body::Bot = self.must("/v2/bot/info").await?;
            let quota = self.quota().await?;
            Ok(Checked { name: bot.display_name, quota, vendor_id: Some(bot.user_id) })
        }
        .boxed()
    }

    fn quota(&self) -> BoxFuture<'_, Result<Quota, Trouble>> {
        async {
            let quota: body::Limit = self.must("/v2/bot/message/quota").await?;
            let used: body::Consumption = self.must("/v2/bot/message/quota/consumption").await?;
            Ok(Quota { limit: quota.limit(), used: used.total_usage })
        }
        .boxed()
    }

    fn name<'a>(&'a self, identity: &'a str) -> BoxFuture<'a, Result<Option<String>, Trouble>> {
        async move {
            // A user id is letters and digits; whatever else came by a webhook must not become
            // another address.
            if !identity.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Ok(None);
            }
            let profile: Option<body::Profile> = self.ask(&format!("/v2/bot/profile/{identity}")).await?;
            Ok(profile.map(|profile| profile.display_name))
        }
        .boxed()
    }

    fn events(&self, body: &str) -> Result<Vec<InboundEvent>, NotUnderstood> {
        event::read(body)
    }
}

fn json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("texts in lists can always be written as JSON")
}
