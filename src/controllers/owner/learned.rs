//! The knowledge of one pass: live reads, answers of ISC, and how far its own attempt is. It ends
//! with the pass.
#![deny(clippy::wildcard_enum_match_arm)]

use std::collections::{BTreeMap, BTreeSet};

use kube::core::ObjectMeta;

use crate::controllers::secret_read::SecretRead;
use crate::lifecycle::facts::{Executing, Stage};
use crate::lifecycle::ledger::{Attempt, TokenId, Uid};
use crate::lifecycle::secret::SecretSeen;
use crate::lifecycle::settle::Outcome;
use crate::lifecycle::step::Call;

/// What the pass knows beside ledger, LIST and resources.
#[derive(Default)]
pub struct Learned {
    /// Tokens whose DELETE ISC confirmed.
    pub destroyed: BTreeSet<TokenId>,
    /// Tokens whose credential ISC accepted although LIST lacks them.
    pub alive: BTreeSet<TokenId>,
    /// Live reads of Secrets.
    pub secrets: BTreeMap<Uid, SecretSeen>,
    /// The metadata of these Secrets, for the next write.
    pub metadata: BTreeMap<Uid, ObjectMeta>,
    /// The attempt of this pass.
    pub executing: Option<Executing>,
}

impl Learned {
    /// A Secret was read, by a ledger that said so of its resource.
    pub fn saw(&mut self, uid: &Uid, read: SecretRead, deleting: bool, overlap_over: bool) {
        let SecretRead { holds, held, metadata } = read;
        if let Some(metadata) = metadata {
            self.metadata.insert(uid.clone(), metadata);
        }
        // ISC's time may still be from before this read, and would end the overlap early (R8).
        let seen = SecretSeen { holds, deleting, overlap_over, listed: false, held };
        self.secrets.insert(uid.clone(), seen);
    }

    /// A Secret was written: the read of it is out of date.
    pub fn wrote(&mut self, uid: &Uid) {
        self.secrets.remove(uid);
    }

    /// LIST was read: it, and ISC's time, are younger than the Secrets.
    pub fn listed(&mut self) {
        for seen in self.secrets.values_mut() {
            seen.listed = true;
        }
    }

    /// The nonce of the own attempt, if ISC doubted it (R3).
    pub fn doubted(&self) -> Option<u64> {
        match self.executing {
            Some(Executing { nonce, stage: Stage::Doubted }) => Some(nonce),
            Some(_) | None => None,
        }
    }

    /// An intent was recorded: it is this pass's own to execute.
    pub fn intends(&mut self, attempt: &Attempt) {
        self.executing = Some(Executing { nonce: attempt.nonce, stage: Stage::Intended });
    }

    /// The own attempt got so far.
    pub fn reached(&mut self, stage: Stage) {
        if let Some(executing) = &mut self.executing {
            executing.stage = stage;
        }
    }

    /// The process is to end: an attempt that was not sent is not sent any more.
    pub fn stop(&mut self) {
        let Some(executing) = &mut self.executing else { return };
        match executing.stage {
            Stage::Intended | Stage::Confirmed => executing.stage = Stage::Unread,
            Stage::Withdrawn | Stage::Unread | Stage::Doubted => {}
        }
    }

    /// A call was answered: what the pass has to know of it, beside what goes into the ledger.
    pub fn answered(&mut self, call: &Call, outcome: &Outcome) {
        match call {
            Call::Delete(id) | Call::Sweep { id, .. } => {
                if *outcome == Outcome::Gone {
                    self.destroyed.insert(id.clone());
                }
            }
            Call::Verify(id) => {
                if *outcome == Outcome::Verified(true) {
                    self.alive.insert(id.clone());
                }
            }
            Call::Post { .. }
            | Call::Extend(_)
            | Call::Apply { .. }
            | Call::Renew { .. }
            | Call::Rename { .. } => {}
            Call::Strip(_) | Call::Adopt(_) | Call::CheckScopes { .. } | Call::TryNerm { .. } => {}
        }
    }
}
