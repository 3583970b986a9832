//! The shop's schedules, with a past and a future.

use super::{
    audiences::{self, Audiences},
    calendar::Calendar,
    history,
    journeys::{self, Journeys},
    people::Staff,
    store,
};
use chrono::{Months, NaiveDateTime, NaiveTime, TimeDelta};
use std::num::NonZeroU32;
use tidings_base::db::{Conn, DbError, Id};
use tidings_campaigns::schedules::{Draft, Frequency, Timing, seed};

/// A schedule, as the marketer published it.
pub(super) struct Plan {
    name: &'static str,
    journey: &'static str,
    pub(super) audience: &'static str,
    frequency: Frequency,
    every: u32,
    /// The day of its next run, or of its last one: in days from today. Never today or tomorrow.
    day: i64,
    /// How many runs lie before that day.
    before: u32,
    /// The last day, where there is more than one run, in days from today.
    until: i64,
    time: (u32, u32),
    /// Tasks of the past that did not run: how many days ago, and what came of them.
    pub(super) lost: &'static [(i64, Lost)],
    /// A task to come that was cancelled: in how many days at the earliest.
    cancels: Option<i64>,
}

/// What came of a task that did not run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lost {
    /// The program was not running.
    Late,
    /// Its work broke off.
    Broke,
    Cancelled,
    /// The journey had been paused.
    Paused,
}

const PLANS: &[Plan] = &[
    Plan {
        name: "每週新品通知",
        journey: journeys::ARRIVALS,
        audience: audiences::ACTIVE,
        frequency: Frequency::Weeks,
        every: 1,
        day: 3,
        before: 4,
        until: 66,
        time: (20, 0),
        lost: &[(11, Lost::Late)],
        cancels: None,
    },
    Plan {
        name: "雙週電子報",
        journey: journeys::NEWSLETTER,
        audience: audiences::NEWSLETTER,
        frequency: Frequency::Weeks,
        every: 2,
        day: 5,
        before: 3,
        until: 120,
        time: (10, 0),
        lost: &[],
        cancels: None,
    },
    Plan {
        name: "新好友歡迎",
        journey: journeys::WELCOME,
        audience: audiences::NEW,
        frequency: Frequency::Days,
        every: 3,
        day: 2,
        before: 8,
        until: 92,
        time: (11, 30),
        lost: &[],
        cancels: None,
    },
    Plan {
        name: "每月壽星祝福",
        journey: journeys::BIRTHDAY,
        audience: audiences::BIRTHDAY,
        frequency: Frequency::Months,
        every: 1,
        day: 8,
        before: 3,
        until: 300,
        time: (9, 30),
        lost: &[],
        cancels: None,
    },
    Plan {
        name: "沉睡顧客喚醒",
        journey: journeys::WAKE,
        audience: audiences::ASLEEP,
        frequency: Frequency::Months,
        every: 1,
        day: 13,
        before: 2,
        until: 200,
        time: (12, 0),
        lost: &[],
        cancels: Some(20),
    },
    Plan {
        name: "換季收納簡訊",
        journey: journeys::STORAGE,
        audience: audiences::PHONES,
        frequency: Frequency::Weeks,
        every: 1,
        day: 2,
        before: 4,
        until: 30,
        time: (15, 0),
        lost: &[(19, Lost::Broke), (5, Lost::Paused)],
        cancels: None,
    },
    Plan {
        name: "年度出清預告", journey: journeys::STOCKTAKING, audience: audiences::MAIL_ASLEEP, day: -78, ..ONCE
    },
    Plan {
        name: "年度出清加碼",
        journey: journeys::STOCKTAKING,
        audience: audiences::MAIL_ASLEEP,
        day: -60,
        lost: &[(60, Lost::Cancelled)],
        ..ONCE
    },
    Plan {
        name: "春夏 VIP 搶先看",
        journey: journeys::VIP,
        audience: audiences::VIP,
        day: -40,
        time: (20, 30),
        ..ONCE
    },
    Plan {
        name: "粉專布料問答", journey: journeys::FANS, audience: audiences::FANS, day: -14, time: (19, 0), ..ONCE
    },
    Plan {
        name: "手作課招生",
        journey: journeys::WORKSHOP,
        audience: audiences::TAIPEI,
        day: -2,
        time: (14, 0),
        ..ONCE
    },
    Plan {
        name: "換季 VIP 搶先看", journey: journeys::VIP, audience: audiences::VIP, day: 6, time: (20, 30), ..ONCE
    },
    Plan {
        name: "粉專每兩月問答",
        journey: journeys::FANS,
        audience: audiences::FANS,
        frequency: Frequency::Months,
        every: 2,
        day: 12,
        until: 380,
        time: (19, 0),
        ..ONCE
    },
];

const ONCE: Plan = Plan {
    name: "",
    journey: "",
    audience: "",
    frequency: Frequency::Once,
    every: 1,
    day: 0,
    before: 0,
    until: 0,
    time: (10, 0),
    lost: &[],
    cancels: None,
};

impl Plan {
    fn timing(&self, calendar: &Calendar) -> Timing {
        let day = calendar.day(-self.day);
        let back = self.before * self.every;
        let starts_on = match self.frequency {
            Frequency::Once => day,
            Frequency::Days => day - TimeDelta::days(back.into()),
            Frequency::Weeks => day - TimeDelta::weeks(back.into()),
            Frequency::Months => day - Months::new(back),
        };
        Timing {
            frequency: self.frequency,
            every: NonZeroU32::new(self.every).unwrap_or(NonZeroU32::MIN),
            starts_on,
            ends_on: (self.frequency != Frequency::Once).then(|| calendar.day(-self.until)),
            at: NaiveTime::from_hms_opt(self.time.0, self.time.1, 0).expect("a time of day"),
        }
    }

    /// When it was published: two or three days before its first run, and not today.
    fn published(&self, calendar: &Calendar) -> NaiveDateTime {
        let first = (calendar.today - self.timing(calendar).starts_on).num_days();
        calendar.worked((first + 2 + first.rem_euclid(2)).max(1))
    }

    /// What kept the task of `at` from running, if anything did.
    pub(super) fn lost(&self, calendar: &Calendar, at: NaiveDateTime) -> Option<Lost> {
        let day = tidings_base::zones::local(calendar.zone, at).date();
        let ago = (calendar.today - day).num_days();
        self.lost.iter().find(|(days, _)| *days == ago).map(|(_, lost)| *lost)
    }
}

/// A schedule that was published.
pub(super) struct Published {
    pub(super) plan: &'static Plan,
    pub(super) id: Id,
    pub(super) journey_id: Id,
}

/// Publishes them, lets happen what happened since, and says so on their tasks.
pub(super) fn load(
    conn: &mut Conn,
    calendar: &Calendar,
    audiences: &Audiences,
    journeys: &Journeys,
    staff: &Staff,
) -> Result<(), DbError> {
    let mut plans: Vec<_> = PLANS.iter().map(|plan| (plan.published(calendar), plan)).collect();
    plans.sort_by_key(|(then, _)| *then);
    let mut all = Vec::new();
    for (then, plan) in plans {
        let timing = plan.timing(calendar);
        let draft = Draft {
            name: plan.name.to_owned(),
            journey_id: journeys[plan.journey].clone(),
            audience_id: audiences.id(plan.audience).clone(),
            timing,
        };
        let id = seed::publish(conn, &draft, calendar.zone, &staff.marketer.id, then)?;
        all.push(Published { plan, id, journey_id: draft.journey_id });
    }
    let past = history::replay(conn, calendar, audiences, &all, staff)?;
    for published in &all {
        if let Some(days) = published.plan.cancels {
            let from = calendar.now + TimeDelta::days(days);
            store::cancel_next_task(conn, &published.id, from, staff.marketer.name, calendar.now - TimeDelta::days(3))?;
        }
        seed::settle(conn, &published.id, calendar.now, |_, task, _| {
            past.get(task).cloned().ok_or(DbError::Query(diesel::NotFound))
        })?;
    }
    Ok(())
}
