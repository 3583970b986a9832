//! The screens of schedules, a file each.

pub(super) mod cancel;
pub(super) mod cancel_task;
pub(super) mod edit;
mod form;
pub(super) mod list;
pub(super) mod new;
mod preview;
pub(super) mod tasks;

use super::{
    draft::{self, Refusal},
    store::{self, Schedule},
};
use tidings_base::{
    db::{DbError, Id},
    web::{App, Error, Form},
};

/// The schedule of this id, or 404.
async fn find(app: &App, id: Id) -> Result<Schedule, Error> {
    let found = app.db.read(move |conn| store::find(conn, &id).map_err(DbError::from)).await?;
    found.ok_or(Error::NotFound)
}

/// Says beside their fields why it cannot be published.
fn refuse(form: &mut Form, refusals: &[Refusal]) {
    for why in refusals {
        draft::refuse(form, why);
    }
}
