//! The reasons why a tenant could not be probed; each says what to do, and none holds a secret
//! value.
use thiserror::Error;

use crate::credential::seed;
use crate::isc::{Failure, endpoint};
use crate::kubernetes::operator_files;

/// The reason why there is no report.
#[derive(Debug, Error)]
pub enum Error {
    /// A URL is none.
    #[error(transparent)]
    Url(#[from] endpoint::Error),
    /// It is that of something behind the API's base URL.
    #[error(
        "{0:?} is not the base URL of the API, so the probe sent nothing there; write it without a version and without /oauth/token, as in https://<tenant>.api.identitynow.com"
    )]
    BehindBase(String),
    /// The path of the token API is none.
    #[error("--pat-path {0:?} is not a path: start it with a slash and do not end it with one")]
    PatPath(String),
    /// The credential is of the wrong kind.
    #[error(
        "the client ID {0:?} belongs to an API client, which has no user and therefore no tokens; give the credential of a personal access token"
    )]
    ApiClient(String),
    /// It does not look like one.
    #[error("the seed {0}")]
    Seed(#[from] seed::Fault),
    /// The seed does not parse. What is in it is not repeated.
    #[error(
        "the seed is neither JSON nor YAML: write it as in {{\"clientId\": \"…\", \"clientSecret\": \"…\"}}"
    )]
    SeedSyntax,
    /// The seed lacks a value.
    #[error(
        "the seed has no value under {0:?}; it needs clientId and clientSecret of a personal access token, at its top or below stringData or data"
    )]
    SeedKey(&'static str),
    /// A value below `data` is not encoded.
    #[error(
        "the seed has a value under {0:?} in data that is not base64; write it plainly under stringData"
    )]
    SeedData(&'static str),
    /// The cluster does not answer as it should.
    #[error("failed to read Tenant {name:?}: check --kubeconfig, --context and your rights")]
    ReadTenant {
        /// Its name.
        name: String,
        /// Cause.
        source: Box<kube::Error>,
    },
    /// There is no such Tenant.
    #[error("Tenant {0:?} does not exist; `kubectl get tenants` lists them")]
    NoTenant(String),
    /// It names no seed.
    #[error(
        "Tenant {0:?} has no spec.credentials; name the Secret with the operator's credential there"
    )]
    NoCredentials(String),
    /// Its seed or bundle cannot be used.
    #[error(transparent)]
    Files(Box<operator_files::Error>),
    /// Something else than an ISC answers.
    #[error(
        "{url:?} is not the API of an ISC tenant: {request} was answered with {answer}; write the API's URL without anything behind the host, as in https://<tenant>.api.identitynow.com"
    )]
    NotTheApi {
        /// The URL.
        url: String,
        /// The request.
        request: &'static str,
        /// The answer.
        answer: String,
    },
    /// Nothing answers, or not now.
    #[error(
        "failed to use {url:?}: {why}; check the URL, the network and the certificate, or try again later"
    )]
    Unreachable {
        /// The URL.
        url: String,
        /// The failure.
        why: String,
    },
    /// The seed is refused.
    #[error(
        "{url:?} refuses the credential of the client ID {client_id:?} (status {status}); give that of a live personal access token of this tenant"
    )]
    Refused {
        /// The URL.
        url: String,
        /// Client ID of the seed.
        client_id: String,
        /// HTTP status.
        status: u16,
    },
    /// The seed may not list.
    #[error(
        "ISC does not allow the credential to list its user's tokens (status {0}); give a personal access token with the scope sp:my-personal-access-tokens:manage"
    )]
    MayNotList(u16),
    /// LIST is not one.
    #[error(
        "LIST does not show the user's tokens ({0}), so the probe cannot create a token safely; try again later"
    )]
    List(String),
    /// The client cannot be made.
    #[error("failed to set up the connection: {0}")]
    Setup(Failure),
    /// A signal came.
    #[error("stopped on request, before the probe had asked everything")]
    Stopped,
}
