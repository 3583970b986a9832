//! What an admin sets for the whole workspace, kept as rows of `settings`.

mod pages;
mod store;

pub use store::{begin, get, load, remove, save, set};

use chrono::TimeDelta;
use chrono_tz::Tz;

crate::routes! {
    get "/settings" ManageSettings => pages::edit;
    post "/settings" ManageSettings => pages::update;
}

/// The workspace's own settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workspace {
    pub name: String,
    /// Times are shown in it, and new schedules are computed in it.
    pub zone: Tz,
    /// A schedule's task that is later than this is skipped rather than run.
    pub latest: TimeDelta,
    /// How long deliveries, ways through journeys and events are kept; none is for good.
    pub keep: Option<TimeDelta>,
    /// Who hears of skipped and failed runs: mail addresses.
    pub notify: Vec<String>,
}

impl Default for Workspace {
    fn default() -> Self {
        Self {
            name: "Tidings".into(),
            zone: chrono_tz::Asia::Taipei,
            latest: TimeDelta::hours(1),
            keep: Some(TimeDelta::days(730)),
            notify: Vec::new(),
        }
    }
}
