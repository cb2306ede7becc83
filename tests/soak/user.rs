//! A user who declares, changes and deletes resources, damages their Secrets and meddles in ISC, as
//! the dice say.
use std::sync::Arc;
use std::time::Duration;

use isc_simulator::TokenEdit;
use judge::{Action, Pair, What};
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use simulation::Random;
use tokio::sync::RwLock;

use crate::archive::Kind;
use crate::edits::{self, Edit};
use crate::environment::Environment;

/// Most resources of one owner at a time; ISC gives an owner eight.
const PER_PLACE: u64 = 5;

/// Who acts in all places.
pub struct User {
    pub environment: Arc<Environment>,
    pub dice: Random,
    /// Held for writing by whoever wants the user to do nothing.
    pub calm: Arc<RwLock<()>>,
}

/// The resource that is acted on.
struct Target {
    epoch: u64,
    place: String,
    name: String,
}

impl User {
    /// Acts for ever, with pauses of up to this length.
    pub async fn live(mut self, pause: Duration) {
        loop {
            let (calm, environment) = (Arc::clone(&self.calm), Arc::clone(&self.environment));
            {
                let _calm = calm.read().await;
                let epoch = *environment.epoch.read().await;
                let one =
                    usize::try_from(self.dice.below(environment.places.len() as u64)).unwrap();
                let name = format!("r{}", self.dice.below(PER_PLACE));
                self.act(&Target { epoch, place: environment.places[one].clone(), name }).await;
            }
            let pause = self.dice.duration(&(Duration::ZERO..=pause));
            tokio::time::sleep(pause).await;
        }
    }

    async fn act(&mut self, target: &Target) {
        let (token, secret) = (self.get(Kind::Token, target), self.get(Kind::Secret, target));
        match (token, secret) {
            (None, Some(secret)) => self.clear(target, &secret).await,
            (None, None) => self.create(target).await,
            (Some(token), _) if !token["metadata"]["deletionTimestamp"].is_null() => {
                if self.dice.below(12) == 0 {
                    self.force(target, &token).await;
                }
            }
            (Some(token), secret) => self.change(target, &token, secret.as_deref()).await,
        }
    }

    /// What a deletion with Retain left to its user, who has no use for it.
    async fn clear(&mut self, target: &Target, secret: &Value) {
        if secret["metadata"]["ownerReferences"].is_array() {
            return;
        }
        if let Some(pair) = Pair::of(secret) {
            let _ = self
                .environment
                .stage
                .simulator
                .control()
                .delete_token(&target.place, &pair.client_id);
        }
        self.delete(Kind::Secret, target).await;
    }

    async fn create(&mut self, target: &Target) {
        let object = edits::resource(&mut self.dice, &target.place, &target.name);
        let object: DynamicObject = serde_json::from_value(object).unwrap();
        let created = self.api(Kind::Token, target).create(&PostParams::default(), &object).await;
        self.note(target, created);
    }

    async fn change(&mut self, target: &Target, token: &Value, secret: Option<&Value>) {
        let now = self.environment.stage.simulator.control().now();
        match edits::any(&mut self.dice, &target.place, token, now) {
            Edit::Delete => self.delete(Kind::Token, target).await,
            Edit::DeleteSecret if secret.is_some() => self.delete(Kind::Secret, target).await,
            Edit::PatchSecret(patch) if secret.is_some() => {
                self.patch(Kind::Secret, target, &patch).await
            }
            Edit::Patch(patch) => self.patch(Kind::Token, target, &patch).await,
            Edit::Revoke(patch) => {
                self.environment.timeline.tell(What::Action(Action::Revoke(uid(token))));
                self.patch(Kind::Token, target, &patch).await;
            }
            Edit::InIsc(edit) => self.meddle(target, secret, edit),
            Edit::DeleteSecret | Edit::PatchSecret(_) => {}
        }
    }

    /// In ISC, by hand, with the token whose pair is published.
    fn meddle(&self, target: &Target, secret: Option<&Value>, edit: Option<TokenEdit>) {
        let control = self.environment.stage.simulator.control();
        let Some(pair) = secret.and_then(Pair::of) else { return };
        let _ = match edit {
            Some(edit) => control.edit_token(&target.place, &pair.client_id, edit).map(drop),
            None => control.delete_token(&target.place, &pair.client_id),
        };
    }

    /// Takes the finalizer off, as people do who do not want to wait.
    async fn force(&mut self, target: &Target, token: &Value) {
        self.environment.timeline.tell(What::Action(Action::ForceRemove(uid(token))));
        self.patch(Kind::Token, target, &json!({"metadata": {"finalizers": null}})).await;
    }

    async fn patch(&self, kind: Kind, target: &Target, patch: &Value) {
        let patched = self
            .api(kind, target)
            .patch(&target.name, &PatchParams::default(), &Patch::Merge(patch))
            .await;
        self.note(target, patched);
    }

    async fn delete(&self, kind: Kind, target: &Target) {
        let Ok(deleted) =
            self.api(kind, target).delete(&target.name, &DeleteParams::default()).await
        else {
            return;
        };
        let mut reply =
            deleted.map_left(|object| json!(object)).map_right(|status| json!(status)).into_inner();
        // A Status does not say so of itself.
        if reply["details"].is_object() {
            reply["kind"] = json!("Status");
        }
        self.environment.timeline.written_by_person(target.epoch, &reply);
    }

    /// What the API server refuses has not happened: somebody else was faster.
    fn note(&self, target: &Target, written: kube::Result<DynamicObject>) {
        if let Ok(object) = written {
            self.environment.timeline.written_by_person(target.epoch, &json!(object));
        }
    }

    fn get(&self, kind: Kind, target: &Target) -> Option<Arc<Value>> {
        self.environment.archive.get(&(kind, target.place.clone(), target.name.clone()))
    }

    fn api(&self, kind: Kind, target: &Target) -> Api<DynamicObject> {
        self.environment.stage.api(kind.name(), Some(&target.place))
    }
}

fn uid(object: &Value) -> String {
    object["metadata"]["uid"].as_str().unwrap_or_default().to_owned()
}
