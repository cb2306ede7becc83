//! The base URL of a tenant's API: https only, so that a client secret never travels in the clear
//! (T5).
use std::fmt;

use reqwest::Url;
use thiserror::Error;

/// A checked base URL without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApiUrl(String);

/// A URL that is refused.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Error {
    /// It does not parse.
    #[error("{0:?} is not a URL; write it as in https://acme.api.identitynow.com")]
    NotAUrl(String),
    /// It has parts that a base URL has not.
    #[error("{0:?} has a user, query or fragment; write only scheme, host, port and path")]
    Extra(String),
    /// It is not encrypted.
    #[error(
        "{0:?} is not https; http is allowed only for 127.0.0.1, [::1] and localhost, and only with --allow-loopback-http"
    )]
    NotHttps(String),
}

impl ApiUrl {
    /// Checks a URL. `loopback_http`: plain http is allowed for this machine's own addresses.
    ///
    /// # Errors
    /// Each says what to write instead.
    pub fn parse(text: &str, loopback_http: bool) -> Result<Self, Error> {
        let url = Url::parse(text).map_err(|_| Error::NotAUrl(shown(text)))?;
        let Some(host) = url.host_str() else { return Err(Error::NotAUrl(shown(text))) };
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || url.query().is_some() || url.fragment().is_some() {
            return Err(Error::Extra(shown(text)));
        }
        let loopback = matches!(host, "127.0.0.1" | "[::1]" | "localhost");
        match url.scheme() {
            "https" => {}
            "http" if loopback && loopback_http => {}
            _ => return Err(Error::NotHttps(shown(text))),
        }
        // The text of the parsed URL, not the one that was written: hosts are in lower case, for
        // one.
        Ok(Self(url.as_str().trim_end_matches('/').into()))
    }

    /// The URL of a path under the base.
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands before a host may be a password, and a query or fragment a key: only what stands
/// between is repeated.
fn shown(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let (before, after) = text.split_at(end);
    // A password may hold these signs too.
    if after.contains('@') {
        return "…".into();
    }
    let before = match before.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => before.to_owned(),
    };
    if after.is_empty() { before } else { format!("{before}…") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_safe_urls_pass() {
        for (text, expected) in [
            ("https://acme.api.identitynow.com", "https://acme.api.identitynow.com"),
            ("https://acme.api.identitynow.com/", "https://acme.api.identitynow.com"),
            ("http://127.0.0.1:8080/t/acme", "http://127.0.0.1:8080/t/acme"),
            ("http://[::1]:1", "http://[::1]:1"),
        ] {
            assert_eq!(ApiUrl::parse(text, true).map(|url| url.to_string()), Ok(expected.into()));
        }
        for text in [
            "",
            "acme",
            "ftp://acme",
            "http://acme.example",
            "https://",
            "https://u:p@acme",
            "https://acme?x=1",
            "https://acme#x",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
        ] {
            assert!(ApiUrl::parse(text, true).is_err(), "{text}");
        }
        assert!(ApiUrl::parse("http://127.0.0.1:1", false).is_err());
    }

    #[test]
    fn a_password_and_a_key_are_not_repeated() {
        for text in [
            "https://me:c4n4ry@acme.example",
            "https://me:c4n4ry@acme.example:99999",
            "https://me:c4n4ry#@acme.example",
            "https://acme.example?x=c4n4ry",
            "https://acme.example#c4n4ry",
            "http://acme.example?x=c4n4ry",
            "acme.example?x=c4n4ry",
        ] {
            let error = ApiUrl::parse(text, true).unwrap_err().to_string();
            assert!(!error.contains("c4n4ry"), "{error}");
        }
    }
}
