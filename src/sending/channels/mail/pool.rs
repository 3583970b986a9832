//! Connections that are kept: opening one costs more than sending a mail over it.

use super::{
    Connected, Security,
    compose::Composed,
    conversation::{Cause, Conversation, Fault, Step},
};
use crate::channels::refusals::Refusals;
use chrono::NaiveDateTime;
use lettre::transport::smtp::client::TlsParameters;
use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    time::Duration,
};
use tidings_base::{
    db::Id,
    outside::{self, Outside},
};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout_at},
};

/// Connections of one account at the same time; receivers look askance at more.
const MOST: usize = 8;

/// Mails over one connection.
const MESSAGES: usize = 100;

/// How long a connection is kept that nobody uses. Servers close theirs after one to five minutes.
const IDLE: Duration = Duration::from_secs(20);

/// The connections of every account in this process.
#[derive(Default)]
pub struct Pools(Mutex<HashMap<Id, (NaiveDateTime, Arc<Pool>)>>);

impl Pools {
    /// Those of one account. What was opened before its connection was changed is let go.
    pub(super) fn of(&self, account: &Id, changed_at: NaiveDateTime) -> Arc<Pool> {
        let mut pools = hold(&self.0);
        let (made, pool) = pools.entry(account.clone()).or_insert_with(|| (changed_at, Arc::default()));
        if *made != changed_at {
            *made = changed_at;
            *pool = Arc::default();
        }
        pool.clone()
    }
}

/// The connections of one account.
pub(super) struct Pool {
    places: Semaphore,
    idle: Mutex<Vec<Conversation>>,
    /// Made once: it reads the certificates of the system.
    tls: OnceLock<TlsParameters>,
    /// Whether they may still be about people.
    pub(super) refusals: Refusals,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            places: Semaphore::new(MOST),
            idle: Mutex::default(),
            tls: OnceLock::new(),
            refusals: Refusals::default(),
        }
    }
}

impl Pool {
    /// Sends one mail over a connection that is free, or a new one.
    pub(super) async fn send(
        self: &Arc<Self>,
        connected: &Connected,
        outside: &Outside,
        mail: &Composed,
        before: Instant,
        whole: Instant,
    ) -> Result<(), Fault> {
        let busy = |_| Fault { step: Step::Connect, cause: Cause::Broken("every connection is busy".to_owned()) };
        let _place = timeout_at(before, self.places.acquire()).await.map_err(busy)?;
        if let Some(mut kept) = self.take() {
            let sent = kept.send(mail, before, whole).await;
            self.put(kept);
            // The server may have closed it meanwhile; nothing was said yet that counts.
            match &sent {
                Err(fault) if fault.step == Step::From && fault.is_the_end() => {}
                Ok(()) | Err(_) => return sent,
            }
        }
        let mut fresh = self.open(connected, outside, before).await?;
        let sent = fresh.send(mail, before, whole).await;
        self.put(fresh);
        sent
    }

    /// A new connection, which is not kept.
    pub(super) async fn open(
        &self,
        connected: &Connected,
        outside: &Outside,
        before: Instant,
    ) -> Result<Conversation, Fault> {
        let tls = match (connected.settings.security, self.tls.get()) {
            (Security::None, _) => None,
            (Security::StartTls | Security::Tls, Some(tls)) => Some(tls.clone()),
            (Security::StartTls | Security::Tls, None) => {
                outside::tls();
                let tls = TlsParameters::new(connected.settings.host.clone());
                let tls = tls.map_err(|e| Fault { step: Step::Connect, cause: Cause::Broken(e.to_string()) })?;
                Some(self.tls.get_or_init(|| tls).clone())
            }
        };
        Conversation::open(connected, outside, tls, before).await
    }

    fn take(&self) -> Option<Conversation> {
        let mut idle = hold(&self.idle);
        // The one used last: the others may go.
        idle.pop_if(|kept| kept.last_used.elapsed() < IDLE)
    }

    fn put(self: &Arc<Self>, conversation: Conversation) {
        if conversation.messages().is_none_or(|messages| messages >= MESSAGES) {
            tokio::spawn(conversation.close());
            return;
        }
        let mut idle = hold(&self.idle);
        if idle.is_empty() {
            tokio::spawn(let_go(Arc::downgrade(self)));
        }
        idle.push(conversation);
    }

    /// Takes out what nobody used for a while; answers whether something is left.
    fn expired(&self) -> (Vec<Conversation>, bool) {
        let mut idle = hold(&self.idle);
        let (gone, kept) = mem::take(&mut *idle).into_iter().partition(|kept| kept.last_used.elapsed() >= IDLE);
        *idle = kept;
        (gone, !idle.is_empty())
    }
}

/// Closes connections that nobody uses, until there are none.
async fn let_go(pool: Weak<Pool>) {
    loop {
        sleep(IDLE).await;
        let Some(pool) = pool.upgrade() else { return };
        let (gone, more) = pool.expired();
        for conversation in gone {
            conversation.close().await;
        }
        if !more {
            return;
        }
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
