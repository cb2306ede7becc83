//! Elections between replicas, on a Lease kept in memory and with paused time.
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Method, Request, Response, StatusCode};
use k8s_openapi::api::coordination::v1::Lease;
use kube::Client;
use kube::client::Body;
use serde_json::json;
use tokio::time::{Instant, timeout};
use tower::service_fn;

use super::{Election, LeaseTimes};

const TIMES: LeaseTimes = LeaseTimes {
    duration: Duration::from_secs(15),
    renew_deadline: Duration::from_secs(10),
    retry: Duration::from_secs(2),
};

/// A server that knows one Lease and compares resource versions.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    lease: Option<Lease>,
    version: u64,
    /// Answers nothing at all.
    silent: bool,
    /// Does as asked, but the next write's answer is lost.
    lose_answer: bool,
}

impl Server {
    fn replica(&self, identity: &str) -> Election {
        let server = self.clone();
        let service = service_fn(move |request: Request<Body>| {
            let server = server.clone();
            async move { Ok::<_, Infallible>(server.answer(request).await) }
        });
        Election::new(
            Client::new(service, "ns"),
            "ns",
            "pat-operator".into(),
            identity.into(),
            TIMES,
        )
    }

    async fn answer(self, request: Request<Body>) -> Response<Body> {
        let method = request.method().clone();
        let body = request.into_body().collect_bytes().await.unwrap();
        let answer = { self.0.lock().unwrap().apply(&method, &body) };
        match answer {
            Some((status, text)) => {
                Response::builder().status(status).body(Body::from(text.into_bytes())).unwrap()
            }
            None => std::future::pending().await,
        }
    }

    fn holder(&self) -> Option<String> {
        self.0.lock().unwrap().lease.clone().and_then(|lease| lease.spec?.holder_identity)
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap());
    }
}

impl State {
    fn apply(&mut self, method: &Method, body: &[u8]) -> Option<(StatusCode, String)> {
        if self.silent {
            return None;
        }
        let current = self.lease.as_ref().and_then(|lease| lease.metadata.resource_version.clone());
        if method == Method::GET {
            return Some(match &self.lease {
                Some(lease) => (StatusCode::OK, serde_json::to_string(lease).unwrap()),
                None => refusal(StatusCode::NOT_FOUND),
            });
        }
        let mut lease: Lease = serde_json::from_slice(body).unwrap();
        if lease.metadata.resource_version != current {
            return Some(refusal(StatusCode::CONFLICT));
        }
        self.version += 1;
        lease.metadata.resource_version = Some(self.version.to_string());
        self.lease = Some(lease.clone());
        let lost = std::mem::take(&mut self.lose_answer);
        (!lost).then(|| (StatusCode::OK, serde_json::to_string(&lease).unwrap()))
    }
}

fn refusal(status: StatusCode) -> (StatusCode, String) {
    let reason = if status == StatusCode::NOT_FOUND { "NotFound" } else { "Conflict" };
    let (kind, code) = ("Status", status.as_u16());
    let body = json!({"kind": kind, "apiVersion": "v1", "status": "Failure", "reason": reason, "message": reason, "code": code});
    (status, body.to_string())
}

async fn seconds(work: impl Future<Output = ()>) -> u64 {
    let started = Instant::now();
    work.await;
    started.elapsed().as_secs()
}

async fn within(limit: u64, work: impl Future<Output = ()>) -> bool {
    timeout(Duration::from_secs(limit), work).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn the_first_replica_leads_at_once_and_keeps_leading() {
    let server = Server::default();
    let mut first = server.replica("a");
    assert_eq!(seconds(first.acquire(|| ())).await, 0);
    let mut second = server.replica("b");
    tokio::select! {
        () = first.hold() => panic!("lost"),
        led = within(3600, second.acquire(|| ())) => assert!(!led),
    }
    assert_eq!(server.holder().as_deref(), Some("a"));
}

#[tokio::test(start_paused = true)]
async fn a_standby_is_in_contact_although_it_does_not_lead() {
    let server = Server::default();
    let contacts = Mutex::new(0);
    server.replica("a").acquire(|| *contacts.lock().unwrap() += 1).await;
    assert_eq!(*contacts.lock().unwrap(), 0, "who leads at once never stood by");
    within(5, server.replica("b").acquire(|| *contacts.lock().unwrap() += 1)).await;
    assert_eq!(*contacts.lock().unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_died_is_followed_after_its_term() {
    let server = Server::default();
    server.replica("a").acquire(|| ()).await;
    let waited = seconds(server.replica("b").acquire(|| ())).await;
    assert!((15..=17).contains(&waited), "{waited}");
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_restarts_under_its_name_leads_again_at_once() {
    let server = Server::default();
    server.replica("a").acquire(|| ()).await;
    assert_eq!(seconds(server.replica("a").acquire(|| ())).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_released_lease_is_taken_at_the_next_look() {
    let server = Server::default();
    let mut first = server.replica("a");
    first.acquire(|| ()).await;
    first.release().await;
    assert_eq!(server.holder(), None);
    assert_eq!(seconds(server.replica("b").acquire(|| ())).await, 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_releases_the_lease_of_another() {
    let server = Server::default();
    server.replica("a").acquire(|| ()).await;
    server.replica("b").release().await;
    assert_eq!(server.holder().as_deref(), Some("a"));
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_cannot_renew_gives_up_before_another_may_lead() {
    let server = Server::default();
    let mut leader = server.replica("a");
    leader.acquire(|| ()).await;
    server.set(|state| state.silent = true);
    let held = seconds(leader.hold()).await;
    assert!((10..15).contains(&held), "{held}");
    assert!(within(4, leader.release()).await, "a release has a limit too");
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_was_frozen_sees_that_another_leads() {
    let server = Server::default();
    let mut frozen = server.replica("a");
    frozen.acquire(|| ()).await;
    let mut next = server.replica("b");
    next.acquire(|| ()).await;
    assert!(within(3, frozen.hold()).await);
    assert_eq!(server.holder().as_deref(), Some("b"));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_whose_answer_is_lost_costs_nothing() {
    let server = Server::default();
    let mut leader = server.replica("a");
    leader.acquire(|| ()).await;
    server.set(|state| state.lose_answer = true);
    assert!(!within(3600, leader.hold()).await, "the leader gave up");
}

#[tokio::test(start_paused = true)]
async fn of_two_that_see_a_free_lease_one_leads() {
    let server = Server::default();
    let (mut a, mut b) = (server.replica("a"), server.replica("b"));
    let (a_leads, b_leads) = tokio::join!(within(1, a.acquire(|| ())), within(1, b.acquire(|| ())));
    assert_ne!(a_leads, b_leads);
}
