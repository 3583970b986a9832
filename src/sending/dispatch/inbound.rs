//! The one inbound path: what vendors sent was stored first; here it takes effect, whatever the
//! vendor. Late, doubled and out of order is normal.

use super::store::{
    inbound::{self, Read, Understood},
    troubles::Unread,
};
use crate::channels::{Connect, INBOUND, names::NAMES};
use std::collections::HashMap;
use tidings_base::{
    crash,
    db::{DbError, Id},
    jobs::{self, Claimed, Failure, Kind, Slice, Work},
};

/// Works on stored events, over the connectors that `connect` gives.
pub fn inbound(connect: Connect) -> Kind {
    Kind::over(INBOUND, "dispatch.inbound_job", "inbound_events", "status = 'waiting'", 2, 200, move |work, slice| {
        run(work, slice, connect.clone())
    })
    .cared_for(Unread)
}

async fn run(work: Work, slice: Slice, connect: Connect) -> Result<(), Failure> {
    // What failed before is worked on by itself, so that it keeps nobody else waiting.
    let (again, fresh): (Vec<Claimed>, Vec<Claimed>) = slice.rows.into_iter().partition(|row| row.begun > 0);
    let owner = slice.owner.clone();
    let rows = work
        .db
        .write(move |conn| {
            jobs::begin(conn, "inbound_events", &owner)?;
            inbound::read(conn, &owner).map_err(DbError::from)
        })
        .await?;
    let mut rows: HashMap<Id, Read> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let mut take = |ids: Vec<Claimed>| ids.into_iter().filter_map(|row| rows.remove(&row.id)).collect::<Vec<_>>();
    let fresh = take(fresh);
    let mut parts = vec![fresh];
    for row in again {
        parts.push(take(vec![row]));
    }
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        crash::point("inbound.begun");
        effect(&work, &slice.owner, part, &connect).await?;
        crash::point("inbound.done");
    }
    Ok(())
}

/// Reads the events of these rows and lets them take effect, in one transaction.
async fn effect(work: &Work, owner: &str, rows: Vec<Read>, connect: &Connect) -> Result<(), Failure> {
    let mut understood: Vec<Understood> = Vec::new();
    let mut problems: Vec<(Id, String)> = Vec::new();
    let mut channels = HashMap::new();
    let mut done = Vec::new();
    for row in rows {
        if row.begun > jobs::BEGUN_MOST {
            problems.push((row.id, "set aside: working on it broke off three times".to_owned()));
            continue;
        }
        let channel = channels.entry(row.account.id.clone()).or_insert_with(|| connect(&row.account, work));
        let events = match channel {
            Some(channel) => channel.events(&row.body).map_err(|e| e.to_string()),
            None => Err("there is no connector for this account".to_owned()),
        };
        match events {
            Ok(events) => {
                done.push(row.id.clone());
                understood.push(Understood { id: row.id, account: row.account, events });
            }
            Err(problem) => problems.push((row.id, problem)),
        }
    }
    let (owner, now) = (owner.to_owned(), work.clock.now());
    work.db
        .write(move |conn| {
            if inbound::finish(conn, &owner, &done, &problems)? {
                inbound::apply(conn, understood, now)?;
            }
            Ok::<_, DbError>(())
        })
        .await?;
    // Somebody new has no name yet.
    work.wake.kind(NAMES);
    Ok(())
}
