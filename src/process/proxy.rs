//! The proxy that the environment names, checked before anything is sent, and the hosts that are
//! reached without it.
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::environment::Variable;
use crate::redacted::Redacted;

/// A proxy's URL that is none. The text is not repeated: it may hold a password.
#[derive(Debug, thiserror::Error)]
#[error(
    "{0} is not the URL of a proxy: write http://HOST:PORT, and percent-encode the signs in a user or password"
)]
pub(super) struct Error(String);

/// A proxy for https. Plain http, which the operator speaks to its own machine only, never goes
/// through it.
#[derive(Debug)]
pub(super) struct Proxy {
    /// With user and password if there are any.
    pub(super) url: Redacted,
    /// The hosts that are reached without it, separated by commas.
    pub(super) except: String,
}

impl Proxy {
    /// The proxy of `HTTPS_PROXY`, but for the hosts of `NO_PROXY`.
    pub(super) fn new(https_proxy: &Variable, no_proxy: &str) -> Result<Self, Error> {
        Ok(Self { url: checked(https_proxy.name, &https_proxy.value)?, except: hosts(no_proxy) })
    }

    /// True if a server is reached through it. The matcher is the one that reqwest asks on the way
    /// to ISC.
    pub(super) fn carries(&self, server: &Uri) -> bool {
        let matcher =
            Matcher::builder().https(self.url.expose().to_owned()).no(&self.except).build();
        matcher.intercept(server).is_some()
    }
}

/// A list made for others, as Go and curl understand it, in the words of the matcher: for it a lone
/// star is every name and no address, and a domain does not begin with a star.
fn hosts(no_proxy: &str) -> String {
    let mut hosts = Vec::new();
    for host in no_proxy.split(|sign: char| sign == ',' || sign.is_whitespace()) {
        match host.strip_prefix('*') {
            Some("") => hosts.extend(["*", "0.0.0.0/0", "::/0"]),
            Some(domain) if domain.starts_with('.') => hosts.push(domain),
            Some(_) | None => hosts.push(host),
        }
    }
    // curl and Go pass over an empty entry.
    hosts.retain(|host| !host.is_empty());
    hosts.join(",")
}

/// A proxy's URL, with a scheme. `name` says where it was read.
pub(super) fn checked(name: &str, text: &Redacted) -> Result<Redacted, Error> {
    // curl and Go take a host with a port for an http proxy.
    let with_scheme = match text.expose() {
        text if text.contains("://") => Redacted::new(text.into()),
        text => Redacted::new(format!("http://{text}")),
    };
    let Ok(url) = reqwest::Url::parse(with_scheme.expose()) else { return Err(Error(name.into())) };
    let url = Redacted::new(url.into());
    // Kubernetes is reached with another type of URL.
    match uri(&url) {
        Some(uri) if matches!(uri.scheme_str(), Some("http" | "https")) => Ok(url),
        Some(_) | None => Err(Error(name.into())),
    }
}

/// A checked URL in the form that kube takes.
pub(super) fn uri(url: &Redacted) -> Option<Uri> {
    url.expose().parse().ok()
}

/// The address of a proxy, without user and password.
pub(super) fn address(url: &Redacted) -> Option<String> {
    let uri = uri(url)?;
    let (scheme, host) = (uri.scheme_str()?, uri.host()?);
    Some(match uri.port_u16() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(https_proxy: &str, no_proxy: &str) -> Result<Proxy, String> {
        let variable = Variable { name: "HTTPS_PROXY", value: Redacted::new(https_proxy.into()) };
        Proxy::new(&variable, no_proxy).map_err(|error| error.to_string())
    }

    #[test]
    fn a_proxy_has_a_scheme_and_a_place() {
        for (text, place) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("http://proxy.example:3128/", "http://proxy.example:3128"),
            ("https://proxy.example", "https://proxy.example"),
            ("proxy.example:3128", "http://proxy.example:3128"),
            ("proxy.example", "http://proxy.example"),
            ("127.0.0.1:3128", "http://127.0.0.1:3128"),
            ("http://[::1]:3128", "http://[::1]:3128"),
            ("http://proxy.example:3128\n", "http://proxy.example:3128"),
            ("http://me:c4n4ry@proxy.example:3128", "http://proxy.example:3128"),
            ("http://me:c4n4ry@@proxy.example:3128", "http://proxy.example:3128"),
            ("me:c4n%404ry@proxy.example:3128", "http://proxy.example:3128"),
        ] {
            let proxy = proxy(text, "").unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(address(&proxy.url).as_deref(), Some(place), "{text}");
            assert!(!format!("{proxy:?}").contains("c4n4ry"), "{proxy:?}");
            assert!(proxy.carries(&"https://acme.example".parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused_by_the_name_of_the_variable_and_not_repeated() {
        for text in [
            "http://",
            "://proxy.example",
            "http://:3128",
            "http://proxy example:3128",
            "http://proxy.example:port",
            "http://proxy.example:99999",
            "socks5://me:c4n4ry@proxy.example:1080",
            "ftp://me:c4n4ry@proxy.example",
            "http://me:c4n4ry#2@proxy.example:3128",
            "http://me:c4n4ry/2@proxy.example:3128",
            "\u{fffd}",
        ] {
            let error =
                proxy(text, "").err().unwrap_or_else(|| panic!("{text} is taken for a proxy"));
            assert!(
                error.starts_with("HTTPS_PROXY is not") && !error.contains("c4n4ry"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn hosts_that_are_listed_are_reached_directly_and_no_others() {
        for (list, server, through) in [
            ("", "https://10.96.0.1", true),
            ("10.96.0.1", "https://10.96.0.1", false),
            ("10.96.0.1", "https://10.96.0.1:6443", false),
            ("10.96.0.1", "https://10.96.0.10", true),
            ("10.96.0.0/12", "https://10.96.0.1", false),
            ("10.96.0.0/12", "https://10.112.0.1", true),
            ("::1", "https://[::1]:6443", false),
            ("fd00::/8", "https://[fd00::1]", false),
            ("kubernetes.default.svc", "https://kubernetes.default.svc", false),
            (".svc", "https://kubernetes.default.svc", false),
            ("svc", "https://kubernetes.default.svc", false),
            ("*.svc", "https://kubernetes.default.svc", false),
            ("*.svc", "https://svcs", true),
            ("example.org", "https://API.example.org", false),
            ("example.org", "https://notexample.org", true),
            (" localhost , 127.0.0.1 ", "https://127.0.0.1:6443", false),
            ("localhost,,", "https://localhost", false),
            ("localhost,,", "https://acme.example", true),
            ("127.0.0.1,", "https://127.0.0.1:6443", false),
            ("127.0.0.1,", "https://10.96.0.1", true),
            ("localhost,,127.0.0.1", "https://127.0.0.1:6443", false),
            ("localhost 127.0.0.1\n", "https://127.0.0.1:6443", false),
            (" ", "https://127.0.0.1:6443", true),
            (",", "https://acme.example", true),
            ("*", "https://acme.example", false),
            ("*", "https://localhost:6443", false),
            ("*", "https://127.0.0.1:38511", false),
            ("*", "https://10.96.0.1", false),
            ("*", "https://[fd00::1]:6443", false),
            ("foo,*", "https://127.0.0.1:6443", false),
            (" * ,", "https://10.96.0.1", false),
            ("*,foo", "https://acme.example", false),
            // A star is not for a part of a name or an address.
            ("10.*", "https://10.96.0.1", true),
            ("*example", "https://acme.example", true),
            // An entry with a port is none.
            ("10.96.0.1:6443", "https://10.96.0.1:6443", true),
            ("acme.example:443", "https://acme.example", true),
            // The proxy's own name says nothing about the server.
            ("proxy.example", "https://acme.example", true),
            // Plain http is not for it.
            ("", "http://127.0.0.1:8001", false),
        ] {
            let proxy = proxy("http://proxy.example:3128", list).unwrap();
            assert_eq!(
                proxy.carries(&server.parse().unwrap()),
                through,
                "NO_PROXY={list} {server}"
            );
        }
    }
}
