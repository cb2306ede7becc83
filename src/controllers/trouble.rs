//! Failures in words for users: the reason and the message of the conditions that show them.
use std::time::Duration;

use jiff::Timestamp;
use kube::ResourceExt;

use crate::api::Tenant;
use crate::api::conditions::Reason;
use crate::isc::Failure;
use crate::kubernetes::causes::Causes;
use crate::kubernetes::{ledger_store, operator_files};
use crate::lifecycle::describe::{Note, stamp};
use crate::lifecycle::timings::millis;

/// The scope that lets a credential mint, extend, change and revoke its user's tokens.
pub const MANAGE: &str = "sp:my-personal-access-tokens:manage";

/// An unreadable ledger freezes its owner (R15); `None`: the ledger was not reached, and is asked
/// for again.
pub fn frozen(error: &ledger_store::Error) -> Option<Note> {
    let ledger_store::Error::Decode { .. } = error else { return None };
    let message = format!(
        "{}; until then the operator does not mint, publish, change or revoke",
        Causes(error)
    );
    Some(Note::stalled(Reason::LedgerUnreadable, message))
}

/// A wait that ISC asks for of at least this is told at once, and with its end. Of shorter ones, the
/// next may follow at once.
const LONG: Duration = Duration::from_secs(5 * 60);

/// A call to ISC failed, and with it everything of an owner. `now`: the local time.
pub fn outage(failure: &Failure, tenant: &str, now: Timestamp) -> Note {
    let (reason, remedy) = match failure {
        Failure::Wait(_) => (Reason::RateLimited, "the operator then continues without help"),
        Failure::Refused { .. } => {
            (Reason::CredentialRefused, "put a live credential into the Tenant's seed Secret")
        }
        Failure::Forbidden(_) => (
            Reason::CredentialRefused,
            "give the token in the Tenant's seed Secret the scope sp:my-personal-access-tokens:manage, or create another that has it",
        ),
        Failure::Elsewhere(_) => (
            Reason::Invalid,
            "write the base URL of the API there, as in https://<tenant>.api.identitynow.com; if it is right, look for a proxy on the way",
        ),
        Failure::Setup(_) => (Reason::Invalid, "correct the Tenant"),
        Failure::Connect(_) => (
            Reason::IscUnavailable,
            "check spec.apiUrl, the network and the certificate; the operator tries again without help",
        ),
        Failure::NoReply(_) | Failure::Malformed { .. } | Failure::Status { .. } => {
            (Reason::IscUnavailable, "the operator tries again without help")
        }
    };
    let Failure::Wait(left) = failure else {
        return Note::waiting(reason, format!("Tenant {tenant:?}: {failure}; {remedy}"));
    };
    if *left < LONG {
        let what = "ISC asks to wait (too many requests)";
        return Note::waiting(reason, format!("Tenant {tenant:?}: {what}; {remedy}"));
    }
    // Whole seconds: nobody reads more.
    let end = (now.as_millisecond() + millis(*left)).div_euclid(1_000) * 1_000;
    let what = format!("ISC asks to wait until {} (too many requests)", stamp(end));
    let note = Note::waiting(reason, format!("Tenant {tenant:?}: {what}; {remedy}"));
    Note { retry_at: Some(end), ..note }
}

/// True for trouble that passes by itself, of which nobody knows how long it lasts: ISC cannot be
/// reached, fails, or asks for a moment.
pub fn is_outage(note: &Note) -> bool {
    let is_of_isc = matches!(note.reason, Reason::IscUnavailable | Reason::RateLimited);
    is_of_isc && !note.stalled && note.retry_at.is_none()
}

/// A call to ISC failed with the credential of a Tenant.
pub fn call(tenant: &Tenant, operator_namespace: &str, failure: &Failure, now: Timestamp) -> Note {
    let (name, url) = (tenant.name_any(), &tenant.spec.api_url);
    match failure {
        Failure::Refused { .. } => Note::stalled(
            Reason::CredentialRefused,
            format!(
                "{failure}; put a live personal access token into {} (Tenant {name:?})",
                seed(tenant, operator_namespace)
            ),
        ),
        Failure::Elsewhere(what) => Note::stalled(
            Reason::Invalid,
            format!(
                "spec.apiUrl {url:?} of Tenant {name:?} does not lead to the API of ISC: {what}; write the base URL of the API, as in https://<tenant>.api.identitynow.com; if it is right, look for a proxy on the way"
            ),
        ),
        Failure::Connect(_)
        | Failure::NoReply(_)
        | Failure::Malformed { .. }
        | Failure::Forbidden(_)
        | Failure::Wait(_)
        | Failure::Status { .. }
        | Failure::Setup(_) => outage(failure, &name, now),
    }
}

/// The credential of a Tenant cannot do what the operator needs it for. `why`: how that is known.
pub fn missing_scope(tenant: &Tenant, operator_namespace: &str, why: &str) -> Note {
    Note::stalled(
        Reason::MissingScope,
        format!(
            "the credential in {} lacks the scope {MANAGE} ({why}); create a personal access token that has it",
            seed(tenant, operator_namespace)
        ),
    )
}

/// The Secret with the operator's credential.
pub fn seed(tenant: &Tenant, operator_namespace: &str) -> String {
    let name = tenant.spec.credentials.first().map_or("", |source| &source.secret_ref.name);
    format!("Secret \"{operator_namespace}/{name}\"")
}

/// A seed or a CA bundle cannot be used.
pub fn file(error: &operator_files::Error) -> Note {
    match error {
        operator_files::Error::SeedMissing { .. } => {
            Note::stalled(Reason::SeedMissing, error.to_string())
        }
        operator_files::Error::SeedInvalid { .. } => {
            Note::stalled(Reason::SeedInvalid, error.to_string())
        }
        operator_files::Error::BundleMissing { .. } => {
            Note::stalled(Reason::Invalid, error.to_string())
        }
        operator_files::Error::Read { .. } => {
            Note::waiting(Reason::Reconciling, Causes(error).to_string())
        }
    }
}

/// A resource names a Tenant that is not there.
pub fn tenant_missing(name: &str) -> Note {
    Note::stalled(
        Reason::TenantNotFound,
        format!(
            "Tenant {name:?} does not exist; create it, or delete this resource and create it again with another spec.tenantRef.name"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::encoding;

    #[test]
    fn a_spoilt_ledger_is_told_with_its_name_and_the_remedy() {
        let source = encoding::Error::Missing("client-secret-4".into());
        let note =
            frozen(&ledger_store::Error::Decode { name: "ledger-1".into(), source }).unwrap();
        assert!(note.stalled);
        for part in [
            "ledger-1",
            "client-secret-4",
            "restore the Secret from a backup",
            "does not mint, publish, change or revoke",
        ] {
            assert!(note.message.contains(part), "{}", note.message);
        }
    }

    #[test]
    fn a_short_wait_is_an_outage_and_a_long_one_is_told_with_its_end() {
        let told = |seconds| {
            let failure = Failure::Wait(Duration::from_secs(seconds));
            outage(&failure, "acme", Timestamp::UNIX_EPOCH)
        };
        let (short, long) = (told(299), told(1_200));
        assert!(is_outage(&short) && !is_outage(&long));
        assert_eq!(told(10), short, "no seconds are counted down");
        assert!(long.message.contains("until 1970-01-01T00:20:00Z"), "{}", long.message);
    }

    #[test]
    fn a_ledger_that_was_not_reached_is_no_news() {
        let source = kube::Error::Service("timed out".into());
        assert_eq!(frozen(&ledger_store::Error::Read { name: "ledger-1".into(), source }), None);
    }
}
