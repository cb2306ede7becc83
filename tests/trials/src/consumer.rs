//! Workloads: they read their Secret as a kubelet brings it, up to 90 s late, and ask ISC for an
//! access token with it.
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::Bytes;
use judge::Pair;
use pat_operator::isc::http::Request;
use serde_json::Value;
use simulation::Random;
use tokio::time::sleep;

use crate::wire::Isc;

/// How late a Secret's content may be.
const LATE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(90);

/// Lets each workload try its credential every so often, for ever.
pub async fn run(isc: Isc, seed: u64, every: RangeInclusive<Duration>) {
    let mut random = Random::of(seed, &["workloads"]);
    for round in 0_u64.. {
        sleep(random.duration(&every)).await;
        // The world ends before its workloads do.
        let _ = isc.use_all(round, random.duration(&LATE)).await;
    }
}

/// What a workload sends with what it has read, if the Secret belongs to a resource.
pub fn request(secret: &Value) -> Option<(Request, Pair)> {
    let owned = secret["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    let owned = owned.into_iter().any(|owner| owner["kind"] == "PersonalAccessToken")
        || secret["metadata"]["annotations"]["pat-operator.dev/resource-uid"].is_string();
    let pair = Pair::of(secret).filter(|_| owned)?;
    let body = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        pair.client_id, pair.client_secret
    );
    let request = http::Request::post(&pair.token_url);
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").body(Bytes::from(body));
    Some((request.ok()?, pair))
}
