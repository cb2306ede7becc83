//! The id, the name and the data centre of a tenant, which ISC gives without a credential.
use bytes::Bytes;
use http::Method;

use super::body;
use super::call::Call;
use super::classify;
use super::client::Client;
use super::error::Failure;
use super::wire::Fields;

/// The reply of `GET /oauth/info`; each field may be missing.
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
        let call = Call {
            method: Method::GET,
            path: "/oauth/info",
            kind: "application/json",
            body: Bytes::new(),
        };
        // Nothing waits for it: a 429 here must not hold up calls that matter.
        let reply = self.call_aside(call, None).await?;
        if reply.status() != 200 {
            return Err(classify::refusal(&reply));
        }
        let said: Fields = body::json(&reply).map_err(|what| classify::malformed(&reply, what))?;
        // Both names are documented, in two places.
        let name = said.text("tenantName").or_else(|| said.text("org"));
        Ok(TenantInfo { id: said.text("tenantId"), name, pod: said.text("pod") })
    }
}
