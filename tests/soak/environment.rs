//! The environment of a round: control plane, simulator, places, proxy and watches; and what can be
//! done to them as a whole.
use std::fs::File;
use std::sync::Arc;

use isc_simulator::{Certificate, Options, Switches, loopback};
use jiff::SignedDuration;
use judge::{Judge, Law};
use kube::api::{Patch, PatchParams};
use serde_json::json;
use stage::{OWN, Stage};
use tokio::sync::{Mutex, RwLock};

use crate::archive::{Archive, Kind, version};
use crate::declared::recorded;
use crate::feed::Feed;
use crate::proxy::Proxy;
use crate::timeline::{Noted, Timeline};
use crate::watches::Watches;
use crate::workload::Kubelet;

/// Owners, each with a namespace of its own.
pub const PLACES: usize = 12;
/// Where the markers are: objects that nothing is minted for.
pub const MARKERS: &str = "markers";
/// Their name.
pub const MARKER: &str = "marker";

/// All that a round takes place in.
pub struct Environment {
    pub stage: Arc<Stage>,
    pub archive: Arc<Archive>,
    pub timeline: Arc<Timeline>,
    pub kubelet: Arc<Kubelet>,
    pub proxy: Proxy,
    pub places: Vec<String>,
    /// The number of the epoch; written to while the API server is away or another.
    pub epoch: Arc<RwLock<u64>>,
    /// Held by whoever asks for an access token as a workload does.
    pub asking: Arc<Mutex<()>>,
    watching: Mutex<Watches>,
}

impl Environment {
    /// Starts all but the replicas. The feed writes what it reads to the judge into the file, too.
    pub async fn prepare(trace: File) -> (Self, Feed) {
        let isc = Options {
            http: None,
            https: Some(loopback(0)),
            certificate: Certificate::Valid,
            ..Options::with_tenants(Vec::new())
        };
        let stage = Arc::new(Stage::before(isc, &[]).await);
        let places: Vec<String> = (0..PLACES).map(|n| format!("place-{n}")).collect();
        furnish(&stage, &places).await;
        let control = stage.simulator.control().clone();
        let archive = Arc::new(Archive::default());
        let timeline = Arc::new(Timeline::new(control.clone()));
        let (watching, objects) = Watches::begin(&stage.client, &archive, 0).await;
        let judge = Judge::new(Law { operator_namespace: OWN.into(), ..Law::default() });
        let mut feed =
            Feed::new(judge, control, Arc::clone(&archive), Arc::clone(&timeline), trace);
        feed.open(objects);
        let proxy = Proxy::new(&stage.plane, Arc::clone(&timeline));
        let (kubelet, epoch, asking, watching) =
            (Arc::default(), Arc::default(), Arc::default(), Mutex::new(watching));
        (Self { stage, archive, timeline, kubelet, proxy, places, epoch, asking, watching }, feed)
    }

    /// Waits until the watches have brought all that was written so far, and notes that.
    pub async fn sync(&self, epoch: u64) {
        let mut marks = Kind::ALL.map(|kind| (kind, 0));
        for (kind, mark) in &mut marks {
            let namespace = (*kind != Kind::Tenant).then_some(MARKERS);
            let touch = json!({"metadata": {"annotations": {"touched": format!("{:?}", std::time::Instant::now())}}});
            let api = self.stage.api(kind.name(), namespace);
            let touched = api.patch(MARKER, &PatchParams::default(), &Patch::Merge(&touch)).await;
            let touched = json!(touched.unwrap());
            *mark = version(&touched);
            self.timeline.written_by_person(epoch, &touched);
        }
        while marks.iter().any(|(kind, mark)| !self.archive.has_seen(epoch, *kind, *mark)) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        self.timeline.note(Noted::Synced(marks));
    }

    /// Moves ISC's time on, at a moment at which no write is under way, so that it is known what
    /// was written before.
    pub async fn jump(&self, by: SignedDuration) {
        let epoch = self.epoch.read().await;
        let _pause = self.proxy.pause().await;
        self.sync(*epoch).await;
        self.kubelet.look(&self.archive, self.timeline.now());
        self.stage.simulator.control().advance(by);
    }

    /// Restarts the API server. Whoever waits for an answer gets none.
    pub async fn restart_api_server(&self) {
        let epoch = self.epoch.write().await;
        self.leave(*epoch).await;
        self.stage.plane.restart_api_server().await.unwrap();
        self.come_back(*epoch, |_| ()).await;
    }

    /// Copies etcd's data; the API server is away meanwhile.
    pub async fn back_up(&self, name: &str) {
        let epoch = self.epoch.write().await;
        self.leave(*epoch).await;
        self.stage.plane.back_up(&self.stage.plane.data_dir().join(name)).await.unwrap();
        self.come_back(*epoch, |_| ()).await;
    }

    /// Puts a copy back.
    pub async fn restore(&self, name: &str) {
        let mut epoch = self.epoch.write().await;
        self.leave(*epoch).await;
        self.stage.plane.restore(&self.stage.plane.data_dir().join(name)).await.unwrap();
        *epoch += 1;
        // Nobody reaches the API server between the return and the look at what it brought back.
        self.come_back(*epoch, |environment| environment.take_stock()).await;
    }

    /// Which published pairs are dead since a backup was put back.
    fn take_stock(&self) {
        let control = self.stage.simulator.control();
        let alive: Vec<String> = self
            .places
            .iter()
            .flat_map(|place| control.tokens(place).unwrap())
            .map(|token| token.id)
            .collect();
        self.kubelet.look(&self.archive, self.timeline.now());
        self.kubelet.spoil(|id| !alive.iter().any(|alive| alive == id));
    }

    /// What a person does who knows that a backup was put back: deletes the operator's long-lived
    /// tokens that no ledger has, so that there is room for others.
    pub fn clear_lost(&self) {
        let recorded = recorded(self);
        let control = self.stage.simulator.control();
        let tomorrow = control.now().checked_add(SignedDuration::from_hours(24)).unwrap();
        for place in &self.places {
            let lost = control.tokens(place).unwrap().into_iter().filter(|token| {
                let lives_long = token.expiration_date.is_none_or(|date| date > tomorrow);
                token.name.starts_with("pat1-") && lives_long && !recorded.contains_key(&token.id)
            });
            lost.for_each(|token| control.delete_token(place, &token.id).unwrap());
        }
    }

    /// All that was written is known before the API server goes: it forgets what its watches have
    /// not brought yet.
    async fn leave(&self, epoch: u64) {
        self.proxy.close();
        drop(self.proxy.pause().await);
        self.sync(epoch).await;
        self.watching.lock().await.end().await;
    }

    async fn come_back(&self, epoch: u64, then: impl FnOnce(&Self)) {
        let (watching, changed) = Watches::begin(&self.stage.client, &self.archive, epoch).await;
        *self.watching.lock().await = watching;
        self.timeline.note(Noted::Found { epoch, changed });
        then(self);
        self.proxy.open();
    }
}

/// Tenants that are reached over TLS, each with an ISC of other habits; and the markers.
async fn furnish(stage: &Stage, places: &[String]) {
    let control = stage.simulator.control();
    for (number, name) in places.iter().enumerate() {
        let place = stage.bare(name).await;
        let spoken = Switches::drawn_from(number as u64).dialect;
        let edited = control.edit_switches(Some(name), |switches| {
            switches.dialect = spoken.clone();
            switches.list_lag_seconds = i64::from(number % 2 == 1);
            switches.new_pair_delay_seconds = i64::from(number % 4 == 2);
        });
        edited.unwrap();
        place.seed().await;
        let grants = json!([{"namespaces": [name], "scopes": ["idn:nelm:*", "idn:sources:read"], "allowRetain": true}]);
        place.secure_tenant(json!({ "grants": grants })).await;
    }
    let markers = stage.bare(MARKERS).await;
    markers.create("Secret", MARKER, json!({})).await;
    let tenant = json!({"spec": {"apiUrl": "https://127.0.0.1:1", "credentials": [{"secretRef": {"name": MARKER}}]}});
    markers.apply("Tenant", None, MARKER, tenant).await;
    let token = json!({"spec": {"tenantRef": {"name": MARKER}, "scopes": ["idn:nelm:read"]}});
    markers.apply("PersonalAccessToken", Some(MARKERS), MARKER, token).await;
}
