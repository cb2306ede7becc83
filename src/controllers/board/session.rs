//! A session with ISC, as the tenant controller found it and the owner controller uses it.
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::credential::Credential;
use crate::isc::Client;
use crate::isc::access_token::Identity;
use crate::lifecycle::ledger::{Endpoint, Millis, Owner};

/// A session with ISC as the owner of a ledger.
#[derive(Clone)]
pub struct Session {
    /// The client.
    pub client: Client,
    /// The ISC user that it is.
    pub owner: Owner,
    /// Base URL as published.
    pub api_url: String,
    /// Base URL of NERM as published.
    pub nerm_url: Option<String>,
    /// PEM of the authorities, if not the system's.
    pub ca_pem: Option<Arc<str>>,
    /// The credential as ISC describes it.
    pub identity: Identity,
    /// Name and data centre of the tenant.
    pub isc: IscTenant,
    /// End of the credential; `None`: it has none.
    pub expires: Option<Millis>,
    /// The moment of ISC's answer; `None`: it must be asked again.
    pub verified: Option<Instant>,
}

/// A tenant of ISC as people call it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IscTenant {
    /// Name.
    pub name: Option<String>,
    /// Data centre.
    pub pod: Option<String>,
}

impl Session {
    /// ISC said who it is less than this long ago.
    pub fn is_verified_within(&self, time: Duration) -> bool {
        self.verified.is_some_and(|at| at.elapsed() < time)
    }

    /// Where ISC is and whose the tokens are to be, as a ledger keeps it.
    pub fn endpoint(&self, tenant: Arc<str>, tokens_per_user: u32) -> Endpoint {
        Endpoint {
            tenant,
            api_url: self.api_url.as_str().into(),
            nerm_url: self.nerm_url.as_deref().map(Into::into),
            ca_pem: self.ca_pem.clone(),
            tokens_per_user,
        }
    }

    /// Its client was made of just these.
    pub fn is_made_of(&self, credential: &Credential, api_url: &str, ca_pem: Option<&str>) -> bool {
        self.client.credential() == credential
            && self.api_url == api_url
            && self.ca_pem.as_deref() == ca_pem
    }
}
