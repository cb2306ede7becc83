//! The HTTP control API under `/_sim`: each path does what the method of the same name does.
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Control, ControlError};
use crate::fault::Fault;
use crate::gate::GateSpec;
use crate::switches::Switches;

pub(super) type Answer = Result<Json<Value>, ControlError>;

/// The paths, as `GET /_sim` lists them.
const INDEX: &[(&str, &str)] = &[
    ("GET /_sim/record?since=N", "the append-only record after entry N"),
    ("GET /_sim/client-secrets", "every client secret issued, for leak scans"),
    ("GET, POST /_sim/clock", "the time; {\"advance\": \"11m\"} or seconds moves it"),
    ("GET, PATCH /_sim/switches", "behaviour of all tenants; /_sim/tenants/T/switches for one"),
    (
        "GET, POST, DELETE /_sim/faults",
        "what goes wrong; /_sim/tenants/T/faults for one tenant; /_sim/faults/N for one",
    ),
    (
        "GET, POST, DELETE /_sim/gate",
        "hold requests; {\"operation\": \"create\", \"when\": \"before\"}",
    ),
    (
        "POST /_sim/gate/N/release",
        "let {\"count\": 1} through, or open it for good when no count is given",
    ),
    (
        "GET, POST /_sim/tenants",
        "the tenants; {\"name\": \"acme\", \"users\": [{\"name\": \"a\", \"seeds\": []}]} makes one",
    ),
    (
        "GET, POST /_sim/tenants/T/users",
        "its users; PATCH …/U {\"levels\": [], \"disabled\": true}, DELETE …/U",
    ),
    ("POST /_sim/tenants/T/api-clients", "a credential without a user"),
    (
        "GET, POST /_sim/tenants/T/tokens",
        "its tokens; PATCH, DELETE …/ID: what another tool does by hand",
    ),
];

/// All routes, relative to `/_sim`.
pub(super) fn routes(control: Control) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/record", get(record))
        .route("/client-secrets", get(client_secrets))
        .route("/clock", get(clock).post(advance))
        .route("/switches", get(all_switches).patch(patch_all_switches))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/faults/{id}", delete(clear_fault))
        .route("/gate", get(gates).post(close_gate).delete(open_gates))
        .route("/gate/{id}/release", post(release_gate))
        .route("/tenants/{tenant}/switches", get(switches).patch(patch_switches))
        .route("/tenants/{tenant}/faults", post(add_tenant_fault))
        .merge(super::http_tenants::routes())
        .with_state(control)
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let status = if matches!(self, Self::Switches(_)) {
            StatusCode::BAD_REQUEST
        } else {
            StatusCode::NOT_FOUND
        };
        (status, Json(json!({"error": self.to_string()}))).into_response()
    }
}

async fn index() -> Json<Value> {
    Json(INDEX.iter().map(|(path, what)| ((*path).to_owned(), json!(what))).collect())
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn record(State(control): State<Control>, Query(query): Query<Since>) -> Json<Value> {
    Json(json!(control.record_since(query.since)))
}

async fn client_secrets(State(control): State<Control>) -> Json<Value> {
    Json(json!(control.client_secrets()))
}

async fn clock(State(control): State<Control>) -> Json<Value> {
    Json(json!({"now": control.now()}))
}

#[derive(Deserialize)]
struct Advance {
    advance: Span,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Span {
    Seconds(i64),
    Words(SignedDuration),
}

async fn advance(State(control): State<Control>, Json(body): Json<Advance>) -> Json<Value> {
    let by = match body.advance {
        Span::Seconds(seconds) => SignedDuration::from_secs(seconds),
        Span::Words(duration) => duration,
    };
    Json(json!({"now": control.advance(by)}))
}

async fn all_switches(State(control): State<Control>) -> Answer {
    Ok(Json(json!(control.switches(None)?)))
}

async fn patch_all_switches(State(control): State<Control>, Json(patch): Json<Value>) -> Answer {
    merge_switches(&control, None, &patch)
}

async fn switches(State(control): State<Control>, Path(tenant): Path<String>) -> Answer {
    Ok(Json(json!(control.switches(Some(&tenant))?)))
}

async fn patch_switches(
    State(control): State<Control>,
    Path(tenant): Path<String>,
    Json(patch): Json<Value>,
) -> Answer {
    merge_switches(&control, Some(&tenant), &patch)
}

fn merge_switches(control: &Control, tenant: Option<&str>, patch: &Value) -> Answer {
    let merged = |switches: &Switches| switches.merged(patch).map_err(ControlError::Switches);
    merged(&control.switches(tenant)?)?;
    control.edit_switches(tenant, |switches| {
        if let Ok(changed) = merged(switches) {
            *switches = changed;
        }
    })?;
    Ok(Json(json!(control.switches(tenant)?)))
}

async fn faults(State(control): State<Control>) -> Json<Value> {
    Json(json!(control.faults()))
}

async fn add_fault(State(control): State<Control>, Json(fault): Json<Fault>) -> Json<Value> {
    Json(json!({"id": control.add_fault(None, fault)}))
}

async fn add_tenant_fault(
    State(control): State<Control>,
    Path(tenant): Path<String>,
    Json(fault): Json<Fault>,
) -> Answer {
    control.tenant(&tenant)?;
    Ok(Json(json!({"id": control.add_fault(Some(&tenant), fault)})))
}

async fn clear_faults(State(control): State<Control>) -> StatusCode {
    control.clear_faults(None);
    StatusCode::NO_CONTENT
}

async fn clear_fault(State(control): State<Control>, Path(id): Path<u64>) -> StatusCode {
    control.clear_faults(Some(id));
    StatusCode::NO_CONTENT
}

async fn gates(State(control): State<Control>) -> Json<Value> {
    Json(json!(control.gates()))
}

async fn close_gate(State(control): State<Control>, Json(spec): Json<GateSpec>) -> Json<Value> {
    Json(json!({"id": control.close_gate(spec)}))
}

async fn open_gates(State(control): State<Control>) -> StatusCode {
    control.world.gates.open_all();
    StatusCode::NO_CONTENT
}

#[derive(Default, Deserialize)]
struct Release {
    count: Option<usize>,
}

async fn release_gate(
    State(control): State<Control>,
    Path(id): Path<u64>,
    body: Option<Json<Release>>,
) -> Answer {
    match body.and_then(|Json(release)| release.count) {
        Some(count) => control.release_gate(id, count)?,
        None => control.open_gate(id)?,
    }
    Ok(Json(json!(control.gates())))
}
