//! A user who declares, changes and deletes resources, and damages their Secrets, as the dice say.
use std::sync::Arc;
use std::time::Duration;

use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tokio::sync::RwLock;

use crate::archive::Kind;
use crate::setting::Setting;
use simulation::Random;

/// Most resources of one owner at a time; ISC gives an owner eight.
const PER_PLACE: u64 = 5;
const SCOPES: [&[&str]; 4] = [
    &["idn:nelm:read"],
    &["idn:nelm:manage"],
    &["idn:nelm:read", "idn:nelm:manage"],
    &["idn:nelm:read", "idn:sources:read"],
];

/// Who acts in all places.
pub struct User {
    pub setting: Arc<Setting>,
    pub dice: Random,
    /// Held for writing by whoever wants the user to do nothing.
    pub calm: Arc<RwLock<()>>,
}

impl User {
    /// Acts for ever, with pauses of up to this length.
    pub async fn live(mut self, pause: Duration) {
        loop {
            let (calm, setting) = (Arc::clone(&self.calm), Arc::clone(&self.setting));
            {
                let _calm = calm.read().await;
                let epoch = setting.epoch.read().await;
                self.act(*epoch).await;
            }
            let pause = self.dice.duration(&(Duration::ZERO..=pause));
            tokio::time::sleep(pause).await;
        }
    }

    async fn act(&mut self, epoch: u64) {
        let one = self.below(self.setting.places.len() as u64);
        let place = self.setting.places[one].clone();
        let name = format!("r{}", self.below(PER_PLACE));
        let Some(token) = self.setting.archive.get(&(Kind::Token, place.clone(), name.clone())) else {
            return self.create(epoch, &place, &name).await;
        };
        let merge = |patch: Value| (Kind::Token, patch);
        let (kind, patch) = match self.dice.below(100) {
            0..25 => return self.delete(epoch, Kind::Token, &place, &name).await,
            25..45 => merge(json!({"spec": {"scopes": self.scopes()}})),
            45..60 => merge(json!({"spec": {"name": format!("{place} {}", self.dice.suffix())}})),
            60..66 => merge(json!({"spec": {"suspend": token["spec"]["suspend"] != true}})),
            66..72 => merge(json!({"spec": {"secret": {"format": self.format()}}})),
            72..80 => merge(json!({"metadata": {"labels": {"noise": self.dice.suffix()}}})),
            80..90 => return self.delete(epoch, Kind::Secret, &place, &name).await,
            _ => (Kind::Secret, json!({"data": {"clientSecret": "eHg=", "SAIL_CLIENT_SECRET": "eHg="}})),
        };
        let found = self.setting.archive.get(&(kind, place.clone(), name.clone())).is_some();
        if found {
            let patched = self.api(kind, &place).patch(&name, &PatchParams::default(), &Patch::Merge(&patch)).await;
            self.note(epoch, patched);
        }
    }

    async fn create(&mut self, epoch: u64, place: &str, name: &str) {
        let mut spec = json!({"tenantRef": {"name": place}, "scopes": self.scopes()});
        match self.dice.below(8) {
            0 => spec["secret"] = json!({"format": "SailPointSdk"}),
            1 => spec["suspend"] = json!(true),
            2 => spec["name"] = json!(format!("{place} {}", self.dice.suffix())),
            _ => {}
        }
        let object = json!({"apiVersion": "pat-operator.dev/v1alpha1", "kind": Kind::Token.name(),
                            "metadata": {"name": name}, "spec": spec});
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        let created = self.api(Kind::Token, place).create(&PostParams::default(), &object).await;
        self.note(epoch, created);
    }

    async fn delete(&mut self, epoch: u64, kind: Kind, place: &str, name: &str) {
        let deleted = self.api(kind, place).delete(name, &DeleteParams::default()).await;
        if let Ok(deleted) = deleted {
            let reply = deleted.map_left(|object| json!(object)).map_right(|status| json!(status));
            let mut reply = reply.into_inner();
            // A Status does not say so of itself.
            if reply["details"].is_object() {
                reply["kind"] = json!("Status");
            }
            self.setting.timeline.written_by_person(epoch, &reply);
        }
    }

    /// What the API server refuses has not happened: somebody else was faster.
    fn note(&self, epoch: u64, written: kube::Result<DynamicObject>) {
        if let Ok(object) = written {
            self.setting.timeline.written_by_person(epoch, &json!(object));
        }
    }

    fn api(&self, kind: Kind, place: &str) -> Api<DynamicObject> {
        self.setting.stage.api(kind.name(), Some(place))
    }

    fn below(&mut self, end: u64) -> usize {
        usize::try_from(self.dice.below(end)).unwrap()
    }

    fn scopes(&mut self) -> Value {
        json!(SCOPES[self.below(SCOPES.len() as u64)])
    }

    fn format(&mut self) -> &'static str {
        if self.dice.below(2) == 0 { "Plain" } else { "SailPointSdk" }
    }
}
