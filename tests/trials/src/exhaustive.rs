//! Single faults and pairs: every request of every scene meets every fault that it can meet, alone
//! or with a second one.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::call::{Call, Site};
use crate::fault::Fault;
use crate::scene::{Faults, Played, Scene, Target};
use crate::trial::Outcome;
use crate::{many, trial};

/// How late a late effect is: its sender has given up, and the operator has gone on.
const LATE: Duration = Duration::from_secs(45);

/// One fault in a scene.
#[derive(Clone, Debug)]
pub struct Single {
    scene: Scene,
    /// The lost reply without which there would be no such request.
    after: Option<(Target, Fault)>,
    target: Target,
    fault: Fault,
}

/// Sites and kinds of fault.
type Covered = BTreeSet<(String, String)>;

fn play(scene: Scene, faults: Vec<(Target, Fault)>, traced: bool) -> Played {
    let mut played = None;
    let outcome = trial::run(1, async {
        let done = scene.play(Faults(faults), traced).await;
        let outcome = done.outcome.clone();
        played = Some(done);
        outcome
    });
    played.unwrap_or(Played { outcome, calls: Vec::new(), fired: Vec::new() })
}

/// Every single fault of every scene, and of what the operator only does after its POST was lost.
///
/// # Panics
/// When a scene is not good without any.
pub fn singles() -> Vec<Single> {
    let calm = |scene: Scene| {
        let calm = play(scene, Vec::new(), false);
        assert!(
            calm.outcome.wrong.is_empty(),
            "{scene:?} without faults: {:#?}",
            calm.outcome.wrong
        );
        calm.calls
    };
    let all: Vec<(Scene, Vec<Call>)> =
        Scene::ALL.into_iter().map(|scene| (scene, calm(scene))).collect();
    let sites: BTreeSet<&Site> =
        all.iter().flat_map(|(_, calls)| calls.iter().map(|call| &call.site)).collect();
    let direct = all.iter().flat_map(|(scene, calls)| of_calls(*scene, None, calls));
    let mut further = Vec::new();
    for (scene, calls) in &all {
        let Some(post) = calls.iter().find(|call| call.site == Site::isc("create")) else {
            continue;
        };
        let lost = (Target::from(post), Fault::LostReply);
        let played = play(*scene, vec![lost.clone()], false);
        let is_sweep = |call: &Call| call.site == Site::isc("delete");
        let is_new = |call: &&Call| !sites.contains(&call.site) || is_sweep(call);
        let new: Vec<Call> = played.calls.iter().filter(is_new).cloned().collect();
        further.extend(of_calls(*scene, Some(lost), &new));
    }
    direct.chain(further).collect()
}

fn of_calls(scene: Scene, after: Option<(Target, Fault)>, calls: &[Call]) -> Vec<Single> {
    let of = |call: &Call| {
        let (after, target) = (after.clone(), Target::from(call));
        let faults = Fault::applicable(&call.site, LATE).into_iter();
        faults.map(move |fault| Single {
            scene,
            after: after.clone(),
            target: target.clone(),
            fault,
        })
    };
    calls.iter().flat_map(of).collect()
}

/// Plays every single fault from this one on; whether all is good and all was covered.
pub fn run_singles(from: u64, threads: Option<usize>) -> bool {
    let all = singles();
    let planned: Covered = all.iter().map(|single| cell(&single.target, single.fault)).collect();
    let covered = Mutex::new(Covered::new());
    let good = many::run("fault", from..all.len() as u64, threads, |number| {
        let single = &all[usize::try_from(number).unwrap_or_default()];
        let played = single.play(false);
        let cells = played.fired.iter().map(|(call, fault)| cell(&Target::from(call), *fault));
        covered.lock().unwrap_or_else(PoisonError::into_inner).extend(cells);
        single.judged(played)
    });
    let covered = covered.into_inner().unwrap_or_else(PoisonError::into_inner);
    tell_coverage(&planned, &covered);
    good && (from > 0 || covered.is_superset(&planned))
}

/// Tells one single fault word for word; whether it is good.
pub fn tell_single(number: u64) -> Option<Outcome> {
    let single = singles().into_iter().nth(usize::try_from(number).ok()?)?;
    println!("{single:?}");
    Some(single.judged(single.play(true)))
}

impl Single {
    fn play(&self, traced: bool) -> Played {
        let faults =
            self.after.iter().cloned().chain([(self.target.clone(), self.fault)]).collect();
        play(self.scene, faults, traced)
    }

    fn judged(&self, played: Played) -> Outcome {
        let mut outcome = played.outcome;
        if played.fired.len() <= usize::from(self.after.is_some()) {
            outcome.wrong.push("the fault never happened".into());
        }
        if !outcome.wrong.is_empty() {
            outcome
                .wrong
                .insert(0, format!("{:?}: {:?} at {:?}", self.scene, self.fault, self.target));
        }
        outcome
    }
}

fn cell(target: &Target, fault: Fault) -> (String, String) {
    (target.site.to_string(), fault.kind())
}

fn tell_coverage(planned: &Covered, covered: &Covered) {
    let mut sites: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (site, kind) in planned {
        sites.entry(site).or_default().push(kind);
    }
    for (site, kinds) in &sites {
        println!("{site:<44} {}", kinds.join(", "));
    }
    let missed: Vec<_> = planned.difference(covered).collect();
    println!(
        "{} of {} pairs of call site and applicable kind of fault, at {} sites; missed: {missed:?}",
        planned.len() - missed.len(),
        planned.len(),
        sites.len()
    );
}

/// Every fault that pairs are made of, at these requests.
fn for_pairs(calls: &[Call]) -> Vec<(Target, Fault)> {
    let of = |call: &Call| {
        let faults = Fault::applicable(&call.site, LATE).into_iter().filter(Fault::is_of_pairs);
        faults.map(|fault| (Target::from(call), fault)).collect::<Vec<_>>()
    };
    calls.iter().flat_map(of).collect()
}

/// Plays every pair whose first fault has one of these numbers, of which every fortieth belongs to
/// a slice; whether all is good.
pub fn run_pairs(from: u64, slice: Option<u64>, threads: Option<usize>) -> bool {
    let firsts: Vec<(Scene, Target, Fault)> = Scene::ALL
        .into_iter()
        .flat_map(|scene| {
            let calls = play(scene, Vec::new(), false).calls;
            for_pairs(&calls).into_iter().map(move |(target, fault)| (scene, target, fault))
        })
        .enumerate()
        .filter(|(number, _)| slice.is_none_or(|slice| *number as u64 % 40 == slice % 40))
        .map(|(_, first)| first)
        .collect();
    many::run("first fault", from..firsts.len() as u64, threads, |number| {
        let (scene, target, fault) = &firsts[usize::try_from(number).unwrap_or_default()];
        seconds(*scene, target, *fault)
    })
}

/// Every second fault that can follow the first.
fn seconds(scene: Scene, target: &Target, fault: Fault) -> Outcome {
    let first = play(scene, vec![(target.clone(), fault)], false);
    let mut total = first.outcome;
    let since = first
        .fired
        .first()
        .and_then(|(fired, _)| first.calls.iter().position(|call| call == fired));
    let after = since.map_or(&[][..], |at| &first.calls[at + 1..]);
    for (second, its) in for_pairs(after) {
        let played = play(scene, vec![(target.clone(), fault), (second.clone(), its)], false);
        total.counts.add(&played.outcome.counts);
        if !played.outcome.wrong.is_empty() {
            total
                .wrong
                .push(format!("{scene:?}: {fault:?} at {target:?}, then {its:?} at {second:?}"));
            total.wrong.extend(played.outcome.wrong);
        }
    }
    total
}
