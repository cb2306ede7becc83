//! The questions that a probe puts to a tenant, and which promise of `docs/reliability.md` rests on
//! each answer.
use serde::Serialize;

/// A promise that rests on an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Promise {
    /// At most one unrecorded token, which ends by itself.
    P1,
    /// The published pair works.
    P2,
    /// The pair in use is not taken away.
    P3,
    /// Deleted is deleted.
    P4,
    /// Tokens that are not the operator's are not touched.
    P6,
    /// Everything becomes right by itself.
    P7,
    /// Figures that were measured: requests, capacity, pace.
    #[serde(rename = "figures")]
    Figures,
}

impl Promise {
    /// Its name in `docs/reliability.md`.
    pub fn name(self) -> &'static str {
        match self {
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
            Self::P6 => "P6",
            Self::P7 => "P7",
            Self::Figures => "figures",
        }
    }
}

/// A question. The order is that of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "`text` says what each one asks")]
pub enum Question {
    ScopeClaim,
    ScopeText,
    CheckToken,
    ExpiresIn,
    Identity,
    TenantId,
    TenantName,
    ListOwner,
    ListOwn,
    OwnExpiry,
    ListLife,
    ListScope,
    ListLastUsed,
    CreateReply,
    ShortExpiry,
    UnknownScope,
    PastExpiry,
    DuplicateName,
    NewCredential,
    LagCreate,
    PatchName,
    PatchScope,
    PatchExpiry,
    LagChange,
    Delete,
    SecondDelete,
    CredentialAfterDelete,
    AccessTokenAfterDelete,
    LagDelete,
    Date,
    ClockOffset,
    RateLimit,
    Deprecated,
    Tokens,
    Nerm,
}

impl Question {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 35] = [
        Self::ScopeClaim,
        Self::ScopeText,
        Self::CheckToken,
        Self::ExpiresIn,
        Self::Identity,
        Self::TenantId,
        Self::TenantName,
        Self::ListOwner,
        Self::ListOwn,
        Self::OwnExpiry,
        Self::ListLife,
        Self::ListScope,
        Self::ListLastUsed,
        Self::CreateReply,
        Self::ShortExpiry,
        Self::UnknownScope,
        Self::PastExpiry,
        Self::DuplicateName,
        Self::NewCredential,
        Self::LagCreate,
        Self::PatchName,
        Self::PatchScope,
        Self::PatchExpiry,
        Self::LagChange,
        Self::Delete,
        Self::SecondDelete,
        Self::CredentialAfterDelete,
        Self::AccessTokenAfterDelete,
        Self::LagDelete,
        Self::Date,
        Self::ClockOffset,
        Self::RateLimit,
        Self::Deprecated,
        Self::Tokens,
        Self::Nerm,
    ];

    /// Its id in JSON, which stays.
    pub fn id(self) -> &'static str {
        self.row().0
    }

    /// The question in words.
    pub fn text(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (&'static str, &'static str) {
        match self {
            Self::ScopeClaim => {
                ("scope-claim", "What form does the scope claim of an access token have?")
            }
            Self::ScopeText => {
                ("scope-text", "Does the reply of /oauth/token name the scopes that give rights?")
            }
            Self::CheckToken => {
                ("check-token", "Does /oauth/check_token answer where names are missing?")
            }
            Self::ExpiresIn => {
                ("expires-in", "Does expires_in say how long an access token lives?")
            }
            Self::Identity => ("identity", "Is the user named, and by all alike?"),
            Self::TenantId => ("tenant-id", "Is the tenant's id named, and by all alike?"),
            Self::TenantName => ("tenant-name", "Which tenant is this?"),
            Self::ListOwner => ("list-owner", "Does LIST name the owner of each token?"),
            Self::ListOwn => ("list-own-token", "Does LIST show the caller's own token?"),
            Self::OwnExpiry => ("own-expiry", "When does the caller's own token expire?"),
            Self::ListLife => ("list-life", "Does LIST show when a token was made and expires?"),
            Self::ListScope => ("list-scope", "Does LIST show a token's scopes?"),
            Self::ListLastUsed => ("list-last-used", "Does LIST show when a token was last used?"),
            Self::CreateReply => ("create-reply", "Is the reply of a POST as documented?"),
            Self::ShortExpiry => ("short-expiry", "May a token be made for ten minutes?"),
            Self::UnknownScope => ("unknown-scope", "Is a scope that does not exist accepted?"),
            Self::PastExpiry => ("past-expiry", "Is an expiry in the past refused?"),
            Self::DuplicateName => ("duplicate-name", "Is a name that is in use refused?"),
            Self::NewCredential => ("new-credential", "Does a new credential work at once?"),
            Self::LagCreate => ("lag-create", "How soon does LIST show a new token?"),
            Self::PatchName => ("patch-name", "May a token be renamed?"),
            Self::PatchScope => ("patch-scope", "May a token's scopes be changed?"),
            Self::PatchExpiry => ("patch-expiry", "May a token's expiry be moved?"),
            Self::LagChange => ("lag-change", "How soon does LIST show a change?"),
            Self::Delete => ("delete", "May a token be deleted?"),
            Self::SecondDelete => {
                ("second-delete", "Does a second DELETE say that the token is gone?")
            }
            Self::CredentialAfterDelete => {
                ("credential-after-delete", "Is a credential refused after the DELETE?")
            }
            Self::AccessTokenAfterDelete => {
                ("access-token-after-delete", "What becomes of an access token after the DELETE?")
            }
            Self::LagDelete => ("lag-delete", "How soon does LIST show a deletion?"),
            Self::Date => ("date-header", "Do replies carry a Date, and do these agree?"),
            Self::ClockOffset => ("clock-offset", "How far is ISC's clock from this machine's?"),
            Self::RateLimit => ("rate-limit", "What do replies say about limits?"),
            Self::Deprecated => ("deprecated", "Is this version of the token API current?"),
            Self::Tokens => ("tokens-and-limit", "How many tokens of the limit are used?"),
            Self::Nerm => ("nerm", "Does NERM accept this user's access tokens?"),
        }
    }

    /// The promises that rest on it; none if it is only good to know.
    pub fn promises(self) -> &'static [Promise] {
        use Promise::{Figures, P1, P2, P3, P4, P6, P7};
        match self {
            Self::ScopeClaim
            | Self::ScopeText
            | Self::CheckToken
            | Self::TenantName
            | Self::OwnExpiry
            | Self::ListScope
            | Self::UnknownScope
            | Self::PatchScope
            | Self::AccessTokenAfterDelete
            | Self::ClockOffset
            | Self::Deprecated
            | Self::Nerm => &[],
            Self::ExpiresIn | Self::RateLimit | Self::Tokens => &[Figures],
            Self::Identity | Self::ListOwner => &[P6],
            Self::TenantId | Self::ShortExpiry | Self::DuplicateName | Self::Date => &[P1],
            Self::PastExpiry | Self::LagCreate => &[P1, P4],
            Self::ListOwn | Self::CreateReply | Self::PatchExpiry => &[P7],
            Self::ListLife => &[P1, P7],
            Self::ListLastUsed => &[P3],
            Self::NewCredential => &[P2],
            Self::LagChange => &[P4, P6],
            Self::PatchName
            | Self::Delete
            | Self::SecondDelete
            | Self::CredentialAfterDelete
            | Self::LagDelete => &[P4],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_question_stands_once_in_order_with_an_id_and_a_text_of_its_own() {
        let all = Question::ALL;
        assert!(all.is_sorted() && all.iter().collect::<BTreeSet<_>>().len() == all.len());
        // The last one has the highest number: none is missing.
        assert_eq!(all[all.len() - 1] as usize + 1, all.len());
        let ids: BTreeSet<&str> = all.iter().map(|question| question.id()).collect();
        let texts: BTreeSet<&str> = all.iter().map(|question| question.text()).collect();
        assert_eq!((ids.len(), texts.len()), (all.len(), all.len()));
        assert!(ids.iter().all(|id| id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')));
        assert!(texts.iter().all(|text| text.ends_with('?') && text.len() <= 66));
    }
}
