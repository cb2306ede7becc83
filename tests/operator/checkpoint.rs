//! Checkpoints between the operator and the API server: a request stops there, before or after its effect, for good.
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Method, Request, Response};
use isc_simulator::When;

use crate::stage::{OWN, Stage};
use crate::upstream::Upstream;

/// Which write of the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// PATCH of the resource's metadata.
    Finalizer,
    /// PATCH of its status.
    Status,
    /// POST, PATCH or DELETE of its Secret.
    Secret,
    /// POST of an event about it.
    Event,
    /// PUT of its owner's ledger.
    Ledger,
}

/// The `nth` write of a kind in a place, counted from 1 since the checkpoint was set.
struct Checkpoint {
    place: String,
    write: Write,
    nth: usize,
    when: When,
    seen: usize,
    held: bool,
}

/// Passes requests on, except those that a checkpoint holds. These never get an answer: the operator is killed then.
#[derive(Clone)]
pub struct Checkpoints {
    points: Arc<Mutex<Vec<Checkpoint>>>,
    upstream: Upstream,
}

impl Checkpoints {
    /// Stands between the stage's operator and its API server from the next start on.
    pub async fn before(stage: &Stage) -> Self {
        let all = Self { points: Arc::default(), upstream: Upstream::of(&stage.plane) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        stage.route_through(&format!("http://{}", listener.local_addr().unwrap()));
        let router = Router::new().fallback(pass).with_state(all.clone());
        // Ends with the runtime.
        tokio::spawn(async move { axum::serve(listener, router).await });
        all
    }

    /// Sets a checkpoint.
    pub fn set(&self, place: &str, write: Write, nth: usize, when: When) {
        let point = Checkpoint { place: place.into(), write, nth, when, seen: 0, held: false };
        self.points.lock().unwrap().push(point);
    }

    /// Whether the place's checkpoint holds a request.
    pub fn holds(&self, place: &str) -> bool {
        self.points.lock().unwrap().iter().any(|point| point.place == place && point.held)
    }

    /// Removes all checkpoints; what they hold stays unanswered.
    pub fn clear(&self) {
        self.points.lock().unwrap().clear();
    }

    /// The checkpoint that this request has reached.
    fn reached(&self, method: &Method, path: &str, body: &[u8]) -> Option<(String, When)> {
        let mut points = self.points.lock().unwrap();
        let mut reached = None;
        for point in points.iter_mut().filter(|point| point.write.is(&point.place, method, path, body)) {
            point.seen += 1;
            if point.seen == point.nth {
                reached = Some((point.place.clone(), point.when));
            }
        }
        reached
    }

    async fn hold(&self, place: &str) -> Infallible {
        if let Some(point) = self.points.lock().unwrap().iter_mut().find(|point| point.place == place) {
            point.held = true;
        }
        std::future::pending().await
    }
}

impl Write {
    fn is(self, place: &str, method: &Method, path: &str, body: &[u8]) -> bool {
        let tokens = format!("/apis/pat-operator.dev/v1alpha1/namespaces/{place}/personalaccesstokens/");
        let token = path.strip_prefix(&tokens);
        match self {
            Self::Finalizer => *method == Method::PATCH && token.is_some_and(|name| !name.contains('/')),
            Self::Status => *method == Method::PATCH && token.is_some_and(|name| name.ends_with("/status")),
            Self::Secret => *method != Method::GET && path.starts_with(&format!("/api/v1/namespaces/{place}/secrets")),
            Self::Event => path == format!("/apis/events.k8s.io/v1/namespaces/{place}/events"),
            Self::Ledger => {
                *method == Method::PUT
                    && path.starts_with(&format!("/api/v1/namespaces/{OWN}/secrets/ledger-"))
                    && String::from_utf8_lossy(body).contains(&format!("\"pat-operator.dev/tenant\":\"{place}\""))
            }
        }
    }
}

async fn pass(State(all): State<Checkpoints>, request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let reached = all.reached(&parts.method, parts.uri.path(), &body);
    if let Some((place, When::Before)) = &reached {
        all.hold(place).await;
    }
    let reply = all.upstream.forward(&parts, body).await;
    if let Some((place, When::After)) = &reached {
        all.hold(place).await;
    }
    reply
}
