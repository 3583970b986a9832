//! What came of a hand's calls: whoever was in one that was taken is settled, without a row of their own; the packs of
//! the others are spilled.

use super::{PackState, ours};
use crate::dispatch::{
    DeliveryState, Reason,
    outcome::{BatchAnswer, Outcome, To},
    plan::Pack,
    store::{
        batches, control,
        finish::{self, Moved},
        health,
        record::{Record, Times, apply_mark},
        slice::{Held, Loaded},
    },
};
use chrono::NaiveDateTime;
use diesel::{QueryResult, QueryableByName, sql_types::Text};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use tidings_base::db::{
    Conn, Id,
    sql::{Keep, Sql},
};

/// Somebody in a call that was taken of whom there is more to keep than that.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(in crate::dispatch::store) struct Other {
    /// In the pack, from 0.
    pub(in crate::dispatch::store) place: usize,
    pub(in crate::dispatch::store) state: DeliveryState,
    pub(in crate::dispatch::store) reason: Option<Reason>,
    pub(in crate::dispatch::store) detail: Option<String>,
    pub(in crate::dispatch::store) vendor_id: Option<String>,
    pub(in crate::dispatch::store) receipt: Option<String>,
}

/// A call that was taken.
struct Taken<'a> {
    pack: &'a Id,
    moved: Moved,
    others: Vec<Other>,
}

/// As [`record::record`](super::super::record::record), of a hand.
pub(in crate::dispatch::store) fn record(
    conn: &mut Conn,
    held: &Held,
    loaded: &Loaded,
    record: &Record,
    at: Times,
) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Mine {
        #[diesel(sql_type = Text)]
        id: Id,
    }
    finish::lock(conn, &loaded.dispatch)?.ok_or(diesel::NotFound)?;
    let mut sql = Sql::new("select id from packs");
    let mine: HashSet<Id> =
        sql.append(ours(held)).keep(Keep::Everywhere).load(conn)?.into_iter().map(|row: Mine| row.id).collect();
    if mine.is_empty() {
        // The last answer may have been recorded with those before it.
        return Ok(record.batches.is_empty());
    }
    let outcomes: HashMap<&Id, &To> = record.outcomes.iter().map(|Outcome { delivery, to }| (delivery, to)).collect();
    let (mut plain, mut spilled, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    let mut moved = Moved::default();
    // Who lost the lease over a pack says nothing of its call: it is made again.
    for pack in loaded.packs.iter().filter(|pack| mine.contains(&pack.id)) {
        let answer = record.batches.iter().find(|answer| answer.batch == pack.id);
        let taken = answer.filter(|answer| answer.answer == "ok").and_then(|_| taken(pack, loaded, &outcomes));
        match (answer, taken) {
            (Some(answer), Some(taken)) => {
                moved = moved.plus(taken.moved);
                answers.push(answer.clone());
                if taken.others.is_empty() {
                    plain.push(taken.pack);
                } else {
                    sent(conn, held, &[taken.pack], &taken.others, at.now)?;
                }
            }
            (Some(answer), None) => {
                answers.push(to_be_asked_again(answer));
                spilled.push(&pack.id);
            }
            (None, _) if record.last => spilled.push(&pack.id),
            (None, _) => {}
        }
    }
    sent(conn, held, &plain, &[], at.now)?;
    spill(conn, held, &spilled, at.machine + record.wait.unwrap_or_default())?;
    batches::answered(conn, held, &loaded.dispatch, &answers)?;
    moved.apply(conn, &loaded.dispatch)?;
    for (contact, mark) in &record.marks {
        apply_mark(conn, contact, *mark, at.now)?;
    }
    if let Some((reason, detail)) = &record.stop {
        control::hold(conn, &loaded.dispatch, *reason, detail)?;
    }
    health::note(conn, &loaded.account, record.healthy, record.failing, record.detail(), at.machine)?;
    if !record.last {
        let mut sql = Sql::new("update packs set lease_until = ");
        sql.bind(at.until).append(ours(held)).keep(Keep::Everywhere).execute(conn)?;
    }
    Ok(true)
}

/// What became of the people of a pack whose call was taken; none, if that is not known of everybody.
fn taken<'a>(pack: &'a Pack, loaded: &Loaded, outcomes: &HashMap<&Id, &To>) -> Option<Taken<'a>> {
    let mut taken = Taken { pack: &pack.id, moved: Moved::default(), others: Vec::new() };
    for (place, person) in loaded.found.people[pack.people.clone()].iter().enumerate() {
        let plain =
            Other { place, state: DeliveryState::Sent, reason: None, detail: None, vendor_id: None, receipt: None };
        let some = |detail: &String| Some(detail.clone()).filter(|detail| !detail.is_empty());
        let other = match outcomes.get(&person.delivery)? {
            To::Sent { vendor_id, receipt } => {
                Other { vendor_id: vendor_id.clone(), receipt: receipt.clone(), ..plain.clone() }
            }
            To::Failed { reason, detail } => {
                Other { state: DeliveryState::Failed, reason: Some(*reason), detail: some(detail), ..plain.clone() }
            }
            To::Unknown { detail } => Other {
                state: DeliveryState::Unknown,
                reason: Some(Reason::AnswerLost),
                detail: some(detail),
                ..plain.clone()
            },
            To::NextPart | To::LeftOut { .. } | To::Cancelled | To::Again { .. } | To::Freed { .. } => return None,
        };
        taken.moved.pending -= 1;
        taken.moved.add(other.state, 1);
        if other != plain {
            taken.others.push(other);
        }
    }
    Some(taken)
}

/// The call is made again with its key, by those who know what to do with each answer: the vendor says it again.
fn to_be_asked_again(answer: &BatchAnswer) -> BatchAnswer {
    let answered = match answer.answer {
        "ok" | "unknown" => "unknown",
        _ => "later",
    };
    BatchAnswer { answer: answered, open: true, ..answer.clone() }
}

fn sent(conn: &mut Conn, held: &Held, packs: &[&Id], others: &[Other], now: NaiveDateTime) -> QueryResult<()> {
    if packs.is_empty() {
        return Ok(());
    }
    let others = (!others.is_empty()).then(|| serde_json::to_string(others).expect("they can be written"));
    let mut sql = let_go(PackState::Sent);
    sql.push(", settled_at = ").bind(now).push(", others = ").bind(others).append(these(held, packs));
    sql.execute(conn).map(drop)
}

/// Gives the packs up: their people become rows. `due_at`, machine time, is when calls that were made are made again.
fn spill(conn: &mut Conn, held: &Held, packs: &[&Id], due_at: NaiveDateTime) -> QueryResult<()> {
    if packs.is_empty() {
        return Ok(());
    }
    let mut sql = let_go(PackState::Spilled);
    sql.push(", due_at = ").bind(due_at).append(these(held, packs)).execute(conn).map(drop)
}

fn let_go(state: PackState) -> Sql {
    let mut sql = Sql::new("update packs set hand = null, owner = null, lease_until = null, state = ");
    sql.bind(state.word());
    sql
}

fn these(held: &Held, packs: &[&Id]) -> Sql {
    let mut sql = ours(held);
    sql.push(" and id in (").bind_all(packs.iter().copied()).push(")");
    sql
}
