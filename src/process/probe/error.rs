//! The reasons why nothing was probed; each says what to do.
use std::io;

use crate::probe;
use crate::process::{connection, hardening, proxy, settings};

/// The reason why nothing was probed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Hardening(#[from] hardening::Error),
    #[error(transparent)]
    Connection(#[from] connection::Error),
    #[error(transparent)]
    Settings(#[from] settings::Error),
    #[error(transparent)]
    Proxy(#[from] proxy::Error),
    #[error(transparent)]
    Probe(#[from] probe::Error),
    #[error("the tenant's URL is missing: give --api-url, SAIL_BASE_URL, or --tenant")]
    NoUrl,
    #[error(
        "the seed is missing: give --seed-file, the variables SAIL_CLIENT_ID and SAIL_CLIENT_SECRET, or --tenant"
    )]
    NoSeed,
    #[error("failed to read \"{path}\": check {flag}")]
    Read { path: String, flag: &'static str, source: io::Error },
    #[error(
        "the probe sent nothing: it creates tokens, and standard input is not a terminal to ask on; give --yes if you agree"
    )]
    NoTerminal,
    #[error("the probe sent nothing, since you did not answer y")]
    Declined,
    #[error("failed to start")]
    Start(#[source] io::Error),
    #[error("failed to print the report")]
    Print(#[source] io::Error),
}
