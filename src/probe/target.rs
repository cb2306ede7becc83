//! The tenant that is probed: where, as whom, and how patiently.
use std::time::Duration;

use super::error::Error;
use crate::api::check::is_behind_base;
use crate::credential::{Credential, seed};
use crate::isc::endpoint::ApiUrl;
use crate::redacted::Redacted;

/// The seed of two values, by the check that the operator makes of a seed Secret.
///
/// # Errors
/// If they are no seed, or that of an API client. No value that could be a client secret is
/// repeated.
pub(super) fn checked_seed(
    client_id: Option<&[u8]>,
    client_secret: Option<&[u8]>,
) -> Result<Credential, Error> {
    of_a_user(seed::parse(client_id, client_secret)?)
}

/// Checks that a seed has a user: an API client has none.
pub(super) fn of_a_user(seed: Credential) -> Result<Credential, Error> {
    if seed::is_api_client(&seed.client_id) {
        return Err(Error::ApiClient(seed.client_id.to_string()));
    }
    Ok(seed)
}

/// A proxy for https.
#[derive(Clone, Debug)]
pub struct Proxy {
    /// Its URL, which may hold a password.
    pub url: Redacted,
    /// Hosts that are reached without it, separated by commas.
    pub except: String,
}

/// The tenant that is probed.
#[derive(Clone, Debug)]
pub struct Target {
    /// The tenant's API.
    pub api: ApiUrl,
    /// Path of the token API below it.
    pub pat_path: String,
    /// Authorities to trust instead of the system's, in PEM.
    pub ca_pem: Option<String>,
    /// The way there, if it is not direct.
    pub proxy: Option<Proxy>,
    /// As whom.
    pub seed: Credential,
    /// NERM's API, if it is to be asked.
    pub nerm: Option<ApiUrl>,
    /// Longest wait for LIST to show something.
    pub list_lag: Duration,
}

impl Target {
    /// Checks what is known to be wrong before anything is sent.
    ///
    /// # Errors
    /// If the URL goes on behind the base, or the path of the token API is none.
    pub fn check(self) -> Result<Self, Error> {
        let api = self.api.to_string();
        if is_behind_base(&api) {
            return Err(Error::BehindBase(api));
        }
        let path = &self.pat_path;
        if path.starts_with('/') && !path.ends_with('/') {
            Ok(self)
        } else {
            Err(Error::PatPath(self.pat_path))
        }
    }

    /// The probe's plan in words, for the person who has to agree to it.
    pub fn plan(&self) -> String {
        let nerm = match &self.nerm {
            Some(nerm) => {
                format!(
                    "  - sends an access token of this user to NERM at {nerm}, to read one system role\n"
                )
            }
            None => String::new(),
        };
        format!(
            "pat-operator probe\n\
             \x20 tenant     {}\n\
             \x20 client ID  {}\n\
             To learn how the tenant answers, the probe\n\
             \x20 - reads the tokens of this credential's user, and removes what an earlier probe left of its own\n\
             \x20 - makes at most three tokens named \"{}…\", with the scopes {}, of which the last does not exist\n\
             \x20 - asks for two more that ISC should refuse: one with a name in use, one whose expiry is past\n\
             \x20 - gives each ten minutes to live from the start, renames the first one, changes its scopes, shortens its life\n\
             \x20 - deletes the first one twice, and tries whether its credential and its access token still work\n\
             \x20 - deletes the others too, also on Ctrl-C; what a crash leaves ends by itself within these ten minutes\n\
             {nerm}\
             It changes nothing else. It takes seconds, or minutes if LIST lags.\n",
            self.api,
            self.seed.client_id,
            super::names::PREFIX,
            super::names::SCOPES.join(" and "),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_personal_access_token() {
        let seed = |client_id: &str, client_secret: &str| {
            checked_seed(Some(client_id.as_bytes()), Some(client_secret.as_bytes()))
                .map_err(|error| error.to_string())
        };
        assert!(seed(&"0a".repeat(16), "c4n4ry").is_ok());
        for (client_id, client_secret, words) in [
            ("2f5b7c1e-8a1d-4c3e-9f00-1234567890ab", "c4n4ry", "API client"),
            ("", "c4n4ry", "the seed has no value under \"clientId\""),
            ("c4n4ryc4n4ryc4n4ryc4n4ryc4n4ryc4n4ryc4n4ry", "0a", "not swapped"),
            ("0a", "", "clientSecret"),
        ] {
            let error = seed(client_id, client_secret).unwrap_err();
            assert!(error.contains(words) && !error.contains("c4n4ry"), "{client_id}: {error}");
        }
    }
}
