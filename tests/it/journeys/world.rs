//! A shop with one LINE account, for tests that move people by hand: no workers, no clock but `now`.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::sql_types::{BigInt, Nullable, Text};
use std::collections::BTreeMap;
use tidings_base::{
    db::{Conn, Id, sql::Sql},
    jobs::{self, Claim},
};
use tidings_campaigns::journeys::{
    self, Action, Entered, Entering, Journey, NewJourney, Period, ReEntry, Spot, Step, Trigger, Turn, Turned, Unit,
    Wait,
};
use tidings_customers::{
    channels::{self, ChannelKind, Connector, NewChannel},
    tags::{self, TagName},
};
use tidings_sending::messages::Content;

pub(super) const ZONE: chrono_tz::Tz = chrono_tz::Asia::Taipei;

/// One story, two databases, each in a transaction that nobody else is in:
/// `stories! { fn people_do_this(w) { … } }`
macro_rules! stories {
    ($(fn $name:ident($w:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            use crate::support::{Backend, bench};

            fn the_story($w: &mut World<'_>) $body

            async fn the_test(bench: bench::Bench) {
                bench.write(|conn| {
                    the_story(&mut World::new(conn));
                    Ok(())
                }).await;
            }

            #[test]
            fn sqlite() {
                bench::run(Backend::Sqlite, the_test);
            }

            #[test]
            fn postgres() {
                bench::run(Backend::Postgres, the_test);
            }
        }
    )*};
}
pub(super) use stories;

pub(super) struct World<'a> {
    pub(super) conn: &'a mut Conn,
    pub(super) now: NaiveDateTime,
    pub(super) channel_id: Id,
}

/// A moment in UTC.
pub(super) fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

pub(super) fn say(text: &str) -> Step {
    Step::new(Action::Send { content: Content::text(text) })
}

pub(super) fn wait(amount: u32, unit: Unit) -> Step {
    Step::new(Action::Wait(Wait::For { amount, unit }))
}

impl<'a> World<'a> {
    pub(super) fn new(conn: &'a mut Conn) -> Self {
        let now = at("2026-11-21 02:00");
        let channel = NewChannel {
            kind: ChannelKind::Line,
            connector: Connector::Sandbox,
            name: "本店官方帳號",
            rate_per_second: 500,
            failure_share: 0.0,
        };
        let channel_id = channels::add(conn, &channel, now).unwrap();
        Self { conn, now, channel_id }
    }

    pub(super) fn contact(&mut self, name: &str) -> Id {
        let id = Id::new();
        let mut sql = Sql::new(
            "insert into contacts (id, channel_id, identity, name, consent, subscribed_at, source, created_at, version) values (",
        );
        sql.bind(&id).push(", ").bind(&self.channel_id).push(", ").bind(id.as_str()).push(", ").bind(name);
        sql.push(", 'granted', ").bind(self.now).push(", 'channel', ").bind(self.now).push(", 1)");
        sql.execute(self.conn).unwrap();
        id
    }

    pub(super) fn contacts(&mut self, names: &[&str]) {
        for name in names {
            self.contact(name);
        }
    }

    pub(super) fn tag(&mut self, name: &str) -> Id {
        tags::get_or_create(self.conn, &TagName::new(name).unwrap(), self.now).unwrap().id
    }

    pub(super) fn tagged(&mut self, contact: &Id, tag: &Id) -> bool {
        tags::of_contacts(self.conn, std::slice::from_ref(contact)).unwrap().iter().any(|(_, t)| t.id == *tag)
    }

    /// A published journey of these steps.
    pub(super) fn journey(&mut self, steps: Vec<Step>) -> Journey {
        self.journey_with(steps, Period::default(), ReEntry::Always)
    }

    pub(super) fn journey_with(&mut self, steps: Vec<Step>, period: Period, re_entry: ReEntry) -> Journey {
        let new = NewJourney {
            name: "新品上市旅程",
            channel_id: &self.channel_id,
            trigger: Trigger::System,
            period,
            re_entry,
        };
        let id = journeys::create(self.conn, &new, ZONE, None, self.now).unwrap();
        self.publish(&id, steps)
    }

    /// Makes these the steps of the next version and publishes it.
    pub(super) fn publish(&mut self, journey: &Id, steps: Vec<Step>) -> Journey {
        let draft = journeys::draft(self.conn, journey, ZONE).unwrap();
        let mut flow = journeys::Flow::default();
        for step in steps.into_iter().rev() {
            flow.insert(&Spot::First, step).unwrap();
        }
        journeys::save_flow(self.conn, &draft.id, &flow).unwrap();
        let journey = self.read(journey);
        assert!(journeys::publish(self.conn, &journey, &draft.id, ZONE, self.now).unwrap());
        self.read(&journey.id)
    }

    pub(super) fn read(&mut self, journey: &Id) -> Journey {
        journeys::find(self.conn, journey).unwrap().unwrap()
    }

    /// Everybody of the account enters, in slices of two.
    pub(super) fn enter(&mut self, journey: &Journey) -> Entered {
        self.enter_with(journey, &Id::new(), Sql::new("1 = 1"))
    }

    pub(super) fn enter_with(&mut self, journey: &Journey, task_id: &Id, audience: Sql) -> Entered {
        let mut all = Entered::default();
        let mut after = None;
        loop {
            let entering = Entering {
                journey,
                task_id,
                audience: audience.clone(),
                after: after.as_ref(),
                slice: 2,
                slice_together: Some(2),
                now: self.now,
            };
            let entered = journeys::enter(self.conn, &entering).unwrap().unwrap();
            all.entered += entered.entered;
            for (refusal, people) in entered.left_out {
                *all.left_out.entry(refusal).or_default() += people;
            }
            match entered.reached {
                Some(last) => after = Some(last),
                None => return all,
            }
        }
    }

    /// Moves everybody who is due, as the job does; answers how many moves it took.
    pub(super) fn advance(&mut self) -> usize {
        let mut moves = 0;
        loop {
            let claim = self.claim();
            let claimed = jobs::claim(self.conn, journeys::COHORTS, journeys::HAS_WORK, &claim).unwrap();
            if claimed.is_empty() {
                return moves;
            }
            for row in claimed {
                let turn =
                    Turn { cohort_id: row.id, owner: claim.owner.clone(), until: claim.until, now: self.now, slice: 2 };
                while journeys::advance(self.conn, &turn).unwrap() == Turned::Moved {
                    moves += 1;
                }
            }
        }
    }

    pub(super) fn claim(&self) -> Claim {
        let machine = at("2026-01-01 00:00");
        let until = machine + TimeDelta::seconds(30);
        Claim { owner: Id::new().to_string(), now: self.now, machine, until, limit: 10 }
    }

    /// Every pending delivery becomes `state`, and its people go on.
    pub(super) fn settle(&mut self, state: &str) {
        let mut sql = Sql::new("update deliveries set state = ");
        sql.bind(state)
            .push(", missed = ")
            .bind(if state == "sent" { "" } else { state })
            .push(" where state = 'pending'");
        sql.execute(self.conn).unwrap();
        self.execute(&format!("update dispatches set {state} = {state} + pending, pending = 0"));
        self.execute("insert into dispatch_news (id, dispatch_id, after_id, last_id) select id, dispatch_id, after_id, last_id from stretches");
        self.execute("delete from stretches");
        while journeys::follow(self.conn, 2, self.now).unwrap() > 0 {}
        self.advance();
    }

    pub(super) fn pass(&mut self, time: TimeDelta) {
        self.now += time;
        self.advance();
    }

    /// How many stand at each step (its action in short) and in which state.
    pub(super) fn standing(&mut self) -> BTreeMap<(String, String), i64> {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = Nullable<Text>)]
            action: Option<String>,
            #[diesel(sql_type = Text)]
            state: String,
            #[diesel(sql_type = BigInt)]
            people: i64,
        }
        let sql = Sql::new(
            "select s.action, e.state, count(*) as people from journey_entries e left join journey_steps s on s.id = e.step_id \
             group by s.action, e.state",
        );
        let rows: Vec<Row> = sql.load(self.conn).unwrap();
        rows.into_iter().map(|row| ((short(row.action.as_deref()), row.state), row.people)).collect()
    }

    pub(super) fn count(&mut self, sql: &str) -> i64 {
        Sql::new(&format!("select count(*) as n from {sql}")).count(self.conn).unwrap()
    }

    pub(super) fn execute(&mut self, sql: &str) {
        Sql::new(sql).execute(self.conn).unwrap();
    }

    /// What must hold whenever nobody is at work.
    pub(super) fn check(&mut self) {
        let wrong = [
            // Counters of cohorts are the rows.
            "journey_cohorts c where c.entered <> (select count(*) from journey_entries e where e.cohort_id = c.id)",
            "journey_cohorts c where c.finished <> (select count(*) from journey_entries e where e.cohort_id = c.id and e.ended_at is not null)",
            // Who is being written to has one delivery of the step, which is pending or of which they will hear; nobody
            // else has one that is pending.
            "journey_entries e where e.state = 'sending' and 1 <> (select count(*) from deliveries d join dispatches p on p.id = d.dispatch_id \
             where d.entry_id = e.id and p.origin_step = e.step_id and (d.state = 'pending' or exists (select 1 from dispatch_news n \
             where n.dispatch_id = p.id and d.id > n.after_id and d.id <= n.last_id)))",
            "journey_entries e where e.state <> 'sending' and exists (select 1 from deliveries d where d.entry_id = e.id and d.state = 'pending')",
            "journey_entries e where (e.state = 'done') <> (e.ended_at is not null)",
            // Nobody is inside a journey twice.
            "journey_entries e join journey_entries o on o.journey_id = e.journey_id and o.contact_id = e.contact_id \
             and o.id > e.id where e.ended_at is null and o.ended_at is null",
            // A cohort is closed when it is complete and nobody is inside, and then none of its dispatches is open.
            "journey_cohorts c where (c.closed_at is not null) <> (c.complete and c.entered = c.finished)",
            "journey_cohorts c join dispatches d on d.cohort = c.cohort where c.closed_at is not null and d.accepting",
        ];
        for wrong in wrong {
            assert_eq!(self.count(wrong), 0, "{wrong}");
        }
    }
}

fn short(action: Option<&str>) -> String {
    let Some(action) = action else { return "start".to_owned() };
    match serde_json::from_str(action).unwrap() {
        Action::Send { content } => {
            let tidings_sending::messages::Part::Text { text } = &content.parts[0] else { panic!("a text is sent") };
            text.clone()
        }
        other => other.kind().to_string(),
    }
}
