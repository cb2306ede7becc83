//! One line per state, for the trace of a violation.
use crate::world::World;

impl World {
    /// One line of a trace: time, users' objects, tokens, ledger, and what each replica is about to
    /// do.
    pub fn summary(&self) -> String {
        let tokens: Vec<_> = self
            .tokens
            .iter()
            .filter(|token| token.resource.is_some())
            .map(|t| (&t.id, t.accepted, t.ours))
            .collect();
        let entries: Vec<_> =
            self.ledger.entries.iter().map(|entry| (&entry.id, entry.state)).collect();
        let resources: Vec<_> =
            self.ledger.resources.iter().map(|(u, r)| (u, r.deleting, r.not_before)).collect();
        let secrets: Vec<_> =
            self.secrets.iter().flatten().map(|s| (&s.id, s.marks, s.claims)).collect();
        let steps: Vec<_> =
            self.replicas.iter().map(|r| r.pass.as_ref().map(|p| (&p.step, &p.progress))).collect();
        let pending = self.ledger.pending.as_ref().map(|pending| (pending.n, pending.expiry));
        let left = self.ledger.unresolved.as_ref().map(|left| (left.n, &left.uid, left.expiry));
        format!(
            "{}s {:?} {:?} secrets {secrets:?} tokens {tokens:?} late {} | next {} pending {pending:?} unresolved {left:?} \
             {entries:?} {resources:?} | {steps:?}",
            self.clock / 1000,
            self.customs.map(|custom| (custom.phase, custom.rotate, custom.revoke)),
            self.workers,
            self.late.len(),
            self.ledger.next,
        )
    }
}
