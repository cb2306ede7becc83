//! What a tenant does otherwise: each standing switch, the seed's rights, and versions of the token
//! API.
use isc_simulator::{DateStyle, Nerm, NewToken, Options, SeedSpec, TenantSpec, UserSpec};
use jiff::SignedDuration;

use crate::dialects::{Line, expect};
use crate::run::Told;
use crate::tenant::{TENANT, Tenant};

/// All lines that need a token of the probe's own.
pub const ON_A_TOKEN: [&str; 18] = [
    "list-life",
    "list-scope",
    "create-reply",
    "short-expiry",
    "unknown-scope",
    "past-expiry",
    "duplicate-name",
    "new-credential",
    "lag-create",
    "patch-name",
    "patch-scope",
    "patch-expiry",
    "lag-change",
    "delete",
    "second-delete",
    "credential-after-delete",
    "access-token-after-delete",
    "lag-delete",
];

/// Nothing is known of these.
pub fn unknown(ids: &[&'static str]) -> Vec<Line> {
    ids.iter().map(|id| (*id, "unknown", "")).collect()
}

fn assert_lines(told: &Told, code: i32, expected: &[Line]) {
    let lines = told.lines();
    for (id, verdict, words) in expected {
        let (told, answer, _) = &lines[*id];
        assert!(told == verdict && answer.contains(words), "{id}: {told}: {answer}");
    }
    assert_eq!(told.code, Some(code), "{told:?}");
}

#[test]
fn statuses_of_refusals() {
    for status in [409, 422] {
        let words = if status == 409 { "yes (409)" } else { "yes (422)" };
        expect("name", |s| s.duplicate_name_status = status, &[("duplicate-name", "holds", words)]);
        expect("date", |s| s.bad_date_status = status, &[("past-expiry", "holds", words)]);
    }
}

#[test]
fn a_past_expiry_that_is_accepted() {
    expect(
        "past",
        |s| s.accept_past_dates = true,
        &[("past-expiry", "does not hold", "a token was made (200)")],
    );
    let kept =
        |s: &mut isc_simulator::Switches| (s.accept_past_dates, s.delete_expired) = (true, false);
    expect("past, kept", kept, &[("past-expiry", "does not hold", "a token was made (200)")]);
}

#[test]
fn a_short_expiry_that_is_refused() {
    for least in [3_600, 86_400] {
        let mut expected = unknown(&ON_A_TOKEN);
        expected.retain(|(id, ..)| !["short-expiry", "past-expiry"].contains(id));
        expected.extend([
            ("short-expiry", "does not hold", "no (400)"),
            ("past-expiry", "holds", "yes (400)"),
        ]);
        expect("a least life", |s| s.min_expiry_seconds = Some(least), &expected);
        let tenant = Tenant::with(|switches| switches.min_expiry_seconds = Some(least));
        let told = tenant.probe(&[]);
        let note = told.lines()["short-expiry"].2.clone().unwrap();
        assert!(note.contains("allows no token as short as ten minutes"), "{note}");
        // Said once; the others refer to it.
        let see = "no token was made; see \"May a token be made for ten minutes?\"";
        for id in ON_A_TOKEN.iter().filter(|id| !["short-expiry", "past-expiry"].contains(id)) {
            let note = told.lines()[*id].2.clone().unwrap();
            assert_eq!(note, see, "{id}");
        }
    }
    expect("a longest life", |s| s.max_expiry_days = Some(90), &[]);
}

#[test]
fn what_outlives_a_token_and_how_dates_are_written() {
    let refused = [("access-token-after-delete", "holds", "it is refused (401)")];
    expect("access tokens die", |s| s.access_tokens_die_with_token = true, &refused);
    expect(
        "deprecated",
        |s| s.deprecated = true,
        &[("deprecated", "does not hold", "X-Deprecated")],
    );
    for style in [DateStyle::Millis, DateStyle::Seconds, DateStyle::Offset] {
        expect(&format!("{style:?}"), |s| s.date_style = style, &[]);
    }
    expect("managed tokens are hidden", |s| s.list_managed = false, &[]);
    expect("used at each use", |s| s.last_used_seconds = 0, &[]);
}

#[test]
fn every_answer_of_nerm() {
    for form in Nerm::ALL {
        let (verdict, words, code) = match form {
            Nerm::Filled => ("holds", "yes (200)", 0),
            Nerm::Empty => ("holds", "of an empty collection", 0),
            Nerm::Refused => ("does not hold", "no (401)", 1),
            Nerm::Forbidden => ("does not hold", "no (403)", 1),
            Nerm::Unavailable => ("unknown", "503", 2),
            Nerm::NotFound => ("unknown", "404", 2),
        };
        let tenant = Tenant::with(|switches| switches.nerm = form);
        let told =
            tenant.probe(&["--nerm-url", &format!("{}/api/", tenant.simulator.tenant_url(TENANT))]);
        assert_lines(&told, code, &[("nerm", verdict, words)]);
    }
}

#[test]
fn a_nerm_that_cannot_be_reached_is_not_called_isc() {
    let told = Tenant::new().probe(&["--nerm-url", "http://127.0.0.1:1/api"]);
    assert_lines(&told, 2, &[("nerm", "unknown", "no connection")]);
    assert!(!told.lines()["nerm"].1.contains("ISC"), "{told:?}");
}

/// A user with so many tokens beside the seed.
fn with_tokens(count: usize, cap_status: u16) -> Tenant {
    let tenant = Tenant::with(|switches| switches.cap_status = cap_status);
    for number in 0..count {
        let token =
            NewToken { scope: Some(vec!["sp:scopes:default".into()]), ..named(&tenant, number) };
        tenant.control().create_token(TENANT, token).unwrap();
    }
    tenant
}

fn named(tenant: &Tenant, number: usize) -> NewToken {
    NewToken::named(tenant.user(), &format!("by hand {number}"))
}

#[test]
fn a_user_with_hardly_any_room() {
    for cap_status in [400, 403, 409] {
        let told = with_tokens(7, cap_status).probe(&[]);
        assert_lines(
            &told,
            0,
            &[("tokens-and-limit", "holds", "8 of 10"), ("duplicate-name", "holds", "yes")],
        );
        let told = with_tokens(8, cap_status).probe(&[]);
        let mut expected = vec![
            ("tokens-and-limit", "does not hold", "9 of 10"),
            ("short-expiry", "holds", "yes"),
        ];
        expected.extend(unknown(&["duplicate-name", "past-expiry"]));
        assert_lines(&told, 1, &expected);
        let told = with_tokens(9, cap_status).probe(&[]);
        let mut expected = vec![("tokens-and-limit", "does not hold", "10 of 10")];
        expected.extend(unknown(&ON_A_TOKEN));
        assert_lines(&told, 1, &expected);
    }
}

#[test]
fn more_tokens_than_are_documented() {
    let tenant = Tenant::with(|switches| switches.tokens_per_user = 20);
    for number in 0..11 {
        tenant.control().create_token(TENANT, named(&tenant, number)).unwrap();
    }
    let told = tenant.probe(&[]);
    assert_lines(
        &told,
        1,
        &[
            ("tokens-and-limit", "does not hold", "12, more than the 10"),
            ("short-expiry", "holds", "yes"),
        ],
    );
}

#[test]
fn a_budget_that_others_use_up() {
    let tenant = Tenant::with(|switches| switches.requests_per_10s = Some(9));
    let told = tenant.probe(&[]);
    assert_lines(
        &told,
        1,
        &[("rate-limit", "does not hold", "retry-after"), ("short-expiry", "holds", "yes")],
    );
    assert_eq!(tenant.left(), []);
}

/// A tenant whose seed has these scopes.
fn with_scopes(scopes: &[&str]) -> Tenant {
    let users = vec![UserSpec::named("admin").with_seed_scopes(scopes)];
    Tenant::started(Options::with_tenants(vec![TenantSpec { name: TENANT.into(), users }]))
}

#[test]
fn what_the_seed_may_not_do() {
    let enough = with_scopes(&["sp:my-personal-access-tokens:manage"]).probe(&[]);
    assert_eq!(enough.code, Some(0), "{enough:?}");
    let told = with_scopes(&["sp:all-personal-access-tokens:manage"]).probe(&[]);
    let patches =
        ["patch-name", "patch-scope", "patch-expiry"].map(|id| (id, "does not hold", "no (403)"));
    assert_lines(&told, 1, &patches);
    assert_lines(&told, 1, &[("delete", "holds", "yes"), ("lag-change", "unknown", "not asked")]);
    let told = with_scopes(&["sp:my-personal-access-tokens:read"]).probe(&[]);
    assert_lines(&told, 2, &unknown(&ON_A_TOKEN));
    let told = with_scopes(&["idn:accounts:read"]).probe(&[]);
    told.assert_error(&[
        "does not allow the credential to list",
        "sp:my-personal-access-tokens:manage",
    ]);
}

#[test]
fn a_seed_that_ends_soon() {
    let soon = jiff::Timestamp::now() + SignedDuration::from_hours(24 * 7);
    let seed =
        SeedSpec { expiration_date: Some(soon), ..SeedSpec::new("seed", &["sp:scopes:all"]) };
    let users = vec![UserSpec { seeds: vec![seed], ..UserSpec::named("admin") }];
    let tenant =
        Tenant::started(Options::with_tenants(vec![TenantSpec { name: TENANT.into(), users }]));
    let (told, day) = (tenant.probe(&[]), soon.strftime("on %Y-%m-%d").to_string());
    assert_eq!(told.code, Some(1), "{told:?}");
    let (verdict, answer, _) = &told.lines()["own-expiry"];
    assert!(verdict == "does not hold" && answer.starts_with(&day), "{told:?}");
}

#[test]
fn other_versions_of_the_token_api() {
    let tenant = Tenant::new();
    let told = tenant.probe(&["--pat-path", "/v2026/personal-access-tokens"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let told = tenant.probe(&["--pat-path", "/v3/personal-access-tokens"]);
    assert_lines(
        &told,
        1,
        &[("patch-expiry", "does not hold", "no (400)"), ("patch-name", "holds", "yes")],
    );
    let told = tenant.probe(&["--pat-path", "/v7/personal-access-tokens"]);
    told.assert_error(&["LIST does not show the user's tokens", "404"]);
    assert_eq!(tenant.left(), []);
}
