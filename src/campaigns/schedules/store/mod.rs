//! The rows of schedules and of their tasks.

mod changes;
mod list;
mod outlook;
mod running;
mod schedules;
mod seeding;
mod sides;
mod tasks;
mod troubles;

pub(crate) use changes::{Change, Stopped, cancel_remaining, cancel_task, publish, replace};
pub(crate) use list::{Asked, Coming, Listed, Sort, coming, is_empty, list, runs_before};
pub(crate) use outlook::{missing, outlook};
pub(crate) use running::{Hand, entered, finish, forgive, start, take};
pub(crate) use schedules::{Schedule, count, find};
pub(crate) use seeding::{due_until, settle};
pub(crate) use sides::{audience, audience_side, journey_side};
pub(crate) use tasks::{PAGE, Task, cancelled_times, task_at, tasks, tasks_between};
pub(crate) use troubles::Failed;
