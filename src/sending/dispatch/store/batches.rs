//! Calls with a key that have rows of their own: those that are meant for many people, and those that must
//! be made again.

use super::slice::{Held, Loaded, unreadable};
use crate::{
    dispatch::{
        outcome::BatchAnswer,
        plan::{Kept, OpenBatch, Planned},
    },
    messages::Words,
};
use chrono::NaiveDateTime;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Nullable, Text, Timestamp},
};
use std::collections::{BTreeSet, HashMap};
use tidings_base::db::{
    Conn, Id,
    sql::{Keep, Sql},
};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    id: Id,
    #[diesel(sql_type = Text)]
    retry_key: String,
    #[diesel(sql_type = Nullable<Text>)]
    payload: Option<String>,
    #[diesel(sql_type = Timestamp)]
    first_called_at: NaiveDateTime,
    #[diesel(sql_type = BigInt)]
    calls: i64,
    #[diesel(sql_type = Nullable<Text>)]
    answer: Option<String>,
}

/// The calls of a slice that have no final answer yet.
pub(super) fn open(conn: &mut Conn, slice: &Id) -> QueryResult<Vec<OpenBatch>> {
    let mut sql =
        Sql::new("select id, retry_key, payload, first_called_at, calls, answer from batches where slice_id = ");
    sql.bind(slice).push(" order by id").keep(Keep::OnSqlite);
    let batch = |row: Row| {
        Ok(OpenBatch {
            words: Words::from_json(row.payload.as_deref().unwrap_or_default()).map_err(unreadable)?,
            id: row.id,
            retry_key: row.retry_key,
            first_called_at: row.first_called_at,
            calls: row.calls,
            // Without an answer the call was lost; it says `later` only if no call was.
            uncertain: row.answer.as_deref() != Some("later"),
        })
    };
    sql.load(conn)?.into_iter().map(batch).collect()
}

/// Which of these calls have rows.
pub(super) fn made<'a>(conn: &mut Conn, batches: impl Iterator<Item = &'a Id>) -> QueryResult<Vec<Id>> {
    #[derive(QueryableByName)]
    struct Made {
        #[diesel(sql_type = Text)]
        id: Id,
    }
    let batches: BTreeSet<&Id> = batches.collect();
    if batches.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("select id from batches where id in (");
    sql.bind_all(batches).push(")").keep(Keep::OnSqlite);
    Ok(sql.load::<Made>(conn)?.into_iter().map(|row| row.id).collect())
}

/// A row to be written.
struct New<'a> {
    id: &'a Id,
    retry_key: &'a str,
    payload: String,
    people: Vec<&'a Id>,
    /// Whether the people's rows name it already.
    named: bool,
    first_called_at: NaiveDateTime,
    calls: i64,
    answer: Option<&'static str>,
    detail: &'a str,
}

/// Writes rows, and in the deliveries of their people which call they are in: from then on it never
/// changes its people.
fn write(conn: &mut Conn, held: &Held, dispatch: &Id, rows: &[New<'_>]) -> QueryResult<()> {
    for some in rows.chunks(100) {
        let mut sql = Sql::new(
            "insert into batches (id, dispatch_id, slice_id, retry_key, payload, people, first_called_at, calls, answer, \
             answer_detail) values ",
        );
        for (n, row) in some.iter().enumerate() {
            sql.push(if n == 0 { "(" } else { ", (" }).bind(row.id).push(", ").bind(dispatch).push(", ");
            sql.bind(&held.id).push(", ").bind(row.retry_key).push(", ").bind(row.payload.as_str()).push(", ");
            sql.bind(row.people.len() as i64).push(", ").bind(row.first_called_at).push(", ").bind(row.calls);
            sql.push(", ").bind(row.answer.map(str::to_owned)).push(", ");
            sql.bind((!row.detail.is_empty()).then(|| row.detail.to_owned())).push(")");
        }
        sql.execute(conn)?;
        let unnamed: Vec<_> = some
            .iter()
            .filter(|row| !row.named)
            .flat_map(|row| row.people.iter().map(|delivery| [Some(row.id.to_string()), Some(delivery.to_string())]))
            .collect();
        if !unnamed.is_empty() {
            let mut members = Sql::new("with chosen (batch, delivery) as (select value ->> 0, value ->> 1 from ");
            members.bind_rows(unnamed);
            members.push(") update deliveries set batch_id = chosen.batch from chosen where id = chosen.delivery");
            members.execute(conn)?;
        }
    }
    Ok(())
}

/// Writes down, before the calls are made, that they are made, with which keys and to whom.
pub(super) fn begin(conn: &mut Conn, held: &Held, loaded: &Loaded, calls: &[Planned]) -> QueryResult<()> {
    let kept = |wanted: Kept| {
        let keyed = calls.iter().filter_map(|call| call.key.as_ref().map(|key| (key, call)));
        keyed.filter(move |(key, _)| key.kept == wanted)
    };
    let again: Vec<&Id> = kept(Kept::Written).map(|(key, _)| &key.batch).collect();
    if !again.is_empty() {
        // From here on an answer that does not come is a lost one.
        let mut sql = Sql::new("update batches set calls = calls + 1, answer = null where id in (");
        sql.bind_all(again).push(")");
        sql.execute(conn)?;
    }
    let person = |place: &usize| &loaded.found.people[*place];
    let new: Vec<New<'_>> = kept(Kept::New)
        .map(|(key, call)| New {
            id: &key.batch,
            retry_key: &key.retry_key,
            payload: call.words.to_json(),
            people: call.people.iter().map(|place| &person(place).delivery).collect(),
            named: call.people.iter().all(|place| person(place).batch.as_ref() == Some(&key.batch)),
            first_called_at: key.first_called_at,
            calls: key.calls + 1,
            answer: None,
            detail: "",
        })
        .collect();
    write(conn, held, &loaded.dispatch, &new)
}

/// Records what calls were answered, one statement for all that were answered alike.
pub(super) fn answered(conn: &mut Conn, held: &Held, dispatch: &Id, batches: &[BatchAnswer]) -> QueryResult<()> {
    let new: Vec<New<'_>> = batches
        .iter()
        .filter_map(|batch| {
            let alone = batch.new.as_ref()?;
            Some(New {
                id: &batch.batch,
                retry_key: &alone.retry_key,
                payload: alone.payload.clone(),
                people: vec![&alone.delivery],
                named: false,
                first_called_at: alone.first_called_at,
                calls: 1,
                answer: Some(batch.answer),
                detail: &batch.detail,
            })
        })
        .collect();
    write(conn, held, dispatch, &new)?;

    let mut alike: HashMap<(&str, &str, bool), Vec<&BatchAnswer>> = HashMap::new();
    for batch in batches.iter().filter(|batch| batch.new.is_none()) {
        alike.entry((batch.answer, &batch.detail, batch.open)).or_default().push(batch);
    }
    for ((answer, detail, open), batches) in alike {
        for some in batches.chunks(500) {
            let mut sql = Sql::new("with answered (batch, request_id) as (select value ->> 0, value ->> 1 from ");
            sql.bind_rows(some.iter().map(|batch| [Some(batch.batch.to_string()), batch.request_id.clone()]));
            sql.push(") update batches set answer = ").bind(answer).push(", answer_detail = ");
            sql.bind((!detail.is_empty()).then(|| detail.to_owned()));
            sql.push(", vendor_request_id = coalesce(answered.request_id, vendor_request_id)");
            if !open {
                // What was said is needed no more: the dispatch has it.
                sql.push(", slice_id = null, payload = null");
            }
            sql.push(" from answered where batches.id = answered.batch");
            sql.execute(conn)?;
        }
    }
    Ok(())
}
