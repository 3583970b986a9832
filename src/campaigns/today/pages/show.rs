//! `/`: the first page after signing in.

use crate::{
    schedules::Coming,
    today::store::{self, Came, Campaigns, Customers, Next},
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
    campaigns: Option<Campaigns>,
    /// How many people each coming run means now.
    counts: HashMap<Id, i64>,
    customers: Option<Customers>,
    /// Whether these are everybody's customers.
    all_customers: bool,
    page: Page,
}

impl TodayPage {
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
    let (campaigns, customers) = app
        .db
        .read(move |conn| {
            let campaigns = if runs_campaigns { Some(store::load(conn, now)?) } else { None };
            let customers = if sells { Some(store::customers(conn, &scope, zone, now)?) } else { None };
            Ok::<_, DbError>((campaigns, customers))
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
    let date = zone.from_utc_datetime(&now).date_naive();
    page.render(&TodayPage { date, campaigns, counts, customers, all_customers, page: page.clone() })
}
