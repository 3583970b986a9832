//! Contacts and orders from a file: it is read, shown as it would be understood, and taken over row
//! by row in the background. Every row is taken, or ends in the file of bad rows with its reasons.
//!
//! What is the same for both stands here; how a row is read, worked out and written stands in
//! `contacts` and `orders`, behind [`rows::Rows`].

mod bad;
mod contacts;
mod jobs;
mod kind;
mod mapping;
mod orders;
mod pages;
mod rows;
mod store;
mod target;

pub use jobs::run;

use tidings_base::text_enum;

tidings_base::routes! {
    get "/contacts/import" WriteContacts => pages::new::new;
    post "/contacts/import" WriteContacts => pages::new::create;
    get "/contacts/import/{id}" WriteContacts => pages::show::show;
    post "/contacts/import/{id}" WriteContacts => pages::update::update;
    get "/contacts/import/{id}/live" WriteContacts => pages::live::show;
    get "/contacts/import/{id}/bad-rows" WriteContacts => pages::bad_rows::index;
    post "/contacts/import/{id}/delete" WriteContacts => pages::update::destroy;
    get "/orders/import" WriteContacts => pages::new::new;
    post "/orders/import" WriteContacts => pages::new::create;
    get "/orders/import/{id}" WriteContacts => pages::show::show;
    post "/orders/import/{id}" WriteContacts => pages::update::update;
    get "/orders/import/{id}/live" WriteContacts => pages::live::show;
    get "/orders/import/{id}/bad-rows" WriteContacts => pages::bad_rows::index;
    post "/orders/import/{id}/delete" WriteContacts => pages::update::destroy;
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
