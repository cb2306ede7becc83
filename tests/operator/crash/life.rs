//! Every effect of a create and of a delete.
use isc_simulator::Entry;
use isc_simulator::Operation::{Create, Delete, List, Oauth, Patch};
use isc_simulator::When::{After, Before};
use kube::ResourceExt;
use serde_json::{Value, json};
use stage::proxy::Write;
use stage::{Place, Stage, eventually, play, recorded};

use super::Hold::{self, Connecting, Isc, Kubernetes, LatePost};
use super::{Crash, FLAGS};

/// Where the create is killed, and how many tokens ISC creates in all: two where the first one was
/// never recorded.
const CREATES: [(Hold, usize); 29] = [
    (Connecting(Oauth, 0, Before), 1),
    (Connecting(Oauth, 0, After), 1),
    (Connecting(List, 0, Before), 1),
    (Connecting(List, 0, After), 1),
    (Connecting(List, 1, Before), 1),
    (Connecting(List, 1, After), 1),
    (Kubernetes(Write::Finalizer, 1, Before), 1),
    (Kubernetes(Write::Finalizer, 1, After), 1),
    (Kubernetes(Write::Status, 1, Before), 1),
    (Kubernetes(Write::Status, 1, After), 1),
    // The intent.
    (Kubernetes(Write::Ledger, 1, Before), 1),
    (Kubernetes(Write::Ledger, 1, After), 1),
    (Isc(Create, Before), 2),
    (Isc(Create, After), 2),
    // The commit of the reply.
    (Kubernetes(Write::Ledger, 2, Before), 2),
    (Kubernetes(Write::Ledger, 2, After), 1),
    (Isc(Patch, Before), 1),
    (Isc(Patch, After), 1),
    // The access token with the new credential.
    (Isc(Oauth, Before), 1),
    (Isc(Oauth, After), 1),
    // The promotion.
    (Kubernetes(Write::Ledger, 3, Before), 1),
    (Kubernetes(Write::Ledger, 3, After), 1),
    (Kubernetes(Write::Secret, 1, Before), 1),
    (Kubernetes(Write::Secret, 1, After), 1),
    (Kubernetes(Write::Status, 2, Before), 1),
    (Kubernetes(Write::Status, 2, After), 1),
    (Kubernetes(Write::Event, 1, Before), 1),
    (Kubernetes(Write::Event, 1, After), 1),
    (LatePost, 1),
];

/// Where the delete is killed.
const DELETES: [Hold; 18] = [
    Kubernetes(Write::Status, 1, Before),
    Kubernetes(Write::Status, 1, After),
    // The mark that it is being deleted.
    Kubernetes(Write::Ledger, 1, Before),
    Kubernetes(Write::Ledger, 1, After),
    Kubernetes(Write::Secret, 1, Before),
    Kubernetes(Write::Secret, 1, After),
    // The condemnation of its token.
    Kubernetes(Write::Ledger, 2, Before),
    Kubernetes(Write::Ledger, 2, After),
    Isc(Delete, Before),
    Isc(Delete, After),
    Isc(List, Before),
    Isc(List, After),
    // The token is forgotten, then the resource.
    Kubernetes(Write::Ledger, 3, Before),
    Kubernetes(Write::Ledger, 3, After),
    Kubernetes(Write::Ledger, 4, Before),
    Kubernetes(Write::Ledger, 4, After),
    Kubernetes(Write::Finalizer, 1, Before),
    Kubernetes(Write::Finalizer, 1, After),
];

#[test]
fn a_killed_operator_ends_with_one_token_or_none() {
    play(async {
        let stage = Stage::set(&FLAGS).await;
        let crash = Crash::on(&stage).await;
        let places = crash.creates().await;
        crash.deletes(&places).await;
        crash.late_post(&places).await;
        assert_eq!(stage.simulator.control().violations(), []);
    });
}

impl<'a> Crash<'a> {
    async fn creates(&self) -> Vec<Place<'a>> {
        let mut places = Vec::new();
        for n in 0..CREATES.len() {
            let place = self.stage.bare(&format!("row-{n}")).await;
            place.seed().await;
            places.push(place);
        }
        let rows = || CREATES.iter().map(|(hold, _)| *hold).zip(&places);
        let connecting = |hold: Hold| matches!(hold, Connecting(..));
        self.start();
        for (_, place) in rows().filter(|(hold, _)| !connecting(*hold)) {
            place.tenant(json!({})).await;
        }
        for (_, place) in rows().filter(|(hold, _)| !connecting(*hold)) {
            place.connected().await;
        }
        self.hold(&rows().collect::<Vec<_>>(), async |n| {
            places[n].token("sync", json!({})).await;
            if connecting(CREATES[n].0) {
                places[n].tenant(json!({})).await;
            }
        })
        .await;
        self.kill();
        self.start();
        self.judge_creates(&places).await;
        places
    }

    async fn judge_creates(&self, places: &[Place<'a>]) {
        // An intent whose POST never came blocks its owner until it is final (R2).
        let blocked = |hold: &Hold| matches!(hold, LatePost | Kubernetes(Write::Ledger, 1, After));
        let rows = || CREATES.iter().zip(places);
        for ((hold, _), place) in rows().filter(|((hold, _), _)| !blocked(hold)) {
            recovers(place, hold).await;
        }
        for ((hold, _), place) in rows().filter(|((hold, _), _)| blocked(hold)) {
            assert_eq!(
                place.created(),
                0,
                "{hold:?}: an attempt that may still take effect was overtaken"
            );
        }
        self.end_attempts();
        for ((hold, _), place) in rows().filter(|((hold, _), _)| blocked(hold)) {
            recovers(place, hold).await;
        }
        for ((hold, created), place) in rows() {
            has_one_token(place, hold, *created).await;
        }
    }

    async fn deletes(&self, places: &[Place<'a>]) {
        let rows = || DELETES.into_iter().zip(places);
        let delete = async |n: usize| places[n].delete("PersonalAccessToken", "sync").await;
        self.hold(&rows().collect::<Vec<_>>(), delete).await;
        self.kill();
        self.start();
        for (hold, place) in rows() {
            place.gone("PersonalAccessToken", "sync").await;
            has_no_token(place, &hold).await;
        }
    }

    /// The POST of the last create came after the expiry that it asks for.
    async fn late_post(&self, places: &[Place<'a>]) {
        let place = places.last().unwrap();
        let refused = |entry: &Entry| entry.operation == Some(Create) && entry.status == Some(400);
        eventually("ISC refuses the late POST", async || {
            place.record().iter().any(refused).then_some(())
        })
        .await;
        has_one_token(place, &LatePost, 1).await;
    }
}

async fn recovers(place: &Place<'_>, hold: &Hold) {
    eprintln!("killed at {hold:?}: {} recovers", place.name);
    place.ready("sync").await;
}

/// One token, recorded and long-lived, and one Secret with it.
async fn has_one_token(place: &Place<'_>, hold: &Hold, created: usize) {
    let (minted, ledger) = (place.minted(), place.document().await);
    let ids: Vec<&str> = minted.iter().map(|token| token.id.as_str()).collect();
    assert_eq!(ids.len(), 1, "{hold:?}: tokens alive");
    assert_eq!(recorded(&ledger), ids, "{hold:?}: recorded tokens");
    assert_eq!(ledger["pending"], Value::Null, "{hold:?}");
    let life =
        minted[0].expiration_date.unwrap().duration_since(place.stage.simulator.control().now());
    assert!(
        life.as_secs() > 80 * 86_400,
        "{hold:?}: a published token is long-lived, not {life:#}"
    );
    let secrets =
        place.stage.api("Secret", Some(&place.name)).list(&Default::default()).await.unwrap();
    assert_eq!(
        secrets.items.iter().map(ResourceExt::name_any).collect::<Vec<_>>(),
        ["sync"],
        "{hold:?}"
    );
    assert_eq!(place.secret("sync").await.unwrap()["clientId"], ids[0], "{hold:?}: published");
    assert!(place.authenticates("sync").await, "{hold:?}: the published credential is dead");
    assert_eq!(place.created(), created, "{hold:?}: tokens that ISC ever created");
}

/// No token, no Secret, and a ledger that has forgotten the resource.
async fn has_no_token(place: &Place<'_>, hold: &Hold) {
    assert_eq!(place.minted(), [], "{hold:?}: tokens alive when the finalizer is gone");
    assert!(place.get("Secret", "sync").await.is_none(), "{hold:?}: the Secret is still there");
    let ledger = place.document().await;
    assert!(
        recorded(&ledger).is_empty() && ledger["resources"] == json!({}),
        "{hold:?}: {ledger:#}"
    );
    assert_eq!(ledger["pending"], Value::Null, "{hold:?}");
    let all = place.stage.simulator.control().tokens(&place.name).unwrap();
    assert_eq!(all.len(), 1, "{hold:?}: the operator's own token lives on");
}
