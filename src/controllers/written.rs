//! The status that a loop wrote last. It counts until the watch has brought it: otherwise the same
//! would be written twice.
use kube::ResourceExt;
use tokio::time::Instant;

/// A status, and the resourceVersion that its write came to.
pub struct Written<S> {
    revision: Option<u64>,
    /// The status.
    pub status: Option<S>,
    /// The moment of the write.
    pub at: Instant,
}

impl<S> Written<S> {
    /// The status of an object as the API server answered a write that was made now.
    pub fn now(object: &impl ResourceExt, status: Option<S>) -> Self {
        Self { revision: revision(object), status, at: Instant::now() }
    }

    /// The watch is behind: it shows this object as it was before the write.
    pub fn is_newer_than(&self, shown: &impl ResourceExt) -> bool {
        match (self.revision, revision(shown)) {
            (Some(written), Some(shown)) => written > shown,
            // Versions that are not numbers cannot be compared: then the watch is believed.
            _ => false,
        }
    }
}

/// The resourceVersion as a number: those of one kind can be compared (Kubernetes API concepts,
/// "Resource versions").
fn revision(object: &impl ResourceExt) -> Option<u64> {
    object.resource_version()?.parse().ok()
}
