//! Who may enter: the statement that decides for many against the rule that decides for one.

use super::world::{World, say, stories, wait};
use crate::support::{Backend, bench};
use chrono::TimeDelta;
use std::sync::mpsc;
use tidings_base::db::{DbError, Id, sql::Sql};
use tidings_campaigns::journeys::{self, Entering, EntryRefusal, JourneyStatus, Period, ReEntry, Seen, Stored, Unit};

stories! {
    fn the_statement_decides_as_the_rule_does(w) {
        // Everything that can be known of a person, and when they entered last, in hours before now.
        let mut known = Vec::new();
        for unreachable in [false, true] {
            for opted_out in [false, true] {
                for inside in [false, true] {
                    for hours in [None, Some(1), Some(7 * 24 - 1), Some(7 * 24), Some(7 * 24 + 1), Some(5000)] {
                        if !(inside && hours.is_none()) {
                            known.push((unreachable, opted_out, inside, hours));
                        }
                    }
                }
            }
        }
        for policy in [ReEntry::Once, ReEntry::After { days: 7 }, ReEntry::Always] {
            let journey = w.journey_with(vec![wait(1, Unit::Days)], Period::default(), policy);
            let cohort = Id::new();
            w.execute(&format!(
                "insert into journey_cohorts (id, journey_id, version_id, cohort, complete, entered, finished, created_at, epoch, begun) \
                 select '{cohort}', id, live_version_id, 'earlier', '1', 0, 0, created_at, 0, 0 from journeys where id = '{}'", journey.id));
            for &(unreachable, opted_out, inside, hours) in &known {
                let contact = w.contact("某人");
                let word = |yes, word: &str| if yes { word.to_owned() } else { "null".to_owned() };
                w.execute(&format!("update contacts set unreachable = {}, consent = '{}' where id = '{contact}'",
                    word(unreachable, "'blocked'"), if opted_out { "withdrawn" } else { "none" }));
                let last = hours.map(|hours| w.now - TimeDelta::hours(hours));
                if let Some(last) = last {
                    let mut sql = Sql::new("insert into journey_entries (id, journey_id, cohort_id, contact_id, entered_at, state, ended_at) values (");
                    sql.bind(Id::new()).push(", ").bind(&journey.id).push(", ").bind(&cohort).push(", ").bind(&contact).push(", ").bind(last);
                    sql.push(", ").bind(if inside { "waiting" } else { "done" }).push(", ").bind((!inside).then_some(last)).push(")");
                    sql.execute(w.conn).unwrap();
                }
                let seen = Seen { unreachable, opted_out, inside, last_entered_at: last };
                let mut only = Sql::new("c.id = ");
                only.bind(&contact);
                let entered = w.enter_with(&journey, &Id::new(), only);
                let expected = match policy.decide(seen, w.now) {
                    Ok(()) => (1, vec![]),
                    Err(refusal) => (0, vec![(refusal, 1)]),
                };
                assert_eq!((entered.entered, entered.left_out.into_iter().collect()), expected, "{policy:?} {seen:?}");
            }
            w.execute("delete from contacts where not exists (select 1 from journey_entries e where e.contact_id = contacts.id)");
        }
    }

    fn the_status_in_sql_is_the_status(w) {
        let now = w.now;
        let times = [None, Some(-1), Some(0), Some(1)].map(|hours| hours.map(|hours| now + TimeDelta::hours(hours)));
        for &stored in Stored::ALL {
            for starts_at in times {
                for ends_at in times {
                    let period = Period { starts_at, ends_at };
                    let journey = w.journey_with(vec![say("您好")], period, ReEntry::Once);
                    w.execute(&format!("update journeys set status = '{stored}' where id = '{}'", journey.id));
                    let expected = stored.at(period, now);
                    for &status in JourneyStatus::ALL {
                        let mut sql = Sql::new("select count(*) as n from journeys j where j.id = ");
                        sql.bind(&journey.id).push(" and ").append(journeys::status_sql(now)).push(" = ").bind(status.word());
                        assert_eq!(sql.count(w.conn).unwrap() == 1, status == expected, "{stored} {period:?}: {status}");
                    }
                }
            }
        }
    }

    fn nobody_is_inside_twice_and_everybody_once_a_task(w) {
        let contacts = ["一", "二", "三", "四", "五"].map(|name| w.contact(name));
        let journey = w.journey(vec![wait(1, Unit::Hours)]);
        let mut some = Sql::new("c.id in (");
        some.bind_all(&contacts[..3]).push(")");
        assert_eq!(w.enter_with(&journey, &Id::new(), some).entered, 3);
        w.advance();
        let second = w.enter(&journey);
        assert_eq!((second.entered, second.left_out.get(&EntryRefusal::Inside)), (2, Some(&3)));
        w.pass(TimeDelta::hours(1));
        assert_eq!(w.enter(&journey).entered, 5, "always again, once outside");
        w.check();
    }
}

#[test]
fn two_tasks_bring_the_same_person_at_the_same_moment() {
    bench::run(Backend::Postgres, two_tasks_at_once);
}

/// No index keeps somebody from being inside twice: whoever lets people in takes the journey first.
async fn two_tasks_at_once(bench: bench::Bench) {
    let journey = bench
        .write(|conn| {
            let mut w = World::new(conn);
            w.contact("王怡君");
            Ok(w.journey(vec![say("您好")]))
        })
        .await;
    let (inside, is_inside) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let enter = |first: Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>| {
        let (bench, journey) = (bench.clone(), journey.clone());
        tokio::spawn(async move {
            let now = bench.now();
            bench
                .write(move |conn| {
                    let entering = Entering {
                        journey: &journey,
                        task_id: &Id::new(),
                        audience: Sql::new("1 = 1"),
                        after: None,
                        slice: 2,
                        slice_together: Some(2),
                        now,
                    };
                    let entered = journeys::enter(conn, &entering)?.expect("an open journey");
                    if let Some((inside, may_leave)) = first {
                        inside.send(()).expect("the test waits");
                        may_leave.recv().expect("the test says when");
                    }
                    Ok((entered.entered, entered.left_out.into_keys().collect::<Vec<_>>()))
                })
                .await
        })
    };
    let first = enter(Some((inside, may_leave)));
    tokio::task::spawn_blocking(move || is_inside.recv()).await.unwrap().unwrap();
    let second = enter(None);
    let waiting =
        "select count(*) as n from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    while bench.work.db.read(move |conn| Ok::<_, DbError>(Sql::new(waiting).count(conn)?)).await.unwrap() == 0 {
        assert!(!second.is_finished(), "the second did not wait for the first");
    }
    leave.send(()).unwrap();
    assert_eq!(first.await.unwrap(), (1, vec![]));
    assert_eq!(second.await.unwrap(), (0, vec![EntryRefusal::Inside]));
}
