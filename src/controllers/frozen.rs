//! An unreadable ledger freezes its owner (R15): what the Tenant and its resources are told then.
use crate::kubernetes::causes::Causes;
use crate::kubernetes::ledger_store::Error;
use crate::lifecycle::describe::Note;

/// Only a person can help: reason of the conditions.
pub const UNREADABLE: &str = "LedgerUnreadable";

/// What to tell; `None`: the ledger was not reached, and is asked for again.
pub fn note(error: &Error) -> Option<Note> {
    let Error::Decode { .. } = error else { return None };
    let message = format!("{}; until then nothing is minted, published, changed or revoked", Causes(error));
    Some(Note { reason: UNREADABLE, message, stalled: true, retry_at: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::encoding;

    #[test]
    fn a_spoilt_ledger_is_told_with_its_name_and_the_remedy() {
        let source = encoding::Error::Missing("client-secret-4".into());
        let note = note(&Error::Decode { name: "ledger-1".into(), source }).unwrap();
        assert!(note.stalled);
        for part in ["ledger-1", "client-secret-4", "restore the Secret from a backup", "nothing is minted"] {
            assert!(note.message.contains(part), "{}", note.message);
        }
    }

    #[test]
    fn a_ledger_that_was_not_reached_is_no_news() {
        let source = kube::Error::Service("timed out".into());
        assert_eq!(note(&Error::Read { name: "ledger-1".into(), source }), None);
    }
}
