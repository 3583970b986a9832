//! Contacts: one identity of a person on one channel account each. Most belong to a member.

mod address;
mod chosen;
mod conditions;
pub mod filter;
pub mod identity;
mod pages;
mod search;
mod store;
mod way;

pub use chosen::{Selection, chosen};
pub use conditions::{Condition, conditions};
pub use store::{Contact, LookedUp, Matches, SWEEPS, find, look_up, matches, of_member, total_of};

tidings_base::routes! {
    get "/contacts" ReadContacts => pages::list::index;
    get "/contacts/export" ReadContacts => pages::export::index;
    get "/contacts/tagging" WriteContacts => pages::tagging::new;
    post "/contacts/tagging" WriteContacts => pages::tagging::create;
    get "/contacts/{id}" ReadContacts => pages::show::show;
    post "/contacts/{id}/consent" WriteContacts => pages::consent::create;
    post "/contacts/{id}/salesperson" WriteContacts => pages::salesperson::update;
    post "/contacts/{id}/tags" WriteContacts => pages::tags::create;
    post "/contacts/{id}/tags/{tag_id}/delete" WriteContacts => pages::tags::destroy;
}

/// What a contact is called: the newest name, else the last one known, else the identity.
pub fn shown_name<'a>(name: &'a str, last_known: Option<&'a str>, identity: &'a str) -> &'a str {
    [Some(name), last_known].into_iter().flatten().find(|name| !name.trim().is_empty()).unwrap_or(identity)
}
