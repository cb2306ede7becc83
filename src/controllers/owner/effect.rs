//! Effects: one match, one small function per step, no decisions.
use std::collections::BTreeMap;

use kube::Api;
use kube::core::{ObjectMeta, PartialObjectMeta};

use super::Working;
use crate::api::PersonalAccessToken;
use crate::api::names::FINALIZER;
use crate::controllers::Context;
use crate::controllers::watches::Causes;
use crate::isc::classify::Created;
use crate::isc::tokens::{Change, Deleted, Effect, Wanted};
use crate::isc::{Credential, Failure};
use crate::kubernetes::published_secret::{held, holds};
use crate::lifecycle::facts::{Declared, Held, Holds, Stage, millis, missing_scopes};
use crate::lifecycle::ledger::{Attempt, Entry, Ledger, Millis, Scopes, TokenId, Uid};
use crate::lifecycle::settle::{Extended, Outcome, Patched, Posted};
use crate::lifecycle::step::{Extension, Step};
use crate::lifecycle::upkeep::full_name;
use crate::metrics::KubernetesWrite;

/// What an effect came to.
pub enum Performed {
    /// It goes into the ledger.
    Outcome(Outcome),
    /// The resource's Secret was read.
    Saw(Box<Found>),
    /// A recorded resource was read: whether it is there.
    Sighted(bool),
    /// The resource's Secret was written, and what is known of it is out of date.
    Wrote,
    /// The resource was read before its POST, or ISC doubted it.
    Reached(Stage),
    /// Nothing certain: leave the pass.
    Leave,
    /// Nothing certain before ISC's copies of its data agree: leave the pass for some time.
    Unsure,
    /// ISC did not do its part: leave the pass and say so.
    Failed(Failure),
}

/// A Secret by a live read.
pub struct Found {
    pub holds: Holds,
    pub held: Option<Held>,
    /// What the next write of it is conditional on.
    pub metadata: Option<ObjectMeta>,
}

/// What an effect works with.
pub struct Scene<'a> {
    pub context: &'a Context,
    pub session: &'a Working,
    pub ledger: &'a Ledger,
    pub declared: &'a BTreeMap<Uid, Declared>,
    /// Secrets as this pass read them.
    pub found: &'a BTreeMap<Uid, ObjectMeta>,
}

impl Scene<'_> {
    /// Carries out one step; LIST is read by the pass itself.
    pub async fn perform(&self, step: &Step) -> Performed {
        match step {
            Step::ReadSecret(uid) => self.read_secret(uid).await,
            Step::Confirm(uid) => self.confirm(uid).await,
            Step::LookFor(uid) => self.look_for(uid).await,
            Step::Delete(id) | Step::Sweep { id, .. } => self.delete(id).await,
            Step::Strip(uid) => self.strip(uid).await,
            Step::Post { attempt, extend, .. } => self.post(attempt, extend.as_ref()).await,
            Step::Extend(extension) => match self.extend(extension).await {
                Ok(Extended::Unclear) => Performed::Leave,
                Ok(extended) => Performed::Outcome(Outcome::Extended(extended)),
                Err(failure) => Performed::Failed(failure),
            },
            Step::Apply { id, name, scopes, .. } => self.patch(id, &changes(name.as_ref(), scopes.as_ref())).await,
            Step::Rename { id, name } => self.patch(id, &[Change::Name(name.clone())]).await,
            Step::Renew { id, until } => self.patch(id, &[Change::Expires(*until)]).await,
            Step::CheckScopes { id, .. } => self.check_scopes(id).await,
            Step::Verify(id) => self.verify(self.ledger.entry(id).map(credential)).await,
            Step::Adopt(adoption) => self.verify(Some(pair(&adoption.held))).await,
            _ => Performed::Outcome(Outcome::Decided),
        }
    }

    /// Whose the Secret is, by its metadata; the pair in it only if it is ours and somebody may be left with it.
    async fn read_secret(&self, uid: &Uid) -> Performed {
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

    async fn strip(&self, uid: &Uid) -> Performed {
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

    async fn confirm(&self, uid: &str) -> Performed {
        match self.read_resource(uid).await {
            Ok(found) => Performed::Reached(stage(found.as_ref(), uid)),
            Err(failed) => failed,
        }
    }

    /// A resource of another uid under the name is another resource.
    async fn look_for(&self, uid: &str) -> Performed {
        match self.read_resource(uid).await {
            Ok(found) => Performed::Sighted(found.is_some_and(|found| found.metadata.uid.as_deref() == Some(uid))),
            Err(failed) => failed,
        }
    }

    async fn read_resource(&self, uid: &str) -> Result<Option<PartialObjectMeta<PersonalAccessToken>>, Performed> {
        let resource = self.ledger.resources.get(uid).ok_or(Performed::Leave)?;
        let api: Api<PersonalAccessToken> = Api::namespaced(self.context.client.clone(), &resource.namespace);
        api.get_metadata_opt(&resource.name).await.map_err(|error| unread(&error))
    }

    async fn delete(&self, id: &TokenId) -> Performed {
        match self.session.client.delete(id).await {
            Ok(Deleted::Yes) => Performed::Outcome(Outcome::Gone),
            // Only LIST can tell whether it is gone (R9).
            Ok(Deleted::Unknown) => Performed::Unsure,
            Err(failure) => Performed::Failed(failure),
        }
    }

    async fn post(&self, attempt: &Attempt, extend: Option<&Extension>) -> Performed {
        let name = full_name(self.ledger, &self.context.installation, &attempt.uid, attempt.n, &attempt.wanted.name);
        let wanted = Wanted {
            name: &name,
            scopes: &attempt.wanted.scopes,
            validity_seconds: attempt.wanted.validity_seconds,
            expires: attempt.expiry,
            owner_id: &self.ledger.owner.identity_id,
        };
        let extension = async {
            match extend {
                Some(extension) => Some(self.extend(extension).await.unwrap_or(Extended::Unclear)),
                None => None,
            }
        };
        let (created, extended) = tokio::join!(self.session.client.create(&wanted), extension);
        let post = match created {
            Created::Yes(token) => Posted::Yes {
                id: token.id.into(),
                client_secret: token.client_secret,
                expires_at: token.expires.unwrap_or(Millis::MAX),
            },
            Created::No { why } => {
                tracing::warn!(%why, "ISC refused to create a token");
                Posted::No { wait: if let Failure::Wait(wait) = why { millis(wait) } else { 0 }, is_bad: false }
            }
            Created::Doubtful { why } => {
                tracing::warn!(%why, "ISC refused to create a token; LIST is asked whether there is one");
                return Performed::Reached(Stage::Doubted);
            }
            Created::Unknown { why } => {
                tracing::warn!(%why, "it is unknown whether a token was created; the attempt is fenced");
                return Performed::Failed(why);
            }
        };
        Performed::Outcome(Outcome::Posted { post, extended })
    }

    async fn extend(&self, extension: &Extension) -> Result<Extended, Failure> {
        let Some(entry) = self.ledger.entry(&extension.id) else { return Ok(Extended::Unclear) };
        match self.session.client.change(&extension.id, &[Change::Expires(extension.until)]).await? {
            Effect::Gone => return Ok(Extended::No),
            Effect::No(why) => {
                tracing::warn!(%why, client_id = %extension.id, "ISC refused to extend a token");
                return Ok(Extended::No);
            }
            Effect::Yes => {}
        }
        match self.session.client.verify(&credential(entry)).await {
            Ok(identity) => {
                Ok(Extended::Yes { missing_scopes: missing_scopes(&entry.applied.scopes, &identity.scopes) })
            }
            Err(Failure::Refused { .. }) if self.is_fresh(entry) => Ok(Extended::Unclear),
            Err(Failure::Refused { .. }) => Ok(Extended::No),
            Err(failure) => Err(failure),
        }
    }

    /// R7: a refusal so soon after the POST is a delay of ISC.
    fn is_fresh(&self, entry: &Entry) -> bool {
        let age = self.session.client.now().map(|now| now.ms - entry.created_at);
        age.is_none_or(|age| age <= millis(self.context.config.timings.verify_retry_for))
    }

    async fn patch(&self, id: &TokenId, changes: &[Change]) -> Performed {
        match self.session.client.change(id, changes).await {
            Ok(Effect::Yes) => Performed::Outcome(Outcome::Patched(Patched::Yes)),
            Ok(Effect::Gone) => Performed::Outcome(Outcome::Patched(Patched::No)),
            Ok(Effect::No(why)) => {
                tracing::warn!(%why, client_id = %id, "ISC refused to change a token");
                Performed::Outcome(Outcome::Patched(Patched::No))
            }
            Err(failure) => Performed::Failed(failure),
        }
    }

    /// Whether ISC accepts a credential that is in doubt.
    async fn verify(&self, credential: Option<Credential>) -> Performed {
        let Some(credential) = credential else { return Performed::Leave };
        match self.session.client.verify(&credential).await {
            Ok(_) => Performed::Outcome(Outcome::Verified(true)),
            Err(Failure::Refused { .. }) => Performed::Outcome(Outcome::Verified(false)),
            Err(failure) => Performed::Failed(failure),
        }
    }

    async fn check_scopes(&self, id: &TokenId) -> Performed {
        let Some(entry) = self.ledger.entry(id) else { return Performed::Leave };
        match self.session.client.verify(&credential(entry)).await {
            Ok(identity) => {
                Performed::Outcome(Outcome::Checked(missing_scopes(&entry.applied.scopes, &identity.scopes)))
            }
            Err(Failure::Refused { .. }) => Performed::Outcome(Outcome::Checked(entry.applied.scopes.clone())),
            Err(failure) => Performed::Failed(failure),
        }
    }
}

fn changes(name: Option<&String>, scopes: Option<&Scopes>) -> Vec<Change> {
    let name = name.map(|name| Change::Name(name.clone()));
    name.into_iter().chain(scopes.map(|scopes| Change::Scopes(scopes.to_vec()))).collect()
}

fn pair(held: &Held) -> Credential {
    Credential { client_id: held.id.to_string(), client_secret: held.client_secret.clone() }
}

fn credential(entry: &Entry) -> Credential {
    Credential { client_id: entry.id.to_string(), client_secret: entry.client_secret.clone() }
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
