//! The end of a trial: no more faults, one replica, and time until all is as declared (P7).
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use judge::Counts;
use serde_json::Value;
use simulation::Key;
use tokio::time::{Instant, sleep_until};

use crate::OWN;
use crate::consumer;
use crate::switchboard::next_moment;
use crate::world::World;

/// How often it is looked whether all is done.
const LOOK: Duration = Duration::from_secs(20);

/// Namespace and name of a resource.
type Place = (String, String);
type Objects = BTreeMap<Key, Arc<Value>>;

impl World {
    /// Lets the operator come to its end within this time and says what is wrong.
    pub async fn finish(&mut self, patience: Duration) -> (Vec<String>, Counts) {
        self.switchboard.calm_down();
        self.witness.note(|| "no more faults from now on".into());
        let running = self.running();
        for place in running.iter().skip(1) {
            self.doom(*place, next_moment());
        }
        sleep_until(next_moment()).await;
        for place in running.iter().skip(1) {
            self.kill(*place);
        }
        running.first().into_iter().for_each(|place| self.kill_stopped(*place));
        let place = running.first().copied().unwrap_or_default();
        let last = Instant::now() + patience;
        loop {
            self.start(place);
            let until = (Instant::now() + LOOK).min(last);
            if self.pass_until(until).await.is_some() {
                continue;
            }
            self.witness.look_at_isc(&self.isc.control);
            if Instant::now() >= last || self.witness.is_broken() || self.is_settled() {
                break;
            }
        }
        let blocked = self.blocked();
        self.witness.finish(&borrowed(&blocked))
    }

    fn is_settled(&self) -> bool {
        // Most looks come too early, and then the first question is enough.
        let waits = self.witness.open_ends(&[]);
        waits.is_empty() || self.witness.open_ends(&borrowed(&self.blocked())).is_empty()
    }

    /// Resources that cannot have a token, whatever the operator does.
    pub fn blocked(&self) -> Vec<Place> {
        let objects: Objects = self.cluster.objects().into_iter().collect();
        let resources = || of_kind(&objects, "PersonalAccessToken");
        let mut blocked = Vec::new();
        for (key, resource) in resources() {
            let tenant = resource["spec"]["tenantRef"]["name"].as_str().unwrap_or_default();
            let is_full = || self.is_full(tenant) && !self.is_served(&objects, key, resource);
            let is_older = |other: &&(&Key, &Value)| {
                other.0.namespace == key.namespace
                    && secret_name(other.0, other.1) == secret_name(key, resource)
                    && age(other.1) < age(resource)
            };
            let is_late = resources().collect::<Vec<_>>().iter().any(|other| is_older(&other));
            let going = !resource["metadata"]["deletionTimestamp"].is_null();
            let hopeless = !is_granted(&objects, tenant, key, resource)
                || is_taken(&objects, key, resource)
                || is_late
                || is_full();
            if hopeless && !going {
                blocked.push((key.namespace.clone(), key.name.clone()));
            }
        }
        blocked
    }

    /// Whether its Secret holds a token that is alive: one that was lost has given its slot to
    /// whoever waited for it.
    fn is_served(&self, objects: &Objects, key: &Key, resource: &Value) -> bool {
        let tenant = resource["spec"]["tenantRef"]["name"].as_str().unwrap_or_default();
        let alive = self.isc.control.tokens(tenant).unwrap_or_default();
        let secret = secret_of(objects, key, resource).filter(|secret| is_owned(secret, resource));
        secret
            .and_then(consumer::request)
            .is_some_and(|(_, pair)| alive.iter().any(|token| token.id == pair.client_id))
    }

    /// Whether the user of this ISC tenant has no slot left but the spare one.
    fn is_full(&self, tenant: &str) -> bool {
        self.isc.control.tokens(tenant).is_ok_and(|tokens| tokens.len() >= 9)
    }
}

fn borrowed(places: &[Place]) -> Vec<(&str, &str)> {
    places.iter().map(|(namespace, name)| (namespace.as_str(), name.as_str())).collect()
}

fn of_kind<'a>(objects: &'a Objects, kind: &'a str) -> impl Iterator<Item = (&'a Key, &'a Value)> {
    objects
        .iter()
        .filter(move |(key, _)| key.kind.kind == kind)
        .map(|(key, object)| (key, &**object))
}

fn secret_name<'a>(key: &'a Key, resource: &'a Value) -> &'a str {
    resource["spec"]["secret"]["name"].as_str().unwrap_or(&key.name)
}

fn age(resource: &Value) -> (&str, &str) {
    let text = |field: &str| resource["metadata"][field].as_str().unwrap_or_default();
    (text("creationTimestamp"), text("uid"))
}

fn is_granted(objects: &Objects, tenant: &str, key: &Key, resource: &Value) -> bool {
    let Some((_, tenant)) = of_kind(objects, "Tenant").find(|(key, _)| key.name == tenant) else {
        return false;
    };
    let seed = tenant["spec"]["credentials"][0]["secretRef"]["name"].as_str().unwrap_or_default();
    let seeded =
        of_kind(objects, "Secret").any(|(key, _)| key.namespace == OWN && key.name == seed);
    let grants = tenant["spec"]["grants"].as_array().into_iter().flatten();
    let named = grants.flat_map(|grant| grant["namespaces"].as_array().into_iter().flatten());
    let scopes = resource["spec"]["scopes"].as_array().into_iter().flatten();
    let all_of_idn =
        scopes.clone().all(|scope| scope.as_str().is_some_and(|scope| scope.starts_with("idn:")));
    seeded && all_of_idn && named.into_iter().any(|namespace| *namespace == *key.namespace)
}

/// Whether something else has the name of its Secret.
fn is_taken(objects: &Objects, key: &Key, resource: &Value) -> bool {
    secret_of(objects, key, resource).is_some_and(|secret| !is_owned(secret, resource))
}

fn secret_of<'a>(objects: &'a Objects, key: &Key, resource: &Value) -> Option<&'a Value> {
    let name = secret_name(key, resource);
    let found = of_kind(objects, "Secret")
        .find(|(other, _)| other.namespace == key.namespace && other.name == name);
    found.map(|(_, secret)| secret)
}

/// Whether the resource controls the Secret, or nobody does, and its marks do not say otherwise.
fn is_owned(secret: &Value, resource: &Value) -> bool {
    let (uid, metadata) = (&resource["metadata"]["uid"], &secret["metadata"]);
    let mark = &metadata["annotations"]["pat-operator.dev/resource-uid"];
    let mut owners = metadata["ownerReferences"].as_array().into_iter().flatten();
    match owners.find(|owner| owner["controller"] == true) {
        Some(controller) => controller["uid"] == *uid && (mark.is_null() || mark == uid),
        None => mark == uid,
    }
}
