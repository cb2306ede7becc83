//! Values by the name or uid of the object that they are about, shared by the passes of a loop.
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The values; it starts empty.
pub struct Keyed<V>(Mutex<HashMap<String, V>>);

impl<V> Default for Keyed<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V> Keyed<V> {
    /// All values, for as long as the guard lives: never across an await.
    pub fn lock(&self) -> MutexGuard<'_, HashMap<String, V>> {
        // No pass can leave a value half changed, not even one that panics.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
