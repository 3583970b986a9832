//! `/schedules/{id}/tasks`: what the schedule is, and every task of it, nearest first.

use crate::{
    journeys::Journey,
    schedules::{
        calendar::Calendar,
        fit::{self, Unfit},
        store::{self, PAGE, Schedule, Task},
    },
};
use actix_web::web::Path;
use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use tidings_base::{
    db::{DbError, Id},
    web::{Answer, App, Error, May, Page, Query, dates, filters, paging::Total, permit::ManageSchedules},
};
use tidings_customers::audiences::Audience;

#[derive(Template)]
#[template(path = "schedules/tasks.html")]
struct TasksPage {
    schedule: Schedule,
    journey: Option<Journey>,
    audience: Option<Audience>,
    /// Why its next task would be skipped, if it would.
    unfit: Option<Unfit>,
    tasks: Vec<Task>,
    /// The weeks ahead, where anything happens in them.
    calendar: Option<Calendar>,
    /// The number of this page, from 1.
    number: i64,
    page: Page,
}

impl TasksPage {
    /// A time in the zone in which it was computed.
    fn when(&self, at: &NaiveDateTime, zone: &Tz) -> String {
        dates::when(*at, *zone, self.page.language())
    }

    fn first(&self) -> i64 {
        if self.tasks.is_empty() { 0 } else { (self.number - 1) * PAGE + 1 }
    }

    fn last(&self) -> i64 {
        (self.number - 1) * PAGE + self.tasks.len() as i64
    }

    fn total(&self) -> String {
        Total::from(self.schedule.total).text()
    }

    fn previous(&self) -> String {
        if self.number > 1 { self.page.with_query("page", &(self.number - 1).to_string()) } else { String::new() }
    }

    fn next(&self) -> String {
        if self.last() < self.schedule.total {
            self.page.with_query("page", &(self.number + 1).to_string())
        } else {
            String::new()
        }
    }
}

/// GET `/schedules/{id}/tasks`
pub(crate) async fn index(app: App, _user: May<ManageSchedules>, page: Page, id: Path<Id>, query: Query) -> Answer {
    let (id, now) = (id.into_inner(), page.now());
    let number = query.get("page").unwrap_or(1).clamp(1, 100_000);
    let found = app
        .db
        .read(move |conn| {
            let Some(schedule) = store::find(conn, &id)? else { return Ok::<_, DbError>(None) };
            let journey = store::journey_side(conn, &schedule.journey_id, now)?;
            let audience = store::audience_side(conn, &schedule.audience_id)?;
            let unfit = fit::both(journey.as_ref().map(|(_, side)| *side), audience);
            let audience = store::audience(conn, &schedule.audience_id)?.unwrap_or_default();
            let tasks = store::tasks(conn, &schedule.id, number, now)?;
            let calendar = Calendar::from(now, schedule.next_at, schedule.zone);
            let days = store::tasks_between(conn, &schedule.id, calendar.bounds())?;
            let calendar = calendar.marked(days.into_iter().map(|(at, status)| (at, status.into())));
            Ok(Some((schedule, journey.map(|(journey, _)| journey), audience, unfit, tasks, calendar)))
        })
        .await?;
    let (schedule, journey, audience, unfit, tasks, calendar) = found.ok_or(Error::NotFound)?;
    let unfit = unfit.filter(|_| schedule.status.can_change());
    let calendar = Some(calendar).filter(|weeks| !weeks.is_empty());
    page.render(&TasksPage { schedule, journey, audience, unfit, tasks, calendar, number, page: page.clone() })
}
