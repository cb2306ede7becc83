//! A Secret of a resource as a live read found it.
use kube::core::ObjectMeta;

use crate::kubernetes::published_secret::{PublishedSecrets, holds};
use crate::lifecycle::secret::{Held, Holds};

/// The Secret, or that there is none.
pub struct SecretRead {
    /// Whose it is.
    pub holds: Holds,
    /// The pair in it, if it was read for it.
    pub held: Option<Held>,
    /// Its metadata, which the next write of it is conditional on; `None`: there is no Secret.
    pub metadata: Option<ObjectMeta>,
}

impl SecretRead {
    /// No read: nothing seems to be there.
    pub const UNREAD: Self = Self { holds: Holds::Absent, held: None, metadata: None };

    /// A Secret that the API server refuses to show or to have written.
    pub const REFUSED: Self = Self { holds: Holds::Refused, held: None, metadata: None };

    /// Reads the metadata of a Secret: whose it is, and not the pair in it.
    ///
    /// # Errors
    /// When the API server refuses or fails.
    pub async fn of(
        secrets: &PublishedSecrets,
        namespace: &str,
        name: &str,
        uid: &str,
    ) -> kube::Result<Self> {
        let metadata = secrets.metadata(namespace, name).await?.map(|secret| secret.metadata);
        Ok(Self { holds: holds(metadata.as_ref(), uid), held: None, metadata })
    }
}
