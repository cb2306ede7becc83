//! Effects: one match over the calls, one small function for each call and each read, no decisions.
#![deny(clippy::wildcard_enum_match_arm)]

mod cluster;
pub(super) mod isc;

use std::collections::BTreeMap;
use std::time::Duration;

use kube::core::ObjectMeta;

use super::session::OwnerSession;
use crate::controllers::context::Context;
use crate::isc::Failure;
use crate::isc::tokens::Change;
use crate::lifecycle::facts::{Declared, Stage};
use crate::lifecycle::ledger::{Ledger, Uid};
use crate::lifecycle::settle::{Extended, Outcome};
use crate::lifecycle::step::Call;

/// The result of a call.
pub enum Performed {
    /// It goes into the ledger.
    Outcome(Outcome),
    /// The operator's marks are off the resource's Secret: the last read of it is out of date.
    Stripped(Uid),
    /// The API server refuses to have the resource's Secret written.
    SecretRefused(Uid),
    /// The attempt of this pass got so far: ISC doubted it.
    Reached(Stage),
    /// Nothing certain: leave the pass.
    Leave,
    /// Nothing certain yet: leave the pass for so long.
    Later(Duration),
    /// Nothing certain before ISC's copies of its data agree: leave the pass for some time.
    Unsure,
    /// ISC did not do its part: leave the pass and say so.
    Failed(Failure),
}

/// The effects of one pass, and what they work with.
pub struct Effects<'a> {
    pub context: &'a Context,
    pub session: &'a OwnerSession,
    pub ledger: &'a Ledger,
    pub declared: &'a BTreeMap<Uid, Declared>,
    /// Secrets as this pass read them.
    pub found: &'a BTreeMap<Uid, ObjectMeta>,
}

impl Effects<'_> {
    /// Carries out one call.
    pub async fn call(&self, call: &Call) -> Performed {
        match call {
            Call::Post { attempt, extend, .. } => self.post(attempt, extend.as_ref()).await,
            Call::Extend(extension) => match self.extend(extension).await {
                Ok(Extended::Unclear) => Performed::Later(self.age(&extension.id)),
                Ok(extended @ (Extended::Yes { .. } | Extended::No)) => {
                    Performed::Outcome(Outcome::Extended(extended))
                }
                Err(failure) => Performed::Failed(failure),
            },
            Call::Apply { id, name, scopes, .. } => {
                self.apply(id, name.as_ref(), scopes.as_ref()).await
            }
            Call::Renew { id, until } => self.patch(id, &[Change::Expires(*until)]).await,
            Call::Rename { id, name } => self.patch(id, &[Change::Name(name.clone())]).await,
            Call::Delete(id) | Call::Sweep { id, .. } => self.delete(id).await,
            Call::Strip(uid) => self.strip(uid).await,
            Call::Verify(id) => self.verify_recorded(id).await,
            Call::Adopt(adoption) => self.verify_held(&adoption.held).await,
            Call::CheckScopes { id, .. } => self.check_scopes(id).await,
            Call::TryNerm { id, url } => self.try_nerm(id, url).await,
        }
    }
}
