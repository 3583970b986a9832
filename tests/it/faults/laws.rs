//! What must be true of every run, whatever went wrong.

use super::{
    plan::{Mail, Plan},
    shop::{self, BROADCAST, FIRST, MAIL, SECOND},
};
use crate::support::{line::FakeLine, smtp::Smtp};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Nullable, Text},
};
use std::collections::{BTreeMap, BTreeSet};
use tidings_base::db::{Conn, Id, sql::Sql};

/// Calls in flight at a kill, at most: slices of an account times calls of a slice.
const IN_FLIGHT: usize = 8 * 64;

#[derive(QueryableByName)]
struct Delivery {
    #[diesel(sql_type = Text)]
    dispatch: Id,
    #[diesel(sql_type = Text)]
    content: String,
    #[diesel(sql_type = Text)]
    identity: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    detail: Option<String>,
}

/// Panics at the first law that is broken.
pub(super) fn hold(conn: &mut Conn, plan: &Plan, line: &FakeLine, smtp: &Smtp) {
    let deliveries: Vec<Delivery> = Sql::new(
        "select d.dispatch_id as dispatch, p.content, c.identity, d.state, d.reason, d.detail from deliveries d \
         join dispatches p on p.id = d.dispatch_id join contacts c on c.id = d.contact_id order by d.id",
    )
    .load(conn)
    .unwrap();
    everybody_ends_with_a_reason(&deliveries);
    figures_are_the_rows(conn, &deliveries);
    // Asserts that nobody got the same twice, and that every request was one that LINE takes.
    let got: BTreeSet<(String, String)> = line.got().into_iter().collect();
    for word in [FIRST, SECOND, BROADCAST] {
        let got = got.iter().filter(|(_, text)| text.ends_with(word)).map(|(id, _)| id.as_str()).collect();
        the_rows_are_the_vendors_record(&deliveries, word, &got);
    }
    // What three leases in a row ran out over is set aside: that a slow machine may bring about.
    let lost =
        |d: &&Delivery| d.state == "unknown" && !d.content.contains(MAIL) && d.detail.as_deref() != Some("poison");
    let lost: Vec<_> = deliveries.iter().filter(lost).map(|d| d.detail.as_deref()).collect();
    assert!(
        lost.is_empty() || plan.cancels(),
        "{} answers of LINE, which has keys, are lost: {:?}",
        lost.len(),
        lost[0]
    );
    mail(plan, &deliveries, &smtp.got());
    tasks(conn);
    journey(conn, plan);
}

fn everybody_ends_with_a_reason(deliveries: &[Delivery]) {
    for Delivery { identity, state, reason, detail, .. } in deliveries {
        match state.as_str() {
            "sent" => assert_eq!(reason.as_deref(), None, "{identity} has it, and a reason why not"),
            "failed" | "left_out" | "cancelled" | "unknown" => {
                assert!(reason.is_some(), "{identity} is {state} for no reason ({detail:?})");
            }
            _ => panic!("{identity} is still {state}"),
        }
    }
}

fn figures_are_the_rows(conn: &mut Conn, deliveries: &[Delivery]) {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        id: Id,
        #[diesel(sql_type = BigInt)]
        people: i64,
        #[diesel(embed)]
        figures: tidings_sending::dispatch::Figures,
    }
    let columns = tidings_sending::dispatch::Figures::columns(str::to_owned);
    let rows: Vec<Row> = Sql::new(&format!("select id, {columns} from dispatches")).load(conn).unwrap();
    for Row { id, people, figures } in rows {
        let count = |state: &str| deliveries.iter().filter(|d| d.dispatch == id && d.state == state).count() as i64;
        let all = deliveries.iter().filter(|d| d.dispatch == id).count() as i64;
        assert_eq!(people, all, "people of {id}");
        let said = [figures.sent, figures.failed, figures.left_out, figures.cancelled, figures.unknown, figures.open];
        let found = ["sent", "failed", "left_out", "cancelled", "unknown"].map(count);
        assert_eq!(said[..5], found, "figures of {id}");
        assert_eq!(said[5], 0, "{id} is at rest");
    }
}

/// Who is said to have it has it, and who is said not to have it has not.
fn the_rows_are_the_vendors_record(deliveries: &[Delivery], word: &str, got: &BTreeSet<&str>) {
    let mut said = BTreeSet::new();
    for delivery in deliveries.iter().filter(|d| d.content.contains(word)) {
        let has = got.contains(delivery.identity.as_str());
        match delivery.state.as_str() {
            "sent" => assert!(has, "{word}: {} is said to have it and has not", delivery.identity),
            "unknown" => {}
            state => assert!(!has, "{word}: {} has it and is said to be {state}", delivery.identity),
        }
        said.insert(delivery.identity.as_str());
    }
    let strangers: Vec<_> = got.difference(&said).collect();
    assert!(strangers.is_empty(), "{word}: {strangers:?} got it and stand in no row");
}

/// A mail server knows no keys: what was in flight at a kill is unknown, and is not sent again.
fn mail(plan: &Plan, deliveries: &[Delivery], got: &BTreeMap<String, usize>) {
    let twice: Vec<_> = got.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "mails that came twice: {twice:?}");
    the_rows_are_the_vendors_record(deliveries, MAIL, &got.keys().map(String::as_str).collect());
    let mut unknown: BTreeMap<_, usize> = BTreeMap::new();
    for lost in deliveries.iter().filter(|d| d.state == "unknown" && d.content.contains(MAIL)) {
        *unknown.entry(lost.detail.as_deref()).or_default() += 1;
    }
    let silent = plan.mail.iter().filter(|mail| **mail == Mail::AcceptsAndCloses).count();
    let most = silent + plan.kills() * IN_FLIGHT;
    assert!(unknown.values().sum::<usize>() <= most, "more than {most} mails are unknown: {unknown:?}");
    for (n, mail) in plan.mail.iter().enumerate() {
        let (to, refused) = (shop::by_mail(n), *mail == Mail::Refused);
        assert!(!refused || !got.contains_key(&to), "{to} was refused by the server itself");
    }
}

fn tasks(conn: &mut Conn) {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        status: String,
        #[diesel(sql_type = Nullable<Text>)]
        reason: Option<String>,
        #[diesel(sql_type = BigInt)]
        entered: i64,
        #[diesel(sql_type = BigInt)]
        people: i64,
        #[diesel(sql_type = BigInt)]
        different: i64,
    }
    let sql = "select t.status, t.reason, t.entered, (select count(*) from journey_entries e where e.task_id = t.id) as people, \
               (select count(distinct contact_id) from journey_entries e where e.task_id = t.id) as different from schedule_tasks t";
    let tasks: Vec<Row> = Sql::new(sql).load(conn).unwrap();
    assert!(!tasks.is_empty());
    for Row { status, reason, entered, people, different } in tasks {
        assert_eq!((people, different), (entered, entered), "a task that is {status}: each of its people once");
        match status.as_str() {
            "done" => {}
            "skipped" | "failed" => assert!(reason.is_some(), "a task is {status} for no reason"),
            _ => panic!("a task is still {status}"),
        }
    }
}

/// Each person takes each step once, and is out at the end.
fn journey(conn: &mut Conn, plan: &Plan) {
    let mut count = |sql: &str| Sql::new(sql).count(conn).unwrap();
    let entered = count("select count(*) as n from journey_entries");
    assert!(entered == 0 || entered == plan.people as i64, "{entered} entered");
    assert_eq!(count("select count(*) as n from journey_entries where ended_at is null"), 0);
    for each in [
        "journey_passages group by entry_id, step_id",
        "deliveries d join dispatches p on p.id = d.dispatch_id where d.entry_id is not null group by d.entry_id, p.origin_step",
    ] {
        let most = count(&format!("select coalesce(max(n), 0) as n from (select count(*) as n from {each}) as each"));
        assert!(most <= 1, "somebody took a step {most} times: {each}");
    }
    let first = count(&format!(
        "select count(*) as n from deliveries d join dispatches p on p.id = d.dispatch_id where p.content like '%{FIRST}%'"
    ));
    assert_eq!(first, entered, "everybody who entered has a delivery of the first message");
}
