//! What ISC says of a tenant to everybody: its id, its name and its data centre.
use bytes::Bytes;
use http::Method;

use super::classify;
use super::client::Client;
use super::error::Failure;
use super::wire::Fields;

/// What `GET /oauth/info` says; each field may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantInfo {
    /// OAuth tenant id.
    pub id: Option<String>,
    /// Name of the tenant.
    pub name: Option<String>,
    /// Data centre.
    pub pod: Option<String>,
}

impl Client {
    /// Asks ISC about the tenant; no authentication is needed.
    ///
    /// # Errors
    /// Anything but a 200 with a JSON object.
    pub async fn tenant_info(&self) -> Result<TenantInfo, Failure> {
        self.take().await?;
        let reply = self.call_aside(Method::GET, "/oauth/info", "application/json", Bytes::new(), None).await?;
        if reply.status() != 200 {
            return Err(classify::refusal(&reply));
        }
        let said: Fields = classify::json(&reply).map_err(|what| classify::malformed(&reply, what))?;
        let either = |one, other| said.text(one).or_else(|| said.text(other));
        Ok(TenantInfo { id: said.text("tenantId"), name: either("tenantName", "org"), pod: said.text("pod") })
    }
}
