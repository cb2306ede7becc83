//! What a tally counts, of whoever keeps no ledger.
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use judge::{
    Actor, Authentication, Change, Figures, Object, Observation, Property, Tally, Token, What,
};
use serde_json::{Value, json};

const MINUTE: i64 = 60_000;

/// A resource `blue/sync` with an overlap of ten minutes, and tokens by number.
struct Kept(Tally, i64);

fn id(number: u8) -> String {
    format!("{number:032x}")
}

impl Kept {
    /// The first token is published.
    fn served() -> Self {
        let mut kept = Self(Tally::default(), 0);
        kept.resource(false, Change::Created).minted(1).published(1);
        kept
    }

    fn tell(&mut self, what: What) -> &mut Self {
        self.0.observe(&Observation { at: self.1, what });
        self
    }

    fn later(&mut self, millis: i64) -> &mut Self {
        self.1 += millis;
        self
    }

    fn object(&mut self, kind: &str, content: Value, change: Change) -> &mut Self {
        let (kind, namespace, name) = (kind.into(), "blue".into(), "sync".into());
        let content = Arc::new(content);
        self.tell(What::Object(Object {
            kind,
            namespace,
            name,
            content,
            change,
            by: Actor::Operator,
        }))
    }

    fn resource(&mut self, going: bool, change: Change) -> &mut Self {
        let going = going.then_some("2026-11-25T00:00:00Z");
        let spec = json!({"rotation": {"every": "1h", "overlap": "10m"}});
        self.object(
            "PersonalAccessToken",
            json!({"metadata": {"deletionTimestamp": going}, "spec": spec}),
            change,
        )
    }

    fn secret(&mut self, number: u8, change: Change, previous: &str) -> &mut Self {
        let owner = json!([{"kind": "PersonalAccessToken", "controller": true, "uid": "u"}]);
        let metadata = json!({"ownerReferences": owner, "annotations": {"previous": previous}});
        self.object(
            "Secret",
            json!({"metadata": metadata, "data": {"clientId": STANDARD.encode(id(number))}}),
            change,
        )
    }

    fn published(&mut self, number: u8) -> &mut Self {
        self.secret(number, Change::Changed, "")
    }

    fn token(&mut self, number: u8, change: Change) -> &mut Self {
        let (owner, name) = ("admin".into(), format!("{number} blue/sync"));
        self.tell(What::Token(Token {
            id: id(number),
            owner,
            name,
            expires: None,
            change,
            by: Actor::Operator,
        }))
    }

    fn minted(&mut self, number: u8) -> &mut Self {
        self.later(1).token(number, Change::Created)
    }

    fn destroyed(&mut self, number: u8) -> &mut Self {
        self.token(number, Change::Deleted)
    }

    fn figures(&self) -> Figures {
        self.0.figures(self.1)
    }

    fn breaks(&self, property: Property, times: usize) {
        assert_eq!(
            self.figures().broken.get(&property).copied().unwrap_or_default(),
            times,
            "{:#?}",
            self.figures()
        );
    }
}

#[test]
fn a_rotation_with_overlap_breaks_nothing() {
    let mut kept = Kept::served();
    kept.minted(2)
        .secret(2, Change::Changed, &id(1))
        .later(10 * MINUTE)
        .destroyed(1)
        .published(2)
        .later(MINUTE);
    let figures = kept.figures();
    assert!(figures.broken.is_empty(), "{figures:#?}");
    assert_eq!(
        (figures.created, figures.rotations, figures.orphans, figures.most_unrecorded),
        (2, 1, 0, 1)
    );
}

#[test]
fn a_resource_waits_for_its_first_pair_only() {
    let mut kept = Kept(Tally::default(), 0);
    kept.resource(false, Change::Created).later(MINUTE);
    assert_eq!((kept.figures().served, kept.figures().waited), (0, 0));
    kept.minted(1).published(1).later(MINUTE).minted(2).published(2);
    assert_eq!((kept.figures().served, kept.figures().waited), (1, MINUTE + 1));
}

#[test]
fn a_token_that_nothing_mentions_is_an_orphan_after_a_minute() {
    let mut kept = Kept::served();
    kept.minted(2);
    assert_eq!(kept.figures().orphans, 0);
    kept.later(2 * MINUTE).minted(3);
    assert_eq!((kept.figures().orphans, kept.figures().most_unrecorded), (1, 2));
    kept.breaks(Property::P1, 1);
    kept.breaks(Property::P7, 1);
}

#[test]
fn a_published_pair_that_dies_is_an_outage_until_another_is_published() {
    let mut kept = Kept::served();
    kept.destroyed(1).later(2_000).minted(2).published(2).later(MINUTE);
    assert_eq!((kept.figures().outages, kept.figures().outage), (1, 2_001));
    kept.breaks(Property::P2, 1);
    kept.breaks(Property::P3, 1);
}

#[test]
fn an_outage_lasts_until_the_resource_is_to_go() {
    let mut kept = Kept::served();
    kept.destroyed(1).later(MINUTE);
    assert_eq!(kept.figures().outage, MINUTE);
    kept.resource(true, Change::Changed).later(MINUTE);
    assert_eq!(kept.figures().outage, MINUTE);
}

#[test]
fn the_end_of_the_overlap_is_waited_for() {
    let mut kept = Kept::served();
    kept.minted(2).secret(2, Change::Changed, &id(1)).later(9 * MINUTE).destroyed(1);
    kept.breaks(Property::P3, 1);
    kept.breaks(Property::P2, 0);
}

#[test]
fn an_older_pair_over_a_newer_is_told() {
    let mut kept = Kept::served();
    kept.minted(2).published(2).published(1);
    kept.breaks(Property::P2, 1);
}

#[test]
fn a_token_that_outlives_its_resource_or_comes_after_it_is_told() {
    let mut kept = Kept::served();
    kept.resource(true, Change::Changed).resource(true, Change::Deleted);
    kept.breaks(Property::P4, 1);
    kept.secret(1, Change::Deleted, "").minted(2);
    kept.breaks(Property::P4, 2);
}

#[test]
fn a_refusal_counts_as_long_as_the_resource_is_there_to_stay() {
    let mut kept = Kept::served();
    let tried = || {
        let (namespace, secret) = ("blue".into(), "sync".into());
        What::Authentication(Authentication {
            namespace,
            secret,
            client_id: id(1),
            client_secret: "x".into(),
            accepted: false,
        })
    };
    kept.tell(tried()).resource(true, Change::Changed).tell(tried());
    assert_eq!((kept.figures().authentications, kept.figures().refused), (2, 1));
}
