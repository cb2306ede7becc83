//! Effects inside the cluster: live reads, and the release of a Secret.
use kube::Api;
use kube::core::PartialObjectMeta;

use super::{Effects, Performed};
use crate::api::PersonalAccessToken;
use crate::api::names::FINALIZER;
use crate::controllers::secret_read::SecretRead;
use crate::kubernetes::causes::Causes;
use crate::kubernetes::published_secret::{held, is_locked};
use crate::lifecycle::facts::Stage;
use crate::lifecycle::ledger::Uid;
use crate::lifecycle::secret::Holds;
use crate::metrics::KubernetesWrite;

impl Effects<'_> {
    /// Reads whose the Secret is, by its metadata; the pair in it only if it is ours and a user may
    /// be left with it. `None`: nothing certain.
    pub async fn read_secret(&self, uid: &Uid) -> Option<SecretRead> {
        let (namespace, secret) = self.place(uid)?;
        let secrets = &self.context.secrets;
        let read = match SecretRead::of(secrets, &namespace, &secret, uid).await {
            Ok(read) => read,
            Err(error) => return untold(&error),
        };
        // Metadata is enough then: the operator reads no client secret that no decision needs.
        if read.holds != Holds::Ours || self.goes_with_its_tokens(uid) {
            return Some(read);
        }
        match secrets.get(&namespace, &secret).await {
            // Another Secret may have taken the name between the two reads.
            Ok(Some(whole)) if whole.metadata.uid == read.metadata.and_then(|found| found.uid) => {
                let held = Some(held(&whole, uid));
                let holds = if is_locked(&whole) { Holds::Locked } else { Holds::Ours };
                Some(SecretRead { holds, held, metadata: Some(whole.metadata) })
            }
            Ok(_) => None,
            Err(error) => untold(&error),
        }
    }

    /// The Secret is removed before the tokens are: the pair in it does not matter.
    fn goes_with_its_tokens(&self, uid: &Uid) -> bool {
        match self.ledger.resource(uid) {
            Some(resource) => {
                resource.deleting && !resource.retain && self.declared.contains_key(uid)
            }
            None => false,
        }
    }

    pub(super) async fn strip(&self, uid: &Uid) -> Performed {
        // Only on the metadata that this pass read: the write is conditional on it.
        let (Some(found), Some((namespace, _))) = (self.found.get(uid), self.place(uid)) else {
            return Performed::Leave;
        };
        match self.context.secrets.strip(&namespace, found, uid).await {
            Ok(()) => {
                self.context.metrics.write(KubernetesWrite::Secret);
                Performed::Stripped(uid.clone())
            }
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "failed to remove the operator's marks from a Secret that stays with its user");
                if is_refusal(&error) {
                    Performed::SecretRefused(uid.clone())
                } else {
                    Performed::Leave
                }
            }
        }
    }

    /// Where the resource's Secret is: the ledger knows it once the resource is mentioned.
    fn place(&self, uid: &str) -> Option<(String, String)> {
        // The ledger first: a resource that is gone has no spec to read.
        if let Some(mentioned) = self.ledger.resource(uid) {
            return Some((mentioned.namespace.to_string(), mentioned.secret.to_string()));
        }
        let declared = self.declared.get(uid)?;
        Some((declared.namespace.to_string(), declared.secret.to_string()))
    }

    /// Reads if the resource is still to get a token (R14). `None`: nothing certain.
    pub async fn confirm(&self, uid: &str) -> Option<Stage> {
        match self.read_resource(uid).await {
            Ok(found) => Some(stage(found.as_ref(), uid)),
            Err(error) => unread(error.as_ref()),
        }
    }

    /// Reads if a recorded resource is there. A resource of another uid under the name is another
    /// resource. One that the API server refuses to show counts as there. `None`: nothing certain.
    pub async fn find(&self, uid: &str) -> Option<bool> {
        match self.read_resource(uid).await {
            Ok(found) => {
                Some(found.is_some_and(|found| found.metadata.uid.as_deref() == Some(uid)))
            }
            Err(Some(error)) if is_refusal(&error) => Some(true),
            Err(error) => unread(error.as_ref()),
        }
    }

    async fn read_resource(
        &self,
        uid: &str,
    ) -> Result<Option<PartialObjectMeta<PersonalAccessToken>>, Option<kube::Error>> {
        let resource = self.ledger.resource(uid).ok_or(None)?;
        let api: Api<PersonalAccessToken> =
            Api::namespaced(self.context.client.clone(), &resource.namespace);
        match api.get_metadata(&resource.name).await {
            Ok(found) => Ok(Some(found)),
            // Only by its reason: a server that does not know the kind answers 404 too, and tells
            // nothing (R12).
            Err(kube::Error::Api(status)) if status.reason == "NotFound" => Ok(None),
            Err(error) => Err(Some(error)),
        }
    }
}

fn stage(found: Option<&PartialObjectMeta<PersonalAccessToken>>, uid: &str) -> Stage {
    // R14 wants all three: another uid is another resource, and without the finalizer it could
    // vanish while ISC creates its token.
    let alive = found.map(|object| &object.metadata).is_some_and(|metadata| {
        metadata.uid.as_deref() == Some(uid)
            && metadata.deletion_timestamp.is_none()
            && metadata.finalizers.iter().flatten().any(|name| name == FINALIZER)
    });
    if alive { Stage::Confirmed } else { Stage::Withdrawn }
}

/// The API server answered, and will answer the same again: there is nothing to wait for.
fn is_refusal(error: &kube::Error) -> bool {
    // With any other status the API server may answer differently next time.
    matches!(error, kube::Error::Api(status) if matches!(status.code, 400 | 403 | 404 | 422))
}

fn untold(error: &kube::Error) -> Option<SecretRead> {
    if is_refusal(error) {
        tracing::warn!(error = %Causes(error), "the API server refuses to show a Secret");
        return Some(SecretRead::REFUSED);
    }
    unread(Some(error))
}

fn unread<T>(error: Option<&kube::Error>) -> Option<T> {
    if let Some(error) = error {
        tracing::warn!(error = %Causes(error), "failed to read from the cluster");
    }
    None
}
