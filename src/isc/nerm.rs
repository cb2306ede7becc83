//! The trial of a credential against Non-Employee Risk Management (NERM), which takes ISC's access
//! tokens.
use http::{Method, header};
use tokio::time::Instant;

use super::body;
use super::client::Client;
use super::endpoint::ApiUrl;
use super::error::Failure;
use super::headers::is_json;
use super::http::{Reply, Request, send};
use super::stranger::stranger;
use super::wire::Fields;
use crate::credential::Credential;
use crate::metrics::IscOperation;

/// The verdict of NERM on an access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nerm {
    /// It takes it.
    Accepted,
    /// It refuses it, and says why.
    Refused(String),
    /// NERM itself did not answer: what happened instead.
    Unknown(String),
}

impl Client {
    /// Gets an access token with a credential and shows it to NERM. NERM has limits and a clock of
    /// its own, so that its reply counts neither for the budget nor for the time of ISC.
    ///
    /// # Errors
    /// When ISC gives no access token.
    pub async fn try_nerm(&self, credential: &Credential, nerm: &ApiUrl) -> Result<Nerm, Failure> {
        let access = self.grant(credential).await?;
        let request = http::Request::builder()
            .method(Method::GET)
            .uri(nerm.join("/system_roles?limit=1"))
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", access.bearer.expose()));
        let request: Request =
            request.body(bytes::Bytes::new()).map_err(|error| Failure::Setup(error.to_string()))?;
        let started = Instant::now();
        // Past `call`: NERM is another service, whose Date and 429 say nothing of ISC.
        let answer = send(self.transport(), request).await;
        self.count(IscOperation::Nerm, &answer, started.elapsed());
        match answer {
            Ok(reply) => Ok(judge(&reply)),
            Err(failure) => Ok(Nerm::Unknown(without_isc(&failure))),
        }
    }
}

/// 401 and 403 are refusals. NERM looks at the access token first, so that a 400 in JSON, as it
/// answers for an empty collection, is no refusal.
fn judge(reply: &Reply) -> Nerm {
    if let Some(what) = stranger(reply) {
        return Nerm::Unknown(what);
    }
    let (status, message) = (reply.status().as_u16(), body::message(reply));
    match status {
        // A gateway in front of NERM may answer 200 with an error in the body.
        200 if is_error(reply) => Nerm::Unknown(format!("status 200: {message}")),
        200 | 400 if is_json(reply) => Nerm::Accepted,
        401 | 403 => Nerm::Refused(format!("status {status}: {message}")),
        _ => Nerm::Unknown(format!("status {status}: {message}")),
    }
}

/// True for JSON with an `error`, whatever its status says.
fn is_error(reply: &Reply) -> bool {
    let said: Fields = body::json(reply).unwrap_or_default();
    said.text("error").is_some()
}

/// A failure of the way to NERM, whose words are about ISC elsewhere.
pub fn without_isc(failure: &Failure) -> String {
    match failure {
        Failure::Connect(why) => format!("no connection: {why}"),
        Failure::NoReply(why) => format!("no reply: {why}"),
        Failure::Malformed { status, what } => format!("status {status}, but {what}"),
        Failure::Refused { .. }
        | Failure::Forbidden(_)
        | Failure::Elsewhere(_)
        | Failure::Wait(_)
        | Failure::Status { .. }
        | Failure::Setup(_) => failure.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nerm_refuses_by_401_and_403_and_an_empty_collection_is_no_refusal() {
        let reply = |status, kind: &str, body: &str| {
            let reply = http::Response::builder().status(status).header("content-type", kind);
            judge(&reply.body(body.to_owned().into()).unwrap())
        };
        let json = |status, body: &str| reply(status, "application/json; charset=utf-8", body);
        assert_eq!(json(200, "{\"system_roles\":[]}"), Nerm::Accepted);
        assert!(matches!(json(200, "{\"error\":\"Unauthorized\"}"), Nerm::Unknown(_)));
        assert_eq!(json(400, "{\"error\":\"no system_roles found\"}"), Nerm::Accepted);
        assert_eq!(
            json(401, "{\"error\":\"unauthorized\"}"),
            Nerm::Refused("status 401: unauthorized".into())
        );
        assert!(matches!(json(403, ""), Nerm::Refused(_)));
        for (status, kind) in [
            (404, "application/json"),
            (500, "text/html"),
            (302, "text/html"),
            (200, "text/html"),
            (200, "text/plain"),
            (200, ""),
            (429, ""),
        ] {
            assert!(matches!(reply(status, kind, ""), Nerm::Unknown(_)), "{status} {kind}");
        }
        assert!(matches!(reply(400, "text/html", ""), Nerm::Unknown(_)), "a proxy");
    }
}
