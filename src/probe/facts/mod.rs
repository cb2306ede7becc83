//! The answers of a tenant: plain facts, from which the verdicts follow. None of them holds a
//! secret value.
use std::collections::BTreeSet;
use std::fmt;

mod token;

pub use token::{Lag, Listed, Listing, Shown, TokenFacts};

/// The end of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A reply with this status.
    Status(u16),
    /// A refusal or a redirect that is not ISC's, and what it is.
    Elsewhere(String),
    /// A success that the operator does not take for one, and why.
    Unreadable(String),
    /// No reply that can be read, and why.
    Nothing(String),
}

impl Said {
    /// The status, if there is one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status(status) => Some(*status),
            Self::Elsewhere(_) | Self::Unreadable(_) | Self::Nothing(_) => None,
        }
    }

    /// True if ISC did what was asked.
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Status(200..300))
    }

    /// True if ISC refused what was asked, and not who asked, how often or where.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Status(401 | 403 | 404 | 405 | 408 | 415 | 429) => false,
            Self::Status(status) => (400..500).contains(status),
            Self::Elsewhere(_) | Self::Unreadable(_) | Self::Nothing(_) => false,
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Elsewhere(what) | Self::Unreadable(what) => f.write_str(what),
            Self::Nothing(why) => write!(f, "no reply: {why}"),
        }
    }
}

/// All that is known; the answer to a question that was not asked is absent.
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
    /// The reason why no token was made, if the probe did not even try.
    pub not_tried: Option<&'static str>,
    /// The probe's own token.
    pub token: TokenFacts,
    /// The headers of all replies, summed up.
    pub headers: Headers,
    /// NERM, if its URL was given.
    pub nerm: Option<Nerm>,
}

impl Facts {
    /// Identity id of the user: by LIST, otherwise as the access token says.
    pub fn user(&self) -> Option<String> {
        // LIST first: it also decides for the operator whose tokens these are (R11).
        let own = self.list.as_ref().and_then(|list| list.own.as_ref());
        if let Some(own) = own
            && own.owner.is_some()
        {
            return own.owner.clone();
        }
        let named = self.access.as_ref()?.identity.clone();
        named.reply.or(named.claims)
    }
}

/// `/oauth/info`.
#[derive(Clone, Debug)]
pub struct Info {
    /// Its end.
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

/// The value of `expires_in`.
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

/// A value by the reply, and by the claims of the access token.
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
    /// Its end.
    pub said: Said,
    /// It named scopes.
    pub names: bool,
}

/// The headers of all replies, summed up.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nerm {
    /// It showed what was asked for.
    Accepted,
    /// It has nothing to show, which it says only to a caller that it takes.
    AcceptedEmpty,
    /// It refuses the access token, with this status.
    Refused(u16),
    /// NERM itself did not answer: what happened instead.
    NoAnswer(String),
}
