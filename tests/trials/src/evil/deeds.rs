//! One deed of each kind.
use serde_json::{Value, json};

use super::{Deed, OTHER, mallory::Mallory};
use crate::people::Kind;

/// Resources that he keeps for most kinds of deeds.
const FEW: u64 = 3;
/// His shortest overlap. With one that is shorter than the lag of LIST, the judge compares a token that
/// is destroyed late with the wrong one of its two successors.
const SHORT: &str = "3m";
/// Most resources that he is served by right, of all that he creates.
const BY_RIGHT: u64 = 25;
/// How often he writes as much as the API server takes: the judge keeps and reads all of it.
const ENLARGED: u64 = 60;
/// Most resources that he has without a grant.
const MANY: u64 = 200;

impl Mallory {
    /// Does the next one.
    pub(super) async fn act(&mut self) {
        match self.deed {
            Deed::Names => self.names().await,
            Deed::CreateAndDelete => self.come_and_go(false).await,
            Deed::CreateAndVanish => self.come_and_go(true).await,
            Deed::StripFinalizers => self.strip().await,
            Deed::Immutable => self.lock().await,
            Deed::Forge => self.forge().await,
            Deed::Status => self.lie().await,
            Deed::Rotate => self.ask_all("rotate", json!({"overlap": SHORT})).await,
            Deed::Revoke => self.ask_all("revoke", Value::Null).await,
            Deed::Retain => self.retain().await,
            Deed::Overlap => self.ask_all("rotate", json!({"overlap": "182d"})).await,
            Deed::Large => self.enlarge().await,
            Deed::Many => self.multiply().await,
            Deed::DeleteSecret => self.delete_secrets().await,
            Deed::OtherTenants => self.go_elsewhere().await,
            Deed::Hold => self.hold().await,
        }
    }

    /// Names as the operator gives them: of a token by hand, of a ledger and of the mark of one.
    async fn names(&mut self) {
        let number = self.done % 12;
        let name = format!("pat1-00000000-00000000-00000000-{number}-000000");
        let spec =
            json!({"name": format!("{name} x"), "secret": {"name": format!("ledger-{number}")}});
        match self.random.below(4) {
            0 => self.declare(&self.name(number), spec).await,
            1 => self.declare(&name, Value::Null).await,
            2 => {
                let labels = json!({"pat-operator.dev/tenant": super::TENANT});
                let content =
                    json!({"metadata": {"labels": labels}, "stringData": {"ledger.json": "{}"}});
                self.create(Kind::Secret, &format!("ledger-{number}"), content).await;
            }
            _ => {
                let renamed = json!({"spec": {"name": format!("released {name} {}", self.done)}});
                self.patch(Kind::Token, &name, renamed).await;
            }
        }
    }

    async fn come_and_go(&mut self, vanish: bool) {
        let name = self.name(self.done % 20);
        self.declare(&name, Value::Null).await;
        if self.random.below(2) == 0 {
            tokio::time::sleep(self.pause).await;
        }
        self.delete(Kind::Token, &name).await;
        if vanish {
            self.patch(Kind::Token, &name, json!({"metadata": {"finalizers": null}})).await;
        }
    }

    async fn strip(&mut self) {
        self.keep(FEW, Value::Null).await;
        for (name, resource) in self.mine("PersonalAccessToken") {
            if resource["metadata"]["finalizers"].is_array() {
                self.patch(Kind::Token, &name, json!({"metadata": {"finalizers": null}})).await;
            }
        }
    }

    async fn lock(&mut self) {
        self.keep(FEW, Value::Null).await;
        if let Some((name, secret)) = self.any("Secret") {
            if secret["immutable"] == true {
                self.ask(&name, "rotate", self.done).await;
            } else {
                self.patch(Kind::Secret, &name, json!({"immutable": true})).await;
            }
        }
    }

    /// A pair that he made up, with a number above all before, as if a ledger had lost it.
    async fn forge(&mut self) {
        self.keep(FEW, Value::Null).await;
        let Some((name, resource)) = self.any("PersonalAccessToken") else { return };
        let number = (1_000 + self.done).to_string();
        let id = format!("{:032x}", self.random.number());
        let marks = json!({
            "pat-operator.dev/resource-uid": resource["metadata"]["uid"],
            "pat-operator.dev/number": number,
            "pat-operator.dev/client-id": id,
        });
        let pair = json!({"clientId": id, "clientSecret": format!("made up {id}")});
        let content = json!({"metadata": {"annotations": marks}, "stringData": pair});
        self.create(Kind::Secret, &name, content.clone()).await;
        self.patch(Kind::Secret, &name, content).await;
        self.patch_status(&name, json!({"secret": name})).await;
    }

    async fn lie(&mut self) {
        self.keep(FEW, Value::Null).await;
        let Some((name, _)) = self.any("PersonalAccessToken") else { return };
        let at = "1970-01-01T00:00:00Z";
        let ready = json!({"type": "Ready", "status": "True", "reason": "x", "message": "", "lastTransitionTime": at});
        let status = match self.random.below(3) {
            0 => {
                json!({"secret": "another", "conditions": [ready], "observedGeneration": 1_000_000})
            }
            1 => {
                json!({"current": {"clientId": "x", "name": "x", "issuedAt": at, "expiresAt": at, "scopes": []}, "retryAt": at})
            }
            _ => Value::Null,
        };
        self.patch_status(&name, status).await;
    }

    async fn ask_all(&mut self, what: &str, rotation: Value) {
        let mut spec = json!({});
        if !rotation.is_null() {
            spec["rotation"] = rotation;
            spec["rotation"]["every"] = json!("365d");
        }
        self.keep(FEW, spec).await;
        for (name, _) in self.mine("PersonalAccessToken") {
            self.ask(&name, what, self.done).await;
        }
    }

    /// What is retained keeps its slot, so that he does it only as often as there is room.
    async fn retain(&mut self) {
        if self.done < BY_RIGHT {
            self.declare(&self.name(self.done), json!({"reclaimPolicy": "Retain"})).await;
        }
        for (name, resource) in self.mine("PersonalAccessToken") {
            if resource["status"]["secret"].is_string() || !self.granted {
                self.delete(Kind::Token, &name).await;
            }
        }
    }

    async fn enlarge(&mut self) {
        if self.done >= ENLARGED {
            return;
        }
        let text = |length: usize| "x".repeat(length);
        let many = |length: usize| -> Value {
            (0..32).map(|n| (format!("a{n}"), json!(text(length)))).collect()
        };
        self.keep(FEW, json!({"secret": {"labels": many(63), "annotations": many(1_024)}})).await;
        let Some((name, _)) = self.any("PersonalAccessToken") else { return };
        let large =
            json!({"metadata": {"annotations": {"a": format!("{}{}", self.done, text(200_000))}}});
        self.patch(Kind::Token, &name, large.clone()).await;
        self.patch(Kind::Secret, &name, large).await;
        let labels = json!({"spec": {"secret": {"labels": {"a0": self.done.to_string()}}}});
        self.patch(Kind::Token, &name, labels).await;
    }

    async fn multiply(&mut self) {
        let most = if self.granted { BY_RIGHT } else { MANY };
        self.keep(most, Value::Null).await;
        if let Some((name, _)) = self.any("PersonalAccessToken") {
            self.delete(Kind::Token, &name).await;
        }
    }

    async fn delete_secrets(&mut self) {
        self.keep(FEW, Value::Null).await;
        for (name, _) in self.mine("Secret") {
            self.delete(Kind::Secret, &name).await;
        }
    }

    async fn go_elsewhere(&mut self) {
        let number = self.done % 20;
        let made_up = format!("nobody-{number}");
        let tenant = [OTHER, made_up.as_str()][usize::from(self.random.below(2) == 0)];
        self.declare(&self.name(number), json!({"tenantRef": {"name": tenant}})).await;
        if let Some((name, _)) = self.any("PersonalAccessToken").filter(|_| number >= 10) {
            self.delete(Kind::Token, &name).await;
        }
    }

    async fn hold(&mut self) {
        self.keep(FEW, Value::Null).await;
        let Some((name, secret)) = self.any("Secret") else {
            let Some((name, _)) = self.any("PersonalAccessToken") else { return };
            let finalizers = json!({"metadata": {"finalizers": ["example.org/mine"]}});
            return self.create(Kind::Secret, &name, finalizers).await;
        };
        let owner = json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": secret["metadata"]["uid"], "controller": self.random.below(2) == 0});
        let metadata = match self.random.below(4) {
            0 => json!({"finalizers": ["example.org/mine"]}),
            1 => json!({"ownerReferences": [owner]}),
            2 => json!({"ownerReferences": null}),
            _ => return self.delete(Kind::Token, &name).await,
        };
        self.patch(Kind::Secret, &name, json!({ "metadata": metadata })).await;
    }
}
