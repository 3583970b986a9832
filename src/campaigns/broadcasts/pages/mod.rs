pub(super) mod cancel;
pub(super) mod confirm;
pub(super) mod delete;
pub(super) mod delivery;
pub(super) mod edit;
pub(super) mod export;
mod form;
pub(super) mod list;
pub(super) mod live;
pub(super) mod new;
pub(super) mod pause;
pub(super) mod people;
pub(super) mod rename;
pub(super) mod show;
pub(super) mod test;

use super::{
    model::{BroadcastStatus, Who},
    store::{self, Broadcast},
};
use chrono::NaiveDateTime;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, DbError, Id},
    web::{App, CurrentUser, Error, Message, Page},
};
use tidings_customers::{
    channels::{self, ChannelAccount},
    contacts,
    tags::{self, Tag},
};

/// The broadcast and its account.
async fn find(app: &App, id: &Id) -> Result<(Broadcast, ChannelAccount), Error> {
    let id = id.clone();
    app.db.read(move |conn| load(conn, &id)).await
}

fn load(conn: &mut Conn, id: &Id) -> Result<(Broadcast, ChannelAccount), Error> {
    let broadcast = store::find(conn, id).map_err(DbError::from)?.ok_or(Error::NotFound)?;
    let account = channels::find(conn, &broadcast.channel_id).map_err(DbError::from)?.ok_or(Error::NotFound)?;
    Ok((broadcast, account))
}

/// A draft is still being made, wherever its page is.
fn stand(page: &Page, broadcast: &Broadcast) {
    if broadcast.status() == BroadcastStatus::Draft {
        page.belongs_to("/broadcasts/new");
    }
}

/// The tags that the conditions of its people name.
fn named_tags(conn: &mut Conn, who: &Who) -> Result<Vec<Tag>, DbError> {
    match who {
        Who::Matching(filter) if !filter.tags.is_empty() => Ok(tags::find(conn, &filter.tags)?),
        Who::Matching(_) | Who::Picked | Who::Audience { .. } => Ok(Vec::new()),
    }
}

/// The conditions of its people, in words.
fn conditions(who: &Who, named: &[Tag], page: &Page) -> Vec<String> {
    match who {
        Who::Matching(filter) => {
            contacts::conditions(filter, named, page).into_iter().map(|condition| condition.text).collect()
        }
        Who::Picked | Who::Audience { .. } => Vec::new(),
    }
}

/// A line of the audit trail.
fn record(
    conn: &mut Conn,
    by: &CurrentUser,
    now: NaiveDateTime,
    action: Action,
    broadcast: (&Id, &str),
    detail: Option<Message>,
) -> Result<(), DbError> {
    let (id, name) = broadcast;
    Ok(audit::record(conn, by, now, &Entry { action, noun: Noun::Broadcast, id: id.as_str(), name, detail })?)
}
