//! ISC as a place has it: what the simulator holds and recorded of the tenant, and how a test makes
//! it behave.
use isc_simulator::{Effect, Entry, Fault, Kind, Operation, Origin, Switches, TokenState};

use super::Place;
use crate::wait::eventually;

impl Place<'_> {
    /// The tenant of ISC behaves otherwise from now on.
    pub fn behaves(&self, edit: impl Fn(&mut Switches)) {
        self.stage.simulator.control().edit_switches(Some(&self.name), edit).unwrap();
    }

    /// Something goes wrong in this tenant from now on.
    pub fn fault(&self, fault: Fault) -> u64 {
        self.stage.simulator.control().add_fault(Some(&self.name), fault)
    }

    /// It does so no longer.
    pub fn ends(&self, fault: u64) {
        self.stage.simulator.control().clear_faults(Some(fault));
    }

    /// The user is disabled in ISC, or enabled again.
    pub fn disable(&self, disabled: bool) {
        self.stage.simulator.control().set_disabled(&self.name, &self.user, disabled).unwrap();
    }

    /// All tokens of the tenant.
    pub fn all_tokens(&self) -> Vec<TokenState> {
        self.stage.simulator.control().tokens(&self.name).unwrap()
    }

    /// The tokens of the tenant in ISC that the operator made.
    pub fn minted(&self) -> Vec<TokenState> {
        self.all_tokens().into_iter().filter(|token| token.name.starts_with("pat1-")).collect()
    }

    /// What the simulator recorded of the tenant.
    pub fn record(&self) -> Vec<Entry> {
        let all = self.stage.simulator.control().record_since(0);
        all.into_iter().filter(|entry| entry.tenant == self.name).collect()
    }

    /// Tokens that the API created, ever.
    pub fn created(&self) -> usize {
        self.effects(Effect::Created).len()
    }

    /// Names of the tokens that the API destroyed on request.
    pub fn destroyed(&self) -> Vec<String> {
        self.effects(Effect::Deleted).into_iter().filter_map(|entry| entry.token_name).collect()
    }

    fn effects(&self, effect: Effect) -> Vec<Entry> {
        let mut all = self.record();
        all.retain(|e| {
            e.kind == Kind::Effect && e.origin == Origin::Api && e.effect == Some(effect)
        });
        all
    }

    /// POSTs of tokens that arrived, whatever came of them.
    pub fn posts(&self) -> usize {
        let is_post =
            |path: &str| path.starts_with("POST") && path.contains("personal-access-tokens");
        self.requests(|entry| entry.path.as_deref().is_some_and(is_post))
    }

    /// How often an operation was asked for.
    pub fn asked(&self, operation: Operation) -> usize {
        self.requests(|entry| entry.operation == Some(operation))
    }

    /// How many of these requests arrived.
    pub fn requests(&self, which: impl Fn(&Entry) -> bool) -> usize {
        self.record().iter().filter(|entry| entry.kind == Kind::Request && which(entry)).count()
    }

    /// Waits until an operation was asked for so often again.
    pub async fn asked_again(&self, operation: Operation, times: usize) {
        let wanted = self.asked(operation) + times;
        let what = format!("{times} times {operation:?} of {}", self.name);
        eventually(&what, async || (self.asked(operation) >= wanted).then_some(())).await;
    }
}
