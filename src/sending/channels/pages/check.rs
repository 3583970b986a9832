//! 測試連線: asks the vendor whether the account works.

use crate::channels::{Quota, Trouble, connection, connectors, store};
use actix_web::web::Path;
use std::time::Duration;
use tidings_base::{
    db::{DbError, Id},
    web::{Answer, App, Form, May, Message, permit::ManageChannels, redirect_saying, redirect_warning, texts},
};

/// How long a vendor may take while somebody waits for the page.
const PATIENCE: Duration = Duration::from_secs(20);

/// POST `/channels/{id}/check`
pub(crate) async fn create(app: App, _user: May<ManageChannels>, id: Path<Id>, _form: Form) -> Answer {
    let account = app.db.read(move |conn| store::find(conn, &id).map_err(DbError::from)).await?;
    let at = format!("/channels/{}", account.id);
    let Some(channel) = connectors()(&account, &app.work()).filter(|_| account.status.is_connected()) else {
        return Ok(redirect_warning(&at, Message::new("channels.check.not_connected")));
    };
    match tokio::time::timeout(PATIENCE, channel.check()).await.unwrap_or_else(|_| Err(no_answer())) {
        Ok(checked) => Ok(redirect_saying(&at, works(&checked.name, checked.quota))),
        Err(trouble) => Ok(redirect_warning(&at, connection::words(&trouble))),
    }
}

pub(super) fn no_answer() -> Trouble {
    Trouble::Later { detail: format!("{} s", PATIENCE.as_secs()) }
}

/// What the vendor calls the account, and how much of the month's quota is left.
fn works(name: &str, quota: Quota) -> Message {
    let said = |key| Message::new(key).with("name", name).with("n", texts::number(quota.used));
    match (quota.limit, quota.left()) {
        (Some(limit), Some(left)) => {
            said("channels.check.works").with("x", texts::number(limit)).with("y", texts::number(left))
        }
        // Nothing is counted, or nothing was sent yet.
        (None, _) if quota.used == 0 => Message::new("channels.check.works_plainly").with("name", name),
        (Some(_) | None, _) => said("channels.check.works_without_limit"),
    }
}
