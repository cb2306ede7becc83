//! What an earlier probe left is removed first, and nothing that only looks like it.
use isc_simulator::{NewToken, TokenState};
use jiff::SignedDuration;

use crate::tenant::{TENANT, Tenant};

/// A token by hand that lives for so many minutes.
fn token(tenant: &Tenant, owner: &str, name: &str, minutes: i64) -> NewToken {
    let expires = tenant.control().now() + SignedDuration::from_mins(minutes);
    let scope = Some(vec!["sp:scopes:default".to_owned()]);
    NewToken { scope, expiration_date: Some(expires), ..NewToken::named(owner, name) }
}

/// Makes tokens of others that look like the probe's.
pub fn lookalikes(tenant: &Tenant) -> Vec<TokenState> {
    let (me, other) = (tenant.user().to_owned(), tenant.another_user());
    let ours = "pat-operator probe 0123456789abcdef";
    let long = 90 * 24 * 60;
    let never = NewToken {
        expiration_date: None,
        ..token(tenant, &me, "pat-operator probe fedcba9876543210", 0)
    };
    for new in [
        token(tenant, &me, ours, long),
        token(tenant, &me, "pat-operator probe 1123456789abcdef renamed", 16),
        never,
        token(tenant, &me, "pat-operator probe mine", 10),
        token(tenant, &me, "my pat-operator probe 0123456789abcdef", 10),
        token(tenant, &other, ours, 10),
        NewToken { managed: true, ..token(tenant, &me, "pat-operator probe 2123456789abcdef", 10) },
    ] {
        tenant.control().create_token(TENANT, new).unwrap();
    }
    // The seed itself is used meanwhile.
    let seed = &tenant.simulator.seed(TENANT).unwrap().client_id;
    tenant.control().tokens(TENANT).unwrap().into_iter().filter(|token| token.id != *seed).collect()
}

#[test]
fn an_earlier_probes_tokens_go_first_and_those_of_others_stay() {
    let tenant = Tenant::with(|switches| switches.tokens_per_user = 20);
    let others = lookalikes(&tenant);
    // The other user has a seed too.
    assert_eq!(others.len(), 8);
    for name in
        ["pat-operator probe 00000000000000aa", "pat-operator probe 00000000000000bb renamed"]
    {
        let user = tenant.user().to_owned();
        tenant.control().create_token(TENANT, token(&tenant, &user, name, 10)).unwrap();
    }
    let told = tenant.probe(&[]);
    assert_eq!(told.lines()["short-expiry"].0, "holds", "{told:?}");
    assert_eq!(
        told.lines()["tokens-and-limit"].1,
        "7 of 10, by what is documented",
        "without what was left"
    );
    let effects = tenant.effects();
    let gone: Vec<_> = effects[..2].iter().map(|entry| entry.token_name.clone().unwrap()).collect();
    assert_eq!(
        gone,
        ["pat-operator probe 00000000000000aa", "pat-operator probe 00000000000000bb renamed"]
    );
    let seed = &tenant.simulator.seed(TENANT).unwrap().client_id;
    let after: Vec<_> =
        tenant.control().tokens(TENANT).unwrap().into_iter().filter(|t| t.id != *seed).collect();
    assert_eq!(after, others);
}

/// A token as a killed probe leaves it.
fn leave(tenant: &Tenant, name: &str) {
    let user = tenant.user().to_owned();
    tenant.control().create_token(TENANT, token(tenant, &user, name, 10)).unwrap();
}

#[test]
fn what_cannot_be_removed_is_told() {
    let tenant = Tenant::new();
    let name = "pat-operator probe 00000000000000aa";
    leave(&tenant, name);
    let fault = isc_simulator::Fault {
        status: Some(500),
        ..isc_simulator::Fault::on(isc_simulator::Operation::Delete)
    };
    tenant.control().add_fault(None, fault);
    let told = tenant.probe(&[]);
    assert_eq!(told.code, Some(2), "{told:?}");
    assert!(
        told.err
            .contains(&format!("the token {name:?} may still be there; it ends by itself at 20")),
        "{told:?}"
    );
    let report: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    let named: Vec<&str> = report["left"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let still: Vec<String> = tenant.left().into_iter().map(|token| token.name).collect();
    assert!(named.contains(&name) && named.len() == still.len(), "{named:?} {still:?}");
}

#[test]
fn a_seed_with_such_a_name_is_not_its_own_prey() {
    let tenant = Tenant::new();
    let soon = tenant.control().now() + SignedDuration::from_mins(12);
    let seed = tenant.simulator.seed(TENANT).unwrap();
    let edit = isc_simulator::TokenEdit {
        name: Some("pat-operator probe 0123456789abcdef".into()),
        expiration_date: Some(Some(soon)),
        ..Default::default()
    };
    tenant.control().edit_token(TENANT, &seed.client_id, edit).unwrap();
    let told = tenant.probe(&[]);
    assert_eq!(told.lines()["own-expiry"].0, "does not hold", "{told:?}");
    assert_eq!(tenant.left().len(), 1);
}
