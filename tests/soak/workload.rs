//! A workload: reads a Secret as a kubelet would, up to 90 s late, and asks ISC for an access token
//! with it.
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use judge::{Authentication, Pair, What};
use simulation::Random;
use stage::OWN;

use crate::archive::{Archive, Kind};
use crate::environment::Environment;

/// How late a kubelet shows a Secret at most, in milliseconds of ISC's time.
const LATEST: u64 = 90_000;
/// States of one Secret that are remembered.
const STATES: usize = 12;

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
        let secrets =
            archive.all(Kind::Secret).into_iter().filter(|((_, namespace, _), _)| namespace != OWN);
        let present: BTreeMap<(String, String), Option<Pair>> = secrets
            .map(|((_, namespace, name), content)| ((namespace, name), Pair::of(&content)))
            .collect();
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
pub async fn consume(environment: Arc<Environment>, mut dice: Random, pause: Duration) {
    let ca =
        reqwest::Certificate::from_pem(environment.stage.simulator.ca_pem().as_bytes()).unwrap();
    let http = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
    loop {
        environment.kubelet.look(&environment.archive, environment.timeline.now());
        if let Some((namespace, secret, pair)) =
            environment.kubelet.read(&mut dice, environment.timeline.now())
        {
            let _asking = environment.asking.lock().await;
            ask(&environment, &http, namespace, secret, pair).await;
        }
        tokio::time::sleep(pause).await;
    }
}

async fn ask(
    environment: &Environment,
    http: &reqwest::Client,
    namespace: String,
    secret: String,
    pair: Pair,
) {
    let status = http
        .post(&pair.token_url)
        .form(&pair.form())
        .send()
        .await
        .map(|reply| reply.status().as_u16());
    // Anything else is an ISC that did not answer, which says nothing about the pair.
    if let Ok(status @ (200 | 400 | 401)) = status {
        let accepted = status == 200;
        let Pair { client_id, client_secret, .. } = pair;
        let tried = Authentication { namespace, secret, client_id, client_secret, accepted };
        environment.timeline.tell(What::Authentication(tried));
    }
}
