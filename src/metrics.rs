//! Every Prometheus metric of the operator: one struct, registered once, written through methods.
mod labels;
#[cfg(test)]
mod tests;

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use labels::{
    BuildLabels, CapacityLabels, ChangeLabels, ControllerLabels, OperationLabels, PassLabels,
    ReadyLabels, RequestLabels, TenantLabels, WriteLabels,
};
pub use labels::{
    CapacityShare, Controller, IscOperation, IscResult, KubernetesWrite, PassOutcome, TokenChange,
};

/// The operator's metrics. Cheap to update from any task; read by `/metrics`.
#[derive(Debug)]
pub struct Metrics {
    passes: Family<PassLabels, Counter>,
    pass_seconds: Family<ControllerLabels, Histogram>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<OperationLabels, Histogram>,
    writes: Family<WriteLabels, Counter>,
    changes: Family<ChangeLabels, Counter>,
    resources: Family<ReadyLabels, Gauge>,
    capacity: Family<CapacityLabels, Gauge>,
    credential_expiry: Family<TenantLabels, Gauge>,
    earliest_expiry: Gauge,
    leader: Gauge,
}

impl Metrics {
    /// Creates the metrics and registers each of them under the prefix `pat_operator`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::new();
        let registry = registry.sub_registry_with_prefix("pat_operator");
        metrics.register_work(registry);
        metrics.register_state(registry);
        metrics
    }

    /// One pass of a controller ended. Called by the wrapper around each reconciler.
    pub fn pass(&self, controller: Controller, outcome: PassOutcome, took: Duration) {
        self.passes.get_or_create(&PassLabels { controller, outcome }).inc();
        self.pass_seconds
            .get_or_create(&ControllerLabels { controller })
            .observe(took.as_secs_f64());
    }

    /// One request to ISC was answered or given up. Called by `isc` itself.
    pub fn request(&self, operation: IscOperation, result: IscResult, took: Duration) {
        self.requests.get_or_create(&RequestLabels { operation, result }).inc();
        self.request_seconds
            .get_or_create(&OperationLabels { operation })
            .observe(took.as_secs_f64());
    }

    /// One write to Kubernetes was sent. Called by the controllers where they call `kubernetes`.
    pub fn write(&self, kind: KubernetesWrite) {
        self.writes.get_or_create(&WriteLabels { kind }).inc();
    }

    /// A token in ISC changed. Called by the owner controller once the change is confirmed.
    pub fn token(&self, change: TokenChange) {
        self.changes.get_or_create(&ChangeLabels { change }).inc();
    }

    /// The number of resources by their `Ready` condition. Called by the controllers from time to
    /// time.
    pub fn resources(&self, ready: usize, not_ready: usize) {
        self.resources.get_or_create(&ReadyLabels { ready: "true" }).set(gauge(ready));
        self.resources.get_or_create(&ReadyLabels { ready: "false" }).set(gauge(not_ready));
    }

    /// The use of the token limit of a tenant's user. Called by the tenant controller with its
    /// status.
    pub fn capacity(&self, tenant: &str, share: CapacityShare, tokens: usize) {
        self.capacity
            .get_or_create(&CapacityLabels { tenant: tenant.into(), share })
            .set(gauge(tokens));
    }

    /// Drops the numbers of a tenant that is gone. Called by the loop that misses it.
    pub fn forget_tenant(&self, tenant: &str) {
        for share in [CapacityShare::Limit, CapacityShare::Ours, CapacityShare::Others] {
            self.capacity.remove(&CapacityLabels { tenant: tenant.into(), share });
        }
        self.credential_expiry(tenant, None);
    }

    /// The expiry of the operator's own credential at a tenant, in seconds since 1970; `None`:
    /// never. Called likewise.
    pub fn credential_expiry(&self, tenant: &str, unix_seconds: Option<i64>) {
        let labels = TenantLabels { tenant: tenant.into() };
        match unix_seconds {
            Some(seconds) => _ = self.credential_expiry.get_or_create(&labels).set(seconds),
            None => _ = self.credential_expiry.remove(&labels),
        }
    }

    /// The expiry of the first published credential, in seconds since 1970; 0 if there is none.
    /// Called likewise.
    pub fn earliest_expiry(&self, unix_seconds: i64) {
        self.earliest_expiry.set(unix_seconds);
    }

    /// Says that this replica leads, or does not. Called by `process`.
    pub fn leader(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    fn new() -> Self {
        Self {
            passes: Family::default(),
            pass_seconds: Family::new_with_constructor(|| {
                histogram(&[0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0])
            }),
            requests: Family::default(),
            request_seconds: Family::new_with_constructor(|| {
                histogram(&[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0])
            }),
            writes: Family::default(),
            changes: Family::default(),
            resources: Family::default(),
            capacity: Family::default(),
            credential_expiry: Family::default(),
            earliest_expiry: Gauge::default(),
            leader: Gauge::default(),
        }
    }

    fn register_work(&self, registry: &mut Registry) {
        registry.register("passes", "Passes of a controller, by outcome", self.passes.clone());
        let took = "How long a pass of a controller took";
        registry.register_with_unit(
            "pass_duration",
            took,
            Unit::Seconds,
            self.pass_seconds.clone(),
        );
        registry.register(
            "isc_requests",
            "Requests to ISC, by operation and result",
            self.requests.clone(),
        );
        let took = "How long ISC took to answer";
        registry.register_with_unit(
            "isc_request_duration",
            took,
            Unit::Seconds,
            self.request_seconds.clone(),
        );
        registry.register(
            "kubernetes_writes",
            "Writes to Kubernetes, by what was written",
            self.writes.clone(),
        );
        registry.register("token_changes", "Changes of tokens in ISC", self.changes.clone());
    }

    fn register_state(&self, registry: &mut Registry) {
        registry.register(
            "resources",
            "PersonalAccessTokens by their Ready condition",
            self.resources.clone(),
        );
        registry.register(
            "tenant_tokens",
            "Tokens of a tenant's user, and its limit",
            self.capacity.clone(),
        );
        registry.register(
            "tenant_credential_expiry_timestamp_seconds",
            "When the operator's own credential at a tenant expires, in seconds since 1970; absent if never",
            self.credential_expiry.clone(),
        );
        registry.register(
            "earliest_expiry_timestamp_seconds",
            "When the first published credential expires, in seconds since 1970; 0 without any",
            self.earliest_expiry.clone(),
        );
        registry.register("leader", "1 if this replica leads, otherwise 0", self.leader.clone());
        let build = Info::new(BuildLabels { version: env!("CARGO_PKG_VERSION") });
        registry.register("build", "The version that runs", build);
    }
}

fn histogram(bounds: &'static [f64]) -> Histogram {
    Histogram::new(bounds.iter().copied())
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
