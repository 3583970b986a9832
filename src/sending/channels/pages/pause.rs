//! Pausing an account, and letting it send again.

use crate::channels::store;
use actix_web::web::Path;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::Id,
    web::{Answer, App, Error, Form, May, Message, Page, permit::ManageChannels, redirect_saying},
};
use tidings_customers::channels::ChannelStatus;

/// POST `/channels/{id}/pause`
pub(crate) async fn create(app: App, user: May<ManageChannels>, page: Page, id: Path<Id>, _form: Form) -> Answer {
    become_(app, user, page, id.into_inner(), ChannelStatus::Paused).await
}

/// POST `/channels/{id}/resume`: also out of trouble, without waiting for the next try.
pub(crate) async fn destroy(app: App, user: May<ManageChannels>, page: Page, id: Path<Id>, _form: Form) -> Answer {
    become_(app, user, page, id.into_inner(), ChannelStatus::Ready).await
}

async fn become_(app: App, user: May<ManageChannels>, page: Page, id: Id, status: ChannelStatus) -> Answer {
    let (by, now) = ((*user).clone(), page.now());
    let (action, said) = match status {
        ChannelStatus::Paused => (Action::Paused, "channels.was_paused"),
        ChannelStatus::Ready | ChannelStatus::Trouble | ChannelStatus::Disconnected => {
            (Action::Resumed, "channels.was_resumed")
        }
    };
    let name = app
        .db
        .write(move |conn| {
            let account = store::find(conn, &id)?;
            if !account.status.is_connected() {
                return Err(Error::Conflict(Message::new("channels.check.not_connected")));
            }
            if store::set_status(conn, &id, status)? {
                let entry = Entry { action, noun: Noun::Channel, id: id.as_str(), name: &account.name, detail: None };
                audit::record(conn, &by, now, &entry)?;
            }
            Ok::<_, Error>(account.name)
        })
        .await?;
    Ok(redirect_saying("/channels", Message::new(said).with("name", name)))
}
