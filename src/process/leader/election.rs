//! Reads and writes the Lease as `decision` says: acquire, hold, release.
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::{Client, ResourceExt};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{info, warn};

use super::LeaseTimes;
use super::decision::{Decision, Sighting, decide, held, released};

/// One replica's part in the election.
#[derive(Debug)]
pub(in crate::process) struct Election {
    leases: Api<Lease>,
    name: String,
    identity: String,
    times: LeaseTimes,
    sighting: Option<Sighting>,
}

impl Election {
    /// Takes part as `identity` in the election for the Lease `namespace/name`; nothing is sent yet.
    pub(in crate::process) fn new(
        client: Client,
        namespace: &str,
        name: String,
        identity: String,
        times: LeaseTimes,
    ) -> Self {
        Self {
            leases: Api::namespaced(client, namespace),
            name,
            identity,
            times,
            sighting: None,
        }
    }

    /// Returns once the Lease is held. Calls `in_contact` whenever the Lease could be read or written.
    pub(in crate::process) async fn acquire(&mut self, in_contact: impl Fn()) {
        loop {
            match self.attempt().await {
                Ok(held) => {
                    in_contact();
                    if held {
                        info!(lease = self.name, identity = self.identity, "leading");
                        return;
                    }
                }
                Err(error) => {
                    warn!(lease = self.name, error = %error, "failed to get the lease: check RBAC and the API server")
                }
            }
            sleep(self.times.retry).await;
        }
    }

    /// Renews the Lease for as long as possible; returns once it is lost.
    pub(in crate::process) async fn hold(&mut self) {
        let mut renewed = Instant::now();
        loop {
            sleep(self.times.retry).await;
            let started = Instant::now();
            match timeout_at(renewed + self.times.renew_deadline, self.renew()).await {
                Ok(Ok(true)) => renewed = started,
                Ok(Ok(false)) => return warn!(lease = self.name, "lost the lease to another replica"),
                Ok(Err(error)) => warn!(lease = self.name, error = %error, "failed to renew the lease"),
                Err(_) => return warn!(lease = self.name, "lost the lease: it could not be renewed in time"),
            }
        }
    }

    /// Frees the Lease if it is one's own, so that the next leader need not wait for its end.
    pub(in crate::process) async fn release(mut self) {
        match timeout(self.times.retry, self.free()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                warn!(lease = self.name, error = %error, "failed to release the lease: it ends by itself")
            }
            Err(_) => warn!(
                lease = self.name,
                "failed to release the lease in time: it ends by itself"
            ),
        }
    }

    async fn free(&mut self) -> kube::Result<()> {
        self.look().await?;
        let Some(sighting) = self
            .sighting
            .take()
            .filter(|sighting| sighting.holder() == Some(&self.identity))
        else {
            return Ok(());
        };
        let lease = self.lease(Some(sighting.resource_version), released(&sighting.spec, &wall_clock()));
        self.leases.replace(&self.name, &PostParams::default(), &lease).await?;
        info!(lease = self.name, "released the lease");
        Ok(())
    }

    /// Writes on top of what was last seen, and looks again only if that is outdated.
    async fn renew(&mut self) -> kube::Result<bool> {
        if self.sighting.is_some() && self.take().await? {
            return Ok(true);
        }
        self.attempt().await
    }

    /// Looks at the Lease and takes it if it may; says whether it is held now.
    async fn attempt(&mut self) -> kube::Result<bool> {
        self.look().await?;
        match decide(self.sighting.as_ref(), &self.identity, Instant::now()) {
            Decision::Create => self.create().await,
            Decision::Take => self.take().await,
            Decision::Wait => Ok(false),
        }
    }

    async fn look(&mut self) -> kube::Result<()> {
        let lease = self.leases.get_opt(&self.name).await?;
        let before = self.sighting.take();
        self.sighting = lease.map(|lease| sight(before.as_ref(), lease));
        let holder = |sighting: &Option<Sighting>| sighting.as_ref().and_then(|s| s.holder().map(str::to_owned));
        let now = holder(&self.sighting);
        if now != holder(&before) && now.as_deref() != Some(&self.identity) {
            info!(lease = self.name, holder = now, "standing by");
        }
        Ok(())
    }

    async fn create(&mut self) -> kube::Result<bool> {
        let lease = self.lease(None, self.held());
        self.written(self.leases.create(&PostParams::default(), &lease).await)
    }

    async fn take(&mut self) -> kube::Result<bool> {
        let version = self.sighting.as_ref().map(|sighting| sighting.resource_version.clone());
        let lease = self.lease(version, self.held());
        self.written(self.leases.replace(&self.name, &PostParams::default(), &lease).await)
    }

    fn written(&mut self, result: kube::Result<Lease>) -> kube::Result<bool> {
        match result {
            Ok(lease) => {
                self.sighting = Some(sight(None, lease));
                Ok(true)
            }
            // Somebody else wrote first, or deleted it; or one's own write took effect and its answer was lost.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn held(&self) -> LeaseSpec {
        let previous = self.sighting.as_ref().map(|sighting| &sighting.spec);
        held(previous, &self.identity, self.times.duration, &wall_clock())
    }

    fn lease(&self, resource_version: Option<String>, spec: LeaseSpec) -> Lease {
        let metadata = ObjectMeta {
            name: Some(self.name.clone()),
            resource_version,
            ..ObjectMeta::default()
        };
        Lease {
            metadata,
            spec: Some(spec),
        }
    }
}

fn sight(before: Option<&Sighting>, lease: Lease) -> Sighting {
    let version = lease.resource_version().unwrap_or_default();
    Sighting::update(before, version, lease.spec.unwrap_or_default(), Instant::now())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the Lease's time stamps are for people; nothing is decided by them"
)]
fn wall_clock() -> MicroTime {
    MicroTime(jiff::Timestamp::now())
}
