//! Effects inside the cluster: live reads, and the release of a Secret.
use kube::Api;
use kube::core::PartialObjectMeta;

use super::{Found, Performed, Scene};
use crate::api::PersonalAccessToken;
use crate::api::names::FINALIZER;
use crate::controllers::watches::Causes;
use crate::kubernetes::published_secret::{held, holds};
use crate::lifecycle::facts::{Holds, Stage};
use crate::lifecycle::ledger::Uid;
use crate::metrics::KubernetesWrite;

impl Scene<'_> {
    /// Whose the Secret is, by its metadata; the pair in it only if it is ours and somebody may be left with it.
    pub(super) async fn read_secret(&self, uid: &Uid) -> Performed {
        let Some((namespace, secret)) = self.place(uid) else { return Performed::Leave };
        let secrets = &self.context.secrets;
        let found = match secrets.metadata(&namespace, &secret).await {
            Ok(found) => found.map(|secret| secret.metadata),
            Err(error) => return unread(&error),
        };
        let goes = self.ledger.resources.get(uid).is_some_and(|resource| resource.deleting && !resource.retain);
        let holds = holds(found.as_ref(), uid);
        if holds != Holds::Ours || goes {
            return Performed::Saw(Box::new(Found { holds, held: None, metadata: found }));
        }
        match secrets.get(&namespace, &secret).await {
            Ok(Some(whole)) if whole.metadata.uid == found.and_then(|found| found.uid) => {
                let held = held(&whole, uid);
                Performed::Saw(Box::new(Found { holds, held, metadata: Some(whole.metadata) }))
            }
            Ok(_) => Performed::Leave,
            Err(error) => unread(&error),
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
                Performed::Leave
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
            Err(failed) => failed,
        }
    }

    /// A resource of another uid under the name is another resource.
    pub(super) async fn look_for(&self, uid: &str) -> Performed {
        match self.read_resource(uid).await {
            Ok(found) => Performed::Sighted(found.is_some_and(|found| found.metadata.uid.as_deref() == Some(uid))),
            Err(failed) => failed,
        }
    }

    async fn read_resource(&self, uid: &str) -> Result<Option<PartialObjectMeta<PersonalAccessToken>>, Performed> {
        let resource = self.ledger.resources.get(uid).ok_or(Performed::Leave)?;
        let api: Api<PersonalAccessToken> = Api::namespaced(self.context.client.clone(), &resource.namespace);
        match api.get_metadata(&resource.name).await {
            Ok(found) => Ok(Some(found)),
            // Only by its reason: a server that does not know the kind answers 404 too, and tells nothing (R12).
            Err(kube::Error::Api(status)) if status.reason == "NotFound" => Ok(None),
            Err(error) => Err(unread(&error)),
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

fn unread(error: &kube::Error) -> Performed {
    tracing::warn!(error = %Causes(error), "failed to read from the cluster");
    Performed::Leave
}
