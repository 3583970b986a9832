//! `/broadcasts/{id}/live`: how far a broadcast is, anew each second while it goes out.

use super::find;
use crate::{
    broadcasts::{model::BroadcastStatus, store::Broadcast},
    funnel::Funnel,
};
use actix_web::web::Path;
use askama::Template;
use tidings_base::{
    db::{Conn, DbError, Id},
    web::{
        Answer, App, Error, May, Page, filters,
        live::{self, Part},
        permit::ManageBroadcasts,
    },
};
use tidings_customers::channels::{ChannelAccount, ChannelKind};
use tidings_sending::dispatch::{self, Figures};

/// How far a broadcast is, and what came of it so far.
pub(super) struct Progress {
    status: BroadcastStatus,
    kind: ChannelKind,
    /// Whether its people are chosen, or being chosen, because it goes out now.
    is_due: bool,
    has_begun: bool,
    pub(super) figures: Figures,
}

/// The part of the page of a broadcast that changes by itself.
#[derive(Template)]
#[template(path = "broadcasts/progress.html")]
struct ProgressPart {
    progress: Progress,
}

/// GET `/broadcasts/{id}/live`
pub(crate) async fn show(app: App, user: May<ManageBroadcasts>, page: Page, id: Path<Id>) -> Answer {
    let id = id.into_inner();
    find(&app, &id).await?;
    let asked = app.clone();
    live::stream(&app, &user.id, move || draw(asked.clone(), page.clone(), id.clone()))
}

async fn draw(app: App, page: Page, id: Id) -> Result<Part, Error> {
    let (broadcast, account) = find(&app, &id).await?;
    let load = move |conn: &mut Conn| Progress::load(conn, &broadcast, &account).map_err(Error::from);
    let progress = app.db.read(load).await?;
    let is_over = !progress.goes_on();
    Ok(Part { html: page.part(&ProgressPart { progress })?, is_over })
}

impl Progress {
    pub(super) fn load(conn: &mut Conn, broadcast: &Broadcast, account: &ChannelAccount) -> Result<Self, DbError> {
        let figures = match &broadcast.dispatch_id {
            Some(id) => dispatch::figures(conn, id)?.unwrap_or_default(),
            None => Figures::default(),
        };
        Ok(Self {
            status: broadcast.status(),
            kind: account.kind,
            is_due: broadcast.send_at.is_none(),
            has_begun: broadcast.dispatch_id.is_some(),
            figures,
        })
    }

    /// Whether it changes by itself.
    pub(super) fn goes_on(&self) -> bool {
        self.status == BroadcastStatus::Sending || self.is_choosing()
    }

    /// Whether it goes out now and its people are not in its dispatch yet.
    pub(super) fn is_choosing(&self) -> bool {
        match self.status {
            BroadcastStatus::Scheduled => self.is_due,
            BroadcastStatus::Sending => self.figures.people == 0,
            BroadcastStatus::Draft
            | BroadcastStatus::Paused
            | BroadcastStatus::Done
            | BroadcastStatus::Failed
            | BroadcastStatus::Cancelled => false,
        }
    }

    /// Everybody who is settled, of whom the bar of progress speaks.
    pub(super) fn settled(&self) -> i64 {
        self.figures.people - self.figures.open
    }

    /// What came of it, once there is anybody.
    pub(super) fn funnel(&self) -> Option<Funnel> {
        (self.has_begun && self.figures.people > 0).then(|| Funnel::of(self.kind, &self.figures))
    }
}
