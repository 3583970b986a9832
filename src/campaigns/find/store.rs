//! Things that have a name, by a part of it.

use diesel::{QueryResult, QueryableByName, sql_types::Text};
use tidings_base::{
    db::{
        Conn, Id,
        sql::{Sql, contains},
    },
    web::Permission,
};

/// What is looked through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Schedules,
    Broadcasts,
    Journeys,
    Audiences,
}

/// Something found.
#[derive(QueryableByName, Clone, PartialEq, Debug)]
pub(super) struct Thing {
    #[diesel(sql_type = Text)]
    pub(super) id: Id,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
}

impl Kind {
    pub(super) const ALL: &[Self] = &[Self::Schedules, Self::Broadcasts, Self::Journeys, Self::Audiences];

    /// The key of their name.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Schedules => "schedules.title",
            Self::Broadcasts => "broadcasts.title",
            Self::Journeys => "journeys.title",
            Self::Audiences => "audiences.title",
        }
    }

    pub(super) fn icon(self) -> &'static str {
        match self {
            Self::Schedules => "schedules",
            Self::Broadcasts => "send",
            Self::Journeys => "journeys",
            Self::Audiences => "audiences",
        }
    }

    pub(super) fn permission(self) -> Permission {
        match self {
            Self::Schedules => Permission::ManageSchedules,
            Self::Broadcasts => Permission::ManageBroadcasts,
            Self::Journeys => Permission::ManageJourneys,
            Self::Audiences => Permission::ReadAudiences,
        }
    }

    /// The page of one of them.
    pub(super) fn address(self, id: &Id) -> String {
        match self {
            Self::Schedules => format!("/schedules/{id}/tasks"),
            Self::Broadcasts => format!("/broadcasts/{id}"),
            Self::Journeys => format!("/journeys/{id}"),
            Self::Audiences => format!("/audiences/{id}"),
        }
    }

    fn table(self) -> &'static str {
        match self {
            Self::Schedules => "schedules",
            Self::Broadcasts => "broadcasts",
            Self::Journeys => "journeys",
            Self::Audiences => "audiences",
        }
    }
}

/// At most `limit` of them whose name holds the text, newest first.
pub(super) fn things(conn: &mut Conn, kind: Kind, text: &str, limit: i64) -> QueryResult<Vec<Thing>> {
    let mut sql = Sql::new(&format!("select id, name from {} where lower(name) like ", kind.table()));
    sql.bind(contains(&text.to_ascii_lowercase())).push(r" escape '\' order by id desc limit ").bind(limit);
    sql.load(conn)
}
