//! Reads and writes the Lease as `decision` says: acquire, hold, release.
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, PostParams};
use kube::{Client, ResourceExt};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{info, warn};

use super::decision::{Decision, LeaseTimes, Sighting, decide, held, released};
use crate::process::error_chain::chain;

/// One replica's part in the election.
#[derive(Debug)]
pub(in crate::process) struct Election {
    leases: Api<Lease>,
    name: String,
    identity: String,
    times: LeaseTimes,
    sighting: Option<Sighting>,
}

/// The reason why a try came to nothing.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("failed to read the lease; check the right to get it, and the API server")]
    Read(#[source] kube::Error),
    #[error(
        "failed to write the lease; check the rights to create and update it, and the API server"
    )]
    Write(#[source] kube::Error),
    #[error("no answer within {0:?}: check the API server and the network to it")]
    NoAnswer(Duration),
}

impl Election {
    /// Takes part as `identity` in the election for the Lease `namespace/name`; nothing is sent
    /// yet.
    pub(in crate::process) fn new(
        client: Client,
        namespace: &str,
        name: String,
        identity: String,
        times: LeaseTimes,
    ) -> Self {
        Self { leases: Api::namespaced(client, namespace), name, identity, times, sighting: None }
    }

    /// Returns once the Lease is held. Calls `stands_by` whenever the Lease could be read and is
    /// another replica's.
    pub(in crate::process) async fn acquire(&mut self, stands_by: impl Fn()) {
        loop {
            match self.attempt().await {
                Ok(()) if !self.leads() => stands_by(),
                Ok(()) => {}
                Err(error) => {
                    warn!(lease = self.name, error = chain(&error), "failed to get the lease");
                }
            }
            if self.leads() {
                return info!(lease = self.name, identity = self.identity, "leading");
            }
            sleep(self.times.retry).await;
        }
    }

    /// Renews the Lease for as long as possible; returns once it is lost.
    pub(in crate::process) async fn hold(&mut self) {
        let mut renewed = Instant::now();
        while self.leads() {
            sleep(self.times.retry).await;
            // Before the request: the term runs from some moment after this one.
            let started = Instant::now();
            match timeout_at(renewed + self.times.renew_deadline, self.attempt()).await {
                Ok(Ok(())) => renewed = started,
                Ok(Err(error)) => {
                    warn!(lease = self.name, error = chain(&error), "failed to renew the lease");
                }
                Err(_) => {
                    return warn!(
                        lease = self.name,
                        "lost the lease: this replica could not renew it in time"
                    );
                }
            }
        }
        warn!(lease = self.name, "lost the lease to another replica");
    }

    /// Frees the Lease if this replica holds it, so that the next leader need not wait for its end.
    pub(in crate::process) async fn release(mut self) {
        let limit = self.limit();
        let freed = timeout(limit, self.free()).await.unwrap_or(Err(Error::NoAnswer(limit)));
        if let Err(error) = freed {
            warn!(
                lease = self.name,
                error = chain(&error),
                "failed to release the lease: it ends by itself"
            );
        }
    }

    /// True if this replica holds the Lease, as last seen.
    fn leads(&self) -> bool {
        self.sighting.as_ref().and_then(Sighting::holder) == Some(&self.identity)
    }

    /// Time for one try, so that the deadline leaves room for others.
    fn limit(&self) -> Duration {
        self.times.renew_deadline / 3
    }

    async fn free(&mut self) -> Result<(), Error> {
        // Read first: another replica may have taken the Lease meanwhile.
        self.look().await?;
        if !self.leads() {
            return Ok(());
        }
        let Some(sighting) = self.sighting.take() else { return Ok(()) };
        let lease =
            self.lease(Some(sighting.resource_version), released(&sighting.spec, &wall_clock()));
        self.leases
            .replace(&self.name, &PostParams::default(), &lease)
            .await
            .map_err(Error::Write)?;
        info!(lease = self.name, "released the lease");
        Ok(())
    }

    /// One try to hold the Lease; afterwards `leads` says how it went. `Ok` if Kubernetes answered.
    async fn attempt(&mut self) -> Result<(), Error> {
        let limit = self.limit();
        timeout(limit, self.write_or_look()).await.unwrap_or(Err(Error::NoAnswer(limit)))
    }

    /// A leader writes on top of what it saw last, and looks again only if that is outdated.
    async fn write_or_look(&mut self) -> Result<(), Error> {
        if self.leads() && self.replace().await? {
            return Ok(());
        }
        self.look().await?;
        match decide(self.sighting.as_ref(), &self.identity, Instant::now()) {
            Decision::Create => self.create().await,
            Decision::Take => self.replace().await,
            Decision::Wait => Ok(false),
        }?;
        Ok(())
    }

    async fn look(&mut self) -> Result<(), Error> {
        let lease = self.leases.get_opt(&self.name).await.map_err(Error::Read)?;
        let before = self.sighting.take();
        self.sighting = lease.map(|lease| sight(before.as_ref(), lease));
        let holder = self.sighting.as_ref().and_then(Sighting::holder);
        // Once for each holder, and not at each look.
        if holder.is_some() && holder != before.as_ref().and_then(Sighting::holder) && !self.leads()
        {
            info!(lease = self.name, holder, "standing by");
        }
        Ok(())
    }

    async fn create(&mut self) -> Result<bool, Error> {
        let lease = self.lease(None, self.held());
        self.written(self.leases.create(&PostParams::default(), &lease).await)
    }

    async fn replace(&mut self) -> Result<bool, Error> {
        let version = self.sighting.as_ref().map(|sighting| sighting.resource_version.clone());
        let lease = self.lease(version, self.held());
        self.written(self.leases.replace(&self.name, &PostParams::default(), &lease).await)
    }

    /// True if the write took effect for sure; remembers it then.
    fn written(&mut self, result: kube::Result<Lease>) -> Result<bool, Error> {
        match result {
            Ok(lease) => {
                self.sighting = Some(sight(None, lease));
                Ok(true)
            }
            // Another replica or a user wrote first, or deleted it; or this write took effect and
            // its answer was lost.
            Err(kube::Error::Api(status)) if matches!(status.code, 404 | 409) => Ok(false),
            Err(error) => Err(Error::Write(error)),
        }
    }

    fn held(&self) -> LeaseSpec {
        let previous = self.sighting.as_ref().map(|sighting| &sighting.spec);
        held(previous, &self.identity, self.times.duration, &wall_clock())
    }

    fn lease(&self, resource_version: Option<String>, spec: LeaseSpec) -> Lease {
        let metadata =
            ObjectMeta { name: Some(self.name.clone()), resource_version, ..ObjectMeta::default() };
        Lease { metadata, spec: Some(spec) }
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
