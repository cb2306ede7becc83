//! The API server for whatever stands in front of it: a request is passed on as it is, a watch as it comes.
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use control_plane::ControlPlane;

/// Connections to the API server.
#[derive(Clone)]
pub struct Upstream {
    client: reqwest::Client,
    server: String,
}

impl Upstream {
    /// The API server of this control plane.
    pub fn of(plane: &ControlPlane) -> Self {
        let ca = reqwest::Certificate::from_pem(plane.ca_pem().as_bytes()).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([ca]).http1_only().build().unwrap();
        Self { client, server: plane.server_url() }
    }

    /// Its answer; 502 when it is not there, as after the end of a test.
    pub async fn forward(&self, parts: &Parts, body: Bytes) -> Response<Body> {
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut headers = parts.headers.clone();
        for hop in ["host", "connection", "content-length", "transfer-encoding"] {
            headers.remove(hop);
        }
        let asked = self.client.request(parts.method.clone(), format!("{}{path}", self.server)).headers(headers);
        let Ok(reply) = asked.body(body).timeout(Duration::from_secs(600)).send().await else {
            return Response::builder().status(StatusCode::BAD_GATEWAY).body(Body::empty()).unwrap();
        };
        let mut answer = Response::builder().status(reply.status());
        for (name, value) in
            reply.headers().iter().filter(|(name, _)| *name != "transfer-encoding" && *name != "connection")
        {
            answer = answer.header(name, value);
        }
        let chunks = futures::stream::unfold(reply, async |mut reply| {
            let chunk = reply.chunk().await.transpose()?;
            Some((chunk, reply))
        });
        answer.body(Body::from_stream(chunks)).unwrap()
    }
}
