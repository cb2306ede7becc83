//! The way of a request: recognised, held, spoilt, answered and recorded.
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Response, StatusCode};
use bytes::Bytes;

use crate::answer::{bytes_of, set_date};
use crate::fault::{Fault, When};
use crate::front::page;
use crate::hostile::spoil;
use crate::isc::{Exchange, perform};
use crate::record::Entry;
use crate::refusal::Refuser;
use crate::reply::Reply;
use crate::route::{Call, NoRoute, Operation, resolve, split_tenant};
use crate::switches::{Front, Switches};
use crate::tenant::Tenant;
use crate::world::World;

/// Largest request body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// Marks, among a response's extensions, that the connection is to be dropped instead: there is no
/// reply.
#[derive(Clone, Copy, Debug)]
pub struct Dropped;

/// Answers any request to an imitated API. It runs to its end even when the caller goes away, as a
/// real server would.
pub(crate) async fn serve(State(world): State<Arc<World>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return bytes_of(Refuser::vendor(0).refuse(413, "The request is too large or was cut off"));
    };
    let task = tokio::spawn(async move { answer(&world, &parts, body).await });
    task.await.unwrap_or_else(|_| {
        bytes_of(Refuser::vendor(0).refuse(500, "the simulator failed: see its standard error"))
    })
}

async fn answer(world: &World, parts: &Parts, body: Bytes) -> Response<Body> {
    let request = world.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let path = parts.uri.path();
    let (tenant_name, _) = split_tenant(path);
    let entry = Entry {
        request: Some(request),
        tenant: tenant_name.to_owned(),
        path: Some(format!("{} {path}", parts.method)),
        ..Entry::default()
    };
    let answered = match (resolve(&parts.method, path), world.tenant(tenant_name)) {
        (Ok(call), Some(tenant)) => operation(world, &tenant, &call, parts, &body, entry).await,
        (Err(why), Some(tenant)) => nowhere(why, path, &tenant.switches(), entry, request),
        (found, None) => no_tenant(found.err(), entry, request),
    };
    let Answered { reply, mut entry, faults, dropped } = answered;
    entry.status = (!dropped).then(|| reply.status.as_u16());
    entry.note = (!faults.is_empty()).then(|| note(&faults));
    world.record(entry);
    let mut response = bytes_of(reply);
    set_date(&mut response, world.clock.now(), &faults);
    if dropped {
        response.extensions_mut().insert(Dropped);
    }
    response
}

/// What becomes of a request.
struct Answered {
    reply: Reply,
    entry: Entry,
    faults: Vec<Fault>,
    dropped: bool,
}

impl Answered {
    fn plainly(reply: Reply, entry: Entry) -> Self {
        Self { reply, entry, faults: Vec::new(), dropped: false }
    }
}

async fn operation(
    world: &World,
    tenant: &Tenant,
    call: &Call,
    parts: &Parts,
    body: &Bytes,
    mut entry: Entry,
) -> Answered {
    entry.operation = Some(call.operation);
    let request = entry.request.unwrap_or_default();
    let (query, headers, path) =
        (parts.uri.query().unwrap_or_default(), &parts.headers, parts.uri.path());
    let faults = world.faults.take(&tenant.name, call.operation);
    let stale = faults.iter().map(|fault| fault.stale_seconds).sum();
    let mut exchange = Exchange {
        world,
        tenant,
        call,
        path,
        query,
        headers,
        body,
        request,
        entry,
        retry_after: None,
        stale,
    };
    let (mut reply, dropped) = with_faults(&mut exchange, &faults).await;
    let switches = exchange.tenant.switches();
    if switches.front == Front::Api {
        if switches.deprecated && is_token_api(call.operation) {
            reply = reply.with("x-deprecated", "true".into());
        }
        reply = numbered(reply, request);
    }
    Answered { reply, entry: exchange.entry, faults, dropped }
}

/// A path or a method that stands for nothing.
fn nowhere(why: NoRoute, path: &str, switches: &Switches, entry: Entry, request: u64) -> Answered {
    let refuser = Refuser { style: switches.dialect.errors, ..Refuser::vendor(request) };
    let refused = || match why {
        NoRoute::Method => numbered(refuser.refuse(405, "Method not allowed"), request),
        NoRoute::Path => numbered(refuser.refuse(404, "No such resource"), request),
    };
    Answered::plainly(page(switches.front, path).unwrap_or_else(refused), entry)
}

fn no_tenant(why: Option<NoRoute>, entry: Entry, request: u64) -> Answered {
    let refuser = Refuser::vendor(request);
    let reply = match why {
        Some(NoRoute::Method) => refuser.refuse(405, "Method not allowed"),
        Some(NoRoute::Path) => refuser.refuse(404, "No such resource"),
        None => refuser.refuse(404, &format!("there is no tenant '{}'", entry.tenant)),
    };
    Answered::plainly(numbered(reply, request), entry)
}

fn numbered(reply: Reply, request: u64) -> Reply {
    reply.with("slpt-request-id", format!("sim-{request}"))
}

fn is_token_api(operation: Operation) -> bool {
    matches!(operation, Operation::List | Operation::Create | Operation::Patch | Operation::Delete)
}

/// Performs the operation under the faults; whether the connection is to be dropped.
async fn with_faults(exchange: &mut Exchange<'_>, faults: &[Fault]) -> (Reply, bool) {
    let (tenant, operation) = (&exchange.tenant.name, exchange.call.operation);
    let latency = faults.iter().map(|fault| fault.latency_ms).sum();
    if latency > 0 {
        tokio::time::sleep(Duration::from_millis(latency)).await;
    }
    exchange.world.gates.pass(tenant, operation, When::Before).await;
    let drops = |when| faults.iter().any(|fault| fault.drop == Some(when));
    if drops(When::Before) {
        return (Reply::empty(StatusCode::OK), true);
    }
    let (now, refuser) = (exchange.now(), exchange.refuser());
    let refusing = |fault: &&Fault| fault.refuses() && !fault.with_effect;
    if let Some(fault) = faults.iter().find(refusing) {
        return (finished(exchange, fault.refusal(refuser, now), faults), false);
    }
    let mut reply = perform(exchange).await;
    exchange.world.gates.pass(tenant, operation, When::After).await;
    for fault in faults {
        reply = fault.after_effect(reply, refuser, now);
    }
    (finished(exchange, reply, faults), drops(When::After))
}

/// The reply with what the dialect adds to it and the faults take from it.
fn finished(exchange: &Exchange<'_>, reply: Reply, faults: &[Fault]) -> Reply {
    let extra = exchange.tenant.switches().dialect.extra_fields;
    let reply = if extra { reply.with_unknown_fields() } else { reply };
    let caller = exchange.entry.client_id.as_deref();
    faults
        .iter()
        .filter_map(|fault| fault.body)
        .fold(reply, |reply, kind| spoil(kind, reply, caller))
}

/// What the record says about the faults of a request.
fn note(faults: &[Fault]) -> String {
    serde_json::to_string(faults).unwrap_or_default()
}
