//! Contacts from a file: it is read, shown as it would be understood, and taken over row by row in
//! the background. Every row ends as a contact or in the file of bad rows with its reasons.

mod draft;
mod jobs;
mod mapping;
mod pages;
mod plan;
mod store;

pub use jobs::run;

use tidings_base::text_enum;

tidings_base::routes! {
    get "/contacts/import" WriteContacts => pages::new::new;
    post "/contacts/import" WriteContacts => pages::new::create;
    get "/contacts/import/{id}" WriteContacts => pages::show::show;
    post "/contacts/import/{id}" WriteContacts => pages::update::update;
    get "/contacts/import/{id}/bad-rows" WriteContacts => pages::bad_rows::index;
    post "/contacts/import/{id}/delete" WriteContacts => pages::update::destroy;
}

text_enum! {
    /// How an import stands.
    pub enum ImportStatus {
        /// Uploaded, and shown before anything is done.
        Draft = "draft",
        Running = "running",
        Finished = "finished",
        /// Set aside, because working on it broke off three times.
        Failed = "failed",
    }
}

impl ImportStatus {
    /// The key of its name on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "imports.status.draft",
            Self::Running => "imports.status.running",
            Self::Finished => "imports.status.finished",
            Self::Failed => "imports.status.failed",
        }
    }

    /// The tone of its badge.
    pub fn tone(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Finished => "done",
            Self::Failed => "failed",
        }
    }
}
