//! Requests of the operator, to the cluster and to ISC, named so that a plan can say which of them
//! goes wrong.
use simulation::{Asked, Random};

use crate::OWN;

/// Whom a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The API server.
    Kubernetes,
    /// ISC.
    Isc,
}

/// Where in the operator a request comes from, as far as the request tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// Whom it goes to.
    pub side: Side,
    /// What it does: verb, resource and role, as in `update secrets (ledger)`; or an operation of
    /// ISC.
    pub what: String,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Where it comes from.
    pub site: Site,
    /// What it is about: namespace and name, or a token.
    pub subject: String,
    /// The replica that sends it.
    pub identity: String,
    /// Which of its passes does.
    pub pass: String,
    /// How many of this pass were the same before.
    pub nth: u64,
    /// How many of the same pass of any replica were the same before.
    pub count: u64,
}

impl Call {
    /// Chance for this request and this purpose, whatever else happens at the same time.
    pub fn random(&self, seed: u64, purpose: &str) -> Random {
        let nth = self.nth.to_string();
        Random::of(
            seed,
            &[purpose, &self.identity, &self.pass, &self.site.what, &self.subject, &nth],
        )
    }
}

impl Site {
    /// The site of a request to the API server.
    pub fn of(asked: &Asked) -> Self {
        let Asked { verb, resource, subresource, .. } = asked;
        let role = match *resource {
            "secrets" if asked.namespace != OWN => " (published)",
            "secrets" if asked.name.starts_with("ledger-") => " (ledger)",
            "secrets" if asked.name.is_empty() => " (own)",
            "secrets" => " (seed)",
            _ => "",
        };
        let slash = if subresource.is_empty() { "" } else { "/" };
        Self {
            side: Side::Kubernetes,
            what: format!("{verb} {resource}{slash}{subresource}{role}"),
        }
    }

    /// A site of the client of ISC.
    pub fn isc(operation: &str) -> Self {
        Self { side: Side::Isc, what: operation.into() }
    }

    /// Whether the request changes something where it goes.
    pub fn writes(&self) -> bool {
        let verb = self.what.split(' ').next().unwrap_or_default();
        match self.side {
            Side::Kubernetes => !matches!(verb, "get" | "list" | "watch"),
            Side::Isc => matches!(verb, "create" | "extend" | "change" | "delete"),
        }
    }
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.side {
            Side::Kubernetes => f.write_str(&self.what),
            Side::Isc => write!(f, "ISC {}", self.what),
        }
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pass = if self.pass.is_empty() { String::new() } else { format!("[{}] ", self.pass) };
        write!(f, "{pass}{} {} #{}", self.site, self.subject, self.nth)
    }
}
