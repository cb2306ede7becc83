//! Deeds to come in the course of a trial, and when: chance writes them down beforehand.
use std::collections::BTreeMap;
use std::time::Duration;

use simulation::Random;
use tokio::time::Instant;

use super::below;
use super::deeds::Deed;
use super::wishes;

/// Deeds to come, by time.
#[derive(Debug, Default)]
pub struct Script {
    deeds: BTreeMap<(Instant, u64), Deed>,
    added: u64,
}

impl Script {
    fn add(&mut self, at: Instant, deed: Deed) {
        self.added += 1;
        self.deeds.insert((at, self.added), deed);
    }

    /// Adds a deed to be done so long from now.
    pub fn later(&mut self, (after, deed): (Duration, Deed)) {
        self.add(Instant::now() + after, deed);
    }

    /// Puts the next deed back, before all others of its time.
    pub fn put_back(&mut self, at: Instant, deed: Deed) {
        self.deeds.insert((at, 0), deed);
    }

    /// Takes the next deed, if there is one before the end.
    pub fn take(&mut self, end: Instant) -> Option<(Instant, Deed)> {
        let ((at, _), deed) = self.deeds.pop_first()?;
        (at < end).then_some((at, deed))
    }
}

/// How long a replica that was asked to end may take.
const GRACE: Duration = Duration::from_secs(25);
/// A life longer than this has few resources: it is about time, not about numbers.
const LONG: Duration = Duration::from_secs(3_600);

/// What a replica that ended in this place does next.
pub fn restart(random: &mut Random, place: usize) -> (Duration, Deed) {
    (random.duration(&(Duration::from_millis(100)..=Duration::from_secs(30))), Deed::Start(place))
}

/// What follows from a deed by itself.
pub fn consequence(random: &mut Random, deed: &Deed) -> Option<(Duration, Deed)> {
    match deed {
        Deed::Kill(place) | Deed::KillStopped(place) => Some(restart(random, *place)),
        Deed::Stop(place) => Some((GRACE, Deed::KillStopped(*place))),
        Deed::Disable(tenant) => {
            let after = random.duration(&(Duration::from_secs(20)..=Duration::from_secs(2_000)));
            Some((after, Deed::Enable(tenant.clone())))
        }
        Deed::Level(tenant, "USER") => {
            let after = random.duration(&(Duration::from_secs(20)..=Duration::from_secs(9_000)));
            Some((after, Deed::Level(tenant.clone(), "ORG_ADMIN")))
        }
        Deed::Renew(number, spec) => {
            let after = random.duration(&(Duration::ZERO..=Duration::from_secs(120)));
            Some((after, Deed::Create(*number, spec.clone())))
        }
        _ => None,
    }
}

/// The script of a trial of this length; `restores`: in some, a backup is put back while everything
/// runs.
pub fn wild(random: &mut Random, length: Duration, tenants: u64, restores: bool) -> Script {
    let mut script = Script::default();
    let begin = Instant::now();
    let any = |random: &mut Random| begin + random.duration(&(Duration::ZERO..=length));
    let replicas = 1 + random.place(3);
    for place in 0..replicas {
        let at = if place == 0 {
            begin
        } else {
            begin + random.duration(&(Duration::ZERO..=length / 2))
        };
        script.add(at, Deed::Start(place));
    }
    script.add(begin, Deed::CreateNamespace("red"));
    let resources =
        if length > LONG { 1 + below(random, &[2, 4]) } else { 1 + below(random, &[2, 3, 5, 12]) };
    for number in 0..resources {
        let soon = random.below(3) > 0;
        let at = if soon { begin + Duration::from_secs(random.below(20)) } else { any(random) };
        script.add(at, Deed::Create(number, wishes::spec(random, tenants)));
    }
    for _ in 0..below(random, &[1, 5, 20]) {
        let (at, deed) = (any(random), wishes::deed(random, resources, tenants));
        if let Deed::DeleteNamespace(name) = deed {
            script.add(
                at + random.duration(&(Duration::ZERO..=length / 2)),
                Deed::CreateNamespace(name),
            );
        }
        script.add(at, deed);
    }
    if random.below(8) == 0 && restores {
        let (backup, restore) = (any(random), any(random));
        script.add(backup.min(restore), Deed::Backup);
        script.add(backup.max(restore), Deed::Restore { whole: random.below(2) == 0 });
    }
    for _ in 0..below(random, &[1, 1, 3, 9]) {
        let (at, place) = (any(random), random.place(replicas));
        script.add(at, if random.below(4) == 0 { Deed::Stop(place) } else { Deed::Kill(place) });
    }
    script
}

/// The script of a trial in which resources come and rotate, and nobody does anything else.
pub fn gentle(random: &mut Random, length: Duration) -> Script {
    let mut script = Script::default();
    let begin = Instant::now();
    let any = |random: &mut Random| begin + random.duration(&(Duration::ZERO..=length));
    // Only one: replicas that work at once fence each other's attempts, and leader election is no
    // part of a world.
    script.add(begin, Deed::Start(0));
    let resources = 1 + random.below(4);
    for number in 0..resources {
        script.add(
            begin + Duration::from_secs(random.below(20)),
            Deed::Create(number, wishes::spec(random, 1)),
        );
    }
    for _ in 0..random.below(6) {
        script.add(any(random), wishes::rotation(random, resources));
    }
    script
}
