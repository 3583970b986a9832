//! Route tables: one line a route, so that a test can walk every address as every role.

use super::permissions::Permission;
use actix_web::{guard, web};

/// GET (which answers HEAD too) or POST: what a form can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verb {
    Get,
    Post,
}

/// Who may call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Everybody, signed in or not.
    Anyone,
    /// A vendor or a mail program: everybody, and a POST carries no CSRF token.
    Outside,
    /// People with this permission.
    To(Permission),
}

/// One line of a route table.
#[derive(Clone, Copy)]
pub struct Route {
    pub verb: Verb,
    pub path: &'static str,
    pub access: Access,
    handler: fn(actix_web::Route) -> actix_web::Route,
}

impl Route {
    /// Used by [`routes!`](crate::routes).
    pub const fn new(
        verb: Verb,
        path: &'static str,
        access: Access,
        handler: fn(actix_web::Route) -> actix_web::Route,
    ) -> Self {
        Self { verb, path, access, handler }
    }

    fn build(&self) -> actix_web::Route {
        let route = match self.verb {
            Verb::Get => web::route().guard(guard::Any(guard::Get()).or(guard::Head())),
            Verb::Post => web::post(),
        };
        (self.handler)(route)
    }
}

/// Registers `tables`, a resource a path, so that a wrong verb is 405 and not 404.
pub fn register(config: &mut web::ServiceConfig, tables: &[Route]) {
    let mut paths: Vec<&'static str> = Vec::new();
    for route in tables {
        if !paths.contains(&route.path) {
            paths.push(route.path);
        }
    }
    // A literal segment stands before a parameter: `/schedules/new` before `/schedules/{id}`.
    paths.sort_by_key(|path| path.split('/').map(|part| part.starts_with('{')).collect::<Vec<_>>());
    for path in paths {
        let mut resource = web::resource(path);
        for route in tables.iter().filter(|route| route.path == path) {
            resource = resource.route(route.build());
        }
        config.service(resource);
    }
}

/// A feature's table: verb, address, permission, handler.
///
/// ```ignore
/// routes! {
///     get "/schedules" ManageSchedules => pages::list::index;
///     post "/signin" anyone => pages::sign_in::create;
/// }
/// ```
#[macro_export]
macro_rules! routes {
    ($($verb:ident $path:literal $access:ident => $handler:expr;)+) => {
        /// Every address of this feature.
        pub const ROUTES: &[$crate::web::Route] = &[$(
            $crate::web::Route::new(
                $crate::routes!(@verb $verb),
                $path,
                $crate::routes!(@access $access),
                |route| route.to($handler),
            )
        ),+];
    };
    (@verb get) => { $crate::web::Verb::Get };
    (@verb post) => { $crate::web::Verb::Post };
    (@access anyone) => { $crate::web::Access::Anyone };
    (@access outside) => { $crate::web::Access::Outside };
    (@access $permission:ident) => { $crate::web::Access::To($crate::web::Permission::$permission) };
}
