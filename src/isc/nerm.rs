//! The trial of a credential against Non-Employee Risk Management (NERM), which takes ISC's access
//! tokens.
use http::{Method, header};
use tokio::time::Instant;

use super::body;
use super::client::Client;
use super::endpoint::ApiUrl;
use super::error::Failure;
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
            Ok(reply) => Ok(verdict(&reply)),
            Err(failure) => Ok(Nerm::Unknown(without_isc(&failure))),
        }
    }
}

/// The verdict in a reply to `GET /system_roles?limit=1`. The body decides whether NERM gave it at
/// all: a login page, a proxy and another API answer with the same statuses.
pub fn verdict(reply: &Reply) -> Nerm {
    if let Some(what) = stranger(reply) {
        return Nerm::Unknown(what);
    }
    let status = reply.status().as_u16();
    let told = format!("status {status}: {}", body::message(reply));
    let said: Fields = match body::json(reply) {
        Ok(said) => said,
        // A host that fails need not say so in JSON.
        Err(_) if reply.status().is_server_error() || status == 429 => return Nerm::Unknown(told),
        Err(what) => return Nerm::Unknown(format!("status {status}, but {what}")),
    };
    // NERM explains each refusal with a text in `error`.
    let is_error = said.text("error").is_some();
    match status {
        200 if !said.has(&["error", "errors"]) && said.is_list("system_roles") => Nerm::Accepted,
        // It looks at the access token first: so it answers where there is nothing to show.
        400 if is_error => Nerm::Accepted,
        401 | 403 if is_error => Nerm::Refused(told),
        200 | 400 | 401 | 403 => {
            Nerm::Unknown(format!("status {status}, but not in the words of NERM"))
        }
        _ => Nerm::Unknown(told),
    }
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
            verdict(&reply.body(body.to_owned().into()).unwrap())
        };
        let json = |status, body: &str| reply(status, "application/json; charset=utf-8", body);
        assert_eq!(json(200, "{\"system_roles\":[]}"), Nerm::Accepted);
        assert!(matches!(json(200, "{\"error\":\"Unauthorized\"}"), Nerm::Unknown(_)));
        assert_eq!(json(400, "{\"error\":\"no system_roles found\"}"), Nerm::Accepted);
        assert_eq!(
            json(401, "{\"error\":\"unauthorized\"}"),
            Nerm::Refused("status 401: unauthorized".into())
        );
        assert_eq!(
            json(403, "{\"error\":\"forbidden\",\"errors\":{}}"),
            Nerm::Refused("status 403: forbidden".into())
        );
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

    #[test]
    fn what_is_not_in_the_words_of_nerm_is_no_answer() {
        for (status, body) in [
            (200, ""),
            (200, "null"),
            (200, "\"garbage\""),
            (200, "[]"),
            (200, "{}"),
            (200, "{\"tenantId\":\"x\"}"),
            (200, "{\"error\":{\"code\":401}}"),
            (200, "{\"errors\":[\"Unauthorized\"]}"),
            (200, "{\"system_roles\":[],\"error\":\"Unauthorized\"}"),
            (200, "{\"system_roles\":null}"),
            (400, ""),
            (400, "{\"message\":\"Bad Request\"}"),
            (401, ""),
            (401, "{\"message\":\"Unauthorized\"}"),
            (403, "{\"message\":\"Missing Authentication Token\"}"),
            (403, "[]"),
            (500, "{\"error\":\"internal\"}"),
        ] {
            let reply =
                http::Response::builder().status(status).header("content-type", "application/json");
            let verdict = verdict(&reply.body(body.to_owned().into()).unwrap());
            let Nerm::Unknown(why) = verdict else { panic!("{status} {body}: {verdict:?}") };
            assert!(why.starts_with(&format!("status {status}")), "{body}: {why}");
        }
    }
}
