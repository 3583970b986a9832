//! What every handler may ask for.

use super::{live::Streams, permissions::Permission};
use crate::{
    clock::Clock,
    db::Db,
    jobs::{Kind, Wake, Work},
    outside::Outside,
    passwords::Hasher,
    secret::Secret,
};
use actix_web::web;
use chrono::TimeDelta;
use std::sync::Arc;

/// One place of the menu.
#[derive(Clone, Copy, Debug)]
pub struct MenuPlace {
    /// The heading it stands under, a text key; none stands above all headings.
    pub group: Option<&'static str>,
    pub href: &'static str,
    /// A text key.
    pub label: &'static str,
    pub icon: &'static str,
    /// Whoever has it sees the place.
    pub permission: Permission,
    /// Whether it is among the first places on a phone.
    pub tab: bool,
}

/// The parts of the program that pages work with.
pub struct State {
    pub db: Db,
    pub clock: Clock,
    pub wake: Wake,
    pub outside: Outside,
    /// Every kind of work, for the page of jobs.
    pub kinds: Arc<[Kind]>,
    /// How long a claim of the jobs holds, by machine time.
    pub lease: TimeDelta,
    pub secret: Secret,
    pub hasher: Hasher,
    /// The parts of pages that change by themselves.
    pub streams: Streams,
    /// In the order of the menu.
    pub menu: &'static [MenuPlace],
    /// Whether browsers reach this server over TLS, so that cookies may insist on it.
    pub secure: bool,
    /// Whether the demo shop is loaded: the sign-in page then says who can sign in.
    pub demo: bool,
}

impl State {
    /// What connectors and jobs work with.
    pub fn work(&self) -> Work {
        Work {
            db: self.db.clone(),
            clock: self.clock.clone(),
            wake: self.wake.clone(),
            outside: self.outside.clone(),
            lease: self.lease,
        }
    }
}

/// How a handler takes the [`State`].
pub type App = web::Data<State>;
