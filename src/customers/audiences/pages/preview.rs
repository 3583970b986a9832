use super::super::{
    Lens, Rule,
    store::{People, people},
};
use crate::channels::ChannelKind;
use std::time::Duration;
use tidings_base::{
    db::DbError,
    web::{App, Error, Page},
};

/// How long somebody waits for a number.
const PATIENCE: Duration = Duration::from_secs(5);

/// The people of a rule, where somebody asked for them.
pub(super) enum Preview {
    Unasked,
    Counted(People),
    /// Counting took too long.
    Late,
}

impl Preview {
    pub(super) async fn of(app: &App, page: &Page, kind: Option<ChannelKind>, rule: Rule) -> Result<Self, Error> {
        let lens = Lens { now: page.now(), zone: page.tz() };
        let counted =
            app.db.read_within(PATIENCE, move |conn| people(conn, kind, &rule, &lens).map_err(DbError::from)).await;
        match counted {
            Ok(people) => Ok(Self::Counted(people)),
            Err(DbError::Query(e)) => {
                let e = DbError::Query(e);
                if e.is_busy() { Ok(Self::Late) } else { Err(e.into()) }
            }
            Err(e @ (DbError::Busy(_) | DbError::Gone)) => Err(e.into()),
        }
    }

    pub(super) fn counted(&self) -> Option<&People> {
        match self {
            Self::Counted(people) => Some(people),
            Self::Unasked | Self::Late => None,
        }
    }

    pub(super) fn is_late(&self) -> bool {
        matches!(self, Self::Late)
    }
}
