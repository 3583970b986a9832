//! People who work here, and their roles.

mod pages;
pub mod store;

pub use store::{NewPerson, add, exists};

crate::routes! {
    get "/people" ManagePeople => pages::list::index;
    get "/people/new" ManagePeople => pages::new::new;
    post "/people" ManagePeople => pages::new::create;
    get "/people/{id}/edit" ManagePeople => pages::edit::edit;
    post "/people/{id}" ManagePeople => pages::edit::update;
    post "/people/{id}/password" ManagePeople => pages::password::update;
}
