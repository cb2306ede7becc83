//! Effects in ISC: tokens are made, changed and deleted, and credentials tried.
use std::time::Duration;

use super::{Effects, Performed};
use crate::credential::Credential;
use crate::isc::Failure;
use crate::isc::classify::Created;
use crate::isc::endpoint::ApiUrl;
use crate::isc::nerm::Nerm;
use crate::isc::tokens::{Change, CreateRequest, Deleted, Effect};
use crate::lifecycle::facts::Stage;
use crate::lifecycle::ledger::{Attempt, Entry, Millis, NermVerdict, Scopes, TokenId};
use crate::lifecycle::secret::Held;
use crate::lifecycle::settle::{Extended, Outcome, Patched, Posted};
use crate::lifecycle::step::Extension;
use crate::lifecycle::timings::millis;
use crate::lifecycle::upkeep::{DRIFT, full_name, missing_scopes};

/// Between two trials of a fresh credential.
const LONGEST_WAIT: Duration = Duration::from_secs(16);

impl Effects<'_> {
    pub(super) async fn delete(&self, id: &TokenId) -> Performed {
        match self.session.client.delete(id).await {
            Ok(Deleted::Yes) => Performed::Outcome(Outcome::Gone),
            // Only LIST can tell whether it is gone (R9).
            Ok(Deleted::Unknown) => Performed::Unsure,
            Err(failure) => Performed::Failed(failure),
        }
    }

    pub(super) async fn post(&self, attempt: &Attempt, extend: Option<&Extension>) -> Performed {
        let name = full_name(
            self.ledger,
            &self.context.installation,
            &attempt.uid,
            attempt.n,
            &attempt.wanted.name,
        );
        let wanted = CreateRequest {
            name: &name,
            scopes: &attempt.wanted.scopes,
            validity_seconds: attempt.wanted.validity_seconds,
            expires: attempt.expiry,
            owner_id: &self.ledger.owner.identity_id,
        };
        // A failed extension is repeated by a step of its own; the outcome of the POST cannot wait.
        let extension = async {
            match extend {
                Some(extension) => self.extend(extension).await.ok(),
                None => None,
            }
        };
        // At the same time: minting in a row then takes one round trip for each token (decision 6).
        let (created, extended) = tokio::join!(self.session.client.create(&wanted), extension);
        let refusal = match &created {
            Created::No { why } | Created::Doubtful { why } | Created::Unknown { why } => {
                Some(why.to_string())
            }
            Created::Yes(_) => None,
        };
        self.context.board.resources.note_refusal(&attempt.uid, refusal);
        let post = match created {
            Created::Yes(token) => Posted::Yes {
                credential: token.credential,
                // Without an expiry it does not end by itself until the extension sets one (R16).
                expires_at: token.expires.unwrap_or(Millis::MAX),
                made_at: token.created,
            },
            Created::No { why } => {
                tracing::warn!(%why, "ISC refused to create a token");
                self.note_forbidden(&why);
                // These refusals say nothing of the life that the operator asked for (R21).
                Posted::No {
                    wait: if let Failure::Wait(wait) = why { millis(wait) } else { 0 },
                    is_bad: false,
                }
            }
            Created::Doubtful { why } => {
                tracing::warn!(%why, "ISC refused to create a token; the operator checks in LIST whether there is one");
                return Performed::Reached(Stage::Doubted);
            }
            Created::Unknown { why } => {
                tracing::warn!(%why, "it is unknown whether a token was created; the attempt is fenced");
                // The pass ends: the next one fences this attempt, which is not its own (R5).
                return Performed::Failed(why);
            }
        };
        Performed::Outcome(Outcome::Posted { post, extended })
    }

    /// Where ISC does not name the scopes of the operator's credential, a 403 says that it lacks
    /// the one that it needs.
    fn note_forbidden(&self, failure: &Failure) {
        let Failure::Forbidden(why) = failure else { return };
        let session = self.session;
        // Where ISC names the scopes, the tenant controller has reported the missing one already.
        if session.mints && session.identity.scopes.is_none() {
            self.context.board.credentials.forbid(session.client.client_id(), why);
            self.context.distrust(&self.ledger.endpoint.tenant);
        }
    }

    async fn change(&self, id: &TokenId, changes: &[Change]) -> Result<Effect, Failure> {
        let changed = self.session.client.change(id, changes).await;
        changed.inspect_err(|failure| self.note_forbidden(failure))
    }

    pub(super) async fn extend(&self, extension: &Extension) -> Result<Extended, Failure> {
        let Some(entry) = self.ledger.entry(&extension.id) else { return Ok(Extended::Unclear) };
        match self.change(&extension.id, &[Change::Expires(extension.until)]).await? {
            Effect::Gone => return Ok(Extended::No),
            Effect::No(why) => {
                tracing::warn!(%why, client_id = %extension.id, "ISC refused to extend a token");
                return Ok(Extended::No);
            }
            Effect::Yes { .. } => {}
        }
        match self.session.client.scopes_of(&credential(entry)).await {
            Ok(scopes) => Ok(Extended::Yes {
                missing_scopes: missing_scopes(&entry.applied.scopes, scopes.as_deref()),
            }),
            Err(Failure::Refused { .. }) if self.is_fresh(entry) => Ok(Extended::Unclear),
            Err(Failure::Refused { .. }) => Ok(Extended::No),
            Err(failure) => Err(failure),
        }
    }

    /// Time since the POST: to wait so long again is to ask after 1, 2, 4 … s (R7).
    pub(super) fn age(&self, id: &TokenId) -> Duration {
        let created = self.ledger.entry(id).map(|entry| entry.created_at);
        let age =
            self.session.client.now().zip(created).map_or(0, |(now, created)| now.ms - created);
        Duration::from_millis(u64::try_from(age).unwrap_or(0))
            .clamp(Duration::from_secs(1), LONGEST_WAIT)
    }

    /// R7: a refusal so soon after the POST is a delay of ISC.
    fn is_fresh(&self, entry: &Entry) -> bool {
        let age = self.session.client.now().map(|now| now.ms - entry.created_at);
        // Without ISC's time the pair counts as fresh: a refusal would condemn the token for good.
        age.is_none_or(|age| age <= self.context.config.timings.verify_retry_for)
    }

    pub(super) async fn patch(&self, id: &TokenId, changes: &[Change]) -> Performed {
        match self.change(id, changes).await {
            Ok(Effect::Yes { expires }) => {
                Performed::Outcome(Outcome::Patched(patched(changes, expires)))
            }
            Ok(Effect::Gone) => Performed::Outcome(Outcome::Patched(Patched::No)),
            Ok(Effect::No(why)) => {
                tracing::warn!(%why, client_id = %id, "ISC refused to change a token");
                Performed::Outcome(Outcome::Patched(Patched::No))
            }
            Err(failure) => Performed::Failed(failure),
        }
    }

    /// Puts name and scopes of a token right, as far as they are given.
    pub(super) async fn apply(
        &self,
        id: &TokenId,
        name: Option<&String>,
        scopes: Option<&Scopes>,
    ) -> Performed {
        let name = name.map(|name| Change::Name(name.clone()));
        let scopes = scopes.map(|scopes| Change::Scopes(scopes.to_vec()));
        let changes: Vec<Change> = name.into_iter().chain(scopes).collect();
        self.patch(id, &changes).await
    }

    /// Tries the credential of a recorded token that LIST lacks.
    pub(super) async fn verify_recorded(&self, id: &TokenId) -> Performed {
        match self.ledger.entry(id) {
            Some(entry) => self.verify(credential(entry)).await,
            None => Performed::Leave,
        }
    }

    /// Tries the pair that a published Secret holds and the ledger does not know (R13).
    pub(super) async fn verify_held(&self, held: &Held) -> Performed {
        self.verify(Credential::new(held.id.clone(), held.client_secret.clone())).await
    }

    async fn verify(&self, credential: Credential) -> Performed {
        match self.session.client.verify(&credential).await {
            Ok(()) => Performed::Outcome(Outcome::Verified(true)),
            Err(Failure::Refused { .. }) => Performed::Outcome(Outcome::Verified(false)),
            Err(failure) => Performed::Failed(failure),
        }
    }

    pub(super) async fn check_scopes(&self, id: &TokenId) -> Performed {
        let Some(entry) = self.ledger.entry(id) else { return Performed::Leave };
        match self.session.client.scopes_of(&credential(entry)).await {
            Ok(scopes) => Performed::Outcome(Outcome::Checked(missing_scopes(
                &entry.applied.scopes,
                scopes.as_deref(),
            ))),
            // A refusal is no answer (R22): what was known stays.
            Err(Failure::Refused { .. } | Failure::Elsewhere(_)) => {
                Performed::Outcome(Outcome::Checked(None))
            }
            Err(failure) => Performed::Failed(failure),
        }
    }

    /// Tries a credential against NERM; the verdict never holds anything up.
    pub(super) async fn try_nerm(&self, id: &TokenId, url: &str) -> Performed {
        let Some(entry) = self.ledger.entry(id) else { return Performed::Leave };
        let nerm = match ApiUrl::parse(url, self.context.config.allow_loopback_http) {
            Ok(nerm) => nerm,
            Err(error) => return tried(NermVerdict::Unknown(error.to_string().into())),
        };
        match self.session.client.try_nerm(&credential(entry), &nerm).await {
            Ok(Nerm::Accepted) => tried(NermVerdict::Accepted),
            Ok(Nerm::Refused(why)) => tried(NermVerdict::Refused(why.into())),
            Ok(Nerm::Unknown(why)) => tried(NermVerdict::Unknown(why.into())),
            // ISC refused the credential, so NERM never saw it: that is no verdict of NERM's.
            Err(Failure::Refused { .. } | Failure::Elsewhere(_)) => {
                tried(NermVerdict::Unknown("ISC gave no access token to try".into()))
            }
            Err(failure) => Performed::Failed(failure),
        }
    }
}

fn tried(verdict: NermVerdict) -> Performed {
    Performed::Outcome(Outcome::TriedNerm(verdict))
}

/// ISC may have given less than the life that was asked for.
fn patched(changes: &[Change], expires: Option<Millis>) -> Patched {
    let asked = changes
        .iter()
        .find_map(|change| if let Change::Expires(at) = change { Some(*at) } else { None });
    // ISC may round an expiry: only what differs by more is a shorter life.
    let shorter = expires.zip(asked).filter(|(expires, asked)| expires + DRIFT < *asked);
    shorter.map_or(Patched::Yes, |(expires, _)| Patched::Shorter(expires))
}

/// The credential of a recorded token.
pub fn credential(entry: &Entry) -> Credential {
    Credential::new(entry.id.clone(), entry.client_secret.clone())
}
