//! Audiences (受眾分群): saved rules that choose people. One of *contacts* has a kind of channel and serves schedules and
//! broadcasts; one of *members* has none. An audience is no list: it is asked anew each time it is used.

pub mod builder;
pub mod rule;

mod compile;
mod pages;
mod store;

pub use compile::{Lens, compile, compile_for_members};
pub use rule::{Rule, RuleError};
pub use store::{
    Audience, Choice, NewAudience, People, Sampled, Use, UsedBy, add, choices, find, people, update, uses,
};

tidings_base::routes! {
    get "/audiences" ReadAudiences => pages::list::index;
    post "/audiences" WriteAudiences => pages::new::create;
    get "/audiences/new" WriteAudiences => pages::new::new;
    get "/audiences/{id}" ReadAudiences => pages::show::show;
    post "/audiences/{id}" WriteAudiences => pages::edit::update;
    get "/audiences/{id}/edit" WriteAudiences => pages::edit::edit;
    get "/audiences/{id}/copy" WriteAudiences => pages::new::copy;
    get "/audiences/{id}/delete" WriteAudiences => pages::delete::delete;
    post "/audiences/{id}/delete" WriteAudiences => pages::delete::destroy;
}
