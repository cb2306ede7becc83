//! What a tenant answered: plain facts, from which the verdicts follow. None of them holds a secret value.
use std::collections::BTreeSet;
use std::fmt;

mod token;

pub use token::{Lag, Listed, Listing, Shown, TokenFacts};

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A reply with this status.
    Status(u16),
    /// No reply that can be read, and why.
    Nothing(String),
}

impl Said {
    /// The status, if there is one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(*status),
            Self::Nothing(_) => None,
        }
    }

    /// Whether ISC did what was asked.
    pub fn is_yes(&self) -> bool {
        self.status().is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether ISC refused what was asked, and not who asked, how often or where.
    pub fn is_refusal(&self) -> bool {
        let about_the_caller = [401, 403, 404, 405, 408, 415, 429];
        self.status().is_some_and(|status| (400..500).contains(&status) && !about_the_caller.contains(&status))
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Nothing(why) => write!(f, "no reply: {why}"),
        }
    }
}

/// All that is known. What was not asked is absent.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// `/oauth/info`.
    pub info: Option<Info>,
    /// The seed's access token and the reply with it.
    pub access: Option<Access>,
    /// `/oauth/check_token`.
    pub check: Option<Check>,
    /// The first LIST.
    pub list: Option<Listing>,
    /// It was stopped before all was asked.
    pub stopped: bool,
    /// Why no token was made, if the probe did not even try.
    pub not_tried: Option<&'static str>,
    /// The probe's own token.
    pub token: TokenFacts,
    /// What the headers of all replies said.
    pub headers: Headers,
    /// NERM, if its URL was given.
    pub nerm: Option<Nerm>,
}

impl Facts {
    /// Identity id of the user: by LIST, else as the access token says.
    pub fn user(&self) -> Option<String> {
        let owner = self.list.as_ref().and_then(|list| list.own.as_ref()?.owner.clone());
        let named = self.access.as_ref().map(|access| &access.identity);
        owner.or_else(|| named.and_then(|named| named.reply.clone().or_else(|| named.claims.clone())))
    }
}

/// `/oauth/info`.
#[derive(Clone, Debug)]
pub struct Info {
    /// How it ended.
    pub said: Said,
    /// Id of the tenant.
    pub tenant_id: Option<String>,
    /// Name of the tenant.
    pub name: Option<String>,
    /// Data centre.
    pub pod: Option<String>,
}

/// The reply of `/oauth/token`, and the claims of the access token in it.
#[derive(Clone, Debug)]
pub struct Access {
    /// Form of the claim `scope`.
    pub claim: ScopeClaim,
    /// The claim has names of scopes.
    pub names_in_claim: bool,
    /// Form of the reply's `scope`.
    pub text: ScopeText,
    /// The reply's `expires_in`.
    pub life: Life,
    /// The user's identity id.
    pub identity: Named,
    /// The tenant's id.
    pub tenant_id: Named,
    /// The tenant's name.
    pub name: Option<String>,
    /// Data centre.
    pub pod: Option<String>,
}

/// Form of the claim `scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeClaim {
    /// Base64 that stands for the names.
    Bitmap,
    /// A list of names.
    Names,
    /// One text with the names.
    Text,
    /// There is none.
    Absent,
    /// It is something else.
    Other,
    /// The access token is no JWT that can be read.
    Unreadable,
}

/// Form of the reply's `scope`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeText {
    /// These names.
    Names(BTreeSet<String>),
    /// Words that are no names of scopes, such as `read write`.
    Words,
    /// There is none.
    Absent,
}

/// What `expires_in` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// A whole number of seconds.
    Seconds(u64),
    /// A number of seconds as a text or with a fraction, rounded down.
    Odd(u64),
    /// It is absent or null.
    Absent,
    /// It is something else.
    Other,
}

/// What the reply says, and what the claims say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// In the reply.
    pub reply: Option<String>,
    /// In the claims.
    pub claims: Option<String>,
}

/// `/oauth/check_token`.
#[derive(Clone, Debug)]
pub struct Check {
    /// How it ended.
    pub said: Said,
    /// Whether it named scopes.
    pub names: bool,
}

/// What the headers of all replies said.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    /// Replies.
    pub replies: usize,
    /// Replies with a `Date`.
    pub dated: usize,
    /// Dates contradicted each other.
    pub contradicted: bool,
    /// ISC's time less this machine's, in milliseconds.
    pub offset: Option<i64>,
    /// Names of headers about limits.
    pub limits: BTreeSet<String>,
    /// Replies that asked to wait.
    pub throttled: usize,
    /// A reply of the token API said that it is deprecated.
    pub deprecated: bool,
}

/// The answer of NERM.
#[derive(Clone, Debug)]
pub struct Nerm {
    /// How it ended.
    pub said: Said,
    /// The body is JSON with an `error`.
    pub error: bool,
}
