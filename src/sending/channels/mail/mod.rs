//! Mail over SMTP: one message a person, over connections that are kept. SMTP remembers nothing: a
//! message whose answer was lost is not sent again, so what had happened when a conversation broke
//! off decides everything ([`conversation::Step`]).

mod classify;
mod compose;
mod conversation;
mod links;
mod pool;
mod settings;

pub use pool::Pools;
pub use settings::{Secrets, Security, Settings};

use super::{
    Answer, Call, Capabilities, Channel, Checked, InboundEvent, NotUnderstood, Quota, Recipient, Refusal,
    RefusalReason, Stop, StopReason, Trouble, capabilities,
    connection::{self, Connection, NotConnected},
};
use compose::{Letter, Sender};
use conversation::Fault;
use futures_util::{FutureExt, future::BoxFuture};
use pool::Pool;
use std::{sync::Arc, time::Duration};
use tidings_base::{db::Id, jobs::Work};
use tidings_customers::{
    channels::{ChannelAccount, ChannelKind},
    consent::unsubscribe,
};
use tokio::{sync::OnceCell, time::Instant};

/// How long everything before the message itself may take: a free connection, or making one. A
/// conversation that is given up then has sent nothing.
const BEFORE: Duration = Duration::from_millis(4_500);

/// How long a call may take in all; shorter than the patience of whoever calls, so that it is known
/// here how far it got.
const WHOLE: Duration = Duration::from_millis(7_500);

type Connected = Connection<Settings, Secrets>;

/// One mail account.
pub struct Mail {
    /// None while it is only tried out.
    account: Option<Id>,
    connected: OnceCell<(Arc<Connected>, Arc<Pool>)>,
    pools: Arc<Pools>,
    work: Work,
}

impl Mail {
    /// The account with its stored connection, which is read when it is needed.
    pub fn new(account: &ChannelAccount, work: &Work, pools: &Arc<Pools>) -> Self {
        let (account, pools, work) = (Some(account.id.clone()), pools.clone(), work.clone());
        Self { account, connected: OnceCell::new(), pools, work }
    }

    /// An account that is not stored yet.
    pub fn trial(settings: Settings, secrets: Secrets, work: &Work) -> Self {
        let connected = Connection { settings, secrets, changed_at: work.clock.now() };
        let connected = OnceCell::new_with(Some((Arc::new(connected), Arc::new(Pool::default()))));
        Self { account: None, connected, pools: Arc::default(), work: work.clone() }
    }

    async fn connected(&self) -> Result<&(Arc<Connected>, Arc<Pool>), NotConnected> {
        let load = async || {
            let account = self.account.as_ref().ok_or(NotConnected::Missing)?;
            let connected: Connected = connection::load(&self.work.db, self.work.outside.secret(), account).await?;
            let pool = self.pools.of(account, connected.changed_at);
            Ok((Arc::new(connected), pool))
        };
        self.connected.get_or_try_init(load).await
    }

    /// One mail to one person. A message without a delivery is one that somebody tries out.
    async fn one(&self, call: &Call, person: &Recipient) -> Answer {
        let start = Instant::now();
        let (connected, pool) = match self.connected().await {
            Ok(connected) => connected,
            Err(e) => return not_connected(&e),
        };
        let Settings { sender_name, sender_address, postal_address, .. } = &connected.settings;
        let letter = Letter {
            sender: Sender { name: sender_name, address: sender_address, postal_address },
            to: &person.identity,
            id: person.reference.clone().unwrap_or_else(Id::new),
            list: self.account.as_ref(),
            date: self.work.clock.machine(),
            words: &call.words,
            public_url: self.work.outside.public_url(),
            unsubscribe: person.contact.as_ref().map(|contact| unsubscribe::address(&self.work.outside, contact)),
        };
        let composed = match letter.compose() {
            Ok(composed) => composed,
            Err(answer) => return answer,
        };
        let sent = pool.send(connected, &self.work.outside, &composed, start + BEFORE, start + WHOLE).await;
        let answer = match sent {
            Ok(()) => Answer::Taken { request_id: None, people: vec![Ok(Some(composed.message_id))] },
            Err(fault) => {
                tracing::debug!(channel.id = ?self.account, %fault, "a mail was not accepted");
                classify::answer(&fault, call.tried)
            }
        };
        pool.refusals.judge(1, answer)
    }
}

impl Channel for Mail {
    fn capabilities(&self) -> Capabilities {
        capabilities(ChannelKind::Email)
    }

    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Answer> {
        async move {
            match call.people.as_slice() {
                [person] => self.one(call, person).await,
                people => {
                    Answer::Rejected { people: Vec::new(), detail: format!("{} people in one mail", people.len()) }
                }
            }
        }
        .boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<Checked, Trouble>> {
        async {
            let (connected, pool) = self.connected().await.map_err(|e| trouble(not_connected(&e)))?;
            let before = Instant::now() + BEFORE;
            let checked = async {
                let mut conversation = pool.open(connected, &self.work.outside, before).await?;
                conversation.noop(before).await?;
                conversation.close().await;
                Ok::<_, Fault>(())
            };
            checked.await.map_err(|fault| trouble(classify::answer(&fault, 0)))?;
            let Settings { host, sender_name, sender_address, .. } = &connected.settings;
            let name = format!("{sender_name} <{sender_address}> · {host}");
            Ok(Checked { name, quota: Quota::default(), vendor_id: None })
        }
        .boxed()
    }

    fn events(&self, _body: &str) -> Result<Vec<InboundEvent>, NotUnderstood> {
        Err(NotUnderstood("mail servers send no events".to_owned()))
    }
}

fn not_connected(e: &NotConnected) -> Answer {
    match e {
        NotConnected::Missing | NotConnected::Sealed(_) | NotConnected::Malformed(_) => {
            Answer::Stop(Stop { reason: StopReason::Token, detail: e.to_string() })
        }
        NotConnected::Db(e) => Answer::Later { retry_after: None, detail: e.to_string() },
    }
}

/// What an answer says when nobody was written to.
fn trouble(answer: Answer) -> Trouble {
    match answer {
        Answer::Stop(stop) => Trouble::Stop(stop),
        Answer::Later { detail, .. } | Answer::Unknown { detail } | Answer::Rejected { detail, .. } => {
            Trouble::Later { detail }
        }
        Answer::Taken { people, .. } => {
            let refusals = people.into_iter().filter_map(Result::err).map(|refusal| refusal.detail);
            Trouble::Later { detail: refusals.collect::<Vec<_>>().join(" ") }
        }
    }
}

/// A refusal that lies with one person.
fn refused(reason: RefusalReason, detail: impl Into<String>) -> Refusal {
    Refusal { reason, detail: detail.into() }
}
