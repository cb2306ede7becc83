//! The bodies of refusals: the vendor's documented shapes, and the others that were seen.
use axum::http::StatusCode;
use serde_json::json;

use crate::dialect::ErrorStyle;
use crate::reply::Reply;
use crate::route::Operation;

/// Who refuses, and how that is worded.
#[derive(Clone, Copy, Debug)]
pub struct Refuser {
    /// The style of the tenant.
    pub style: ErrorStyle,
    /// What was asked, where that was recognised.
    pub operation: Option<Operation>,
    /// Number of the request.
    pub request: u64,
}

impl Refuser {
    /// One that belongs to no tenant.
    pub fn vendor(request: u64) -> Self {
        Self { style: ErrorStyle::Vendor, operation: None, request }
    }

    /// The refusal. A text of one word is a code, as OAuth has them.
    pub fn refuse(&self, status: u16, text: &str) -> Reply {
        let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        match self.style {
            ErrorStyle::Vendor => self.vendors(code, text),
            ErrorStyle::OAuth => {
                let word = if text.contains(' ') { oauth_code(status) } else { text };
                Reply::json(
                    code,
                    json!({"error": word, "error_description": format!("Refused: {text}")}),
                )
            }
            ErrorStyle::ErrorMessage => Reply::json(code, json!({"errorMessage": text})),
            ErrorStyle::FormattedMsg => Reply::json(code, json!({"formatted_msg": text})),
            ErrorStyle::Empty => Reply::empty(code),
        }
    }

    fn vendors(&self, code: StatusCode, text: &str) -> Reply {
        let oauth = matches!(self.operation, Some(Operation::Oauth | Operation::CheckToken));
        let nerm = self.operation == Some(Operation::Nerm);
        let body = match code.as_u16() {
            _ if nerm => json!({"error": text}),
            400 if oauth => json!({"error": text}),
            401 => json!({"error": text}),
            429 => json!({"message": text}),
            status => json!({
                "detailCode": format!("{status}.0 {}", code.canonical_reason().unwrap_or("Error")),
                "trackingId": format!("sim-{}", self.request),
                "messages": [{"locale": "en-US", "localeOrigin": "DEFAULT", "text": text}],
                "causes": [],
            }),
        };
        Reply::json(code, body)
    }
}

fn oauth_code(status: u16) -> &'static str {
    match status {
        400 => "invalid_request",
        401 => "unauthorized",
        403 => "access_denied",
        404 => "not_found",
        429 => "too_many_requests",
        _ => "server_error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_style_has_its_own_body() {
        let body = |style, operation, status| {
            let refuser = Refuser { style, operation: Some(operation), request: 7 };
            refuser.refuse(status, "no_luck").json.map(|body| body.to_string())
        };
        let (list, oauth) = (Operation::List, Operation::Oauth);
        assert!(
            body(ErrorStyle::Vendor, list, 403)
                .is_some_and(|text| text.contains("\"trackingId\":\"sim-7\""))
        );
        assert_eq!(body(ErrorStyle::Vendor, list, 401).as_deref(), Some(r#"{"error":"no_luck"}"#));
        assert_eq!(body(ErrorStyle::Vendor, oauth, 400).as_deref(), Some(r#"{"error":"no_luck"}"#));
        assert_eq!(
            body(ErrorStyle::Vendor, list, 429).as_deref(),
            Some(r#"{"message":"no_luck"}"#)
        );
        let both = r#"{"error":"no_luck","error_description":"Refused: no_luck"}"#;
        assert_eq!(body(ErrorStyle::OAuth, list, 403).as_deref(), Some(both));
        assert_eq!(
            body(ErrorStyle::ErrorMessage, list, 403).as_deref(),
            Some(r#"{"errorMessage":"no_luck"}"#)
        );
        assert_eq!(
            body(ErrorStyle::FormattedMsg, list, 403).as_deref(),
            Some(r#"{"formatted_msg":"no_luck"}"#)
        );
        assert_eq!(body(ErrorStyle::Empty, list, 403), None);
    }
}
