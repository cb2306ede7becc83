//! The way to a session: nothing is minted for a Tenant before ISC accepts its seed, of a user that
//! no other Tenant claimed.
use std::sync::Arc;

use kube::ResourceExt;
use tokio::time::Instant;

use super::claim;
use super::identify::{self, Who};
use crate::api::conditions::Reason;
use crate::api::{Tenant, check};
use crate::controllers::board::Session;
use crate::controllers::context::Context;
use crate::controllers::trouble;
use crate::isc::endpoint::ApiUrl;
use crate::isc::{Client, Failure};
use crate::kubernetes::operator_files;
use crate::lifecycle::describe::Note;

/// Where ISC and NERM are, as the Tenant says.
struct Place {
    api: ApiUrl,
    nerm_url: Option<String>,
    ca_pem: Option<Arc<str>>,
}

/// Everything that must hold before anything is minted.
pub(super) async fn run(tenant: &Tenant, context: &Context) -> Result<Session, Note> {
    let problems = check::tenant_problems(tenant);
    if !problems.is_empty() {
        return Err(Note::stalled(Reason::Invalid, problems.join("; ")));
    }
    let place = place(tenant, context).await?;
    let known = context.board.tenants.view(&tenant.name_any()).and_then(|view| view.session);
    let client = client(tenant, context, &place, known.as_ref()).await?;
    // What was found out through another client is about another credential or another ISC.
    let known = known.filter(|known| known.client.is(&client));
    if let Some(known) = &known
        && known.is_verified_within(context.config.drift_interval)
    {
        // The URL of NERM was no part of what ISC verified: another one counts at once.
        return Ok(Session { nerm_url: place.nerm_url, ..known.clone() });
    }
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

async fn place(tenant: &Tenant, context: &Context) -> Result<Place, Note> {
    let parse = |url: &str| ApiUrl::parse(url, context.config.allow_loopback_http);
    let api = parse(&tenant.spec.api_url).map_err(|error| invalid(&error))?;
    // One that does not parse is published as it is declared, and its trial says what is wrong with
    // it: NERM holds nothing up.
    let nerm_url = tenant.spec.nerm_url.as_ref().map(|url| match parse(url) {
        Ok(nerm) => nerm.to_string(),
        Err(_) => url.clone(),
    });
    let ca_pem = match &tenant.spec.ca_bundle {
        None => None,
        Some(bundle) => {
            let key = &bundle.config_map_ref;
            let own = context.namespace();
            let read = operator_files::bundle(&context.client, own, &key.name, &key.key).await;
            Some(read.map_err(|error| trouble::file(&error))?.into())
        }
    };
    Ok(Place { api, nerm_url, ca_pem })
}

fn invalid(error: &impl std::fmt::Display) -> Note {
    Note::stalled(Reason::Invalid, format!("spec.apiUrl: {error}"))
}

/// The session's client if nothing changed that it was made from, otherwise another one.
async fn client(
    tenant: &Tenant,
    context: &Context,
    place: &Place,
    known: Option<&Session>,
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
