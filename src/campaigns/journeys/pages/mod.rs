//! The pages of journeys.

pub(super) mod delete;
pub(super) mod draft;
pub(super) mod edit;
pub(super) mod end;
pub(super) mod list;
pub(super) mod new;
pub(super) mod pause;
pub(super) mod people;
pub(super) mod publish;
pub(super) mod resume;
pub(super) mod retry;
pub(super) mod show;
pub(super) mod step_delete;
pub(super) mod step_edit;
pub(super) mod step_move;
pub(super) mod step_new;

mod change;
mod drawing;
mod settings;
mod step_form;
mod words;

use super::store::{self, Journey};
use tidings_base::{
    db::{Conn, Id},
    web::Error,
};

fn load(conn: &mut Conn, id: &Id) -> Result<Journey, Error> {
    store::find(conn, id)?.ok_or(Error::NotFound)
}
