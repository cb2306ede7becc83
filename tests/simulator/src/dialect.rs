//! What is undocumented of ISC's replies, as forms that a tenant can speak in; the defaults are the
//! most real ones known.
use serde::{Deserialize, Serialize};

/// How the JWT of an access token tells its scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScopeClaim {
    /// An array with one base64 text such as `["FA=="]`: a bitmap over the table of scopes.
    #[default]
    Bitmap,
    /// An array of names.
    Names,
    /// Names in one text, separated by spaces.
    Text,
    /// No such claim.
    Absent,
}

/// What the OAuth reply says in `scope`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReplyScope {
    /// The names that the access token carries, cut to the user level.
    #[default]
    Names,
    /// The names as they are stored, not cut.
    Uncut,
    /// `read write`
    ReadWrite,
    /// No such field.
    Absent,
}

/// Where fields of the user or the tenant stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Presence {
    /// In the OAuth reply and in the JWT.
    #[default]
    Both,
    /// In the OAuth reply only.
    Reply,
    /// In the JWT only.
    Claims,
    /// Nowhere.
    Absent,
}

/// What `/oauth/check_token` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CheckToken {
    /// Says what an access token carries.
    #[default]
    Answers,
    /// 401, whatever is asked.
    Refuses401,
    /// 403, whatever is asked.
    Refuses403,
    /// There is no such path: 404.
    Missing,
}

/// What the OAuth reply says in `expires_in`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ExpiresIn {
    /// The seconds to live, as a number.
    #[default]
    Seconds,
    /// No such field.
    Absent,
    /// `null`
    Null,
    /// `0`
    Zero,
    /// The seconds to live, as a text such as `"3600"`.
    Text,
    /// `-1`
    Negative,
    /// 2^64 - 1
    Huge,
    /// Half a second less than there is to live, such as `3599.5`.
    Fraction,
    /// `"soon"`
    Words,
}

/// What `/oauth/info` answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OauthInfo {
    /// All fields that are known of it.
    #[default]
    Full,
    /// `tenantId` alone.
    TenantIdOnly,
    /// There is no such path: 404.
    Missing,
}

/// What the body of a refusal looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ErrorStyle {
    /// As documented: it depends on the status.
    #[default]
    Vendor,
    /// `error` and `error_description`
    OAuth,
    /// `errorMessage`
    ErrorMessage,
    /// `formatted_msg`
    FormattedMsg,
    /// No body.
    Empty,
}

/// How a field that may be null is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Shown {
    /// As it is.
    #[default]
    Value,
    /// Always null.
    Null,
    /// The field is left out.
    Absent,
}

/// How a tenant speaks where nothing documents it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Dialect {
    /// The scopes in the JWT.
    pub scope_claim: ScopeClaim,
    /// `scope` in the OAuth reply.
    pub reply_scope: ReplyScope,
    /// Where `identity_id` and `user_name` stand.
    pub identity: Presence,
    /// Where `tenant_id` stands.
    pub tenant: Presence,
    /// Where `org` and `pod` stand.
    pub org: Presence,
    /// What `/oauth/check_token` does.
    pub check_token: CheckToken,
    /// `expires_in` in the OAuth reply.
    pub expires_in: ExpiresIn,
    /// What `/oauth/info` answers.
    pub oauth_info: OauthInfo,
    /// The body of every refusal.
    pub errors: ErrorStyle,
    /// `scope` in the replies to LIST and PATCH.
    pub list_scope: Shown,
    /// `lastUsed` in the replies to LIST and PATCH.
    pub list_last_used: Shown,
    /// Whether every reply has fields that nobody knows, of each type of JSON.
    pub extra_fields: bool,
    /// Status of a POST that made a token: 200, or 201.
    pub created_status: u16,
    /// Status of a PATCH that changed one: 200 with the token, or 204 without a body.
    pub changed_status: u16,
    /// Status of a DELETE that destroyed one: 204, or 200.
    pub deleted_status: u16,
    /// Status of the token endpoint for a credential that is not accepted: 401, or 400.
    pub refused_credential_status: u16,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            scope_claim: ScopeClaim::Bitmap,
            reply_scope: ReplyScope::Names,
            identity: Presence::Both,
            tenant: Presence::Both,
            org: Presence::Both,
            check_token: CheckToken::Answers,
            expires_in: ExpiresIn::Seconds,
            oauth_info: OauthInfo::Full,
            errors: ErrorStyle::Vendor,
            list_scope: Shown::Value,
            list_last_used: Shown::Value,
            extra_fields: false,
            created_status: 200,
            changed_status: 200,
            deleted_status: 204,
            refused_credential_status: 401,
        }
    }
}
