//! What a live credential is worth: the scopes that it carries, and NERM's verdict.
use super::view::View;
use crate::api::conditions::{ConditionSpec, NERM_ACCEPTED, Reason, SCOPES_EFFECTIVE};
use crate::lifecycle::ledger::{Entry, NermVerdict};

/// Three answers: the access token carries all of them, it lacks some, or ISC does not say.
pub(super) fn scopes_effective(entry: &Entry) -> ConditionSpec {
    let wanted = |status, reason, message: String| ConditionSpec {
        kind: SCOPES_EFFECTIVE,
        status,
        reason,
        message,
    };
    match (&entry.missing_scopes, entry.looked_at) {
        (None, None) => wanted(
            None,
            Reason::Propagating,
            "ISC needs up to 20 minutes until changed scopes reach new access tokens".into(),
        ),
        (None, Some(_)) => wanted(
            None,
            Reason::NotReported,
            "ISC does not report which scopes an access token carries; try one call of each API that you need".into(),
        ),
        (Some(missing), _) if missing.is_empty() => {
            wanted(Some(true), Reason::Verified, "an access token carries every scope".into())
        }
        (Some(missing), _) => wanted(
            Some(false),
            Reason::ScopesWithoutEffect,
            format!(
                "an access token does not carry {}; check that the scope exists, and that the user level of the token's owner is high enough",
                missing.join(", ")
            ),
        ),
    }
}

/// NERM's verdict on the credential; `None`: there is no NERM.
pub(super) fn nerm_accepted(view: &View<'_>, entry: &Entry) -> Option<ConditionSpec> {
    let url = view.ledger?.endpoint.nerm_url.as_ref()?;
    let wanted = |status, reason, message: String| ConditionSpec {
        kind: NERM_ACCEPTED,
        status,
        reason,
        message,
    };
    let Some(trial) = entry.trial_at(url) else {
        let message =
            format!("the operator is about to try the credential against NERM at {url:?}");
        return Some(wanted(None, Reason::NotTried, message));
    };
    Some(match &trial.verdict {
        NermVerdict::Accepted => wanted(
            Some(true),
            Reason::Accepted,
            format!("NERM at {url:?} accepts access tokens of this credential"),
        ),
        NermVerdict::Refused(why) => wanted(
            Some(false),
            Reason::Refused,
            format!(
                "NERM at {url:?} refuses access tokens of this credential ({why}); make the ISC user a NERM administrator"
            ),
        ),
        NermVerdict::Unknown(why) => wanted(
            None,
            Reason::NoAnswer,
            format!(
                "NERM at {url:?} neither accepted nor refused the credential ({why}); check the Tenant's spec.nermUrl, as in https://acme.nonemployee.com/api"
            ),
        ),
    })
}
