//! The operator's own credential: which scopes it must have, how that is known, and how its end is
//! announced.
use std::collections::BTreeSet;

use futures::future::join_all;
use isc_simulator::{CheckToken, Dialect, NewToken, Operation, ReplyScope, ScopeClaim, TokenEdit};
use jiff::{SignedDuration, Timestamp};
use kube::api::DynamicObject;
use serde_json::{Value, json};
use stage::{
    Place, Stage, WATCHFUL, assert_says, condition, eventually, play, says_each_thing_once,
};

const MANAGE: &str = "sp:my-personal-access-tokens:manage";
const READ: &str = "sp:my-personal-access-tokens:read";
const MANAGE_ALL: &str = "sp:all-personal-access-tokens:manage";
const READ_ALL: &str = "sp:all-personal-access-tokens:read";
/// The scopes with which tokens are managed.
const MANAGING: [&str; 4] = [MANAGE, READ, MANAGE_ALL, READ_ALL];

/// Has the seed Secret hold a token of the user with these scopes.
async fn seed_scoped(place: &Place<'_>, scopes: &[&str]) {
    let scope = Some(scopes.iter().map(|scope| (*scope).to_owned()).collect());
    let token =
        NewToken { scope, ..NewToken::named(&place.user, &format!("seed {}", scopes.join(" "))) };
    let made = place.stage.simulator.control().create_token(&place.name, token).unwrap();
    place.seed_with(&made.client_id, &made.client_secret).await;
}

/// Tenant and resource say which scope the seed lacks.
async fn lacks(place: &Place<'_>, resource: &str) -> String {
    let lacks = format!("lacks the scope {MANAGE}");
    let words = [&place.seed_name(), lacks.as_str(), "create a personal access token that has it"];
    let message = place.tenant_stalls("MissingScope", &words).await;
    place.refused(resource, "MissingScope", &words).await;
    message
}

/// Every token that the operator made and that lives is one that it published.
async fn none_is_left_over(place: &Place<'_>) {
    let current = |token: &DynamicObject| {
        token.data["status"]["current"]["clientId"].as_str().unwrap().to_owned()
    };
    let published: BTreeSet<String> = place.resources().await.iter().map(current).collect();
    let minted: Vec<String> = place.minted().into_iter().map(|token| token.id).collect();
    assert_eq!(
        (minted.len(), minted.into_iter().collect()),
        (published.len(), published),
        "{}",
        place.name
    );
}

#[test]
fn a_seed_that_could_never_extend_is_told_before_anything_is_minted() {
    play(async {
        let stage = Stage::attentive().await;
        let absent = |check_token| Dialect {
            reply_scope: ReplyScope::Absent,
            check_token,
            ..Dialect::default()
        };
        let claimed = Dialect { scope_claim: ScopeClaim::Names, ..absent(CheckToken::Missing) };
        tokio::join!(
            named(stage, "seed-all-manage", Dialect::default(), &[MANAGE_ALL]),
            named(
                stage,
                "seed-all-but-mine",
                Dialect::default(),
                &[MANAGE_ALL, READ_ALL, READ, "idn:nelm:read"]
            ),
            named(stage, "seed-read", Dialect::default(), &[READ]),
            named(stage, "seed-without-tokens", Dialect::default(), &["idn:nelm:read"]),
            named(stage, "seed-checked", absent(CheckToken::Answers), &[MANAGE_ALL]),
            named(stage, "seed-claimed", claimed, &[MANAGE_ALL, "sp:scopes:default"]),
        );
    });
}

/// Where ISC names the scopes. The one that is needed is enough.
async fn named(stage: &Stage, name: &str, dialect: Dialect, scopes: &[&str]) {
    let place = stage.speaking(name, dialect).await;
    seed_scoped(&place, scopes).await;
    place.declare().await;
    let message = lacks(&place, "sync").await;
    assert!(message.contains(scopes[0]), "{message} does not say what it has");
    assert_eq!(
        (place.posts(), place.asked(Operation::Patch), place.ledger().await.is_some()),
        (0, 0, false),
        "{name}"
    );
    seed_scoped(&place, &[MANAGE]).await;
    place.nothing_is_wrong("sync").await;
    assert!(place.authenticates("sync").await, "{name}");
    assert_eq!((place.created(), place.posts(), place.minted().len()), (1, 1, 1), "{name}");
    place.leave().await;
}

#[test]
fn where_scopes_have_no_names_the_first_403_tells_and_stops_minting() {
    play(async {
        let stage = Stage::attentive().await;
        tokio::join!(
            unnamed(stage, "unnamed-all-manage", CheckToken::Missing, &[MANAGE_ALL], 1),
            unnamed(stage, "unnamed-all-401", CheckToken::Refuses401, &[MANAGE_ALL, READ_ALL], 1),
            unnamed(stage, "unnamed-read", CheckToken::Refuses403, &[READ], 0),
            several_at_once(stage),
            forbidden_to_list(stage),
            enough_without_names(stage),
        );
    });
}

/// `made`: tokens that ISC lets such a seed make.
async fn unnamed(stage: &Stage, name: &str, check_token: CheckToken, scopes: &[&str], made: usize) {
    let place = stage
        .speaking(
            name,
            Dialect { reply_scope: ReplyScope::Absent, check_token, ..Dialect::default() },
        )
        .await;
    seed_scoped(&place, scopes).await;
    place.tenant(json!({})).await;
    place.connected().await;
    place.token("sync", json!({})).await;
    let message = lacks(&place, "sync").await;
    assert!(message.contains("with status 403"), "{message}");
    assert_eq!((place.posts(), place.created()), (1, made), "{name}");
    // What comes later is told at once.
    place.token("later", json!({})).await;
    place.refused("later", "MissingScope", &[MANAGE]).await;
    tenant_still_lacks(&place).await;
    assert_eq!((place.posts(), place.created()), (1, made), "{name}: minting has stopped");
    assert!(place.minted().len() <= made);
    place.seed().await;
    place.nothing_is_wrong("sync").await;
    place.nothing_is_wrong("later").await;
    none_is_left_over(&place).await;
    assert!(place.created() <= 2 + made, "{name}");
    place.leave().await;
}

/// While one token is extended the next is made: that is the only one more.
async fn several_at_once(stage: &Stage) {
    let unnamed = Dialect {
        reply_scope: ReplyScope::Absent,
        check_token: CheckToken::Missing,
        ..Dialect::default()
    };
    let place = stage.speaking("unnamed-several", unnamed).await;
    seed_scoped(&place, &[MANAGE_ALL]).await;
    let all = ["a", "b", "c", "d"];
    for name in all {
        place.token(name, json!({})).await;
    }
    place.tenant(json!({})).await;
    place.tenant_stalls("MissingScope", &[MANAGE]).await;
    for name in all {
        place.shows(name, "False", "MissingScope").await;
    }
    let made = (place.posts(), place.created());
    tenant_still_lacks(&place).await;
    assert_eq!((place.posts(), place.created()), made, "minting has stopped");
    assert!(made.1 <= 2, "{made:?}");
    place.seed().await;
    for name in all {
        place.nothing_is_wrong(name).await;
    }
    none_is_left_over(&place).await;
    place.leave().await;
}

/// The Tenant was looked at again, more than once, and says the same.
async fn tenant_still_lacks(place: &Place<'_>) {
    let history = place.follow("Tenant", &place.name, "Ready").await;
    // Nothing has changed, so that nothing may be written: its passes are told by what they ask of
    // ISC.
    place.asked_again(Operation::Oauth, 3).await;
    assert_eq!(history.states(), [] as [Value; 0], "a Tenant that stalls is told of once");
    place.tenant_says("Stalled", "True", "MissingScope").await;
}

/// LIST itself may be what ISC does not allow.
async fn forbidden_to_list(stage: &Stage) {
    let place = stage.speaking(
        "unnamed-nothing",
        Dialect {
            reply_scope: ReplyScope::ReadWrite,
            check_token: CheckToken::Missing,
            ..Dialect::default()
        },
    );
    let place = place.await;
    seed_scoped(&place, &["idn:nelm:read"]).await;
    place.declare().await;
    let message = lacks(&place, "sync").await;
    assert!(message.contains("ISC answered LIST with status 403"), "{message}");
    tenant_still_lacks(&place).await;
    assert_eq!((place.posts(), place.ledger().await.is_some()), (0, false));
    seed_scoped(&place, &["sp:scopes:all"]).await;
    place.nothing_is_wrong("sync").await;
    place.leave().await;
}

/// The scope that is needed is enough, although nobody can say that it is there.
async fn enough_without_names(stage: &Stage) {
    let unnamed = Dialect {
        reply_scope: ReplyScope::Absent,
        check_token: CheckToken::Missing,
        ..Dialect::default()
    };
    let place = stage.speaking("unnamed-enough", unnamed).await;
    seed_scoped(&place, &[MANAGE]).await;
    let history = place.follow("Tenant", "unnamed-enough", "Ready").await;
    place.declare().await;
    place.nothing_is_wrong("sync").await;
    history.never_was("False");
    place.leave().await;
}

#[test]
fn a_star_grants_no_scope_that_manages_tokens() {
    play(async {
        let stage = Stage::attentive().await;
        let place = stage.bare("managing").await;
        place.seed().await;
        let grant =
            |scopes: &[&str]| json!({"grants": [{"namespaces": ["managing"], "scopes": scopes}]});
        let stars =
            ["sp:*", "sp:my-personal-access-tokens:*", "sp:all-personal-access-tokens:*", "idn:*"];
        place.tenant(grant(&stars)).await;
        place.token("all", json!({"scopes": MANAGING})).await;
        place.refused("all", "NotGranted", &MANAGING).await;
        for (n, scope) in MANAGING.iter().enumerate() {
            place.token(&format!("one-{n}"), json!({"scopes": [scope, "sp:search:read"]})).await;
            let message = place.refused(&format!("one-{n}"), "NotGranted", &[scope]).await;
            assert!(!message.contains("sp:search:read"), "{message}: that one is granted");
        }
        assert_eq!(place.posts(), 0);
        place.tenant(grant(&[&MANAGING[..], &["sp:*"]].concat())).await;
        place.nothing_is_wrong("all").await;
        place.nothing_is_wrong("one-0").await;
        place.leave().await;
    });
}

/// The condition, as reason and message.
async fn end_of(place: &Place<'_>) -> Option<(String, String)> {
    let found = condition(&place.tenant_object().await, "CredentialExpires");
    let text = |field: &str| found[field].as_str().unwrap().to_owned();
    found.is_object().then(|| (text("reason"), text("message")))
}

/// The gauge of the Tenant's credential.
async fn gauge(place: &Place<'_>) -> Option<String> {
    let name = format!(
        "pat_operator_tenant_credential_expiry_timestamp_seconds{{tenant=\"{}\"}} ",
        place.name
    );
    place.stage.metrics().await.lines().find_map(|line| Some(line.strip_prefix(&name)?.to_owned()))
}

#[test]
fn the_end_of_a_seed_is_told_before_it_comes() {
    play(async {
        let stage = Stage::attentive().await;
        let days = SignedDuration::from_hours(24);
        let cases = [
            ("seed-ends-in-31-days", days * 31, None),
            ("seed-ends-in-29-days", days * 29, Some("Within30Days")),
            ("seed-ends-in-6-days", days * 6, Some("Within7Days")),
            ("seed-ends-in-hours", SignedDuration::from_hours(12), Some("Within1Day")),
        ];
        tokio::join!(
            join_all(cases.map(|(name, left, stage_of)| ends(stage, name, left, stage_of))),
            never_ends(stage)
        );
    });
}

async fn ends(stage: &Stage, name: &str, left: SignedDuration, reason: Option<&str>) {
    let place = stage.bare(name).await;
    let control = stage.simulator.control();
    let end: Timestamp = control.now() + left;
    let edit = TokenEdit { expiration_date: Some(Some(end)), ..TokenEdit::default() };
    control.edit_token(name, &place.client_id, edit).unwrap();
    place.seed().await;
    place.tenant(json!({})).await;
    place.served(json!({})).await;
    let stamp = Timestamp::from_second(end.as_second()).unwrap().to_string();
    assert_eq!(place.tenant_object().await.data["status"]["credential"]["expiresAt"], stamp);
    assert_eq!(gauge(&place).await, Some(end.as_second().to_string()));
    assert!(stage.kubectl(&["get", "tenant", name]).contains(&stamp), "no column tells it");
    let (told, events) = (end_of(&place).await, place.tenant_events().await);
    assert_eq!(told.as_ref().map(|(reason, _)| reason.as_str()), reason, "{name}");
    match told {
        Some((_, message)) => {
            assert_says(
                &message,
                &[
                    &stamp,
                    &place.seed_name(),
                    "create a new personal access token of the same ISC user",
                ],
            );
            says_each_thing_once(&message);
            assert_eq!(events, [("CredentialExpires".to_owned(), message)]);
        }
        None => assert_eq!(events, []),
    }
    // Another one, which never ends.
    seed_scoped(&place, &[MANAGE]).await;
    eventually(&format!("{name}: nothing ends any more"), async || {
        let tenant = place.tenant_object().await;
        let is_over = tenant.data["status"]["credential"]["expiresAt"].is_null()
            && end_of(&place).await.is_none();
        (is_over && gauge(&place).await.is_none()).then_some(())
    })
    .await;
    place.tenant_says("Ready", "True", "Connected").await;
    assert_eq!(
        place.tenant_events().await.len(),
        usize::from(reason.is_some()),
        "each stage is one event"
    );
    place.leave().await;
}

async fn never_ends(stage: &Stage) {
    let place = stage.place("seed-never-ends").await;
    place.connected().await;
    assert_eq!(place.tenant_object().await.data["status"]["credential"]["expiresAt"], Value::Null);
    assert_eq!(
        (end_of(&place).await, gauge(&place).await, place.tenant_events().await),
        (None, None, vec![])
    );
    place.leave().await;
}

#[test]
fn each_stage_on_the_way_to_the_end_of_a_seed_is_one_event() {
    play(async {
        let stage = Stage::running(&WATCHFUL).await;
        let control = stage.simulator.control();
        let place = stage.bare("ending").await;
        let days = |days: i64| SignedDuration::from_hours(24) * i32::try_from(days).unwrap();
        let end = control.now() + days(40);
        let edit = TokenEdit { expiration_date: Some(Some(end)), ..TokenEdit::default() };
        control.edit_token("ending", &place.client_id, edit).unwrap();
        place.seed().await;
        place.tenant(json!({})).await;
        place.served(json!({})).await;
        assert_eq!(end_of(&place).await, None);
        let mut told = Vec::new();
        for (passed, reason) in [(11, "Within30Days"), (23, "Within7Days"), (5, "Within1Day")] {
            control.advance(days(passed));
            place.tenant_says("CredentialExpires", "True", reason).await;
            told.push(reason);
            // The event follows the status: a restart in between would lose it.
            eventually("its event", async || {
                (place.tenant_events().await.len() == told.len()).then_some(())
            })
            .await;
            // A restart tells none of them again.
            if reason == "Within7Days" {
                stage.restart_operator();
                place.asked_again(Operation::Oauth, 2).await;
            }
        }
        place.ready("sync").await;
        // The end itself comes by itself: no jump of the clock counts before a second reply has
        // told it.
        control.advance(end.duration_since(control.now()) - SignedDuration::from_secs(10));
        let message = place.tenant_says("CredentialExpires", "True", "Expired").await;
        assert!(message.contains(" expired at "), "{message}");
        place.tenant_says("Ready", "False", "CredentialRefused").await;
        place.shows("sync", "True", "CredentialRefused").await;
        assert!(place.authenticates("sync").await, "what it made lives on");
        let events = place.tenant_events().await;
        assert!(events.iter().all(|(reason, _)| reason == "CredentialExpires"), "{events:?}");
        assert_eq!(events.len(), told.len() + 1, "{events:?}");
        assert_eq!(gauge(&place).await, Some(end.as_second().to_string()));
        seed_scoped(&place, &[MANAGE]).await;
        place.nothing_is_wrong("sync").await;
        assert_eq!((end_of(&place).await, gauge(&place).await, place.created()), (None, None, 1));
    });
}
