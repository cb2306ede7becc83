//! From HTTP to the agenda and back: what lies between a client and the server, with all that can
//! go wrong there.
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kube::client::Body;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tower::{BoxError, Service, service_fn};

use crate::agenda::Job;
use crate::call::Call;
use crate::cluster::Shared;
use crate::hook::Fate;
use crate::random::Random;
use crate::refusal::Refusal;
use crate::stream;
use crate::verbs::Answer;

type Reply = Response<UnsyncBoxBody<Bytes, io::Error>>;
type Answering = BoxFuture<'static, Result<Reply, BoxError>>;

/// The service of one identity.
pub fn of(
    shared: Arc<Shared>,
    identity: String,
) -> impl Service<Request<Body>, Response = Reply, Error = BoxError, Future = Answering> + Send {
    service_fn(move |request: Request<Body>| -> Answering {
        Box::pin(answer(shared.clone(), identity.clone(), request))
    })
}

/// The same, but that a request without a reply fails after this time. Of a watch, only its
/// beginning is a reply.
pub fn limited(
    shared: Arc<Shared>,
    identity: String,
    limit: Duration,
) -> impl Service<Request<Body>, Response = Reply, Error = BoxError, Future = Answering> + Send {
    service_fn(move |request: Request<Body>| -> Answering {
        let answer = timeout(limit, answer(shared.clone(), identity.clone(), request));
        Box::pin(answer.map(|answer| answer?))
    })
}

async fn answer(
    shared: Arc<Shared>,
    identity: String,
    request: Request<Body>,
) -> Result<Reply, BoxError> {
    let (head, body) = request.into_parts();
    let body = body.collect_bytes().await?;
    let call = match Call::read(&identity, &head, &body) {
        Ok(call) => call,
        Err(refusal) => return reply(&shared, refusal.into()),
    };
    let (sent, after) = send(&shared, call);
    let answer = match sent {
        Sent::Served(answer) => answer.await.map_err(|_| lost())?,
        Sent::Refused(before, refusal) => {
            sleep(before).await;
            refusal.into()
        }
        Sent::Lost(before, served) => {
            if let Some(served) = served {
                let _ = served.await;
            } else {
                sleep(before).await;
            }
            sleep(after).await;
            return Err(lost().into());
        }
        Sent::Denied(served, refusal) => {
            served.await.map_err(|_| lost())?;
            refusal.into()
        }
        Sent::Swallowed => std::future::pending().await,
    };
    sleep(after).await;
    reply(&shared, answer)
}

/// What its sender will see of a request.
enum Sent {
    Served(oneshot::Receiver<Answer>),
    Refused(Duration, Refusal),
    Denied(oneshot::Receiver<Answer>, Refusal),
    Lost(Duration, Option<oneshot::Receiver<Answer>>),
    Swallowed,
}

/// Asks the scheduler and puts the request on the agenda; gives also how long the reply takes.
fn send(shared: &Shared, call: Call) -> (Sent, Duration) {
    let mut state = shared.lock();
    let asked = state.asked(&call);
    let verdict = state.scheduler.clone().request(&asked);
    let mut random = Random::of(state.seed, &["request", &format!("{asked:?}")]);
    let usual = [random.duration(&state.delays.network), random.duration(&state.delays.network)];
    let before = verdict.before.unwrap_or(usual[0]);
    let after = verdict.after.unwrap_or(usual[1]);
    let rank = random.number();
    let mut serve = |delay: Duration| {
        let (sender, receiver) = oneshot::channel();
        state.agenda.add(
            Instant::now() + delay,
            rank,
            Job::Serve(Box::new(call.clone()), asked.clone(), sender),
        );
        state.wake();
        receiver
    };
    let sent = match verdict.fate {
        Fate::Serve => Sent::Served(serve(before)),
        Fate::LoseRequest => Sent::Lost(before, None),
        Fate::LoseReply => Sent::Lost(before, Some(serve(before))),
        Fate::Swallow => Sent::Swallowed,
        Fate::SwallowReply => {
            drop(serve(before));
            Sent::Swallowed
        }
        Fate::Repeat(later) => {
            drop(serve(before + later));
            Sent::Served(serve(before))
        }
        Fate::Deny(code) => Sent::Denied(serve(before), refusal(code, &call)),
        Fate::Refuse(code) => Sent::Refused(before, refusal(code, &call)),
    };
    (sent, after)
}

/// What a server, or what stands before it, says with this code.
fn refusal(code: u16, call: &Call) -> Refusal {
    let (kind, name) = (call.key.kind, call.name());
    match code {
        401 => Refusal::new(401, "Unauthorized"),
        403 => Refusal::forbidden(
            kind,
            name,
            &format!("User {:?} cannot {} resource", call.identity, call.verb.name()),
        ),
        404 => Refusal::not_found(kind, name),
        409 => Refusal::outdated(kind, name),
        410 => Refusal::new(410, "The resourceVersion for the provided watch is too old."),
        429 => Refusal::new(
            429,
            "The server has received too many requests and has asked us to try again later",
        ),
        code => Refusal::new(code, "the scheduler of the simulation says so"),
    }
}

fn reply(shared: &Arc<Shared>, answer: Answer) -> Result<Reply, BoxError> {
    let (code, body) = match answer {
        Answer::Object(code, object) => {
            let whole = Full::new(Bytes::from(object.to_string()));
            (code, whole.map_err(|never| match never {}).boxed_unsync())
        }
        Answer::Stream(opened) => {
            (200, StreamBody::new(stream::of(*opened, shared.clone())).boxed_unsync())
        }
    };
    Ok(Response::builder().status(code).header("content-type", "application/json").body(body)?)
}

fn lost() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, "the connection was lost")
}
