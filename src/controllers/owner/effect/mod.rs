//! Effects: one match, one small function per step, no decisions.
mod cluster;
pub(super) mod isc;

use std::collections::BTreeMap;
use std::time::Duration;

use kube::core::ObjectMeta;

use super::session::OwnerSession;
use crate::controllers::context::Context;
use crate::controllers::secret_read::SecretRead;
use crate::isc::Failure;
use crate::isc::tokens::Change;
use crate::lifecycle::facts::{Declared, Stage};
use crate::lifecycle::ledger::{Ledger, Uid};
use crate::lifecycle::settle::{Extended, Outcome};
use crate::lifecycle::step::Step;

/// The result of an effect.
pub enum Performed {
    /// It goes into the ledger.
    Outcome(Outcome),
    /// The resource's Secret was read.
    Saw(Box<SecretRead>),
    /// A recorded resource was read: whether it is there.
    Sighted(bool),
    /// The resource's Secret was written, and what is known of it is out of date.
    Wrote,
    /// The resource was read before its POST, or ISC doubted it.
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
                Ok(Extended::Unclear) => Performed::Later(self.age(&extension.id)),
                Ok(extended) => Performed::Outcome(Outcome::Extended(extended)),
                Err(failure) => Performed::Failed(failure),
            },
            Step::Apply { id, name, scopes, .. } => self.apply(id, name.as_ref(), scopes.as_ref()).await,
            Step::Rename { id, name } => self.patch(id, &[Change::Name(name.clone())]).await,
            Step::Renew { id, until } => self.patch(id, &[Change::Expires(*until)]).await,
            Step::CheckScopes { id, .. } => self.check_scopes(id).await,
            Step::TryNerm { id, url } => self.try_nerm(id, url).await,
            Step::Verify(id) => self.verify_recorded(id).await,
            Step::Adopt(adoption) => self.verify_held(&adoption.held).await,
            _ => Performed::Outcome(Outcome::Decided),
        }
    }
}
