//! The id, the name and the data centre of a tenant, which ISC gives without a credential.
use bytes::Bytes;
use http::Method;

use super::body;
use super::call::Call;
use super::classify;
use super::client::Client;
use super::error::Failure;
use super::http::Reply;
use super::stranger::stranger;
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
            return Err(refusal(&reply));
        }
        let said: Fields = body::json(&reply).map_err(|what| classify::malformed(&reply, what))?;
        // Both names are documented, in two places.
        let name = said.text("tenantName").or_else(|| said.text("org"));
        Ok(TenantInfo { id: said.text("tenantId"), name, pod: said.text("pod") })
    }
}

/// No credential was sent, and the token endpoint has answered: a refusal says nothing of either.
fn refusal(reply: &Reply) -> Failure {
    let status = reply.status().as_u16();
    match (status, stranger(reply)) {
        (429, _) => classify::refusal(reply),
        (_, Some(what)) => Failure::Elsewhere(format!("it was answered with {what}")),
        (_, None) => Failure::Status { status, message: body::message(reply) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_speaks_neither_of_the_credential_nor_of_the_token_api() {
        for (status, location, words) in [
            (401, None, "status 401"),
            (403, None, "status 403"),
            (404, None, "status 404"),
            (302, Some("/login"), "a redirect (status 302) to \"/login\""),
        ] {
            let mut reply = http::Response::builder().status(status);
            if let Some(location) = location {
                reply = reply.header("location", location);
            }
            let told = refusal(&reply.body(Bytes::new()).unwrap()).to_string();
            assert!(told.contains(words), "{told}");
            assert!(!told.contains("credential") && !told.contains("token API"), "{told}");
        }
    }
}
