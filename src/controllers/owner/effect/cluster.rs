//! Effects inside the cluster: live reads, and the release of a Secret.
use kube::Api;
use kube::core::PartialObjectMeta;

use super::{Effects, Performed};
use crate::api::PersonalAccessToken;
use crate::api::names::FINALIZER;
use crate::controllers::secret_read::SecretRead;
use crate::kubernetes::causes::Causes;
use crate::kubernetes::published_secret::held;
use crate::lifecycle::facts::Stage;
use crate::lifecycle::ledger::Uid;
use crate::lifecycle::secret::Holds;
use crate::metrics::KubernetesWrite;

impl Effects<'_> {
    /// Reads whose the Secret is, by its metadata; the pair in it only if it is ours and a user may be left with it.
    pub(super) async fn read_secret(&self, uid: &Uid) -> Performed {
        let Some((namespace, secret)) = self.place(uid) else { return Performed::Leave };
        let secrets = &self.context.secrets;
        let read = match SecretRead::of(secrets, &namespace, &secret, uid).await {
            Ok(read) => read,
            Err(error) => return untold(&error),
        };
        let revokes = self.ledger.resources.get(uid).is_some_and(|resource| resource.deleting && !resource.retain);
        let goes = revokes && self.declared.contains_key(uid);
        if read.holds != Holds::Ours || goes {
            return Performed::Saw(Box::new(read));
        }
        match secrets.get(&namespace, &secret).await {
            Ok(Some(whole)) if whole.metadata.uid == read.metadata.and_then(|found| found.uid) => {
                let held = Some(held(&whole, uid));
                Performed::Saw(Box::new(SecretRead { holds: Holds::Ours, held, metadata: Some(whole.metadata) }))
            }
            Ok(_) => Performed::Leave,
            Err(error) => untold(&error),
        }
    }

    pub(super) async fn strip(&self, uid: &Uid) -> Performed {
        let Some((found, (namespace, _))) = self.found.get(uid).zip(self.place(uid)) else { return Performed::Leave };
        match self.context.secrets.strip(&namespace, found, uid).await {
            Ok(()) => {
                self.context.metrics.write(KubernetesWrite::Secret);
                Performed::Wrote
            }
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "failed to take the marks off a Secret that is left to its user");
                if is_refusal(&error) { Performed::Saw(Box::new(SecretRead::REFUSED)) } else { Performed::Leave }
            }
        }
    }

    /// Where the resource's Secret is: the ledger knows it once the resource is mentioned.
    fn place(&self, uid: &str) -> Option<(String, String)> {
        let mentioned = self.ledger.resources.get(uid).map(|r| (r.namespace.to_string(), r.secret.to_string()));
        let declared = || self.declared.get(uid).map(|d| (d.namespace.to_string(), d.secret.to_string()));
        mentioned.or_else(declared)
    }

    pub(super) async fn confirm(&self, uid: &str) -> Performed {
        match self.read_resource(uid).await {
            Ok(found) => Performed::Reached(stage(found.as_ref(), uid)),
            Err(error) => error.map_or(Performed::Leave, |error| unread(&error)),
        }
    }

    /// A resource of another uid under the name is another resource. One that the API server refuses to show counts as there.
    pub(super) async fn look_for(&self, uid: &str) -> Performed {
        match self.read_resource(uid).await {
            Ok(found) => Performed::Sighted(found.is_some_and(|found| found.metadata.uid.as_deref() == Some(uid))),
            Err(Some(error)) if is_refusal(&error) => Performed::Sighted(true),
            Err(error) => error.map_or(Performed::Leave, |error| unread(&error)),
        }
    }

    async fn read_resource(
        &self,
        uid: &str,
    ) -> Result<Option<PartialObjectMeta<PersonalAccessToken>>, Option<kube::Error>> {
        let resource = self.ledger.resources.get(uid).ok_or(None)?;
        let api: Api<PersonalAccessToken> = Api::namespaced(self.context.client.clone(), &resource.namespace);
        match api.get_metadata(&resource.name).await {
            Ok(found) => Ok(Some(found)),
            // Only by its reason: a server that does not know the kind answers 404 too, and tells nothing (R12).
            Err(kube::Error::Api(status)) if status.reason == "NotFound" => Ok(None),
            Err(error) => Err(Some(error)),
        }
    }
}

fn stage(found: Option<&PartialObjectMeta<PersonalAccessToken>>, uid: &str) -> Stage {
    let alive = found.map(|object| &object.metadata).is_some_and(|metadata| {
        metadata.uid.as_deref() == Some(uid)
            && metadata.deletion_timestamp.is_none()
            && metadata.finalizers.iter().flatten().any(|name| name == FINALIZER)
    });
    if alive { Stage::Confirmed } else { Stage::Withdrawn }
}

/// The API server answered, and will answer the same again: there is nothing to wait for.
fn is_refusal(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if matches!(status.code, 400 | 403 | 404 | 422))
}

fn untold(error: &kube::Error) -> Performed {
    if is_refusal(error) {
        tracing::warn!(error = %Causes(error), "the API server refuses to show a Secret");
        return Performed::Saw(Box::new(SecretRead::REFUSED));
    }
    unread(error)
}

fn unread(error: &kube::Error) -> Performed {
    tracing::warn!(error = %Causes(error), "failed to read from the cluster");
    Performed::Leave
}
