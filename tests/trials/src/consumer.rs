//! Workloads: they read their Secret as a kubelet brings it, up to 90 s late, and ask ISC for an access token with it.
use std::ops::RangeInclusive;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use simulation::Random;
use tokio::time::sleep;

use crate::wire::Isc;
use crate::witness::Witness;

/// How late a Secret's content may be.
const LATE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(90);

/// Lets each workload try its credential every so often, for ever.
pub async fn run(isc: Isc, witness: std::sync::Arc<Witness>, seed: u64, every: RangeInclusive<Duration>) {
    let mut random = Random::of(seed, &["workloads"]);
    for round in 0_u64.. {
        sleep(random.duration(&every)).await;
        let late = i64::try_from(random.duration(&LATE).as_millis()).unwrap_or_default();
        for (place, secret) in witness.secrets(late) {
            let Some((url, id, client_secret)) = credential(&secret) else { continue };
            let purpose = format!("workload {place:?} {round}");
            let reply = isc.authenticate(&purpose, &url, &id, &client_secret);
            if let Ok(accepted) = reply.await {
                witness.authentication(place, (id, client_secret), accepted);
            }
        }
    }
}

/// Where to go with what, if the Secret belongs to a resource.
fn credential(secret: &Value) -> Option<(String, String, String)> {
    let owned = secret["metadata"]["ownerReferences"].as_array()?.iter().any(|o| o["kind"] == "PersonalAccessToken");
    let value = |key: &str| String::from_utf8(STANDARD.decode(secret["data"][key].as_str()?).ok()?).ok();
    let either = |plain: &str, sdk: &str| value(plain).or_else(|| value(sdk));
    let all = (
        either("apiUrl", "SAIL_BASE_URL")?,
        either("clientId", "SAIL_CLIENT_ID")?,
        either("clientSecret", "SAIL_CLIENT_SECRET")?,
    );
    owned.then_some(all)
}
