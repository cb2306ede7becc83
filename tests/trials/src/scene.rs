//! Scenes of a credential's life, each small enough to be played once for every request and
//! everything that can go wrong with it.
use std::time::Duration;

use isc_simulator::{Control, Dialect, Presence, ReplyScope, Switches};
use jiff::SignedDuration;
use serde_json::{Value, json};
use simulation::{Delays, Snapshot};
use tokio::time::Instant;

use crate::call::{Call, Site};
use crate::fault::Fault;
use crate::people::Kind;
use crate::plan::Plan;
use crate::replica::Setup;
use crate::trial::Outcome;
use crate::world::{Genesis, World};

/// A scene.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scene {
    /// From a new operator to a published credential.
    Create,
    /// The same where ISC says neither whose a credential is nor what its scopes are, and with a
    /// NERM.
    Silent,
    /// Name, scopes and Secret of a live one change.
    Change,
    /// A resource is deleted.
    Delete,
    /// A rotation is asked for, and the overlap ends.
    Rotate,
    /// The life of access tokens changes, which rotates.
    Validity,
    /// All tokens are to be revoked at once.
    Revoke,
    /// A resource with `Retain` is deleted.
    Retain,
    /// Somebody deletes the token in ISC.
    Loss,
    /// An old backup of the ledger is put back after a rotation.
    Adopt,
}

/// A request that is told from all others of a scene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where it comes from.
    pub site: Site,
    pass: String,
    subject: String,
    count: u64,
}

/// Faults at certain requests, and nowhere else.
#[derive(Clone, Debug, Default)]
pub struct Faults(pub Vec<(Target, Fault)>);

/// What a scene came to.
#[derive(Clone, Debug)]
pub struct Played {
    /// What was wrong with it.
    pub outcome: Outcome,
    /// Its requests, up to the beginning of its end.
    pub calls: Vec<Call>,
    /// What went wrong with which of them.
    pub fired: Vec<(Call, Fault)>,
}

impl From<&Call> for Target {
    fn from(call: &Call) -> Self {
        let Call { site, pass, subject, count, .. } = call.clone();
        Self { site, pass, subject, count }
    }
}

impl Target {
    fn is(&self, call: &Call) -> bool {
        self.count == call.count
            && self.subject == call.subject
            && self.pass == call.pass
            && self.site == call.site
    }
}

impl Plan for Faults {
    fn fault(&self, call: &Call) -> Option<Fault> {
        self.0.iter().find(|(target, _)| target.is(call)).map(|(_, fault)| *fault)
    }
}

const TENANT: &str = "acme";
const SPACE: &str = "blue";
const NAME: &str = "sync";
/// How soon a replica that ended is there again.
const RESTART: Duration = Duration::from_secs(2);
/// Longest that the end of a scene may take: a back-off of an hour, an attempt of 25 h.
const PATIENCE: Duration = Duration::from_secs(30 * 3_600);

impl Scene {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Create,
        Self::Silent,
        Self::Change,
        Self::Delete,
        Self::Rotate,
        Self::Validity,
        Self::Revoke,
        Self::Retain,
        Self::Loss,
        Self::Adopt,
    ];

    /// Plays it with these faults.
    pub async fn play(self, faults: Faults, traced: bool) -> Played {
        let genesis = Genesis {
            seed: 1,
            traced,
            delays: Delays::default(),
            tenants: vec![TENANT.into()],
            namespaces: vec![SPACE.into()],
            isc: self.isc(),
            nerm: self == Self::Silent,
            setup: Setup::default(),
        };
        let mut world = World::new(genesis, faults).await;
        world.employ(Duration::from_secs(5)..=Duration::from_secs(60));
        world.start(0);
        live(&mut world, 3).await;
        let spec = json!({
            "tenantRef": {"name": TENANT},
            "scopes": ["idn:nelm:read", "idn:nelm:manage"],
            "rotation": {"every": "7d", "overlap": "2m"},
            "reclaimPolicy": if self == Self::Retain { "Retain" } else { "Revoke" },
        });
        world.people.create(Kind::Token, SPACE, NAME, json!({ "spec": spec })).await;
        live(&mut world, 30).await;
        let backup = world.cluster.snapshot();
        if self == Self::Adopt {
            ask(&world, "rotate").await;
            live(&mut world, 210).await;
        }
        let before = if matches!(self, Self::Create | Self::Silent) {
            0
        } else {
            world.switchboard.calls().len()
        };
        self.begin(&world, &backup).await;
        live(&mut world, self.seconds()).await;
        let calls = world.switchboard.calls().split_off(before);
        let (wrong, counts) = world.finish(PATIENCE).await;
        let fired = world.switchboard.fired();
        Played { outcome: Outcome { wrong, counts, trace: world.witness.trace() }, calls, fired }
    }

    fn isc(self) -> Switches {
        if self != Self::Silent {
            return Switches::default();
        }
        let absent = Presence::Absent;
        let dialect = Dialect {
            reply_scope: ReplyScope::Absent,
            identity: absent,
            tenant: absent,
            ..Dialect::default()
        };
        Switches { dialect: Dialect { org: absent, ..dialect }, ..Switches::default() }
    }

    /// What it is about.
    async fn begin(self, world: &World, backup: &Snapshot) {
        let change = async |spec: Value| {
            world.people.patch(Kind::Token, SPACE, NAME, json!({ "spec": spec })).await
        };
        match self {
            Self::Create | Self::Silent => {}
            Self::Change => {
                let labels = json!({"labels": {"a": "b"}});
                change(
                    json!({"name": "another", "scopes": ["idn:accounts:read"], "secret": labels}),
                )
                .await;
            }
            Self::Delete | Self::Retain => _ = world.people.delete(Kind::Token, SPACE, NAME).await,
            Self::Rotate => ask(world, "rotate").await,
            Self::Validity => _ = change(json!({"accessTokenValidity": "15m"})).await,
            Self::Revoke => ask(world, "revoke").await,
            Self::Loss => world.isc.by_hand("loss", lose),
            Self::Adopt => {
                world.cluster.restore_some(backup, |key| key.name.starts_with("ledger-"));
            }
        }
    }

    /// How long it takes when nothing goes wrong.
    fn seconds(self) -> u64 {
        match self {
            Self::Create | Self::Silent => 0,
            // Until scopes have reached new access tokens, and it was looked whether they have.
            Self::Change => 25 * 60,
            Self::Delete | Self::Revoke | Self::Retain => 60,
            Self::Rotate | Self::Validity => 210,
            // Until LIST is read anyhow.
            Self::Loss => 700,
            Self::Adopt => 300,
        }
    }
}

async fn ask(world: &World, what: &str) {
    let at = world.cluster.now() - SignedDuration::from_secs(10);
    let request = json!({ format!("pat-operator.dev/{what}-requested-at"): at.to_string() });
    world
        .people
        .patch(Kind::Token, SPACE, NAME, json!({"metadata": {"annotations": request}}))
        .await;
}

fn lose(isc: &Control) {
    for token in isc.tokens(TENANT).unwrap_or_default() {
        if token.name.starts_with("pat1-") {
            // It is there.
            let _ = isc.delete_token(TENANT, &token.id);
        }
    }
}

/// Lets so many seconds pass; a replica that ends is started again.
async fn live(world: &mut World, seconds: u64) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while let Some(place) = world.pass_until(until).await {
        // No other runs meanwhile.
        world.pass_until((Instant::now() + RESTART).min(until)).await;
        world.start(place);
    }
}
