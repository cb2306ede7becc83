//! What stands at a base URL that is not the API's: pages for people.
use axum::http::StatusCode;

use crate::reply::Reply;
use crate::switches::Front;

/// The page at a path; `None` where the API answers.
pub fn page(front: Front, path: &str) -> Option<Reply> {
    match front {
        Front::Api => None,
        Front::LoginRedirect => {
            let goto: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
            let to = format!("https://sso.example/login?goto={goto}");
            Some(Reply::html(StatusCode::FOUND, "Sign in").with("location", to))
        }
        Front::HtmlNotFound => Some(Reply::html(StatusCode::NOT_FOUND, "Page not found")),
        Front::MethodNotAllowed => Some(
            Reply::html(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
                .with("allow", "HEAD".into()),
        ),
        Front::HtmlOk => Some(Reply::html(StatusCode::OK, "This domain is parked")),
        Front::HtmlUnavailable => {
            Some(Reply::html(StatusCode::SERVICE_UNAVAILABLE, "Down for maintenance"))
        }
    }
}
