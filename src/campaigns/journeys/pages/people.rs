use super::{load, words};
use crate::journeys::{
    model::JourneyStatus,
    store::{self, EntryState, Journey, Traveller, VersionFigures, WantedPeople, Whose},
};
use actix_web::web;
use askama::Template;
use std::collections::HashMap;
use tidings_base::{
    db::Id,
    web::{
        Answer, App, Error, May, Page, Query, filters,
        paging::{self, Listing},
        permit::ManageJourneys,
    },
};
use tidings_customers::tags;

#[derive(Template)]
#[template(path = "journeys/people.html")]
struct PeoplePage {
    journey: Journey,
    status: JourneyStatus,
    versions: Vec<VersionFigures>,
    list: Listing<Traveller>,
    /// Who came in and has no row here yet.
    packed: i64,
    wanted: WantedPeople,
    /// What the steps are called that anybody here stands at.
    steps: HashMap<Id, StepName>,
}

/// A step in a line: its kind (a text key) and what it does.
struct StepName {
    label: &'static str,
    about: String,
}

/// GET `/journeys/{id}/people`: who is inside and where, or with `?whose=left` who has left.
pub(in super::super) async fn index(
    app: App,
    _who: May<ManageJourneys>,
    page: Page,
    id: web::Path<Id>,
    query: Query,
) -> Answer {
    let wanted = WantedPeople {
        whose: query.get("whose").unwrap_or(Whose::Inside),
        step: query.id("step"),
        search: query.text("q").to_owned(),
    };
    let (cursor, now, lang) = (paging::cursor(&query), page.now(), page.language());
    let shown = app.db.read(move |conn| {
        let journey = load(conn, &id)?;
        let list = store::people(conn, &journey, &wanted, cursor.as_ref())?;
        let packed = store::packed(conn, &id)?;
        let ids: Vec<Id> = list.rows.iter().filter_map(|row| row.step_id.clone()).chain(wanted.step.clone()).collect();
        let tags = tags::all(conn)?;
        let name = |action: &crate::journeys::model::Action| StepName {
            label: action.kind().label(),
            about: words::about(action, &tags, lang).into_iter().next().unwrap_or_default(),
        };
        let steps = store::actions(conn, &ids)?.iter().map(|(id, action)| (id.clone(), name(action))).collect();
        let versions = store::of_versions(conn, &id)?;
        Ok::<_, Error>(PeoplePage { status: journey.status(now), journey, versions, list, packed, wanted, steps })
    });
    page.render(&shown.await?)
}

impl PeoplePage {
    fn inside(&self) -> i64 {
        self.versions.iter().map(VersionFigures::inside).sum()
    }

    fn left(&self) -> i64 {
        self.versions.iter().map(|version| version.finished).sum()
    }

    fn shows_left(&self) -> bool {
        self.wanted.whose == Whose::Left
    }

    fn step(&self, id: &Option<Id>) -> Option<&StepName> {
        id.as_ref().and_then(|id| self.steps.get(id))
    }

    /// Whether somebody waits for a time to come.
    fn waits(&self, row: &Traveller) -> bool {
        row.state == EntryState::Waiting || row.step_id.is_none()
    }

    /// What holds somebody where they are: a text key.
    fn state(&self, row: &Traveller) -> &'static str {
        match (row.state, &row.step_id) {
            (EntryState::Done, _) if row.reason.is_some() => "journeys.people.let_go",
            (EntryState::Done, _) => "journeys.people.finished",
            (_, None) => "journeys.people.before_start",
            (EntryState::Sending, _) => "journeys.people.sending",
            (EntryState::Waiting, _) => "journeys.people.waiting",
            (EntryState::Ready, _) if self.status == JourneyStatus::Paused => "journeys.people.held",
            (EntryState::Ready, _) => "journeys.people.ready",
        }
    }
}
