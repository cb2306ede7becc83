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
use crate::hostile::spoil;
use crate::isc::{Exchange, perform};
use crate::record::Entry;
use crate::reply::Reply;
use crate::route::{NoRoute, Operation, resolve, split_tenant};
use crate::world::World;

/// Largest request body that is read.
const BODY_LIMIT: usize = 1 << 20;

/// Marks, among a response's extensions, that the connection is to be dropped instead: there is no reply.
#[derive(Clone, Copy, Debug)]
pub struct Dropped;

/// Answers any request to an imitated API. It runs to its end even when the caller goes away, as a real server would.
pub(crate) async fn serve(State(world): State<Arc<World>>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return bytes_of(Reply::error(413, "The request is too large or was cut off", 0));
    };
    let task = tokio::spawn(async move { answer(&world, &parts, body).await });
    task.await.unwrap_or_else(|_| bytes_of(Reply::error(500, "the simulator failed: see its standard error", 0)))
}

async fn answer(world: &World, parts: &Parts, body: Bytes) -> Response<Body> {
    let request = world.requests.fetch_add(1, Ordering::Relaxed) + 1;
    let (tenant_name, _) = split_tenant(parts.uri.path());
    let mut entry = Entry {
        request: Some(request),
        tenant: tenant_name.to_owned(),
        path: Some(format!("{} {}", parts.method, parts.uri.path())),
        ..Entry::default()
    };
    let (reply, faults, dropped) = match (resolve(&parts.method, parts.uri.path()), world.tenant(tenant_name)) {
        (Ok(call), Some(tenant)) => {
            entry.operation = Some(call.operation);
            let query = parts.uri.query().unwrap_or_default();
            let (headers, body) = (&parts.headers, &body);
            let (tenant, call, retry_after) = (&tenant, &call, None);
            let faults = world.faults.take(&tenant.name, call.operation);
            let stale = faults.iter().map(|fault| fault.stale_seconds).sum();
            let mut exchange =
                Exchange { world, tenant, call, query, headers, body, request, entry, retry_after, stale };
            let (mut reply, dropped) = with_faults(&mut exchange, &faults).await;
            if tenant.inner.lock().switches.deprecated && is_token_api(call.operation) {
                reply.headers.push(("x-deprecated", "true".into()));
            }
            entry = exchange.entry;
            (reply, faults, dropped)
        }
        (Ok(_), None) => (Reply::error(404, &format!("there is no tenant '{tenant_name}'"), request), vec![], false),
        (Err(NoRoute::Method), _) => (Reply::error(405, "Method not allowed", request), vec![], false),
        (Err(NoRoute::Path), _) => (Reply::error(404, "No such resource", request), vec![], false),
    };
    entry.status = (!dropped).then(|| reply.status.as_u16());
    entry.note = (!faults.is_empty()).then(|| note(&faults));
    world.record(entry);
    let mut response = bytes_of(reply.with("slpt-request-id", format!("sim-{request}")));
    set_date(&mut response, world.clock.now(), &faults);
    if dropped {
        response.extensions_mut().insert(Dropped);
    }
    response
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
    let now = exchange.now();
    let refusing = |fault: &&Fault| fault.refuses() && !fault.with_effect;
    if let Some(fault) = faults.iter().find(refusing) {
        let refusal = fault.refusal(exchange.request, now);
        return (spoil_all(refusal, faults, exchange.entry.client_id.as_deref()), false);
    }
    let mut reply = perform(exchange).await;
    exchange.world.gates.pass(tenant, operation, When::After).await;
    for fault in faults {
        reply = fault.after_effect(reply, exchange.request, now);
    }
    (spoil_all(reply, faults, exchange.entry.client_id.as_deref()), drops(When::After))
}

fn spoil_all(reply: Reply, faults: &[Fault], caller: Option<&str>) -> Reply {
    faults.iter().filter_map(|fault| fault.body).fold(reply, |reply, kind| spoil(kind, reply, caller))
}

/// What the record says about the faults of a request.
fn note(faults: &[Fault]) -> String {
    serde_json::to_string(faults).unwrap_or_default()
}
