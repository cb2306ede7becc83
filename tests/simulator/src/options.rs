//! What a simulator is started with: where it listens, and the tenants, users and seeds it begins
//! with.
use std::net::{Ipv4Addr, SocketAddr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::clock::ClockSource;
use crate::route::DEFAULT_TENANT;
use crate::scopes::{ALL, ORG_ADMIN};
use crate::secrets::Credential;
use crate::switches::Switches;

/// How to start a simulator.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address for plain HTTP; port 0 takes a free one. `None` for no plain HTTP.
    pub http: Option<SocketAddr>,
    /// Address for HTTPS. `None` for no HTTPS.
    pub https: Option<SocketAddr>,
    /// The certificate shown over HTTPS.
    pub certificate: Certificate,
    /// Where the simulator's time comes from.
    pub clock: ClockSource,
    /// Fixes all ids and client secrets; random when absent.
    pub seed: Option<u64>,
    /// How the tenants behave, those to come too.
    pub switches: Switches,
    /// The tenants that exist from the start.
    pub tenants: Vec<TenantSpec>,
}

impl Default for Options {
    /// Plain HTTP on a free loopback port, one default tenant with one administrator and one seed
    /// token.
    fn default() -> Self {
        Self {
            http: Some(loopback(0)),
            https: None,
            certificate: Certificate::Valid,
            clock: ClockSource::System,
            seed: None,
            switches: Switches::default(),
            tenants: vec![TenantSpec::named(DEFAULT_TENANT)],
        }
    }
}

impl Options {
    /// As the default, with HTTPS on a free port too.
    pub fn with_https() -> Self {
        Self { https: Some(loopback(0)), ..Self::default() }
    }

    /// As the default, with these tenants in place of the default one.
    pub fn with_tenants(tenants: Vec<TenantSpec>) -> Self {
        Self { tenants, ..Self::default() }
    }
}

/// 127.0.0.1 with this port.
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The certificate shown over HTTPS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificate {
    /// For localhost, 127.0.0.1 and ::1, signed by the CA of `ca_pem`.
    #[default]
    Valid,
    /// As `Valid`, but expired.
    Expired,
    /// For `elsewhere.invalid`.
    WrongHost,
    /// Signed by itself.
    SelfSigned,
    /// Signed by an intermediate CA that is not sent along.
    MissingIntermediate,
}

/// A tenant to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantSpec {
    /// Its name: the `{tenant}` of `/t/{tenant}`; `default` also lives at the plain base URL.
    pub name: String,
    /// Its users.
    #[serde(default)]
    pub users: Vec<UserSpec>,
}

impl TenantSpec {
    /// A tenant with one administrator who has one seed token.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), users: vec![UserSpec::named("admin")] }
    }
}

/// A user to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserSpec {
    /// Display name.
    pub name: String,
    /// User levels (`USER`, `HELPDESK`, `ORG_ADMIN` …).
    #[serde(default = "admin_levels")]
    pub levels: Vec<String>,
    /// Tokens that a human made beforehand.
    #[serde(default)]
    pub seeds: Vec<SeedSpec>,
}

fn admin_levels() -> Vec<String> {
    vec![ORG_ADMIN.to_owned()]
}

impl UserSpec {
    /// An administrator with one seed token that may do everything.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            levels: admin_levels(),
            seeds: vec![SeedSpec::new("seed", &[ALL])],
        }
    }

    /// The same with these user levels.
    pub fn with_levels(mut self, levels: &[&str]) -> Self {
        self.levels = levels.iter().map(|level| (*level).to_owned()).collect();
        self
    }

    /// The same with these scopes in its seed tokens.
    pub fn with_seed_scopes(mut self, scopes: &[&str]) -> Self {
        self.seeds = vec![SeedSpec::new("seed", scopes)];
        self
    }
}

/// A token that a human made beforehand.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SeedSpec {
    /// Its name.
    pub name: String,
    /// Its scopes.
    pub scope: Vec<String>,
    /// Null for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
}

impl SeedSpec {
    /// A seed token that never expires.
    pub fn new(name: &str, scopes: &[&str]) -> Self {
        let scope = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Self { name: name.to_owned(), scope, expiration_date: None }
    }
}

/// What came of a [`TenantSpec`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantSeeds {
    /// Name of the tenant.
    pub tenant: String,
    /// What its OAuth replies call `tenant_id`.
    pub tenant_id: String,
    /// Its users in the order of the specification.
    pub users: Vec<UserSeeds>,
}

/// What came of a [`UserSpec`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserSeeds {
    /// Identity id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Credentials of its seed tokens in the order of the specification.
    pub seeds: Vec<Credential>,
}
