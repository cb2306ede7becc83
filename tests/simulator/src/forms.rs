//! Every form of every part of a dialect, so that draws and tests can go through them.
use crate::dialect::{
    CheckToken, ErrorStyle, ExpiresIn, OauthInfo, Presence, ReplyScope, ScopeClaim, Shown,
};
use crate::switches::{Front, Nerm};

impl ScopeClaim {
    /// All forms.
    pub const ALL: [Self; 4] = [Self::Bitmap, Self::Names, Self::Text, Self::Absent];
}

impl ReplyScope {
    /// All forms.
    pub const ALL: [Self; 4] = [Self::Names, Self::Uncut, Self::ReadWrite, Self::Absent];
}

impl Presence {
    /// All forms.
    pub const ALL: [Self; 4] = [Self::Both, Self::Reply, Self::Claims, Self::Absent];

    /// Whether the OAuth reply has the fields.
    pub fn in_reply(self) -> bool {
        matches!(self, Self::Both | Self::Reply)
    }

    /// Whether the JWT has the fields.
    pub fn in_claims(self) -> bool {
        matches!(self, Self::Both | Self::Claims)
    }
}

impl CheckToken {
    /// All forms.
    pub const ALL: [Self; 4] = [Self::Answers, Self::Refuses401, Self::Refuses403, Self::Missing];
}

impl ExpiresIn {
    /// All forms.
    pub const ALL: [Self; 9] = [
        Self::Seconds,
        Self::Absent,
        Self::Null,
        Self::Zero,
        Self::Text,
        Self::Negative,
        Self::Huge,
        Self::Fraction,
        Self::Words,
    ];
}

impl OauthInfo {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Full, Self::TenantIdOnly, Self::Missing];
}

impl ErrorStyle {
    /// All forms.
    pub const ALL: [Self; 5] =
        [Self::Vendor, Self::OAuth, Self::ErrorMessage, Self::FormattedMsg, Self::Empty];
}

impl Shown {
    /// All forms.
    pub const ALL: [Self; 3] = [Self::Value, Self::Null, Self::Absent];
}

impl Front {
    /// All forms.
    pub const ALL: [Self; 6] = [
        Self::Api,
        Self::LoginRedirect,
        Self::HtmlNotFound,
        Self::MethodNotAllowed,
        Self::HtmlOk,
        Self::HtmlUnavailable,
    ];
}

impl Nerm {
    /// All forms.
    pub const ALL: [Self; 6] = [
        Self::Filled,
        Self::Empty,
        Self::Refused,
        Self::Forbidden,
        Self::Unavailable,
        Self::NotFound,
    ];
}
