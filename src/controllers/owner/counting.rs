//! The tokens that a write of the ledger made, changed or ended, as metrics.
#![deny(clippy::wildcard_enum_match_arm)]

use crate::controllers::context::Context;
use crate::lifecycle::ledger::{Entry, Ledger};
use crate::lifecycle::settle::{Outcome, Patched};
use crate::lifecycle::step::{Call, Record, Step};
use crate::metrics::TokenChange;

/// Counts what a write of the ledger says that happened to tokens in ISC.
pub(super) fn count(
    context: &Context,
    before: &Ledger,
    after: &Ledger,
    step: &Step,
    outcome: &Outcome,
) {
    for entry in &after.entries {
        match before.entry(&entry.id) {
            None => context.metrics.token(made_by(step)),
            Some(old) if old.is_current() && entry.is_retired() => {
                context.metrics.token(TokenChange::Rotated);
            }
            Some(_) => {}
        }
    }
    for entry in &before.entries {
        if after.entry(&entry.id).is_none() {
            let is_handed_over = matches!(step, Step::Record(Record::HandOver(_)));
            if is_handed_over {
                tracing::warn!(
                    client_id = &*entry.id,
                    "a condemned token is another's by now; the operator forgets it and does not revoke it"
                );
            }
            context.metrics.token(ended_as(entry, is_handed_over));
        }
    }
    if let Some(change) = changed_by(step, outcome) {
        context.metrics.token(change);
    }
}

fn ended_as(entry: &Entry, is_handed_over: bool) -> TokenChange {
    if entry.is_released() {
        TokenChange::Released
    } else if is_handed_over {
        TokenChange::HandedOver
    } else {
        TokenChange::Revoked
    }
}

fn made_by(step: &Step) -> TokenChange {
    if matches!(step, Step::Call(Call::Adopt(_))) {
        TokenChange::Adopted
    } else {
        TokenChange::Minted
    }
}

fn changed_by(step: &Step, outcome: &Outcome) -> Option<TokenChange> {
    let (Step::Call(call), Outcome::Patched(Patched::Yes | Patched::Shorter(_))) = (step, outcome)
    else {
        return None;
    };
    match call {
        Call::Renew { .. } => Some(TokenChange::Renewed),
        Call::Apply { .. } => Some(TokenChange::Updated),
        Call::Post { .. }
        | Call::Extend(_)
        | Call::Rename { .. }
        | Call::Delete(_)
        | Call::Sweep { .. } => None,
        Call::Strip(_)
        | Call::Verify(_)
        | Call::Adopt(_)
        | Call::CheckScopes { .. }
        | Call::TryNerm { .. } => None,
    }
}
