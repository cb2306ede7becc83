//! Tenants that fail: the client with which each was tried last, and for how long its ISC is left
//! alone, by wake-ups too.
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::place::Place;
use crate::controllers::keyed::Keyed;
use crate::controllers::wait;
use crate::credential::Credential;
use crate::isc::Client;

/// The time after which a Tenant that does not work is tried again; it doubles.
pub(super) const FIRST: Duration = Duration::from_secs(15);
/// The longest of these times.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The last tries, by name of the Tenant.
#[derive(Default)]
pub struct Tries(Keyed<Try>);

struct Try {
    client: Client,
    api_url: String,
    ca_pem: Option<Arc<str>>,
    generation: Option<i64>,
    wait: BackOff,
}

/// How long a Tenant that fails is left alone.
#[derive(Default)]
struct BackOff {
    failures: u32,
    until: Option<Instant>,
}

impl Tries {
    /// The client of the last try, if it was made of just these: what ISC asked to wait counts for
    /// it still.
    pub(super) fn client(&self, name: &str, place: &Place, seed: &Credential) -> Option<Client> {
        let tries = self.0.lock();
        let last = tries.get(name)?;
        let is_same = last.client.credential() == seed
            && last.api_url == place.api.to_string()
            && last.ca_pem == place.ca_pem;
        is_same.then(|| last.client.clone())
    }

    /// A Tenant of this generation is to be tried with this client.
    ///
    /// # Errors
    /// The time for which it is still left alone: with neither spec nor seed changed.
    pub(super) fn begin(
        &self,
        name: &str,
        generation: Option<i64>,
        client: &Client,
        place: &Place,
    ) -> Result<(), Duration> {
        let mut tries = self.0.lock();
        if let Some(last) = tries.get(name)
            && last.client.is(client)
            && last.generation == generation
        {
            return last.wait.left().map_or(Ok(()), Err);
        }
        let (client, ca_pem) = (client.clone(), place.ca_pem.clone());
        let (api_url, wait) = (place.api.to_string(), BackOff::default());
        tries.insert(name.into(), Try { client, api_url, ca_pem, generation, wait });
        Ok(())
    }

    /// It failed: gives the time for which to leave it alone.
    pub(super) fn failed(&self, name: &str) -> Duration {
        match self.0.lock().get_mut(name) {
            Some(last) => last.wait.failed(),
            // It did not come as far as ISC.
            None => FIRST,
        }
    }

    /// It succeeded, is gone, or needs a person: its next try is a first one.
    pub(super) fn forget(&self, name: &str) {
        self.0.lock().remove(name);
    }

    /// Forgets all Tenants but these.
    pub(super) fn retain(&self, is_there: impl Fn(&str) -> bool) {
        self.0.lock().retain(|name, _| is_there(name));
    }
}

impl BackOff {
    fn failed(&mut self) -> Duration {
        let wait = wait::doubled(FIRST, self.failures, LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.until = Some(Instant::now() + wait);
        wait
    }

    fn left(&self) -> Option<Duration> {
        wait::left(self.until?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_tenant_that_fails_is_left_alone_ever_longer() {
        let mut wait = BackOff::default();
        assert_eq!(wait.left(), None);
        let waits: Vec<u64> = (0..7).map(|_| wait.failed().as_secs()).collect();
        assert_eq!(waits, [15, 30, 60, 120, 240, 300, 300]);
        assert_eq!(wait.left(), Some(LONGEST));
        tokio::time::advance(LONGEST).await;
        assert_eq!(wait.left(), None);
    }
}
