//! The audit trail: who changed what that others share, written in the transaction of the change.

mod pages;
mod store;

use crate::{
    db::{Conn, Id},
    text_enum,
    web::{CurrentUser, Message},
};
use chrono::NaiveDateTime;
use diesel::QueryResult;

crate::routes! {
    get "/audit" ReadAudit => pages::index;
}

text_enum! {
    /// What was done.
    pub enum Action {
        Created = "created",
        Changed = "changed",
        Deleted = "deleted",
        Published = "published",
        Paused = "paused",
        Resumed = "resumed",
        Ended = "ended",
        Cancelled = "cancelled",
        Tagged = "tagged",
        Untagged = "untagged",
        Imported = "imported",
        Exported = "exported",
        PasswordChanged = "password_changed",
        Deactivated = "deactivated",
        Activated = "activated",
    }
}

impl Action {
    /// A text key.
    pub fn label(self) -> &'static str {
        match self {
            Self::Created => "audit.action.created",
            Self::Changed => "audit.action.changed",
            Self::Deleted => "audit.action.deleted",
            Self::Published => "audit.action.published",
            Self::Paused => "audit.action.paused",
            Self::Resumed => "audit.action.resumed",
            Self::Ended => "audit.action.ended",
            Self::Cancelled => "audit.action.cancelled",
            Self::Tagged => "audit.action.tagged",
            Self::Untagged => "audit.action.untagged",
            Self::Imported => "audit.action.imported",
            Self::Exported => "audit.action.exported",
            Self::PasswordChanged => "audit.action.password_changed",
            Self::Deactivated => "audit.action.deactivated",
            Self::Activated => "audit.action.activated",
        }
    }
}

text_enum! {
    /// What it was done to.
    pub enum Noun {
        Person = "person",
        Workspace = "workspace",
        Channel = "channel",
        Contact = "contact",
        Member = "member",
        Tag = "tag",
        /// Of contacts.
        Import = "import",
        OrderImport = "order_import",
        Audience = "audience",
        Journey = "journey",
        Schedule = "schedule",
        Task = "task",
        Dispatch = "dispatch",
        Broadcast = "broadcast",
        /// Something on the page of jobs.
        Work = "work",
    }
}

impl Noun {
    /// A text key.
    pub fn label(self) -> &'static str {
        match self {
            Self::Person => "audit.noun.person",
            Self::Workspace => "audit.noun.workspace",
            Self::Channel => "audit.noun.channel",
            Self::Contact => "audit.noun.contact",
            Self::Member => "audit.noun.member",
            Self::Tag => "audit.noun.tag",
            Self::Import => "audit.noun.import",
            Self::OrderImport => "audit.noun.order_import",
            Self::Audience => "audit.noun.audience",
            Self::Journey => "audit.noun.journey",
            Self::Schedule => "audit.noun.schedule",
            Self::Task => "audit.noun.task",
            Self::Dispatch => "audit.noun.dispatch",
            Self::Broadcast => "audit.noun.broadcast",
            Self::Work => "audit.noun.work",
        }
    }

    /// The page of such a thing, where it has one.
    pub fn address(self, id: &str) -> Option<String> {
        match self {
            Self::Person => Some(format!("/people/{id}/edit")),
            Self::Workspace => Some("/settings".to_owned()),
            Self::Channel => Some(format!("/channels/{id}")),
            Self::Contact => Some(format!("/contacts/{id}")),
            Self::Import => Some(format!("/contacts/import/{id}")),
            Self::OrderImport => Some(format!("/orders/import/{id}")),
            Self::Audience => Some(format!("/audiences/{id}")),
            Self::Journey => Some(format!("/journeys/{id}")),
            Self::Schedule => Some(format!("/schedules/{id}/tasks")),
            Self::Broadcast => Some(format!("/broadcasts/{id}")),
            Self::Work => Some("/jobs".to_owned()),
            Self::Member | Self::Tag | Self::Task | Self::Dispatch => None,
        }
    }
}

/// One line of the trail.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    pub action: Action,
    pub noun: Noun,
    /// The key of the thing; empty where there is only one of it.
    pub id: &'a str,
    /// Its name at the time, which stays when the thing is gone.
    pub name: &'a str,
    /// What exactly, in a sentence.
    pub detail: Option<Message>,
}

/// Writes a line for `who`.
pub fn record(conn: &mut Conn, who: &CurrentUser, now: NaiveDateTime, entry: &Entry<'_>) -> QueryResult<()> {
    store::add(conn, Some((&who.id, &who.name)), now, entry)
}

/// Writes a line for the program itself: the command line, a job.
pub fn record_own(conn: &mut Conn, now: NaiveDateTime, entry: &Entry<'_>) -> QueryResult<()> {
    store::add(conn, None::<(&Id, &str)>, now, entry)
}
