//! The work on a slice: plan, look once more, call, record. It may run twice, and may end between
//! any two commits.

use super::{
    outcome::{self, Settled},
    plan::{self, Plan, Planned},
    store::{
        record::{self, Record, Times},
        slice::{self, Begin, Held, Loaded},
    },
};
use crate::channels::{Answer, Call, Channel, Connect, Recipient};
use futures_util::{FutureExt, StreamExt, stream};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tidings_base::{
    crash,
    db::{Conn, Db, DbError},
    jobs::{Failure, Slice, Work},
    metrics::{self, CallLabels},
};
use tokio::time::Instant;

/// How long a vendor may take to answer; after that the answer counts as lost. Shorter than the time a
/// stopping program has.
const PATIENCE: Duration = Duration::from_secs(8);

/// How one slice makes its calls.
struct Pace {
    /// At the same moment.
    at_once: usize,
    /// How long answers are collected before they are recorded together.
    together: Duration,
}

impl Pace {
    /// Calls with retry keys are taken once however often they are made, so their answers may be recorded
    /// later: each record waits for the disk and for its turn at the dispatch. With half a dozen slices
    /// of an account in hand some 200 calls are under way, which fill LINE's rate (2,000 a second) as
    /// long as it answers within a tenth of a second.
    const WITH_KEYS: Self = Self { at_once: 32, together: Duration::from_millis(200) };

    /// Without keys a crash leaves unknown what was called and not recorded.
    fn without_keys(calls: usize) -> Self {
        Self { at_once: calls, together: Duration::from_millis(30) }
    }
}

/// Works on the slices of one claim.
pub(super) async fn run(work: Work, slice: Slice, connect: Connect) -> Result<(), Failure> {
    for row in slice.rows {
        let held = Held { id: row.id, owner: slice.owner.clone(), epoch: row.epoch, begun: row.begun };
        one(&work, held, &connect).await?;
    }
    // The account may have had as many slices in hand as it may.
    work.wake.kind(super::SEND);
    work.wake.kind(super::UNPACK);
    Ok(())
}

async fn one(work: &Work, held: Held, connect: &Connect) -> Result<(), Failure> {
    crash::point("dispatch.claimed");
    let read = held.clone();
    let Some(loaded) = work.db.read(move |conn| slice::load(conn, &read).map_err(DbError::from)).await? else {
        return Ok(());
    };
    let Some(channel) = connect(&loaded.account, work) else {
        return set_aside(work, held, loaded, super::PauseReason::NoConnector, String::new()).await;
    };
    let can = channel.capabilities();
    let (now, machine) = (work.clock.now(), work.clock.machine());
    let plan = if loaded.packs.is_empty() {
        plan::plan(&loaded.found, &can, now, machine)
    } else {
        plan::plan_packs(&loaded.found, &loaded.packs, &can, now, machine)
    };
    let plan = match plan {
        Ok(plan) => plan,
        Err(stop) => return set_aside(work, held, loaded, stop.reason.into(), stop.detail).await,
    };
    let Plan { outcomes, calls } = plan;
    if calls.is_empty() {
        let last = Record { outcomes, last: true, ..Record::default() };
        return write(work, &held, &loaded, last).await;
    }

    let at = times(work);
    let (head, body, to_make, decided) = (held.clone(), loaded.clone(), calls.clone(), outcomes);
    let begun = work
        .db
        .write_durable(move |conn| slice::begin(conn, &head, &body, &to_make, &decided, at).map_err(DbError::from))
        .await?;
    match begin_or_not(begun) {
        Go::Call => {}
        Go::Leave => return Ok(()),
        Go::GiveBack => return give_back(work, held, loaded).await,
    }
    crash::point("dispatch.begun");
    call_all(work, &held, &loaded, &channel, calls).await
}

enum Go {
    Call,
    Leave,
    GiveBack,
}

fn begin_or_not(begin: Begin) -> Go {
    match begin {
        Begin::Go => Go::Call,
        Begin::Lost => Go::Leave,
        Begin::Held => Go::GiveBack,
    }
}

/// Makes the calls, all at the same time up to what a slice may, and records the answers as they come.
async fn call_all(
    work: &Work,
    held: &Held,
    loaded: &Loaded,
    channel: &Arc<dyn Channel>,
    calls: Vec<Planned>,
) -> Result<(), Failure> {
    let has_keys = channel.capabilities().key_life.is_some();
    let pace = if has_keys { Pace::WITH_KEYS } else { Pace::without_keys(calls.len()) };
    let mut answers = stream::iter(calls)
        .map(|call| async move {
            let answer = ask(channel, &call, loaded).await;
            outcome::settle(&loaded.found, &call, answer, &mut rand::rng())
        })
        .buffer_unordered(pace.at_once);
    let mut record = Record::default();
    // Whoever waits for an answer for longer than this says that the slice is still theirs.
    let sign_of_life = (work.lease / 3).to_std().unwrap_or_default();
    let mut due = Box::pin(tokio::time::sleep(sign_of_life));
    let mut collecting = false;
    loop {
        let next = tokio::select! {
            biased;
            () = &mut due => None,
            next = answers.next() => Some(next),
        };
        match next {
            Some(Some(settled)) => {
                crash::point("dispatch.called");
                record.take(settled, loaded);
                if !collecting {
                    collecting = true;
                    due.as_mut().reset(Instant::now() + pace.together.min(sign_of_life));
                }
            }
            None => {
                if collecting {
                    let rest = Record { wait: record.wait, ..Record::default() };
                    write(work, held, loaded, std::mem::replace(&mut record, rest)).await?;
                    collecting = false;
                } else {
                    renew(work, held, loaded).await;
                }
                due.as_mut().reset(Instant::now() + sign_of_life);
            }
            Some(None) => {
                record.last = true;
                return write(work, held, loaded, record).await;
            }
        }
    }
}

/// One call. An answer that does not come in time, and a connector that panics, are lost answers.
async fn ask(channel: &Arc<dyn Channel>, planned: &Planned, loaded: &Loaded) -> Answer {
    let person = |place: &usize| {
        let person = &loaded.found.people[*place];
        Recipient {
            identity: person.identity.clone(),
            reference: planned.last.then(|| person.delivery.clone()),
            contact: (!loaded.found.trial).then(|| person.contact.clone()),
        }
    };
    let attempts = planned.people.iter().map(|place| loaded.found.people[*place].attempts).max();
    let call = Call {
        retry_key: planned.key.as_ref().map(|key| key.retry_key.clone()),
        people: planned.people.iter().map(person).collect(),
        words: planned.words.clone(),
        tried: planned.key.as_ref().map_or(attempts.unwrap_or_default(), |key| key.calls),
    };
    let calling = metrics::Timer::start();
    let answer = AssertUnwindSafe(async { channel.send(&call).await }).catch_unwind();
    let answer = match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => Answer::Unknown { detail: "the connector broke off".to_owned() },
        Err(_) => Answer::Unknown { detail: format!("no answer within {} s", PATIENCE.as_secs()) },
    };
    metrics::call(CallLabels { channel: loaded.account.kind.word(), answer: answer.class() }, calling.took());
    answer
}

impl Record {
    fn take(&mut self, settled: Settled, loaded: &Loaded) {
        self.outcomes.extend(settled.outcomes);
        self.batches.extend(settled.batch);
        self.wait = self.wait.max(settled.wait);
        self.marks
            .extend(settled.marks.into_iter().map(|(place, mark)| (loaded.found.people[place].contact.clone(), mark)));
        if let Some(stop) = &settled.stop {
            self.stop = Record::stopped(stop);
        }
        if settled.healthy {
            self.healthy += 1;
        } else {
            self.failing += 1;
        }
    }
}

/// Nobody can get it until somebody acts: everybody is given back and the dispatch pauses.
async fn set_aside(
    work: &Work,
    held: Held,
    loaded: Loaded,
    reason: super::PauseReason,
    detail: String,
) -> Result<(), Failure> {
    let mut loaded = loaded;
    loaded.found.status = super::DispatchStatus::Paused;
    let outcomes = without_calls(work, &loaded);
    let record = Record { outcomes, stop: Some((reason, detail)), last: true, ..Record::default() };
    write(work, &held, &loaded, record).await
}

/// The dispatch or the account was stopped just before the calls.
async fn give_back(work: &Work, held: Held, loaded: Loaded) -> Result<(), Failure> {
    let mut loaded = loaded;
    loaded.found.status = super::DispatchStatus::Paused;
    let outcomes = without_calls(work, &loaded);
    write(work, &held, &loaded, Record { outcomes, last: true, ..Record::default() }).await
}

/// What becomes of a slice of a paused dispatch.
fn without_calls(work: &Work, loaded: &Loaded) -> Vec<outcome::Outcome> {
    let can = crate::channels::capabilities(loaded.account.kind);
    plan::plan(&loaded.found, &can, work.clock.now(), work.clock.machine())
        .map(|plan| plan.outcomes)
        .unwrap_or_default()
}

/// Records, and tries for a while if the database is busy: what a vendor took must not be forgotten.
async fn write(work: &Work, held: &Held, loaded: &Loaded, record: Record) -> Result<(), Failure> {
    crash::point("dispatch.recording");
    let mut tries = 0;
    loop {
        match try_write(&work.db, work, held, loaded, &record).await {
            Ok(true) => break,
            Ok(false) => {
                tracing::warn!(slice.id = %held.id, "the lease was lost before the answers were recorded");
                break;
            }
            Err(e) if tries < 5 => {
                tracing::warn!(slice.id = %held.id, error = %e, "answers could not be recorded, will try again");
                tokio::time::sleep(Duration::from_millis(200 << tries)).await;
                tries += 1;
            }
            Err(e) => return Err(e.into()),
        }
    }
    crash::point("dispatch.recorded");
    Ok(())
}

/// Holds the slice for another lease. Where that cannot be written the answers are waited for all the same: they may
/// still be in time.
async fn renew(work: &Work, held: &Held, loaded: &Loaded) {
    if let Err(e) = try_write(&work.db, work, held, loaded, &Record::default()).await {
        tracing::warn!(slice.id = %held.id, error = %e, "the lease could not be renewed");
    }
}

fn times(work: &Work) -> Times {
    let machine = work.clock.machine();
    Times { now: work.clock.now(), machine, until: machine + work.lease }
}

async fn try_write(db: &Db, work: &Work, held: &Held, loaded: &Loaded, record: &Record) -> Result<bool, DbError> {
    let at = times(work);
    let (held, loaded, record) = (held.clone(), loaded.clone(), record.clone());
    let has_keys = crate::channels::capabilities(loaded.account.kind).key_life.is_some();
    let recording = move |conn: &mut Conn| record::record(conn, &held, &loaded, &record, at).map_err(DbError::from);
    // An answer that a power loss takes back is asked for again by the same key, and taken once.
    if has_keys { db.write_repeatable(recording).await } else { db.write_durable(recording).await }
}
