//! The way to a session: nothing is minted for a Tenant before ISC accepts its seed, of a user that
//! no other Tenant claimed.
use std::time::Duration;

use kube::ResourceExt;
use tokio::time::Instant;

use super::claim;
use super::identify::{self, Who};
use super::place::{self, Place};
use super::tries::Tries;
use crate::api::conditions::Reason;
use crate::api::{Tenant, check};
use crate::controllers::board::Session;
use crate::controllers::context::Context;
use crate::controllers::trouble;
use crate::isc::{Client, Failure};
use crate::kubernetes::operator_files;
use crate::lifecycle::describe::Note;

/// Why there is no session.
pub(super) enum Trouble {
    /// Something does not hold.
    Met(Note),
    /// The last try failed, and its ISC is left alone for so long.
    Waits(Duration),
}

impl From<Note> for Trouble {
    fn from(note: Note) -> Self {
        Self::Met(note)
    }
}

/// Everything that must hold before anything is minted.
pub(super) async fn run(
    tenant: &Tenant,
    context: &Context,
    tries: &Tries,
) -> Result<Session, Trouble> {
    let problems = check::tenant_problems(tenant);
    if !problems.is_empty() {
        return Err(Note::stalled(Reason::Invalid, problems.join("; ")).into());
    }
    let place = place::of(tenant, context).await?;
    let name = tenant.name_any();
    let known = context.board.tenants.view(&name).and_then(|view| view.session);
    let client = client(tenant, context, &place, (known.as_ref(), tries)).await?;
    // What was found out through another client is about another credential or another ISC.
    let known = known.filter(|known| known.client.is(&client));
    if let Some(known) = &known
        && known.is_verified_within(context.config.drift_interval)
    {
        // The URL of NERM was no part of what ISC verified: another one counts at once.
        return Ok(Session { nerm_url: place.nerm_url, ..known.clone() });
    }
    tries.begin(&name, tenant.metadata.generation, &client, &place).map_err(Trouble::Waits)?;
    let Who { identity, owner, isc, expires } =
        identify::run(tenant, context, &client, known.as_ref()).await?;
    let Place { api, nerm_url, ca_pem } = place;
    let verified = Some(Instant::now());
    let api_url = api.to_string();
    let session =
        Session { client, owner, api_url, nerm_url, ca_pem, identity, isc, expires, verified };
    claim::run(tenant, context, &session).await?;
    Ok(session)
}

/// The session's client if nothing changed that it was made from, otherwise another one.
async fn client(
    tenant: &Tenant,
    context: &Context,
    place: &Place,
    (known, tries): (Option<&Session>, &Tries),
) -> Result<Client, Note> {
    let invalid = |message: String| Note::stalled(Reason::Invalid, message);
    let Some(source) = tenant.spec.credentials.first() else {
        return Err(invalid(
            "spec.credentials is empty; name the Secret with the operator's credential".into(),
        ));
    };
    let own = context.namespace();
    let read = operator_files::seed(&context.client, own, &source.secret_ref.name).await;
    let credential = read.map_err(|error| trouble::file(&error))?;
    let ca_pem = place.ca_pem.as_deref();
    if let Some(known) =
        known.filter(|known| known.is_made_of(&credential, &place.api.to_string(), ca_pem))
    {
        return Ok(known.client.clone());
    }
    if let Some(last) = tries.client(&tenant.name_any(), place, &credential) {
        return Ok(last);
    }
    let opened = context.open(place.api.clone(), ca_pem, credential);
    opened.map_err(|failure| invalid(unusable(tenant, own, &failure)))
}

/// No client could be made, before anything was sent. `namespace`: the operator's.
fn unusable(tenant: &Tenant, namespace: &str, failure: &Failure) -> String {
    let name = tenant.name_any();
    let Some(bundle) = &tenant.spec.ca_bundle else {
        return format!("Tenant {name:?}: {failure}");
    };
    let key = &bundle.config_map_ref;
    format!(
        "Tenant {name:?}: {failure}; put the CA certificates in PEM into ConfigMap \"{namespace}/{}\" under {:?}, or remove spec.caBundle",
        key.name, key.key
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_bundle_that_cannot_be_used_is_told_with_its_place() {
        let tenant: Tenant = serde_json::from_value(json!({
            "apiVersion": "pat-operator.dev/v1alpha1",
            "kind": "Tenant",
            "metadata": {"name": "acme"},
            "spec": {
                "apiUrl": "https://acme.example",
                "caBundle": {"configMapRef": {"name": "authorities", "key": "ca.pem"}},
                "credentials": [{"secretRef": {"name": "acme-seed"}}],
            },
        }))
        .unwrap();
        let told = unusable(&tenant, "own", &Failure::Setup("it is damaged".into()));
        for part in [
            "Tenant \"acme\"",
            "it is damaged",
            "ConfigMap \"own/authorities\"",
            "\"ca.pem\"",
            "spec.caBundle",
        ] {
            assert!(told.contains(part), "{told}");
        }
    }
}
