//! Workloads: they read their Secret as a kubelet brings it, up to 90 s late, and ask ISC for an access token with it.
use std::ops::RangeInclusive;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use pat_operator::isc::http::Request;
use serde_json::Value;
use simulation::Random;
use tokio::time::sleep;

use crate::wire::Isc;

/// How late a Secret's content may be.
const LATE: RangeInclusive<Duration> = Duration::ZERO..=Duration::from_secs(90);

/// A client ID and its client secret.
pub type Pair = (String, String);

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
    let value = |key: &str| String::from_utf8(STANDARD.decode(secret["data"][key].as_str()?).ok()?).ok();
    let either = |plain: &str, sdk: &str| value(plain).or_else(|| value(sdk)).filter(|_| owned);
    let url = either("apiUrl", "SAIL_BASE_URL")?;
    let (id, client_secret) = (either("clientId", "SAIL_CLIENT_ID")?, either("clientSecret", "SAIL_CLIENT_SECRET")?);
    let body = format!("grant_type=client_credentials&client_id={id}&client_secret={client_secret}");
    let request = http::Request::post(format!("{url}/oauth/token"));
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(Bytes::from(body));
    Some((request.ok()?, (id, client_secret)))
}
