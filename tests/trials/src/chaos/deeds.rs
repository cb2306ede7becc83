//! What people and chance do to a world in the course of a trial, and when.
use std::collections::BTreeMap;
use std::time::Duration;

use isc_simulator::NewToken;
use judge::{Action, What};
use serde_json::{Value, json};
use simulation::{Break, Random};
use tokio::time::Instant;

use super::index;
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
    /// Creates the resource of this number at a Tenant.
    Create(u64, String),
    /// Changes its spec.
    Change(u64, Value),
    /// Deletes it.
    Delete(u64),
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
    /// ISC's clock jumps by so many milliseconds.
    Jump(i64),
    /// Watches break.
    Break(Break),
}

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
const NAMESPACES: [&str; 3] = ["blue", "green", "red"];
const SCOPES: [&str; 4] = ["idn:nelm:manage", "idn:nelm:read", "idn:accounts:read", "idn:access-request:manage"];

/// What a replica that ended in this place does next.
pub fn restart(random: &mut Random, place: usize) -> (Duration, Deed) {
    (random.duration(&(Duration::from_millis(100)..=Duration::from_secs(30))), Deed::Start(place))
}

/// What follows from a deed by itself.
pub fn consequence(random: &mut Random, deed: &Deed) -> Option<(Duration, Deed)> {
    match deed {
        Deed::Kill(place) | Deed::KillStopped(place) => Some(restart(random, *place)),
        Deed::Stop(place) => Some((GRACE, Deed::KillStopped(*place))),
        _ => None,
    }
}

/// The script of a trial of this length.
pub fn script(random: &mut Random, length: Duration, tenants: u64) -> Script {
    let mut script = Script::default();
    let begin = Instant::now();
    let any = |random: &mut Random| begin + random.duration(&(Duration::ZERO..=length));
    let replicas = 1 + index(random, 3);
    for place in 0..replicas {
        let at = if place == 0 { begin } else { begin + random.duration(&(Duration::ZERO..=length / 2)) };
        script.add(at, Deed::Start(place));
    }
    script.add(begin, Deed::CreateNamespace("red"));
    let resources = 1 + below(random, &[3, 8, 12]);
    for number in 0..resources {
        let soon = random.below(3) > 0;
        let at = if soon { begin + Duration::from_secs(random.below(20)) } else { any(random) };
        script.add(at, Deed::Create(number, format!("tenant-{}", random.below(tenants))));
    }
    for _ in 0..below(random, &[1, 5, 20]) {
        let at = any(random);
        let deed = edit(random, resources, tenants);
        if let Deed::DeleteNamespace(name) = deed {
            script.add(at + random.duration(&(Duration::ZERO..=length / 2)), Deed::CreateNamespace(name));
        }
        script.add(at, deed);
    }
    for _ in 0..below(random, &[1, 4, 12]) {
        let (at, place) = (any(random), index(random, replicas as u64));
        script.add(at, if random.below(4) == 0 { Deed::Stop(place) } else { Deed::Kill(place) });
    }
    script
}

/// A number below one of these.
fn below(random: &mut Random, ends: &[u64]) -> u64 {
    let end = ends[index(random, ends.len() as u64)];
    random.below(end)
}

fn edit(random: &mut Random, resources: u64, tenants: u64) -> Deed {
    let number = random.below(resources);
    let tenant = format!("tenant-{}", random.below(tenants));
    match random.below(22) {
        0..4 => Deed::Change(number, json!({"scopes": scopes(random)})),
        4 => Deed::Change(number, json!({"name": format!("name {}", random.below(5))})),
        5 => Deed::Change(number, json!({"name": null, "suspend": random.below(3) == 0})),
        6 => Deed::Change(number, json!({"secret": {"labels": {"a": random.below(3).to_string()}}})),
        7 => Deed::Change(number, json!({"scopes": ["sp:scopes:all"]})),
        8..11 => Deed::Delete(number),
        11 | 12 => Deed::Create(number, tenant),
        13 | 14 => Deed::DeleteSecret(number),
        15 => Deed::EditSecret(number, spoilt(random)),
        16 => Deed::Squat(number),
        17 => Deed::DeleteNamespace(NAMESPACES[index(random, 3)]),
        18 => Deed::ForeignToken(tenant),
        19 => Deed::NoForeignTokens(tenant),
        20 => Deed::Jump([-1_500, 900, 40_000, 700_000][index(random, 4)]),
        _ => Deed::Break([Break::End, Break::Reset, Break::Gone][index(random, 3)]),
    }
}

fn scopes(random: &mut Random) -> Value {
    let first = index(random, 4);
    let count = 1 + index(random, 3);
    json!(SCOPES.iter().cycle().skip(first).take(count).collect::<Vec<_>>())
}

/// What a careless person does to a Secret.
fn spoilt(random: &mut Random) -> Value {
    let other = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
    match random.below(5) {
        0 => json!({"data": {"clientSecret": other}}),
        1 => json!({"data": null}),
        2 => json!({"data": {"more": other}, "metadata": {"labels": {"app.kubernetes.io/managed-by": null}}}),
        3 => {
            json!({"metadata": {"annotations": {"pat-operator.dev/client-id": "somebody", "pat-operator.dev/number": "99"}}})
        }
        _ => json!({"metadata": {"annotations": null}}),
    }
}

fn place(number: u64) -> (&'static str, String) {
    let namespace = if number % 7 == 6 { "red" } else { NAMESPACES[usize::from(number % 2 == 1)] };
    (namespace, format!("r{number}"))
}

impl World {
    /// Does it.
    pub async fn perform(&mut self, deed: &Deed, random: &mut Random) {
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
            deed => self.edit(deed, random).await,
        }
    }

    async fn edit(&self, deed: &Deed, random: &mut Random) {
        let people = &self.people;
        match deed {
            Deed::Create(number, tenant) => {
                let (namespace, name) = place(*number);
                let spec = json!({"tenantRef": {"name": tenant}, "scopes": scopes(random)});
                people.create(Kind::Token, namespace, &name, json!({"spec": spec})).await;
            }
            Deed::Change(number, spec) => {
                let (namespace, name) = place(*number);
                people.patch(Kind::Token, namespace, &name, json!({"spec": spec})).await;
            }
            Deed::Delete(number) => {
                let (namespace, name) = place(*number);
                people.delete(Kind::Token, namespace, &name).await;
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
                people.create(Kind::Secret, namespace, &name, json!({"stringData": {"a": "b"}})).await;
            }
            Deed::DeleteNamespace(name) => _ = people.delete(Kind::Namespace, "", name).await,
            Deed::CreateNamespace(name) => _ = people.create(Kind::Namespace, "", name, json!({})).await,
            _ => {}
        }
    }

    fn foreign_token(&self, tenant: &str, number: u64) {
        let tenant = tenant.to_owned();
        self.isc.by_hand(&format!("foreign token {number}"), move |control| {
            let users = control.users(&tenant).unwrap_or_default();
            if let Some(user) = users.first().filter(|user| user.tokens < 10) {
                let token = NewToken::named(&user.id, &format!("by another tool {number}"));
                // The user is there.
                let _ = control.create_token(&tenant, token);
            }
        });
    }

    fn no_foreign_tokens(&self, tenant: &str) {
        let tenant = tenant.to_owned();
        self.isc.by_hand(&format!("no foreign tokens of {tenant}"), move |control| {
            for token in control.tokens(&tenant).unwrap_or_default() {
                if token.name.starts_with("by another tool") {
                    // It is there.
                    let _ = control.delete_token(&tenant, &token.id);
                }
            }
        });
    }
}
