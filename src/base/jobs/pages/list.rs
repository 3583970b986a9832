use crate::{
    db::DbError,
    jobs::{Load, MOST, Trouble},
    web::{Answer, App, May, Page, filters, permit::ManageJobs},
};
use askama::Template;
use chrono::TimeDelta;

/// A kind, with what there is of it.
struct Shown {
    name: &'static str,
    label: &'static str,
    load: Load,
    troubles: Vec<Trouble>,
}

#[derive(Template)]
#[template(path = "jobs/list.html")]
struct ListPage {
    kinds: Vec<Shown>,
}

/// GET `/jobs`
pub(in super::super) async fn index(app: App, _who: May<ManageJobs>, page: Page) -> Answer {
    let (kinds, work) = (app.kinds.clone(), app.work());
    let kinds = app
        .db
        .read(move |conn| {
            let now = work.clock.now();
            let shown = |kind: &crate::jobs::Kind| {
                Ok(Shown {
                    name: kind.name,
                    label: kind.label,
                    load: (kind.load)(conn, &work.terms(kind, ""))?,
                    troubles: kind.care.troubles(conn, now, MOST)?,
                })
            };
            kinds.iter().map(shown).collect::<Result<Vec<_>, DbError>>()
        })
        .await?;
    page.render(&ListPage { kinds })
}

impl ListPage {
    /// How many troubles there are in all.
    fn troubles(&self) -> i64 {
        self.kinds.iter().map(|kind| kind.troubles.len() as i64).sum()
    }

    /// In the unit that a person would say, and its text key.
    fn waited(&self, time: &TimeDelta) -> (i64, &'static str) {
        match time.num_seconds().max(0) {
            seconds @ ..60 => (seconds, "jobs.seconds"),
            seconds @ ..3_600 => (seconds / 60, "jobs.minutes"),
            seconds @ ..172_800 => (seconds / 3_600, "jobs.hours"),
            seconds => (seconds / 86_400, "jobs.days"),
        }
    }
}
