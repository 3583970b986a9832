//! The own account: signing in and out, password, language and theme.

mod pages;
mod store;
mod throttle;

pub(crate) use pages::password::check_new;
pub(crate) use store::set_password;

crate::routes! {
    get "/signin" anyone => pages::sign_in::new;
    post "/signin" anyone => pages::sign_in::create;
    post "/signout" UseWorkspace => pages::sign_in::destroy;
    get "/kept/{id}" UseWorkspace => pages::kept::show;
    get "/account" UseWorkspace => pages::account::show;
    post "/account" UseWorkspace => pages::account::update;
    post "/account/password" UseWorkspace => pages::password::update;
}

/// The fewest characters of a password (NIST SP 800-63B asks for at least 8; no rules of composition).
pub const SHORTEST_PASSWORD: usize = 10;
