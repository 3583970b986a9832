//! `/sandbox`: what the people of the sandbox accounts received, drawn as their phones, and a way to
//! answer as one of them. The stand-in for the vendors itself is [`crate::channels::sandbox`].

mod pages;
mod store;

tidings_base::routes! {
    get "/sandbox" UseWorkspace => pages::list::index;
    get "/sandbox/{id}" UseWorkspace => pages::show::show;
    post "/sandbox/{id}/reply" UseWorkspace => pages::act::reply;
    post "/sandbox/{id}/leave" UseWorkspace => pages::act::leave;
    post "/sandbox/{id}/return" UseWorkspace => pages::act::come_back;
}
