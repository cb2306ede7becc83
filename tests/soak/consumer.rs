//! A workload: reads a Secret as a kubelet would, up to 90 s late, and asks ISC for an access token with it.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use judge::{Authentication, What};
use serde_json::Value;

use crate::archive::{Archive, Kind};
use crate::setting::Setting;
use crate::stage::OWN;
use simulation::Random;

/// How late a kubelet shows a Secret at most, in milliseconds of ISC's time.
const LATEST: u64 = 90_000;
/// States of one Secret that are remembered.
const STATES: usize = 12;

/// What a workload makes of a Secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    pub client_id: String,
    pub client_secret: String,
    pub token_url: String,
}

impl Pair {
    /// The pair in a Secret of either format; `None` if it has none.
    pub fn of(secret: &Value) -> Option<Self> {
        let text = |key: &str| {
            let value = STANDARD.decode(secret["data"][key].as_str()?).ok()?;
            String::from_utf8(value).ok()
        };
        let base = || text("SAIL_BASE_URL").map(|base| format!("{base}/oauth/token"));
        Some(Self {
            client_id: text("clientId").or_else(|| text("SAIL_CLIENT_ID"))?,
            client_secret: text("clientSecret").or_else(|| text("SAIL_CLIENT_SECRET"))?,
            token_url: text("tokenUrl").or_else(base)?,
        })
    }
}

/// What each Secret held, and since when.
#[derive(Default)]
pub struct Kubelet(Mutex<Shown>);

#[derive(Default)]
struct Shown {
    changes: u64,
    states: BTreeMap<(String, String), VecDeque<(i64, Option<Pair>)>>,
    /// Client IDs that were dead when a backup brought them back: nobody can help that.
    spoilt: BTreeSet<String>,
}

impl Kubelet {
    /// Looks at all Secrets.
    pub fn look(&self, archive: &Archive, now: i64) {
        let mut shown = self.0.lock().unwrap();
        let changes = archive.changes();
        if std::mem::replace(&mut shown.changes, changes) == changes {
            return;
        }
        let secrets = archive.all(Kind::Secret).into_iter().filter(|((_, namespace, _), _)| namespace != OWN);
        let present: BTreeMap<(String, String), Option<Pair>> =
            secrets.map(|((_, namespace, name), content)| ((namespace, name), Pair::of(&content))).collect();
        let states = &mut shown.states;
        for key in present.keys() {
            states.entry(key.clone()).or_default();
        }
        for (key, known) in states.iter_mut() {
            let pair = present.get(key).cloned().flatten();
            if known.back().is_none_or(|(_, last)| *last != pair) {
                known.push_back((now, pair));
                known.drain(..known.len().saturating_sub(STATES));
            }
        }
    }

    /// A backup brought back what is shown, and of what was shown before these client IDs are dead.
    pub fn spoil(&self, is_dead: impl Fn(&str) -> bool) {
        let all = &mut *self.0.lock().unwrap();
        let pairs = all.states.values().flatten().filter_map(|(_, pair)| pair.as_ref());
        all.spoilt.extend(pairs.map(|pair| pair.client_id.clone()).filter(|id| is_dead(id)));
    }

    /// A Secret as it was shown at some time, with its namespace and name.
    fn read(&self, dice: &mut Random, now: i64) -> Option<(String, String, Pair)> {
        let all = self.0.lock().unwrap();
        let one = usize::try_from(dice.below(all.states.len() as u64)).unwrap();
        let ((namespace, name), known) = all.states.iter().nth(one)?;
        let shown = now - i64::try_from(dice.below(LATEST)).unwrap();
        let (_, pair) = known.iter().rev().find(|(since, _)| *since <= shown)?;
        let pair = pair.clone().filter(|pair| !all.spoilt.contains(&pair.client_id))?;
        Some((namespace.clone(), name.clone(), pair))
    }
}

/// Authenticates for ever, with a pause between two requests.
pub async fn consume(setting: Arc<Setting>, mut dice: Random, pause: Duration) {
    let ca = reqwest::Certificate::from_pem(setting.stage.simulator.ca_pem().as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    loop {
        setting.kubelet.look(&setting.archive, setting.timeline.now());
        if let Some((namespace, secret, pair)) = setting.kubelet.read(&mut dice, setting.timeline.now()) {
            let _asking = setting.asking.lock().await;
            ask(&setting, &http, namespace, secret, pair).await;
        }
        tokio::time::sleep(pause).await;
    }
}

async fn ask(setting: &Setting, http: &reqwest::Client, namespace: String, secret: String, pair: Pair) {
    let Pair { client_id, client_secret, token_url } = pair;
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", client_id.as_str()),
        ("client_secret", client_secret.as_str()),
    ];
    let status = http.post(token_url).form(&form).send().await.map(|reply| reply.status().as_u16());
    // Anything else is an ISC that did not answer, which says nothing about the pair.
    if let Ok(status @ (200 | 400 | 401)) = status {
        let accepted = status == 200;
        let tried = Authentication { namespace, secret, client_id, client_secret, accepted };
        setting.timeline.tell(What::Authentication(tried));
    }
}
