//! What people and chance do to a world in the course of a trial.
use jiff::SignedDuration;
use judge::{Action, What};
use serde_json::{Value, json};
use simulation::{Break, Random, Snapshot};

use super::hands::Meddling;
use crate::people::Kind;
use crate::world::World;

/// One thing done.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Starts the replica in a place.
    Start(usize),
    /// Ends it.
    Kill(usize),
    /// Asks it to end.
    Stop(usize),
    /// Ends it if it has been asked to.
    KillStopped(usize),
    /// Creates the resource of this number.
    Create(u64, Value),
    /// Changes its spec.
    Change(u64, Value),
    /// Asks for something by annotation.
    Ask(u64, Asks),
    /// Deletes it.
    Delete(u64),
    /// Deletes it, and creates it anew under the same name soon.
    Renew(u64, Value),
    /// Takes its finalizers off, perhaps after its deletion.
    Unhold {
        /// Its number.
        number: u64,
        /// Deletes it first.
        delete: bool,
    },
    /// Deletes its Secret.
    DeleteSecret(u64),
    /// Changes its Secret.
    EditSecret(u64, Value),
    /// Takes the name of its Secret.
    Squat(u64),
    /// Deletes a namespace, and makes it anew later.
    DeleteNamespace(&'static str),
    /// Makes a namespace.
    CreateNamespace(&'static str),
    /// Another tool makes a token for the user of this ISC tenant.
    ForeignToken(String),
    /// It deletes all of its tokens.
    NoForeignTokens(String),
    /// Somebody lays hands on one of the operator's tokens for the user of this ISC tenant.
    Meddle(String, Meddling),
    /// The user of this ISC tenant is disabled.
    Disable(String),
    /// It is enabled again.
    Enable(String),
    /// It gets this user level.
    Level(String, &'static str),
    /// A backup of the whole cluster is made.
    Backup,
    /// It is put back: all of it, or the ledgers alone.
    Restore {
        /// All of it.
        whole: bool,
    },
    /// ISC's clock jumps by so many milliseconds.
    Jump(i64),
    /// Watches break.
    Break(Break),
}

/// What people ask for by annotation.
#[derive(Clone, Copy, Debug)]
pub enum Asks {
    /// A rotation now.
    Rotate,
    /// A rotation in ten minutes.
    RotateSoon,
    /// A rotation at a time that is none.
    Nonsense,
    /// All tokens to be revoked now.
    Revoke,
}

/// The namespaces of all resources.
pub const NAMESPACES: [&str; 3] = ["blue", "green", "red"];
/// By how much a request that is to be due now is dated back: ISC's clock may be a little behind.
const BACK: SignedDuration = SignedDuration::from_secs(10);

fn place(number: u64) -> (&'static str, String) {
    let namespace = if number % 7 == 6 { "red" } else { NAMESPACES[usize::from(number % 2 == 1)] };
    (namespace, format!("r{number}"))
}

impl World {
    /// Does it. `backup`: the last backup.
    pub async fn perform(
        &mut self,
        deed: &Deed,
        random: &mut Random,
        backup: &mut Option<Snapshot>,
    ) {
        self.witness.tell(What::Action(Action::Other(format!("{deed:?}"))));
        match deed {
            Deed::Start(place) => self.start(*place),
            Deed::Kill(place) => self.kill(*place),
            Deed::Stop(place) => self.stop(*place),
            Deed::KillStopped(place) => self.kill_stopped(*place),
            Deed::Jump(millis) => self.jump(*millis),
            Deed::Break(how) => self.cluster.break_watches(*how, |_| true),
            Deed::ForeignToken(tenant) => self.foreign_token(tenant, random.number()),
            Deed::NoForeignTokens(tenant) => self.no_foreign_tokens(tenant),
            Deed::Meddle(tenant, how) => self.meddle(tenant, how, random),
            Deed::Disable(tenant) => self.disable(tenant, true),
            Deed::Enable(tenant) => self.disable(tenant, false),
            Deed::Level(tenant, level) => self.level(tenant, level),
            Deed::Backup => *backup = Some(self.cluster.snapshot()),
            Deed::Restore { whole } => self.put_back(backup.as_ref(), *whole),
            deed => self.edit(deed).await,
        }
    }

    async fn edit(&self, deed: &Deed) {
        let people = &self.people;
        match deed {
            Deed::DeleteNamespace(name) => _ = people.delete(Kind::Namespace, "", name).await,
            Deed::CreateNamespace(name) => {
                _ = people.create(Kind::Namespace, "", name, json!({})).await;
            }
            Deed::DeleteSecret(number) => {
                let (namespace, name) = place(*number);
                people.delete(Kind::Secret, namespace, &name).await;
            }
            Deed::EditSecret(number, patch) => {
                let (namespace, name) = place(*number);
                people.patch(Kind::Secret, namespace, &name, patch.clone()).await;
            }
            Deed::Squat(number) => {
                let (namespace, name) = place(*number);
                people.delete(Kind::Secret, namespace, &name).await;
                people
                    .create(Kind::Secret, namespace, &name, json!({"stringData": {"a": "b"}}))
                    .await;
            }
            deed => self.edit_resource(deed).await,
        }
    }

    async fn edit_resource(&self, deed: &Deed) {
        let people = &self.people;
        match deed {
            Deed::Create(number, spec) => {
                let (namespace, name) = place(*number);
                people.create(Kind::Token, namespace, &name, json!({"spec": spec})).await;
            }
            Deed::Change(number, spec) => {
                let (namespace, name) = place(*number);
                people.patch(Kind::Token, namespace, &name, json!({"spec": spec})).await;
            }
            Deed::Ask(number, what) => {
                let (namespace, name) = place(*number);
                let annotations = self.request(*what);
                people
                    .patch(
                        Kind::Token,
                        namespace,
                        &name,
                        json!({"metadata": {"annotations": annotations}}),
                    )
                    .await;
            }
            Deed::Delete(number) | Deed::Renew(number, _) => {
                let (namespace, name) = place(*number);
                people.delete(Kind::Token, namespace, &name).await;
            }
            Deed::Unhold { number, delete } => {
                let (namespace, name) = place(*number);
                if *delete {
                    people.delete(Kind::Token, namespace, &name).await;
                }
                people
                    .patch(Kind::Token, namespace, &name, json!({"metadata": {"finalizers": null}}))
                    .await;
            }
            _ => {}
        }
    }

    fn request(&self, what: Asks) -> Value {
        let now = self.cluster.now();
        let (rotate, revoke) =
            ("pat-operator.dev/rotate-requested-at", "pat-operator.dev/revoke-requested-at");
        match what {
            Asks::Rotate => json!({rotate: (now - BACK).to_string()}),
            Asks::RotateSoon => json!({rotate: (now + SignedDuration::from_mins(10)).to_string()}),
            Asks::Nonsense => json!({rotate: "soon"}),
            Asks::Revoke => json!({revoke: (now - BACK).to_string()}),
        }
    }

    fn put_back(&self, backup: Option<&Snapshot>, whole: bool) {
        let Some(backup) = backup else { return };
        if whole {
            self.cluster.restore(backup, simulation::Revisions::GoOn);
        } else {
            let ledger = |key: &simulation::Key| {
                key.kind.kind == "Secret" && key.name.starts_with("ledger-")
            };
            self.cluster.restore_some(backup, ledger);
        }
    }
}
