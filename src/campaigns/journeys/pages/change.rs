//! What every change has in common: it is made once, by the journey as it was shown, and leaves a
//! line in the audit trail.

use super::load;
use crate::journeys::store::Journey;
use chrono::NaiveDateTime;
use tidings_base::{
    audit::{self, Action, Entry, Noun},
    db::{Conn, Id},
    web::{Answer, App, CurrentUser, Error, Form, Message, redirect_saying, redirect_warning},
};

/// Who changes what, and when.
pub(super) struct Change {
    pub who: CurrentUser,
    pub id: Id,
    pub form: Form,
    pub now: NaiveDateTime,
}

impl Change {
    pub(super) fn new(app: &App, who: &CurrentUser, id: Id, form: Form) -> Self {
        Self { who: who.clone(), id, form, now: app.clock.now() }
    }

    /// Runs `effect` on the journey, unless this form was sent before, and answers where it went.
    /// `effect` answers false when the journey was changed by somebody else meanwhile.
    ///
    /// # Errors
    /// [`Error::Conflict`], and nothing is changed, when the form shows an older journey or `effect`
    /// says so.
    pub(super) async fn make(
        self,
        app: &App,
        action: Action,
        effect: impl FnOnce(&mut Conn, &Journey, NaiveDateTime) -> Result<bool, Error> + Send + 'static,
        location: impl FnOnce(&Journey) -> String + Send + 'static,
    ) -> Result<String, Error> {
        let Self { who, id, form, now } = self;
        let once = form.once();
        let version: i64 = form.value("version").parse().map_err(|_| Error::BadRequest("no version"))?;
        let change = move |conn: &mut Conn| {
            let journey = load(conn, &id)?;
            if journey.version != version || !effect(conn, &journey, now)? {
                return Err(Error::Conflict(Message::new("journeys.conflict")));
            }
            let entry = Entry { action, noun: Noun::Journey, id: id.as_str(), name: &journey.name, detail: None };
            audit::record(conn, &who, now, &entry)?;
            Ok(location(&journey))
        };
        app.db.write(move |conn| once.spend(conn, change)).await
    }
}

/// Answers a change made by one button: where it went, or, after somebody else was faster, the journey
/// as it is now.
pub(super) fn answer(id: &Id, made: Result<String, Error>, said: Message) -> Answer {
    match made {
        Ok(location) => Ok(redirect_saying(&location, said)),
        Err(Error::Conflict(why)) => Ok(redirect_warning(&format!("/journeys/{id}"), why)),
        Err(e) => Err(e),
    }
}
