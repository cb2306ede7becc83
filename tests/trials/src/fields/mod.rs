//! Spoilt fields: one field of the ledger, of a published Secret or of a resource is spoilt, each
//! way it can be, one world a case.
mod picture;
mod right;
mod spoil;

use std::collections::BTreeMap;
use std::time::Duration;

use isc_simulator::{NewToken, Switches};
use judge::{Action, What};
use serde_json::{Value, json};
use simulation::Delays;
use tokio::time::Instant;

use self::picture::{NAME, OTHER, Picture, SPACE, Which};
use self::right::Right;
use self::spoil::Spoilt;
use crate::people::Kind;
use crate::plan::Calm;
use crate::replica::Setup;
use crate::trial::Outcome;
use crate::world::{Genesis, World};
use crate::{many, trial};

/// One case.
#[derive(Clone, Debug)]
struct Case {
    spoilt: Spoilt,
    /// The field is spoilt while no replica runs.
    stopped: bool,
    picture: Picture,
    before: Picture,
}

const TENANT: &str = "acme";
/// Longest that the end of a case may take.
const PATIENCE: Duration = Duration::from_secs(3 * 3_600);

/// A world with two resources, one of which has been rotated and is in its overlap.
async fn undisturbed(traced: bool) -> World {
    let genesis = Genesis {
        seed: 1,
        traced,
        delays: Delays::default(),
        tenants: vec![TENANT.into()],
        namespaces: vec![SPACE.into()],
        isc: Switches::default(),
        nerm: false,
        setup: Setup::default(),
    };
    let mut world = World::new(genesis, Calm).await;
    world.isc.by_hand("another tool's token", |control| {
        let users = control.users(TENANT).unwrap_or_default();
        let foreign = |owner: &str| NewToken {
            scope: Some(vec!["idn:nelm:read".into()]),
            ..NewToken::named(owner, "tool")
        };
        // The tenant is there.
        users
            .first()
            .into_iter()
            .for_each(|user| _ = control.create_token(TENANT, foreign(&user.id)));
    });
    world.people.create(Kind::Secret, SPACE, "foreign", json!({"stringData": {"a": "b"}})).await;
    world.start(0);
    for name in [NAME, OTHER] {
        let spec = json!({
            "tenantRef": {"name": TENANT},
            "scopes": [if name == NAME { "idn:nelm:read" } else { "idn:accounts:read" }],
            "rotation": {"every": "30d", "overlap": if name == NAME { "2h" } else { "1h" }},
            "secret": {"labels": {"team": name}, "annotations": {"note": name}},
        });
        world.people.create(Kind::Token, SPACE, name, json!({ "spec": spec })).await;
        live(&mut world, 60).await;
    }
    let now = Value::from(world.cluster.now().to_string());
    let request =
        json!({"metadata": {"annotations": {"pat-operator.dev/rotate-requested-at": now}}});
    world.people.patch(Kind::Token, SPACE, NAME, request).await;
    live(&mut world, 300).await;
    world
}

/// Every case, by number.
fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    trial::run(1, async {
        let world = undisturbed(false).await;
        let before = picture::of(&world.cluster);
        for (spoilt, picture) in spoil::all(&world.cluster) {
            let both: &[bool] =
                if spoilt.which == Which::Ledger { &[false, true] } else { &[false] };
            let case = |stopped: &bool| Case {
                spoilt: spoilt.clone(),
                stopped: *stopped,
                picture: picture.clone(),
                before: before.clone(),
            };
            all.extend(both.iter().map(case));
        }
        Outcome::default()
    });
    all
}

/// Plays the cases from this one on; whether all came out right. Of `every` so many only one is
/// played.
pub fn run(from: u64, every: u64, threads: Option<usize>) -> bool {
    let all = cases();
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    for case in &all {
        let when = if case.stopped { "stopped" } else { "running" };
        *classes
            .entry(format!("{:?} {when} {:?}", case.spoilt.which, case.right()))
            .or_default() += 1;
    }
    println!("{} cases: {classes:#?}", all.len());
    let chosen: Vec<u64> =
        (from..all.len() as u64).step_by(usize::try_from(every.max(1)).unwrap_or(1)).collect();
    many::run("case", 0..chosen.len() as u64, threads, |index| {
        let number = chosen[usize::try_from(index).unwrap_or_default()];
        let mut outcome = play(&all, number, false);
        if !outcome.wrong.is_empty() {
            outcome.wrong.insert(0, format!("case {number}, told by `trials fields {number}`"));
        }
        outcome
    })
}

/// Tells one case word for word.
pub fn tell(number: u64) -> Option<Outcome> {
    let all = cases();
    (number < all.len() as u64).then(|| play(&all, number, true))
}

fn play(all: &[Case], number: u64, traced: bool) -> Outcome {
    let case = &all[usize::try_from(number).unwrap_or_default()];
    let mut outcome = trial::run(1, case.play(traced));
    if !outcome.wrong.is_empty() {
        let when = if case.stopped { "stopped" } else { "running" };
        outcome
            .wrong
            .insert(0, format!("{} while {when}: right is {:?}", case.spoilt, case.right()));
    }
    outcome
}

impl Case {
    fn right(&self) -> Right {
        Right::of(&self.spoilt)
    }

    async fn play(&self, traced: bool) -> Outcome {
        let mut world = undisturbed(traced).await;
        if self.stopped {
            world.kill(0);
        }
        world.witness.tell(What::Action(Action::Other(format!("{}", self.spoilt))));
        let client = world.cluster.client("user");
        let taken = picture::put(&client, &self.picture, &self.before).await;
        let mut wrong = Vec::new();
        if taken != self.right().is_taken() {
            wrong.push(format!("the API server took it: {taken}"));
        }
        world.start(0);
        if self.right() == Right::Frozen {
            wrong.extend(self.stays_frozen(&mut world).await);
            world.witness.tell(What::Action(Action::Other("the ledger is put back".into())));
            let mut mended = picture::of(&world.cluster);
            let spoilt = mended.clone();
            mended.extend(
                self.before.get(&Which::Ledger).map(|ledger| (Which::Ledger, ledger.clone())),
            );
            picture::put(&client, &mended, &spoilt).await;
        } else {
            live(&mut world, 20 * 60).await;
            world
                .people
                .patch(Kind::Token, SPACE, NAME, json!({"spec": {"scopes": ["idn:nelm:manage"]}}))
                .await;
            live(&mut world, 60).await;
            world.people.delete(Kind::Token, SPACE, OTHER).await;
        }
        let (found, counts) = world.finish(PATIENCE).await;
        wrong.extend(found);
        Outcome { wrong, counts, trace: world.witness.trace() }
    }

    /// Nothing is minted, changed or destroyed, and everybody is told.
    async fn stays_frozen(&self, world: &mut World) -> Vec<String> {
        let tokens = |world: &World| {
            world.isc.control.tokens(TENANT).map(|all| format!("{all:#?}")).unwrap_or_default()
        };
        let (ledger, before) = (picture::of(&world.cluster).remove(&Which::Ledger), tokens(world));
        live(world, 30 * 60).await;
        let mut wrong = right::untold(&world.cluster);
        world.people.delete(Kind::Token, SPACE, OTHER).await;
        live(world, 15 * 60).await;
        if picture::of(&world.cluster).remove(&Which::Ledger) != ledger {
            wrong.push("the ledger was written".into());
        }
        if !picture::of(&world.cluster).contains_key(&Which::Resource(OTHER)) {
            wrong.push("a resource went although nobody knows its tokens".into());
        }
        if tokens(world) != before {
            wrong.push("tokens were touched".into());
        }
        wrong
    }
}

async fn live(world: &mut World, seconds: u64) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while let Some(place) = world.pass_until(until).await {
        world.start(place);
    }
}
