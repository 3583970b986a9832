//! What a schedule is made of and how it and its tasks stand. Pure.

use std::num::NonZeroU32;

use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use tidings_base::text_enum;

use super::recurrence::{Recurrence, Repeat, Unit};

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
    pub fn unit(self) -> Option<Unit> {
        match self {
            Self::Once => None,
            Self::Days => Some(Unit::Day),
            Self::Weeks => Some(Unit::Week),
            Self::Months => Some(Unit::Month),
        }
    }

    /// The key of its words, such as 每 2 週; takes `n`.
    pub fn key(self) -> &'static str {
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
    pub fn recurrence(&self, zone: Tz) -> Recurrence {
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
    pub fn can_become(self, next: Self) -> bool {
        match self {
            Self::Waiting => matches!(next, Self::Running | Self::Cancelled | Self::Skipped),
            Self::Running => matches!(next, Self::Done | Self::Failed),
            Self::Done | Self::Cancelled | Self::Failed | Self::Skipped => false,
        }
    }

    /// Whether a person may still cancel it.
    pub fn can_cancel(self) -> bool {
        self.can_become(Self::Cancelled)
    }

    /// The key of its word.
    pub fn key(self) -> &'static str {
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

/// How many tasks of a schedule stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// 待執行.
    pub waiting: i64,
    /// 執行中.
    pub running: i64,
    /// 已完成.
    pub done: i64,
    /// 已取消.
    pub cancelled: i64,
    /// 失敗.
    pub failed: i64,
    /// 略過.
    pub skipped: i64,
}

impl TaskCounts {
    /// 總任務數: all that were made.
    pub fn total(&self) -> i64 {
        self.waiting + self.running + self.done + self.cancelled + self.failed + self.skipped
    }

    /// How a schedule with these tasks stands.
    pub fn status(&self) -> ScheduleStatus {
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
    pub fn can_change(self) -> bool {
        match self {
            Self::Scheduled | Self::Running => true,
            Self::Ended => false,
        }
    }

    /// The key of its word.
    pub fn key(self) -> &'static str {
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
}
