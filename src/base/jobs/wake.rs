use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::Notify;

/// Tells a kind of work in this process that something became due, so that it need not wait for its
/// next look. Other nodes find it within a second.
#[derive(Clone, Default)]
pub struct Wake(Arc<Mutex<HashMap<&'static str, Arc<Notify>>>>);

impl Wake {
    /// Wakes the kind of this name.
    pub fn kind(&self, name: &'static str) {
        self.bell(name).notify_one();
    }

    pub(super) fn bell(&self, name: &'static str) -> Arc<Notify> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default().clone()
    }
}
