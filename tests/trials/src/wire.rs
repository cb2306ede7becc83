//! The way from a replica to ISC: the real encoding and reply classifier at one end, the simulator
//! at the other, and all that can go wrong in between.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use futures::FutureExt;
use http::Method;
use http_body_util::BodyExt;
use isc_simulator::{Control, Dropped, Fault as Spoilt, RetryAfter};
use pat_operator::isc::Failure;
use pat_operator::isc::http::{Reply, Request, Transport, Transports};
use simulation::Cluster;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

use crate::call::{Call, Site};
use crate::consumer;
use crate::fault::Fault;
use crate::switchboard::{PATIENCE, Switchboard};
use crate::witness::Witness;

/// Who sees every request and every effect.
#[derive(Clone)]
pub struct Wires {
    /// Names the requests and lets them go wrong.
    pub switchboard: Arc<Switchboard>,
    /// Tells the judge.
    pub witness: Arc<Witness>,
}

/// ISC as everybody reaches it.
#[derive(Clone)]
pub struct Isc {
    /// The handle on everything inside.
    pub control: Control,
    router: Router,
    cluster: Cluster,
    /// Every request passes here.
    pub switchboard: Arc<Switchboard>,
    witness: Arc<Witness>,
    seeds: Arc<BTreeSet<String>>,
}

impl Isc {
    /// ISC beside a cluster, in whose order things take effect here too. `seeds`: client IDs of the
    /// operator's own.
    pub fn new(control: Control, cluster: Cluster, wires: &Wires, seeds: BTreeSet<String>) -> Self {
        let router = control.router();
        let Wires { switchboard, witness } = wires.clone();
        Self { control, router, cluster, switchboard, witness, seeds: Arc::new(seeds) }
    }

    /// The ways to ISC of one replica.
    pub fn transports(&self, identity: &str) -> Transports {
        let (isc, identity) = (self.clone(), identity.to_owned());
        let carry = move |request| {
            let (isc, identity) = (isc.clone(), identity.clone());
            async move { isc.carry(&identity, request).await }
        };
        Transports::only(Transport::new(tower::service_fn(carry)))
    }

    /// Brings one request of a replica to ISC, with all that can go wrong on the way.
    pub async fn carry(&self, identity: &str, request: Request) -> Result<Reply, Failure> {
        if self.switchboard.is_dead(identity) {
            return std::future::pending().await;
        }
        let (site, subject) = self.name(&request);
        let (call, fault, ways) = self.switchboard.pass(site, subject, identity);
        let (before, after) = ways;
        let sent = async {
            match fault {
                Some(Fault::CrashBefore | Fault::Stall) => std::future::pending().await,
                Some(Fault::ErrorBefore) => {
                    sleep(before).await;
                    return Err(lost());
                }
                Some(Fault::Late(late)) => drop(self.serve(late, &call, None, request)),
                Some(Fault::CrashAfter) => drop(self.serve(before, &call, None, request)),
                Some(Fault::Duplicate(later)) => {
                    let first = self.serve(before, &call, None, copy(&request));
                    drop(self.serve(before + later, &call, None, request));
                    return answered(first, after).await;
                }
                Some(Fault::LostReply) => {
                    _ = answered(self.serve(before, &call, None, request), after).await;
                    return Err(lost());
                }
                fault => {
                    let spoilt = fault.and_then(spoilt);
                    return answered(self.serve(before, &call, spoilt, request), after).await;
                }
            }
            std::future::pending().await
        };
        timeout(PATIENCE, sent)
            .await
            .unwrap_or_else(|_| Err(Failure::NoReply("it took too long".into())))
    }

    /// Has a request served in its turn; the reply comes on the channel.
    fn serve(
        &self,
        delay: Duration,
        call: &Call,
        spoilt: Option<Spoilt>,
        request: Request,
    ) -> oneshot::Receiver<Option<Reply>> {
        let (sender, receiver) = oneshot::channel();
        let (isc, purpose) =
            (self.clone(), format!("{} {} {call} {}", call.identity, call.pass, call.nth));
        // Not the cluster: it would keep itself alive.
        let (control, router, witness) = (isc.control, isc.router, isc.witness);
        self.cluster.later(delay, &purpose, async move {
            // Whoever asked may have given up.
            let _ = sender.send(ask(&control, router, &witness, spoilt, request).await);
        });
        receiver
    }

    /// Lets each workload try its credential, as it read it some time ago.
    pub fn use_all(&self, round: u64, late: Duration) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let (control, router, witness) =
            (self.control.clone(), self.router.clone(), self.witness.clone());
        self.cluster.later(Duration::from_millis(2), &format!("workloads {round}"), async move {
            for (place, secret) in
                witness.secrets(i64::try_from(late.as_millis()).unwrap_or_default())
            {
                let Some((request, pair)) = consumer::request(&secret) else { continue };
                if let Some(reply) = ask(&control, router.clone(), &witness, None, request).await {
                    witness.authentication(place, pair, reply.status() == 200);
                }
            }
            let _ = sender.send(());
        });
        receiver
    }

    /// Has something done in ISC by hand, in its turn.
    pub fn by_hand(&self, purpose: &str, deed: impl FnOnce(&Control) + Send + 'static) {
        let (control, witness) = (self.control.clone(), self.witness.clone());
        self.cluster.later(Duration::from_millis(1), purpose, async move {
            deed(&control);
            witness.look_at_isc(&control);
        });
    }

    /// Where a request comes from and what it is about.
    fn name(&self, request: &Request) -> (Site, String) {
        let path = request.uri().path();
        let last = path.rsplit('/').next().unwrap_or_default();
        let body = String::from_utf8_lossy(request.body());
        let named = || {
            let document: serde_json::Value =
                serde_json::from_slice(request.body()).unwrap_or_default();
            document["name"].as_str().unwrap_or_default().to_owned()
        };
        let (operation, subject) = match *request.method() {
            _ if path.ends_with("/oauth/token") => {
                let id = body
                    .split('&')
                    .find_map(|pair| pair.strip_prefix("client_id="))
                    .unwrap_or_default();
                (if self.seeds.contains(id) { "authenticate" } else { "verify" }, id.to_owned())
            }
            _ if path.ends_with("/oauth/check_token/") => ("check_token", path.to_owned()),
            _ if path.ends_with("/oauth/info") => ("info", path.to_owned()),
            _ if path.contains("/api/") => ("nerm", path.to_owned()),
            Method::POST => ("create", named()),
            Method::PATCH if body.contains("/expirationDate") => ("extend", last.to_owned()),
            Method::PATCH => ("change", last.to_owned()),
            Method::DELETE => ("delete", last.to_owned()),
            _ => ("list", path.to_owned()),
        };
        (Site::isc(operation), subject)
    }
}

async fn ask(
    control: &Control,
    router: Router,
    witness: &Witness,
    spoilt: Option<Spoilt>,
    request: Request,
) -> Option<Reply> {
    if let Some(spoilt) = spoilt {
        control.add_fault(None, spoilt.once());
    }
    let response = router.oneshot(request.map(Body::from)).await.ok()?;
    control.clear_faults(None);
    witness.look_at_isc(control);
    if response.extensions().get::<Dropped>().is_some() {
        return None;
    }
    let (head, body) = response.into_parts();
    let body = body.collect().now_or_never()?.ok()?.to_bytes();
    Some(http::Response::from_parts(head, body))
}

/// What the simulator itself does to a request.
fn spoilt(fault: Fault) -> Option<Spoilt> {
    match fault {
        Fault::ErrorAfter => {
            Some(Spoilt { status: Some(502), with_effect: true, ..Spoilt::default() })
        }
        Fault::Status(429, wait) => Some(Spoilt {
            status: Some(429),
            retry_after: Some(RetryAfter::Seconds(wait)),
            ..Spoilt::default()
        }),
        Fault::Status(code, _) => Some(Spoilt { status: Some(code), ..Spoilt::default() }),
        Fault::Stale(age) => Some(Spoilt { stale_seconds: age.as_secs(), ..Spoilt::default() }),
        Fault::Hostile(body) => Some(Spoilt { body: Some(body), ..Spoilt::default() }),
        _ => None,
    }
}

async fn answered(
    reply: oneshot::Receiver<Option<Reply>>,
    after: Duration,
) -> Result<Reply, Failure> {
    let reply = reply.await.ok().flatten();
    sleep(after).await;
    reply.ok_or_else(lost)
}

fn copy(request: &Request) -> Request {
    let mut copy = http::Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

fn lost() -> Failure {
    Failure::NoReply("the connection was lost".into())
}
