//! `/`: the first page after signing in.

use crate::{
    schedules::Coming,
    today::{
        store::{self, Came, Campaigns, Customers, FirstSteps, Next},
        week::{self, Day},
    },
};
use askama::Template;
use chrono::{NaiveDate, TimeZone};
use std::{collections::HashMap, time::Duration};
use tidings_base::{
    db::{DbError, Id},
    web::{Answer, App, May, Page, Permission, Role, dates, filters, permit::UseWorkspace},
};

/// Counting audiences may not hold the page up; without their numbers it is still right.
const COUNTING: Duration = Duration::from_millis(300);

#[derive(Template)]
#[template(path = "today/show.html")]
struct TodayPage {
    date: NaiveDate,
    /// What a new shop has still to do before its first send; none where nothing is left.
    steps: Option<Vec<Step>>,
    campaigns: Option<Campaigns>,
    week: Vec<Day>,
    /// How many people each coming run means now.
    counts: HashMap<Id, i64>,
    customers: Option<Customers>,
    /// Whether these are everybody's customers.
    all_customers: bool,
    page: Page,
}

/// A step of a new shop.
struct Step {
    done: bool,
    /// Beginning of the keys of its name, of what it is for, and of its button.
    key: &'static str,
    href: &'static str,
    /// Whether this person may do it.
    allowed: bool,
}

impl Step {
    fn text(&self, part: &str) -> String {
        format!("today.first.{}{part}", self.key)
    }
}

impl TodayPage {
    /// The first step that is not done yet.
    fn next_step(&self) -> Option<&str> {
        self.steps.iter().flatten().find(|step| !step.done).map(|step| step.key)
    }

    fn steps_all(&self) -> i64 {
        self.steps.iter().flatten().count() as i64
    }

    /// A shop that is being set up need not look at a week of nothing.
    fn sends_this_week(&self) -> bool {
        self.week.iter().any(|day| day.sends > 0)
    }

    fn steps_done(&self) -> i64 {
        self.steps.iter().flatten().filter(|step| step.done).count() as i64
    }

    fn when(&self, coming: &Coming) -> String {
        dates::when(coming.due_at, coming.zone, self.page.language())
    }

    fn count(&self, coming: &Coming) -> Option<&i64> {
        self.counts.get(&coming.id)
    }

    /// Whether a run brought in markedly more or fewer than usual.
    fn is_unusual(&self, came: &Came) -> bool {
        came.usual.is_some_and(|usual| (came.entered - usual).abs() * 5 > usual.max(5))
    }

    fn may_open_channels(&self) -> bool {
        self.page.may(Permission::ManageChannels)
    }
}

/// GET `/`
pub(crate) async fn show(app: App, user: May<UseWorkspace>, page: Page) -> Answer {
    let (now, zone, scope) = (page.now(), page.tz(), user.scope());
    let runs_campaigns = user.may(Permission::ManageSchedules);
    let sells = user.roles.iter().any(|role| matches!(role, Role::Salesperson | Role::SalesManager));
    let all_customers = scope.owner().is_none();
    let (campaigns, customers, steps) = app
        .db
        .read(move |conn| {
            let campaigns = if runs_campaigns { Some(store::load(conn, now)?) } else { None };
            let customers = if sells { Some(store::customers(conn, &scope, zone, now)?) } else { None };
            let steps = if runs_campaigns { Some(store::first_steps(conn)?) } else { None };
            Ok::<_, DbError>((campaigns, customers, steps))
        })
        .await?;
    let coming = campaigns.as_ref().map(|campaigns| campaigns.coming.clone()).unwrap_or_default();
    let counted =
        app.db.read_within(COUNTING, move |conn| store::count(conn, &coming, now).map_err(DbError::from)).await;
    let counts = match counted {
        Ok(counts) => counts,
        Err(e) => {
            tracing::debug!(error = %e, "the audiences of the next runs were not counted");
            HashMap::new()
        }
    };
    let sends = campaigns.as_ref().map(|campaigns| campaigns.sends(&counts)).unwrap_or_default();
    let week = week::days(&sends, now, zone);
    let steps = steps.map(|steps| walk(steps, &page)).filter(|steps| steps.iter().any(|step| !step.done));
    let date = zone.from_utc_datetime(&now).date_naive();
    page.render(&TodayPage { date, steps, campaigns, week, counts, customers, all_customers, page: page.clone() })
}

/// The way to the first send, in the order it is walked.
fn walk(steps: FirstSteps, page: &Page) -> Vec<Step> {
    let step = |done, key, href, permission| Step { done, key, href, allowed: page.may(permission) };
    vec![
        step(steps.channel, "channel", "/channels/new", Permission::ManageChannels),
        step(steps.contacts, "contacts", "/contacts/import", Permission::WriteContacts),
        step(steps.audience, "audience", "/audiences/new", Permission::WriteAudiences),
        step(steps.journey, "journey", "/journeys/new", Permission::ManageJourneys),
        step(steps.schedule, "schedule", "/schedules/new", Permission::ManageSchedules),
        step(steps.trial, "trial", "/broadcasts/new", Permission::ManageBroadcasts),
    ]
}
