//! What keeps a Tenant from working, in words for people.
use kube::ResourceExt;

use crate::api::Tenant;
use crate::controllers::context::Context;
use crate::controllers::owner::outage;
use crate::isc::Failure;
use crate::lifecycle::describe::Note;

/// Lets a credential mint, extend, change and revoke its user's tokens.
pub(super) const MANAGE: &str = "sp:my-personal-access-tokens:manage";

/// Only a person can help.
pub(super) fn stalled(reason: &'static str, message: String) -> Note {
    Note { reason, message, stalled: true, retry_at: None }
}

/// It may pass by itself.
pub(super) fn waiting(reason: &'static str, message: String) -> Note {
    Note { reason, message, stalled: false, retry_at: None }
}

/// What a failed call means for the Tenant.
pub(super) fn of(tenant: &Tenant, context: &Context, failure: &Failure) -> Note {
    let (name, url) = (tenant.name_any(), &tenant.spec.api_url);
    match failure {
        Failure::Refused { .. } => stalled(
            "CredentialRefused",
            format!("{failure}; put a live personal access token into the {} (Tenant {name:?})", seed(tenant, context)),
        ),
        Failure::Elsewhere(what) => stalled(
            "Invalid",
            format!(
                "spec.apiUrl {url:?} of Tenant {name:?} does not lead to the API of ISC: {what}; write the base URL of the API, as in https://<tenant>.api.identitynow.com"
            ),
        ),
        Failure::Connect(_)
        | Failure::NoReply(_)
        | Failure::Malformed { .. }
        | Failure::Forbidden(_)
        | Failure::Wait(_)
        | Failure::Status { .. }
        | Failure::Setup(_) => outage(failure, &name),
    }
}

/// The credential cannot do what the operator is for. `why`: how that is known.
pub(super) fn missing_scope(tenant: &Tenant, context: &Context, why: &str) -> Note {
    stalled(
        "MissingScope",
        format!(
            "the credential in {} lacks the scope {MANAGE} ({why}); create a personal access token that has it",
            seed(tenant, context)
        ),
    )
}

/// The Secret with the operator's credential.
pub(super) fn seed(tenant: &Tenant, context: &Context) -> String {
    let name = tenant.spec.credentials.first().map_or("", |source| &source.secret_ref.name);
    format!("Secret \"{}/{name}\"", context.config.operator_namespace)
}
