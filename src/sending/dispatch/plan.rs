//! What a slice does, decided from its rows alone: who is left out now, what each of the others
//! gets, and which of them share a call. No database and no clock.

use super::{
    DispatchStatus, Reason,
    outcome::{Outcome, To},
};
use crate::{
    channels::{Capabilities, Stop, StopReason},
    messages::{Addressee, Content, Problem, Words},
};
use chrono::NaiveDateTime;
use std::collections::{BTreeMap, HashMap, HashSet};
use tidings_base::{db::Id, jobs::BEGUN_MOST};
use tidings_customers::{channels::ChannelKind, consent::Consent};

pub use packs::shares_calls;
pub(super) use packs::{Pack, people_per_call, plan_packs};

/// A slice as it was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) status: DispatchStatus,
    pub(super) kind: ChannelKind,
    /// Whether somebody tries the message out: nobody it goes to is its reader.
    pub(super) trial: bool,
    pub(super) content: Content,
    /// When its calls began, if they had begun before; machine time.
    pub(super) called_at: Option<NaiveDateTime>,
    /// How often it was begun without getting on, this time included.
    pub(super) begun: i64,
    pub(super) people: Vec<Person>,
    /// Calls with a key that have no final answer yet.
    pub(super) open: Vec<OpenBatch>,
    /// Of the calls that people are in or are meant for, those that were made, answered or not.
    pub(super) made: Vec<Id>,
}

/// Somebody in a slice.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) delivery: Id,
    pub(super) contact: Id,
    pub(super) identity: String,
    pub(super) name: String,
    pub(super) last_known_name: Option<String>,
    pub(super) consent: Consent,
    /// The word on the contact, if it cannot be reached.
    pub(super) unreachable: Option<String>,
    pub(super) last_inbound_at: Option<NaiveDateTime>,
    pub(super) attempts: i64,
    pub(super) parts_sent: i64,
    /// The call: one that was made, or the one that it was meant to be made as when people were chosen.
    pub(super) batch: Option<Id>,
}

/// A call with a key that may be made again.
#[derive(Clone, Debug)]
pub(super) struct OpenBatch {
    pub(super) id: Id,
    pub(super) retry_key: String,
    pub(super) words: Words,
    /// Machine time.
    pub(super) first_called_at: NaiveDateTime,
    pub(super) calls: i64,
    /// Whether an earlier call may have been accepted.
    pub(super) uncertain: bool,
}

/// What to do with a slice.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Plan {
    /// Settled, or given back, without a call.
    pub(super) outcomes: Vec<Outcome>,
    pub(super) calls: Vec<Planned>,
}

/// A call to make.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Planned {
    /// Where the vendor has keys.
    pub(super) key: Option<Key>,
    pub(super) words: Words,
    /// Places in [`Found::people`].
    pub(super) people: Vec<usize>,
    /// Whether the message is whole once this call is taken.
    pub(super) last: bool,
}

/// The batch that owns a call's key.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Key {
    pub(super) batch: Id,
    pub(super) retry_key: String,
    /// How often it was called before.
    pub(super) calls: i64,
    pub(super) uncertain: bool,
    /// Machine time.
    pub(super) first_called_at: NaiveDateTime,
    pub(super) kept: Kept,
}

/// Where the batch of a key stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kept {
    /// It has its row.
    Written,
    /// Its row is to be written before the call.
    New,
    /// The first call to one person who is meant for no shared one: the key is the delivery's own id, and the
    /// slice says that it was called. It has a row only once it must be called again.
    Alone,
}

/// Decides what to do with the slice. `now` is product time, `machine` machine time.
///
/// # Errors
/// The content cannot be rendered for anybody.
pub(super) fn plan(
    found: &Found,
    can: &Capabilities,
    now: NaiveDateTime,
    machine: NaiveDateTime,
) -> Result<Plan, Stop> {
    let mut plan = Plan::default();
    let poisoned = found.begun > BEGUN_MOST;
    let mut members: HashMap<&Id, Vec<usize>> = HashMap::new();
    let mut fresh = Vec::new();
    let mut alone = Vec::new();
    for (place, person) in found.people.iter().enumerate() {
        match &person.batch {
            Some(batch) => members.entry(batch).or_default().push(place),
            None if found.called_at.is_some() && can.key_life.is_some() && person.is_new() => alone.push(place),
            None => fresh.push(place),
        }
    }
    for batch in &found.open {
        let people = members.remove(&batch.id).unwrap_or_default();
        plan.again(found, batch, Kept::Written, people, poisoned, can, machine);
    }
    for place in alone {
        match found.people[place].lost_call(found, can)? {
            Ok(batch) => plan.again(found, &batch, Kept::New, vec![place], poisoned, can, machine),
            Err(to) => plan.outcomes.push(Outcome { delivery: found.people[place].delivery.clone(), to }),
        }
    }
    // A batch that was answered keeps nobody; whoever still points at one was not in its call, or it was not
    // made yet.
    fresh.extend(members.into_values().flatten());
    fresh.sort_unstable();

    if found.called_at.is_some() && can.key_life.is_none() {
        let detail = if poisoned { "poison" } else { "the lease ran out during the call" };
        plan.all(found, fresh, || To::Unknown { detail: detail.to_owned() });
    } else if found.status == DispatchStatus::Cancelled {
        plan.all(found, fresh, || To::Cancelled);
    } else if found.status != DispatchStatus::Sending {
        plan.all(found, fresh, || To::Freed { begun: 0 });
    } else if poisoned {
        plan.all(found, fresh, || To::Failed { reason: Reason::Poison, detail: String::new() });
    } else if found.begun >= BEGUN_MOST && fresh.len() > 1 {
        // Somebody among them may be the trouble: each gets a slice of their own.
        plan.all(found, fresh, || To::Freed { begun: BEGUN_MOST - 1 });
    } else {
        plan.first_calls(found, fresh, can, now, machine)?;
    }
    Ok(plan)
}

impl Plan {
    fn all(&mut self, found: &Found, people: Vec<usize>, to: impl Fn() -> To) {
        let outcomes =
            people.into_iter().map(|place| Outcome { delivery: found.people[place].delivery.clone(), to: to() });
        self.outcomes.extend(outcomes);
    }

    /// A batch with a key is called again, the same people with the same words, while the vendor
    /// still knows the key; else nothing more can be found out. Where nobody can have it yet, whoever withdrew
    /// consent since gets nothing: the others get a new call.
    #[expect(clippy::too_many_arguments, reason = "each of them decides something")]
    fn again(
        &mut self,
        found: &Found,
        batch: &OpenBatch,
        kept: Kept,
        people: Vec<usize>,
        poisoned: bool,
        can: &Capabilities,
        machine: NaiveDateTime,
    ) {
        let known = can.key_life.is_some_and(|life| machine - batch.first_called_at < life);
        let withdrew = people.iter().any(|place| found.people[*place].consent == Consent::Withdrawn);
        match found.status {
            DispatchStatus::Sending if known && !poisoned && withdrew && !batch.uncertain => {
                self.all(found, people, || To::Freed { begun: 0 });
            }
            // Asking again would send it, had the first call not arrived.
            DispatchStatus::Sending if known && !poisoned && withdrew && people.len() == 1 => {
                let detail = "the answer was lost, and consent was withdrawn since";
                self.all(found, people, || To::Unknown { detail: detail.to_owned() });
            }
            DispatchStatus::Sending if known && !poisoned => self.calls.push(Planned {
                key: Some(Key {
                    batch: batch.id.clone(),
                    retry_key: batch.retry_key.clone(),
                    calls: batch.calls,
                    uncertain: batch.uncertain,
                    first_called_at: batch.first_called_at,
                    kept,
                }),
                words: batch.words.clone(),
                people,
                last: true,
            }),
            DispatchStatus::Cancelled if !batch.uncertain => self.all(found, people, || To::Cancelled),
            DispatchStatus::Sending | DispatchStatus::Cancelled if batch.uncertain => {
                let detail = if poisoned { "poison" } else { "the answer was lost and the key is too old" };
                self.all(found, people, || To::Unknown { detail: detail.to_owned() });
            }
            DispatchStatus::Sending if poisoned => {
                self.all(found, people, || To::Failed { reason: Reason::Poison, detail: String::new() });
            }
            // Never accepted, and its key is worn out: the same people, a new call.
            DispatchStatus::Sending => self.all(found, people, || To::Freed { begun: 0 }),
            // It waits in its slice.
            DispatchStatus::Scheduled
            | DispatchStatus::Paused
            | DispatchStatus::Done
            | DispatchStatus::Failed
            | DispatchStatus::Cancelled => {}
        }
    }

    fn first_calls(
        &mut self,
        found: &Found,
        people: Vec<usize>,
        can: &Capabilities,
        now: NaiveDateTime,
        machine: NaiveDateTime,
    ) -> Result<(), Stop> {
        // In the order of the people, so that the same slice makes the same calls.
        let mut groups: BTreeMap<usize, (Planned, usize)> = BTreeMap::new();
        let mut open: HashMap<(Words, usize), usize> = HashMap::new();
        for place in people {
            let person = &found.people[place];
            if let Some(to) = person.refused(found.kind, can, now) {
                self.outcomes.push(Outcome { delivery: person.delivery.clone(), to });
                continue;
            }
            let (words, last) = match person.words(&found.content, found.kind, can)? {
                Ok(words) => words,
                Err(to) => {
                    self.outcomes.push(Outcome { delivery: person.delivery.clone(), to });
                    continue;
                }
            };
            let room = room(can.people_per_call, person.attempts);
            let group = *open.entry((words.clone(), room)).or_insert(place);
            let (planned, _) = groups.entry(group).or_insert_with(|| {
                let key = can.key_life.map(|_| Key::fresh(machine));
                (Planned { key, words: words.clone(), people: Vec::new(), last }, room)
            });
            planned.people.push(place);
            if planned.people.len() >= room {
                open.remove(&(words, room));
            }
        }
        let mut made: HashSet<&Id> = found.made.iter().collect();
        self.calls
            .extend(groups.into_values().map(|(planned, _)| planned.the_one_meant(found, &mut made).or_alone(found)));
        Ok(())
    }
}

impl Planned {
    /// As the call that all of its people are meant for, if none was made as that one: then their rows name
    /// it already.
    fn the_one_meant<'a>(mut self, found: &'a Found, made: &mut HashSet<&'a Id>) -> Self {
        let meant = |place: &usize| found.people[*place].batch.as_ref();
        if let Some(key) = &mut self.key
            && let Some(batch) = self.people.first().and_then(meant)
            && self.people.iter().all(|place| meant(place) == Some(batch))
            && made.insert(batch)
        {
            key.batch = batch.clone();
        }
        self
    }

    /// With the delivery's own id for a key, where it is the first call and to one person alone.
    fn or_alone(mut self, found: &Found) -> Self {
        if let ([place], Some(key)) = (&self.people[..], &mut self.key)
            && found.people[*place].is_new()
        {
            key.retry_key = found.people[*place].delivery.to_string();
            key.kept = Kept::Alone;
        }
        self
    }
}

impl Key {
    fn fresh(machine: NaiveDateTime) -> Self {
        Self {
            batch: Id::new(),
            retry_key: Id::new().to_string(),
            calls: 0,
            uncertain: false,
            first_called_at: machine,
            kept: Kept::New,
        }
    }
}

impl Person {
    /// Whether no call about it is known to have been made, nor meant to be shared.
    fn is_new(&self) -> bool {
        self.attempts == 0 && self.parts_sent == 0 && self.batch.is_none()
    }

    /// The call alone to this person that had begun when the slice was lost. Whatever was decided
    /// without a call was written down before the first one.
    fn lost_call(&self, found: &Found, can: &Capabilities) -> Result<Result<OpenBatch, To>, Stop> {
        let words = match self.words(&found.content, found.kind, can)? {
            Ok((words, _)) => words,
            Err(_) => {
                let detail = "the answer was lost and the message cannot be made again".to_owned();
                return Ok(Err(To::Unknown { detail }));
            }
        };
        Ok(Ok(OpenBatch {
            id: Id::new(),
            retry_key: self.delivery.to_string(),
            words,
            first_called_at: found.called_at.unwrap_or_default(),
            calls: 1,
            uncertain: true,
        }))
    }

    /// What changed since the freeze is looked at again just before the call.
    fn refused(&self, kind: ChannelKind, can: &Capabilities, now: NaiveDateTime) -> Option<To> {
        let reason = match self.unreachable.as_deref() {
            _ if self.consent == Consent::Withdrawn => Reason::Withdrawn,
            Some("blocked") => Reason::Blocked,
            Some(_) => Reason::Gone,
            None if !self.consent.allows(kind) => Reason::NoConsent,
            None if !self.window_is_open(can, now) => Reason::OutsideWindow,
            None => return None,
        };
        // Who has part of it already was not left out.
        Some(if self.parts_sent > 0 {
            To::Failed { reason, detail: format!("{} sent", self.parts_sent) }
        } else {
            To::LeftOut { reason }
        })
    }

    fn window_is_open(&self, can: &Capabilities, now: NaiveDateTime) -> bool {
        can.window.is_none_or(|window| self.last_inbound_at.is_some_and(|at| now - at < window))
    }

    /// The part of the message that the next call carries, and whether it is the last one.
    fn words(
        &self,
        content: &Content,
        kind: ChannelKind,
        can: &Capabilities,
    ) -> Result<Result<(Words, bool), To>, Stop> {
        let to = Addressee { name: &self.name, last_known_name: self.last_known_name.as_deref() };
        let words =
            content.render(&to).map_err(|bad| Stop { reason: StopReason::Content, detail: format!("{bad:?}") })?;
        if let Err(problems) = words.check(kind) {
            let too_long =
                problems.iter().all(|p| matches!(p, Problem::TooLong { .. } | Problem::SubjectTooLong { .. }));
            if too_long {
                return Ok(Err(To::Failed { reason: Reason::TooLong, detail: String::new() }));
            }
            return Err(Stop { reason: StopReason::Content, detail: format!("{problems:?}") });
        }
        let from = usize::try_from(self.parts_sent).unwrap_or_default().min(words.parts.len());
        let parts: Vec<_> = words.parts.iter().skip(from).take(can.parts_per_call).cloned().collect::<Vec<_>>();
        let last = from + parts.len() >= words.parts.len();
        Ok(Ok((Words { parts, ..words }, last)))
    }
}

/// How many people share a call: fewer after each that was refused without naming anybody, until the
/// one is found.
fn room(most: usize, attempts: i64) -> usize {
    (most >> (2 * attempts.clamp(0, 16))).max(1)
}

mod packs;

#[cfg(test)]
mod test;
