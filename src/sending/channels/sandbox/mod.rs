//! A vendor that is not there: it takes messages like the real ones, keeps its own record of them in
//! its own transactions, and sends events back through the same path. What it does to a contact is
//! drawn from a hash, so that it does the same again.

mod draw;
mod fate;
pub mod phones;
mod store;

use super::{Answer, Call, Capabilities, Channel, Checked, InboundEvent, NotUnderstood, Quota, Trouble, capabilities};
pub use fate::{Fate, REFUSED, fate};
pub use store::{Direction, act, body, make_up};

use draw::Draw;
use futures_util::{FutureExt, future::BoxFuture};
use std::time::Duration;
use tidings_base::{crash, db::DbError, jobs::Work};
use tidings_customers::channels::ChannelAccount;

/// The stand-in for one account.
pub struct Sandbox {
    account: ChannelAccount,
    work: Work,
}

impl Sandbox {
    /// A stand-in for `account`.
    pub fn new(account: ChannelAccount, work: Work) -> Self {
        Self { account, work }
    }
}

impl Channel for Sandbox {
    fn capabilities(&self) -> Capabilities {
        capabilities(self.account.kind)
    }

    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Answer> {
        async move {
            // Real time, as a vendor would need it; well below the 200 ms that it promises.
            let first = call.people.first().map_or("", |person| person.identity.as_str());
            let latency = Draw::of(&self.account.id, first).between("latency", 2, 30);
            tokio::time::sleep(Duration::from_millis(latency.unsigned_abs())).await;
            let (account, call, now) = (self.account.clone(), call.clone(), self.work.clock.now());
            let taken =
                self.work.db.write(move |conn| store::take(conn, &account, &call, now).map_err(DbError::from)).await;
            crash::point("sandbox.taken");
            match taken {
                Ok(answer) => answer,
                // Its own record could not be written: like an outage on a vendor's side.
                Err(e) => Answer::Later { retry_after: None, detail: e.to_string() },
            }
        }
        .boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<Checked, Trouble>> {
        async { Ok(Checked { name: self.account.name.clone(), quota: Quota::default(), vendor_id: None }) }.boxed()
    }

    fn events(&self, body: &str) -> Result<Vec<InboundEvent>, NotUnderstood> {
        serde_json::from_str(body).map(|event| vec![event]).map_err(|e| NotUnderstood(e.to_string()))
    }
}
