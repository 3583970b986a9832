//! What a schedule is made of and how it and its tasks stand. Pure.

use super::{
    fit::Unfit,
    recurrence::{Recurrence, Repeat, Unit},
};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use std::{num::NonZeroU32, str::FromStr};
use tidings_base::{jobs::BEGUN_MOST, text_enum};

text_enum! {
    /// How often a schedule runs.
    pub enum Frequency {
        /// 一次性: at one date and time.
        Once = "once",
        /// Every N days.
        Days = "days",
        /// Every N weeks.
        Weeks = "weeks",
        /// Every N months.
        Months = "months",
    }
}

impl Frequency {
    /// The step of a periodic frequency.
    pub(crate) fn unit(self) -> Option<Unit> {
        match self {
            Self::Once => None,
            Self::Days => Some(Unit::Day),
            Self::Weeks => Some(Unit::Week),
            Self::Months => Some(Unit::Month),
        }
    }

    /// The key of its words, such as 每 2 週; takes `n`.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Once => "schedules.frequency.once",
            Self::Days => "schedules.frequency.days",
            Self::Weeks => "schedules.frequency.weeks",
            Self::Months => "schedules.frequency.months",
        }
    }
}

/// When a schedule runs, as the form asks and the row keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How often.
    pub frequency: Frequency,
    /// Every how many units; 1 where it runs once.
    pub every: NonZeroU32,
    /// The day of the first or only run.
    pub starts_on: NaiveDate,
    /// The last day on which it may run; none where it runs once.
    pub ends_on: Option<NaiveDate>,
    /// The local time of every run.
    pub at: NaiveTime,
}

impl Timing {
    /// The rule that gives its runs in `zone`.
    pub(crate) fn recurrence(&self, zone: Tz) -> Recurrence {
        let repeat = self.frequency.unit().map(|unit| Repeat {
            every: self.every,
            unit,
            until: self.ends_on.unwrap_or(self.starts_on),
        });
        Recurrence { start: self.starts_on, at: self.at, repeat, zone }
    }
}

text_enum! {
    /// How one task of a schedule stands.
    pub enum TaskStatus {
        /// 待執行: its time has not come.
        Waiting = "waiting",
        /// 執行中: people are entering the journey.
        Running = "running",
        /// 已完成: everyone who may has entered.
        Done = "done",
        /// 已取消: a person cancelled it.
        Cancelled = "cancelled",
        /// 失敗: a fault inside, never a vendor's refusal.
        Failed = "failed",
        /// 略過: too late, or the journey, the audience or the channel no longer fitted.
        Skipped = "skipped",
    }
}

impl TaskStatus {
    /// Whether a task that stands so may come to stand as `next`.
    pub(crate) fn can_become(self, next: Self) -> bool {
        match self {
            Self::Waiting => matches!(next, Self::Running | Self::Cancelled | Self::Skipped),
            Self::Running => matches!(next, Self::Done | Self::Failed),
            Self::Done | Self::Cancelled | Self::Failed | Self::Skipped => false,
        }
    }

    /// Whether a person may still cancel it.
    pub(crate) fn can_cancel(self) -> bool {
        self.can_become(Self::Cancelled)
    }

    /// The key of its word.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Waiting => "schedules.task.waiting",
            Self::Running => "schedules.task.running",
            Self::Done => "schedules.task.done",
            Self::Cancelled => "schedules.task.cancelled",
            Self::Failed => "schedules.task.failed",
            Self::Skipped => "schedules.task.skipped",
        }
    }
}

/// Why a task was skipped, or failed, or let in fewer than were meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Skipped: the program was not running, and it is later than the workspace allows.
    Late,
    /// Skipped: the journey, the audience or the channel no longer fitted. Or done, but the journey
    /// ended while people were entering.
    Unfit(Unfit),
    /// Failed: the rule of the audience cannot be read.
    Rule,
    /// Failed: working on it broke off too often.
    Poison,
}

impl Reason {
    /// How the row keeps it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Late => "late",
            Self::Unfit(why) => why.word(),
            Self::Rule => "rule",
            Self::Poison => "poison",
        }
    }

    /// The key of its words.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Late => "schedules.reason.late",
            Self::Unfit(why) => why.key(),
            Self::Rule => "schedules.reason.rule",
            Self::Poison => "schedules.reason.poison",
        }
    }
}

impl FromStr for Reason {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "late" => Ok(Self::Late),
            "rule" => Ok(Self::Rule),
            "poison" => Ok(Self::Poison),
            word => word.parse().map(Self::Unfit),
        }
    }
}

/// What becomes of a task that a worker has in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Let people in.
    Run,
    /// 略過.
    Skip(Reason),
    /// 失敗.
    Fail(Reason),
}

/// Decides it: `late` is how long after its time it is, `latest` how long it may be, `begun` how
/// often a handler has begun it since it last got on.
///
/// Lateness and fitness are for tasks that still waited: what has begun is finished.
pub(crate) fn fate(status: TaskStatus, late: TimeDelta, latest: TimeDelta, begun: i64, unfit: Option<Unfit>) -> Fate {
    match (status, unfit) {
        (TaskStatus::Running, _) if begun >= BEGUN_MOST => Fate::Fail(Reason::Poison),
        (TaskStatus::Running, _) => Fate::Run,
        (_, _) if late > latest => Fate::Skip(Reason::Late),
        (_, Some(why)) => Fate::Skip(Reason::Unfit(why)),
        (_, None) => Fate::Run,
    }
}

/// How many tasks of a schedule stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskCounts {
    /// 待執行.
    pub(crate) waiting: i64,
    /// 執行中.
    pub(crate) running: i64,
    /// 已完成.
    pub(crate) done: i64,
    /// 已取消.
    pub(crate) cancelled: i64,
    /// 失敗.
    pub(crate) failed: i64,
    /// 略過.
    pub(crate) skipped: i64,
}

impl TaskCounts {
    /// 總任務數: all that were made.
    pub(crate) fn total(&self) -> i64 {
        self.waiting + self.running + self.done + self.cancelled + self.failed + self.skipped
    }

    /// How a schedule with these tasks stands.
    pub(crate) fn status(&self) -> ScheduleStatus {
        if self.waiting + self.running == 0 {
            ScheduleStatus::Ended
        } else if self.running + self.done + self.failed + self.skipped > 0 {
            ScheduleStatus::Running
        } else {
            ScheduleStatus::Scheduled
        }
    }
}

text_enum! {
    /// How a schedule stands; follows from its tasks.
    pub enum ScheduleStatus {
        /// 排程中: nothing has run yet.
        Scheduled = "scheduled",
        /// 進行中: something has run, and something is left.
        Running = "running",
        /// 已結束: nothing is left.
        Ended = "ended",
    }
}

impl ScheduleStatus {
    /// Whether it can be edited and its remaining tasks cancelled.
    pub(crate) fn can_change(self) -> bool {
        match self {
            Self::Scheduled | Self::Running => true,
            Self::Ended => false,
        }
    }

    /// The key of its word.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Scheduled => "schedules.status.scheduled",
            Self::Running => "schedules.status.running",
            Self::Ended => "schedules.status.ended",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_stands_as_its_tasks_do() {
        let none = TaskCounts::default();
        let cases = [
            (TaskCounts { waiting: 3, ..none }, ScheduleStatus::Scheduled),
            (TaskCounts { waiting: 2, cancelled: 1, ..none }, ScheduleStatus::Scheduled),
            (TaskCounts { waiting: 2, running: 1, ..none }, ScheduleStatus::Running),
            (TaskCounts { running: 1, ..none }, ScheduleStatus::Running),
            (TaskCounts { waiting: 2, done: 1, ..none }, ScheduleStatus::Running),
            (TaskCounts { waiting: 2, failed: 1, ..none }, ScheduleStatus::Running),
            (TaskCounts { waiting: 2, skipped: 1, ..none }, ScheduleStatus::Running),
            (TaskCounts { done: 3, ..none }, ScheduleStatus::Ended),
            (TaskCounts { cancelled: 3, ..none }, ScheduleStatus::Ended),
            (TaskCounts { done: 1, cancelled: 1, failed: 1, skipped: 1, ..none }, ScheduleStatus::Ended),
        ];
        for (counts, status) in cases {
            assert_eq!(counts.status(), status, "{counts:?}");
        }
    }

    #[test]
    fn a_task_only_moves_forward() {
        use TaskStatus::{Cancelled, Done, Failed, Running, Skipped, Waiting};
        let moves = [(Waiting, Running), (Waiting, Cancelled), (Waiting, Skipped), (Running, Done), (Running, Failed)];
        for from in TaskStatus::ALL {
            for to in TaskStatus::ALL {
                assert_eq!(from.can_become(*to), moves.contains(&(*from, *to)), "{from} → {to}");
            }
        }
        assert!(Waiting.can_cancel() && !Running.can_cancel());
    }

    #[test]
    fn a_task_runs_is_skipped_or_fails() {
        let hour = TimeDelta::hours(1);
        let minute = TimeDelta::minutes(1);
        let paused = Some(Unfit::JourneyPaused);
        let cases = [
            (TaskStatus::Waiting, TimeDelta::zero(), 0, None, Fate::Run),
            (TaskStatus::Waiting, hour, 0, None, Fate::Run),
            (TaskStatus::Waiting, hour + minute, 0, None, Fate::Skip(Reason::Late)),
            (TaskStatus::Waiting, hour + minute, 0, paused, Fate::Skip(Reason::Late)),
            (TaskStatus::Waiting, minute, 0, paused, Fate::Skip(Reason::Unfit(Unfit::JourneyPaused))),
            (TaskStatus::Running, TimeDelta::days(9), 2, paused, Fate::Run),
            (TaskStatus::Running, minute, 3, None, Fate::Fail(Reason::Poison)),
        ];
        for (status, late, begun, unfit, fate) in cases {
            assert_eq!(super::fate(status, late, hour, begun, unfit), fate, "{status} {late} {begun} {unfit:?}");
        }
    }

    #[test]
    fn a_reason_is_read_as_it_is_kept() {
        let unfit = Unfit::ALL.iter().copied().map(Reason::Unfit);
        for reason in [Reason::Late, Reason::Rule, Reason::Poison].into_iter().chain(unfit) {
            assert_eq!(reason.word().parse(), Ok(reason));
        }
        assert!("".parse::<Reason>().is_err());
    }
}
