//! Where ISC and NERM are, as the Tenant says.
use std::sync::Arc;

use crate::api::Tenant;
use crate::api::conditions::Reason;
use crate::controllers::context::Context;
use crate::controllers::trouble;
use crate::isc::endpoint::ApiUrl;
use crate::kubernetes::operator_files;
use crate::lifecycle::describe::Note;

/// The addresses, and what is trusted there.
pub(super) struct Place {
    pub api: ApiUrl,
    pub nerm_url: Option<String>,
    pub ca_pem: Option<Arc<str>>,
}

/// Reads it from the Tenant, and the authorities from its ConfigMap.
pub(super) async fn of(tenant: &Tenant, context: &Context) -> Result<Place, Note> {
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
