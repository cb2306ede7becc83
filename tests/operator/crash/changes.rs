//! Every effect of a rotation, of the end of its overlap, of a revocation, of a deletion with
//! Retain, and of a change in place.
use futures::future::join_all;
use isc_simulator::Operation::{Create, Delete, Oauth, Patch};
use isc_simulator::When::{After, Before};
use jiff::SignedDuration;
use judge::Pair;
use serde_json::{Value, json};
use stage::proxy::Write;
use stage::{Place, REVOKE, ROTATE, Stage, eventually, play};

use super::Hold::{self, Isc, Kubernetes};
use super::{Crash, FLAGS};

/// What is tried in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Rotate,
    Revoke,
    Retain,
    Rescope,
}
use Deed::{Rescope, Retain, Revoke, Rotate};

/// One effect, before and after it.
fn around(deed: Deed, effects: &[fn(isc_simulator::When) -> Hold]) -> Vec<(Deed, Hold)> {
    let sides = effects.iter().flat_map(|effect| [effect(Before), effect(After)]);
    sides.map(|hold| (deed, hold)).collect()
}

fn rows() -> Vec<(Deed, Hold)> {
    let rotate = around(
        Rotate,
        &[
            |when| Kubernetes(Write::Ledger, 1, when), // the intent
            |when| Isc(Create, when),
            |when| Kubernetes(Write::Ledger, 2, when), // the commit
            |when| Isc(Patch, when),
            |when| Isc(Oauth, when),
            |when| Kubernetes(Write::Ledger, 3, when), // the promotion
            |when| Kubernetes(Write::Secret, 1, when),
            |when| Kubernetes(Write::Status, 1, when),
            |when| Kubernetes(Write::Event, 1, when),
            |when| Kubernetes(Write::Ledger, 4, when), // the publication is recorded
        ],
    );
    let revoke = around(
        Revoke,
        &[
            |when| Kubernetes(Write::Ledger, 1, when), // the condemnation
            |when| Isc(Delete, when),
            |when| Kubernetes(Write::Ledger, 2, when), // the old token is forgotten
            |when| Kubernetes(Write::Ledger, 3, when), // the intent
            |when| Isc(Create, when),
            |when| Kubernetes(Write::Ledger, 4, when), // the commit
            |when| Kubernetes(Write::Ledger, 5, when), // the promotion
            |when| Kubernetes(Write::Secret, 1, when),
        ],
    );
    let retain = around(
        Retain,
        &[
            |when| Kubernetes(Write::Ledger, 1, when), // the deletion is recorded
            |when| Kubernetes(Write::Ledger, 2, when), // the release
            |when| Isc(Patch, when),                   // the token's new name
            |when| Kubernetes(Write::Ledger, 3, when),
            |when| Kubernetes(Write::Secret, 1, when), // the marks are taken off
            |when| Kubernetes(Write::Ledger, 4, when), // the token is forgotten
            |when| Kubernetes(Write::Ledger, 5, when), // the resource is forgotten
            |when| Kubernetes(Write::Finalizer, 1, when),
        ],
    );
    let rescope =
        around(Rescope, &[|when| Isc(Patch, when), |when| Kubernetes(Write::Ledger, 1, when)]);
    [rotate, revoke, retain, rescope].concat()
}

/// Effects at the end of an overlap.
const ENDS: [fn(isc_simulator::When) -> Hold; 3] = [
    |when| Kubernetes(Write::Ledger, 1, when), // the old token is condemned
    |when| Isc(Delete, when),
    |when| Kubernetes(Write::Ledger, 2, when), // and forgotten
];

#[test]
fn a_killed_operator_finishes_what_it_changes() {
    play(async {
        let stage = Stage::set(&FLAGS).await;
        let crash = Crash::on(&stage).await;
        crash.start();
        let rows = rows();
        let places = crash.served(&rows).await;
        // One that starts reads a LIST with what was minted; until a minute later nothing else
        // would make it do so, and a token is left to its user only if it was seen.
        stage.kill_operator();
        crash.start();
        let held: Vec<_> =
            rows.iter().zip(&places).map(|((_, hold), (place, _))| (*hold, place)).collect();
        crash.hold(&held, async |n| act(&places[n].0, rows[n].0).await).await;
        crash.kill();
        crash.start();
        crash.judge(&rows, &places).await;
        let ends = crash.overlapping().await;
        ends.iter().for_each(|(hold, place, _)| crash.set(place, *hold));
        // Time passes while no operator runs: one that rests would not hear of it.
        stage.kill_operator();
        stage.simulator.control().advance(SignedDuration::from_hours(1));
        crash.start();
        for (hold, place, _) in &ends {
            crash.until_held(*hold, place).await;
        }
        crash.kill();
        crash.start();
        for (hold, place, new) in &ends {
            eprintln!("killed at the end of an overlap, {hold:?}: {} recovers", place.name);
            place.only(new).await;
            assert!(place.accepts(new).await && place.pair().await == *new, "{hold:?}");
            assert_eq!(place.created(), 2, "{hold:?}");
        }
        assert_eq!(stage.simulator.control().violations(), []);
    });
}

impl<'a> Crash<'a> {
    async fn judge(&self, rows: &[(Deed, Hold)], places: &[(Place<'a>, Pair)]) {
        // An intent whose POST never came blocks its owner until it is final (R2).
        let blocked = |(deed, hold): &(Deed, Hold)| {
            matches!(
                (deed, hold),
                (Rotate, Kubernetes(Write::Ledger, 1, After))
                    | (Revoke, Kubernetes(Write::Ledger, 3, After))
            )
        };
        let rows = || rows.iter().zip(places);
        for ((deed, hold), (place, old)) in rows().filter(|(row, _)| !blocked(row)) {
            is_done(place, *deed, &format!("{deed:?} {hold:?}"), old).await;
        }
        for ((deed, hold), (place, _)) in rows().filter(|(row, _)| blocked(row)) {
            assert_eq!(
                place.created(),
                1,
                "{deed:?} {hold:?}: an attempt that may still take effect was overtaken"
            );
        }
        self.end_attempts();
        for ((deed, hold), (place, old)) in rows().filter(|(row, _)| blocked(row)) {
            is_done(place, *deed, &format!("{deed:?} {hold:?}"), old).await;
        }
    }

    /// Places whose resource is in the overlap of a rotation, with the new pair.
    async fn overlapping(&self) -> Vec<(Hold, Place<'a>, Pair)> {
        let ends = ENDS.iter().flat_map(|end| [end(Before), end(After)]).enumerate();
        join_all(ends.map(async |(n, hold)| {
            let place = self.stage.place(&format!("end-{n}")).await;
            place.served(json!({"rotation": {"every": "30d", "overlap": "1h"}})).await;
            let (_, new) = place.rotates().await;
            place.overlaps().await;
            (hold, place, new)
        }))
        .await
    }

    /// A place with a resource for each row, and its pair.
    async fn served(&self, rows: &[(Deed, Hold)]) -> Vec<(Place<'a>, Pair)> {
        let mut all = Vec::new();
        for (n, (deed, _)) in rows.iter().enumerate() {
            let place = self.stage.place(&format!("change-{n}")).await;
            let policy = if *deed == Retain { "Retain" } else { "Revoke" };
            place.token("sync", json!({"reclaimPolicy": policy})).await;
            all.push(place);
        }
        let mut served = Vec::new();
        for place in all {
            place.ready("sync").await;
            let pair = place.pair().await;
            served.push((place, pair));
        }
        served
    }
}

async fn act(place: &Place<'_>, deed: Deed) {
    match deed {
        Rotate => place.request(ROTATE, "2026-01-01T00:00:00Z").await,
        Revoke => place.request(REVOKE, "2026-01-01T00:00:00Z").await,
        Retain => place.delete("PersonalAccessToken", "sync").await,
        Rescope => {
            place
                .token("sync", json!({"scopes": ["idn:nelm:manage"], "reclaimPolicy": "Revoke"}))
                .await;
        }
    }
}

async fn is_done(place: &Place<'_>, deed: Deed, row: &str, old: &Pair) {
    eprintln!("killed at {row}: {} recovers", place.name);
    match deed {
        Rotate | Revoke => {
            let new = place.replaced(old).await;
            assert!(place.accepts(&new).await, "{row}: the published credential is dead");
            assert_eq!(place.accepts(old).await, deed == Rotate, "{row}: the old credential");
            let old_and_new = [old, &new].map(|pair| pair.client_id.clone());
            let expected = &old_and_new[usize::from(deed == Revoke)..];
            let alive = || place.minted().into_iter().map(|token| token.id).collect::<Vec<_>>();
            eventually(&format!("{row}: only {expected:?} live"), async || {
                (alive() == expected).then_some(())
            })
            .await;
            assert!((2..=3).contains(&place.created()), "{row}: {} tokens made", place.created());
        }
        Retain => {
            place.gone("PersonalAccessToken", "sync").await;
            assert!(
                place.accepts(old).await && place.pair().await == *old,
                "{row}: what is left to the user"
            );
            assert_eq!(
                (place.minted().len(), place.created()),
                (0, 1),
                "{row}: tokens with the operator's name"
            );
            assert_eq!(place.document().await["entries"], Value::Array(Vec::new()), "{row}");
        }
        Rescope => {
            let scopes = || place.minted()[0].scope.clone().unwrap_or_default();
            eventually(row, async || (scopes() == ["idn:nelm:manage"]).then_some(())).await;
            place.ready("sync").await;
            assert_eq!((place.pair().await, place.created()), (old.clone(), 1), "{row}");
        }
    }
}
