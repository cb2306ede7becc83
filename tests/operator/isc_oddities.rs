//! ISC that answers almost as it should: one odd field, one refusal beside the way, one name that
//! nobody knows.
use isc_simulator::{
    CheckToken, Dialect, Fault, Hostile, NewToken, Operation, Presence, ReplyScope, RetryAfter,
};
use serde_json::json;
use stage::{OWN, Stage, condition, play};

#[test]
fn what_is_only_good_to_know_of_a_token_may_be_odd() {
    play(async {
        let stage = Stage::attentive().await;
        let place = stage.bare("odd-fields").await;
        for operation in [Operation::List, Operation::Patch] {
            place.fault(Fault { body: Some(Hostile::OddFields), ..Fault::on(operation) });
        }
        let by_hand = NewToken { scope: None, ..NewToken::named(&place.user, "made by a person") };
        stage.simulator.control().create_token(&place.name, by_hand).unwrap();
        place.seed().await;
        place.declare().await;
        place.nothing_is_wrong("sync").await;
        let (old, new) = place.rotates().await;
        assert!(place.accepts(&new).await && place.accepts(&old).await);
        place.remove("sync").await;
        assert_eq!(
            stage.simulator.control().tokens(&place.name).unwrap().len(),
            2,
            "the seed and that of a person"
        );
        place.leave().await;
    });
}

#[test]
fn scopes_of_which_none_has_an_effect_are_told_wherever_isc_names_scopes() {
    play(async {
        let stage = Stage::attentive().await;
        let asked = Dialect {
            reply_scope: ReplyScope::Absent,
            check_token: CheckToken::Answers,
            ..Dialect::default()
        };
        for (name, dialect) in [("none-in-reply", Dialect::default()), ("none-by-check", asked)] {
            let place = stage.speaking(name, dialect).await;
            place.tenant(json!({"grants": [{"namespaces": [name], "scopes": ["idn:*"]}]})).await;
            place.token("misspelt", json!({"scopes": ["idn:acces-request:manage"]})).await;
            let message =
                place.says("misspelt", "ScopesEffective", "False", "ScopesWithoutEffect").await;
            assert!(message.contains("idn:acces-request:manage"), "{message}");
            place.leave().await;
        }
    });
}

#[test]
fn a_question_that_is_only_good_to_know_holds_nothing_up() {
    play(async {
        let stage = Stage::attentive().await;
        let silent = Dialect {
            reply_scope: ReplyScope::Absent,
            check_token: CheckToken::Answers,
            org: Presence::Absent,
            ..Dialect::default()
        };
        let place = stage.speaking("asked-too-often", silent).await;
        for operation in [Operation::CheckToken, Operation::OauthInfo] {
            let (status, retry_after) = (Some(429), Some(RetryAfter::Seconds(600)));
            place.fault(Fault { status, retry_after, ..Fault::on(operation) });
        }
        let history = place.follow("PersonalAccessToken", "sync", "ScopesEffective").await;
        place.declare().await;
        place.nothing_is_wrong("sync").await;
        place.says("sync", "ScopesEffective", "Unknown", "NotReported").await;
        history.never_was("False");
        assert!(place.asked(Operation::CheckToken) > 0 && place.asked(Operation::OauthInfo) > 0);
        place.leave().await;
    });
}

#[test]
fn a_proxy_that_refuses_in_the_place_of_isc_calls_no_credential_dead() {
    play(async {
        let stage = Stage::attentive().await;
        for body in [Hostile::PlainText, Hostile::AnotherApi] {
            let place = stage.place(&format!("proxy-{body:?}").to_lowercase()).await;
            place.token("sync", json!({})).await;
            place.nothing_is_wrong("sync").await;
            let history = place.follow("PersonalAccessToken", "sync", "Ready").await;
            let fault = place.fault(Fault { body: Some(body), ..Fault::on(Operation::Oauth) });
            let message = place.tenant_shows("False", "Invalid").await;
            assert!(message.contains("POST /oauth/token") && message.contains("403"), "{message}");
            // The published pair is not tried by the words of a stranger.
            place.asked_again(Operation::Oauth, 3).await;
            let shown = place.shows("sync", "True", "Invalid").await;
            assert_eq!(condition(&shown, "Ready")["status"], "True");
            place.ends(fault);
            place.nothing_is_wrong("sync").await;
            history.never_was("False");
            place.leave().await;
        }
    });
}

#[test]
fn a_deleted_seed_is_told_at_once_and_nothing_is_minted_with_it() {
    play(async {
        let stage = Stage::attentive().await;
        let place = stage.place("seed-deleted").await;
        place.token("live", json!({})).await;
        place.nothing_is_wrong("live").await;
        let secrets = stage.api("Secret", Some(OWN));
        secrets.delete(&place.seed_name(), &kube::api::DeleteParams::default()).await.unwrap();
        place.tenant_shows("False", "SeedMissing").await;
        place.token("new", json!({})).await;
        place.shows("new", "False", "SeedMissing").await;
        place.shows("live", "True", "SeedMissing").await;
        assert_eq!(place.posts(), 1);
        place.seed().await;
        place.nothing_is_wrong("new").await;
        place.leave().await;
    });
}
