//! Scenes of a credential's life, each small enough to be played once for every request and everything that can go wrong
//! with it.
use std::time::Duration;

use serde_json::json;
use simulation::Delays;
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
    /// Name, scopes and Secret of a live one change.
    Change,
    /// A resource is deleted.
    Delete,
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
        self.count == call.count && self.subject == call.subject && self.pass == call.pass && self.site == call.site
    }
}

impl Plan for Faults {
    fn fault(&self, call: &Call) -> Option<Fault> {
        self.0.iter().find(|(target, _)| target.is(call)).map(|(_, fault)| *fault)
    }
}

const SPACE: &str = "blue";
const NAME: &str = "sync";
/// How soon a replica that ended is there again.
const RESTART: Duration = Duration::from_secs(2);
/// Longest that the end of a scene may take: a back-off of an hour, an attempt of 25 h.
const PATIENCE: Duration = Duration::from_secs(30 * 3_600);

impl Scene {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Create, Self::Change, Self::Delete];

    /// Plays it with these faults.
    pub async fn play(self, faults: Faults, traced: bool) -> Played {
        let genesis = Genesis {
            seed: 1,
            traced,
            delays: Delays::default(),
            tenants: vec!["acme".into()],
            namespaces: vec![SPACE.into()],
            setup: Setup::default(),
        };
        let mut world = World::new(genesis, faults).await;
        world.employ(Duration::from_secs(5)..=Duration::from_secs(60));
        world.start(0);
        live(&mut world, 3).await;
        let spec = json!({"spec": {"tenantRef": {"name": "acme"}, "scopes": ["idn:nelm:read", "idn:nelm:manage"]}});
        world.people.create(Kind::Token, SPACE, NAME, spec).await;
        live(&mut world, 30).await;
        let before = if self == Self::Create { 0 } else { world.switchboard.calls().len() };
        match self {
            Self::Create => {}
            Self::Change => {
                let spec =
                    json!({"name": "another", "scopes": ["idn:accounts:read"], "secret": {"labels": {"a": "b"}}});
                world.people.patch(Kind::Token, SPACE, NAME, json!({ "spec": spec })).await;
                // Until scopes have reached new access tokens, and it was looked whether they have.
                live(&mut world, 25 * 60).await;
            }
            Self::Delete => {
                world.people.delete(Kind::Token, SPACE, NAME).await;
                live(&mut world, 60).await;
            }
        }
        let calls = world.switchboard.calls().split_off(before);
        let (wrong, counts) = world.finish(PATIENCE).await;
        let fired = world.switchboard.fired();
        Played { outcome: Outcome { wrong, counts, trace: world.witness.trace() }, calls, fired }
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
