//! Checkpoints between the operator and the API server: a request stops there, before or after its
//! effect, for good.
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Response;
use isc_simulator::When;
use stage::Stage;
use stage::proxy::{Request, Upstream, Write, listen};

/// The `nth` write of a kind in a place, counted from 1 since the checkpoint was set.
struct Checkpoint {
    place: String,
    write: Write,
    nth: usize,
    when: When,
    seen: usize,
    held: bool,
}

/// Passes requests on, except those that a checkpoint holds. These never get an answer: the
/// operator is killed then.
#[derive(Clone)]
pub struct Checkpoints {
    points: Arc<Mutex<Vec<Checkpoint>>>,
    upstream: Upstream,
}

impl Checkpoints {
    /// Stands between the stage's operator and its API server from the next start on.
    pub async fn before(stage: &Stage) -> Self {
        let all = Self { points: Arc::default(), upstream: Upstream::of(&stage.plane) };
        let passing = all.clone();
        let url = listen(move |request| passing.clone().pass(request)).await;
        stage.route_through(&url);
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
    fn reached(&self, request: &Request) -> Option<(String, When)> {
        let mut points = self.points.lock().unwrap();
        let mut reached = None;
        for point in points.iter_mut().filter(|point| point.counts(request)) {
            point.seen += 1;
            if point.seen == point.nth {
                reached = Some((point.place.clone(), point.when));
            }
        }
        reached
    }

    async fn pass(self, request: Request) -> Response<Body> {
        let reached = self.reached(&request);
        if let Some((place, When::Before)) = &reached {
            self.hold(place).await;
        }
        let reply = self.upstream.forward(request).await;
        if let Some((place, When::After)) = &reached {
            self.hold(place).await;
        }
        reply
    }

    async fn hold(&self, place: &str) -> Infallible {
        if let Some(point) =
            self.points.lock().unwrap().iter_mut().find(|point| point.place == place)
        {
            point.held = true;
        }
        std::future::pending().await
    }
}

impl Checkpoint {
    /// A checkpoint at a Secret counts its creation and its deletion too.
    fn counts(&self, request: &Request) -> bool {
        let write = match request.write {
            Some(Write::NewSecret | Write::SecretDeletion) => Some(Write::Secret),
            other => other,
        };
        write == Some(self.write) && request.is_about(&self.place)
    }
}
