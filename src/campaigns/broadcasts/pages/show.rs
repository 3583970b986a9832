//! `/broadcasts/{id}` (推播詳情): what was sent, to whom, and what came of it.

use super::live::Progress;
use crate::broadcasts::{
    model::{BroadcastStatus, Who},
    store::{self, Broadcast},
};
use actix_web::web::Path;
use askama::Template;
use tidings_base::{
    db::{DbError, Id},
    web::{Answer, App, May, Page, Permission, filters, permit::ManageBroadcasts},
};
use tidings_customers::{channels::ChannelAccount, tags::Tag};
use tidings_sending::{
    dispatch::{self, PauseReason, Reason},
    messages::{Addressee, Bubble, Heading},
};

#[derive(Template)]
#[template(path = "broadcasts/show.html")]
struct ShowPage {
    broadcast: Broadcast,
    status: BroadcastStatus,
    account: ChannelAccount,
    /// Of its people, in words.
    conditions: Vec<String>,
    tags: Vec<Tag>,
    /// How many contacts are picked, where it goes to picked ones.
    picked: i64,
    progress: Progress,
    left_out: Vec<(Reason, i64)>,
    /// Why people failed, most first.
    failed: Vec<(Reason, i64)>,
}

/// GET `/broadcasts/{id}`
pub(crate) async fn show(app: App, _user: May<ManageBroadcasts>, page: Page, id: Path<Id>) -> Answer {
    let (broadcast, account) = super::find(&app, &id).await?;
    let status = broadcast.status();
    let (mut shown, named) = app
        .db
        .read(move |conn| {
            let tags = store::tags_of(conn, &broadcast.id)?;
            let picked = if broadcast.who == Who::Picked { store::picked(conn, &broadcast.id)?.len() } else { 0 };
            let progress = Progress::load(conn, &broadcast, &account)?;
            let (left_out, failed) = match &broadcast.dispatch_id {
                None => (Vec::new(), Vec::new()),
                Some(id) => (
                    dispatch::reasons(conn, id, dispatch::DeliveryState::LeftOut)?,
                    dispatch::reasons(conn, id, dispatch::DeliveryState::Failed)?,
                ),
            };
            let picked = i64::try_from(picked).unwrap_or(i64::MAX);
            let (named, conditions) = (super::named_tags(conn, &broadcast.who)?, Vec::new());
            let shown = ShowPage { broadcast, status, account, conditions, tags, picked, progress, left_out, failed };
            Ok::<_, DbError>((shown, named))
        })
        .await?;
    shown.conditions = super::conditions(&shown.broadcast.who, &named, &page);
    page.render(&shown)
}

impl ShowPage {
    fn heading(&self, name: &str) -> Option<Heading> {
        self.broadcast.content.heading(&Addressee { name, last_known_name: None })
    }

    fn bubbles(&self, name: &str) -> Vec<Bubble> {
        self.broadcast.content.preview(&Addressee { name, last_known_name: None })
    }

    fn has_begun(&self) -> bool {
        self.broadcast.dispatch_id.is_some()
    }
}
