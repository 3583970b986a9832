//! The workers: one a kind, each an apalis worker whose fetcher claims.

use super::{Claim, Claimed, Due, Kind, Slice, Work};
use crate::{db::DbError, metrics};
use apalis::prelude::*;
use futures_util::{FutureExt, StreamExt, future::LocalBoxFuture, sink, stream};
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use uuid::Uuid;

/// A fetcher looks at least this often, for what other nodes made due.
const LOOK: Duration = Duration::from_secs(1);

/// Workers at work. Dropping the future that [`start`] gave ends them at once; [`Running::stop`]
/// lets them finish.
#[derive(Clone)]
pub struct Running {
    stop: watch::Sender<bool>,
    slots: Vec<(Kind, Arc<Semaphore>)>,
}

impl Running {
    /// Claims nothing more and waits, at most `patience`, for what is in hand.
    pub async fn stop(&self, patience: Duration) {
        self.stop.send_replace(true);
        let finished = async {
            for (kind, slots) in &self.slots {
                let _ = slots.acquire_many(kind.concurrency as u32).await;
            }
        };
        if tokio::time::timeout(patience, finished).await.is_err() {
            let kinds: Vec<_> = self.busy().map(|kind| kind.name).collect();
            tracing::warn!(?kinds, "stopped before all work in hand was done; its leases will run out");
        }
    }

    /// Whether nothing is in hand and nothing is due: what there was to do now has been done.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_idle(&self, work: &Work) -> Result<bool, DbError> {
        for (kind, _) in &self.slots {
            let (terms, next) = (work.terms(kind, ""), kind.next.clone());
            let due = work.db.read(move |conn| next(conn, &terms).map_err(DbError::from)).await?;
            let waits = match due {
                None => true,
                Some(Due::Now) => false,
                Some(Due::At(at)) => at > work.clock.now(),
                Some(Due::AtMachine(at)) => at > work.clock.machine(),
            };
            if !waits {
                return Ok(false);
            }
        }
        Ok(self.busy().next().is_none())
    }

    fn busy(&self) -> impl Iterator<Item = &Kind> {
        self.slots.iter().filter(|(kind, slots)| slots.available_permits() < kind.concurrency).map(|(kind, _)| kind)
    }
}

impl Work {
    /// The terms of a claim made now.
    /// As of `node`; nobody's, to look only.
    pub(super) fn terms(&self, kind: &Kind, node: &str) -> Claim {
        let machine = self.clock.machine();
        Claim {
            owner: format!("{node}:{}", Uuid::now_v7()),
            now: self.clock.now(),
            machine,
            until: machine + self.lease,
            limit: kind.slice,
        }
    }
}

/// The workers of `kinds`, and the future that runs them until it is dropped. It is to be awaited
/// where it was made: the type of an apalis worker is too deep for rustc to see that it is `Send`.
/// The handlers are spawned, so that they use every core.
pub fn start(kinds: Vec<Kind>, work: &Work) -> (Running, LocalBoxFuture<'static, ()>) {
    let (stop, stopping) = watch::channel(false);
    let node = Uuid::new_v4().simple().to_string();
    let mut slots = Vec::new();
    let mut workers = Vec::new();
    for kind in kinds {
        let free = Arc::new(Semaphore::new(kind.concurrency));
        slots.push((kind.clone(), free.clone()));
        workers.push(run(Fetcher { kind, work: work.clone(), node: node.clone(), free, stopping: stopping.clone() }));
    }
    let all = async {
        if workers.is_empty() {
            std::future::pending::<()>().await;
        }
        futures_util::future::join_all(workers).await;
    };
    (Running { stop, slots }, all.boxed_local())
}

/// A slice with the slot it takes up until its handler is done.
struct Held {
    slice: Slice,
    _slot: OwnedSemaphorePermit,
}

#[derive(Clone)]
struct Fetcher {
    kind: Kind,
    work: Work,
    /// What the claims of this process begin with.
    node: String,
    free: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
}

async fn run(fetcher: Fetcher) {
    let name = fetcher.kind.name;
    let concurrency = fetcher.kind.concurrency;
    let data = fetcher.clone();
    let backend = BackendBuilder::new()
        .database(fetcher)
        .fetcher(|fetcher: &mut Fetcher, _: &(), _: &WorkerContext| {
            stream::unfold((fetcher.clone(), Vec::new()), |(mut fetcher, mut held)| async move {
                while held.is_empty() {
                    held = fetcher.next().await;
                }
                Some((Ok::<_, BoxDynError>(held.pop().map(Task::new)), (fetcher, held)))
            })
            .boxed()
        })
        .sink(|_, _| sink::unfold((), |(), _: Task<Held>| async { Ok::<_, BoxDynError>(()) }.boxed()))
        .build()
        .expect("every part is given");
    let handle = |held: Held, fetcher: Data<Fetcher>| async move {
        fetcher.handle(held).await;
        Ok::<_, BoxDynError>(())
    };
    let worker = WorkerBuilder::new(name).backend(backend).data(data).concurrency(concurrency).build(handle);
    if let Err(e) = worker.run().await {
        tracing::error!(kind = name, error = %e, "a worker ended");
    }
}

impl Fetcher {
    /// Waits for free slots and for due rows. A fetcher that yielded nothing, or an error, would end
    /// its worker, so it waits here and logs what the database says.
    async fn next(&mut self) -> Vec<Held> {
        let bell = self.work.wake.bell(self.kind.name);
        let mut patience = LOOK;
        loop {
            if *self.stopping.borrow() {
                std::future::pending::<()>().await;
            }
            let slots = self.slots().await;
            // A stop may have come while the slots were full.
            if *self.stopping.borrow() {
                continue;
            }
            let wait = match self.look(slots.len()).await {
                Ok(Ok(slices)) => {
                    return slices.into_iter().zip(slots).map(|(slice, slot)| Held { slice, _slot: slot }).collect();
                }
                Ok(Err(wait)) => {
                    patience = LOOK;
                    wait
                }
                Err(e) => {
                    tracing::warn!(kind = self.kind.name, error = %e, "looking for work failed");
                    patience = (patience * 2).min(Duration::from_secs(30));
                    patience
                }
            };
            drop(slots);
            tokio::select! {
                () = bell.notified() => {}
                _ = self.stopping.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Waits until a slot is free; takes as many as are free and may be filled together.
    async fn slots(&self) -> Vec<OwnedSemaphorePermit> {
        let mut slots = vec![self.free.clone().acquire_owned().await.expect("the semaphore is never closed")];
        while slots.len() < self.kind.together
            && let Ok(slot) = self.free.clone().try_acquire_owned()
        {
            slots.push(slot);
        }
        slots
    }

    /// At most `most` slices of due rows, or how long nothing will be due.
    async fn look(&self, most: usize) -> Result<Result<Vec<Slice>, Duration>, DbError> {
        let terms = self.work.terms(&self.kind, &self.node);
        let next = self.kind.next.clone();
        let due = self.work.db.read(move |conn| next(conn, &terms).map_err(DbError::from)).await?;
        let clock = &self.work.clock;
        match due {
            None => return Ok(Err(LOOK)),
            Some(Due::At(at)) if at > clock.now() => return Ok(Err(clock.until(at).min(LOOK))),
            Some(Due::AtMachine(at)) if at > clock.machine() => {
                return Ok(Err((at - clock.machine()).to_std().unwrap_or_default().min(LOOK)));
            }
            Some(Due::Now | Due::At(_) | Due::AtMachine(_)) => {}
        }
        let mut terms = self.work.terms(&self.kind, &self.node);
        terms.limit *= most as i64;
        let owner = terms.owner.clone();
        let claim = self.kind.claim.clone();
        let claiming = metrics::Timer::start();
        let rows = self.work.db.write_repeatable(move |conn| claim(conn, &terms).map_err(DbError::from)).await?;
        metrics::claim(self.kind.name, claiming.took());
        // Another node was quicker: look again soon, not at once.
        if rows.is_empty() {
            return Ok(Err(Duration::from_millis(20)));
        }
        let slice = |rows: &[Claimed]| Slice { owner: owner.clone(), rows: rows.to_vec() };
        Ok(Ok(rows.chunks(self.kind.slice as usize).map(slice).collect()))
    }

    async fn handle(&self, held: Held) {
        let rows = held.slice.rows.len();
        let run = (self.kind.run)(self.work.clone(), held.slice);
        match tokio::spawn(run).await {
            Ok(Ok(())) => tracing::debug!(kind = self.kind.name, rows, "done"),
            Ok(Err(e)) => tracing::warn!(kind = self.kind.name, rows, error = %e, "will be tried again"),
            Err(_) => tracing::error!(kind = self.kind.name, rows, "panicked, will be tried again"),
        }
    }
}
