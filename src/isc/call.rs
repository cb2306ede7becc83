//! A request to ISC, before its access token is added.
use bytes::Bytes;
use http::Method;

use crate::metrics::IscOperation;

/// A request to ISC without its access token.
#[derive(Clone)]
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Path behind the base URL, with its query.
    pub(super) path: &'a str,
    /// `Content-Type` of the body.
    pub(super) kind: &'static str,
    pub(super) body: Bytes,
}

impl Call<'_> {
    /// What it does, for metrics and logs.
    pub(super) fn operation(&self) -> IscOperation {
        match self.method {
            _ if self.path.starts_with("/oauth/check_token") => IscOperation::CheckToken,
            _ if self.path.starts_with("/oauth/info") => IscOperation::Info,
            _ if self.path.starts_with("/oauth") => IscOperation::AccessToken,
            Method::POST => IscOperation::Create,
            Method::PATCH => IscOperation::Update,
            Method::DELETE => IscOperation::Delete,
            _ => IscOperation::List,
        }
    }
}
