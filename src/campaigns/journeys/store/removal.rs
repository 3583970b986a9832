//! Ways through journeys that ended long ago: how many passed each step how stays, they go.

use super::journeys::choices;
use crate::journeys::model::JourneyStatus;
use diesel::prelude::*;
use tidings_base::{
    db::{Conn, Id, schema::journey_entries as e, sql::Sql},
    retention::{Sweep, Terms},
};

/// Entries that are over, with their passages.
pub const SWEEPS: &[Sweep] = &[Sweep { name: "journey_entries", some: some_entries }];

fn some_entries(conn: &mut Conn, terms: &Terms) -> QueryResult<usize> {
    let Some(before) = terms.before else { return Ok(0) };
    for choice in choices(conn, terms.now)? {
        let entered = match choice.status {
            JourneyStatus::Ended => Some(before),
            _ => choice.journey.re_entry.forgets(before, terms.now),
        };
        let Some(entered) = entered else { continue };
        let old: Vec<Id> = e::table
            .filter(e::journey_id.eq(&choice.journey.id).and(e::entered_at.lt(entered)).and(e::ended_at.lt(before)))
            .order((e::entered_at, e::id))
            .select(e::id)
            .limit(terms.limit)
            .load(conn)?;
        if !old.is_empty() {
            return remove(conn, &old);
        }
    }
    Ok(0)
}

fn remove(conn: &mut Conn, entries: &[Id]) -> QueryResult<usize> {
    let mut counts = Sql::new(
        "insert into journey_step_totals (step_id, outcome, people) select step_id, outcome, count(*) \
         from journey_passages where entry_id in (",
    );
    counts.bind_all(entries).push(
        ") group by step_id, outcome on conflict (step_id, outcome) do update set \
         people = journey_step_totals.people + excluded.people",
    );
    counts.execute(conn)?;
    diesel::delete(e::table.filter(e::id.eq_any(entries))).execute(conn)
}
