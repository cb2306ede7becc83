//! Replies that the operator cannot use, or that are not ISC's: nothing is said to hold that does
//! not.
use crate::between::{Edit, Reply, gateway};
use crate::dialects::Line;
use crate::run::Told;
use crate::tenant::{TENANT, Tenant};

/// Probes a tenant whose replies are altered so; nothing is left there.
fn probed(edit: Edit) -> Told {
    let tenant = Tenant::new();
    let url = gateway(&tenant.simulator.tenant_url(TENANT), edit);
    let mut command = tenant.at(&url, &["--allow-loopback-http", "--yes", "--output", "json"]);
    command.args(["--list-lag", "1s", "--nerm-url", &format!("{url}/api")]);
    let told = tenant.run(command);
    assert_eq!(tenant.left(), [], "{told:?}");
    told
}

/// All lines but the expected ones hold.
fn expect(what: &str, edit: Edit, code: i32, expected: &[Line]) {
    let told = probed(edit);
    for (id, (verdict, answer, note)) in &told.lines() {
        let line = expected.iter().find(|(expected, ..)| expected == id);
        let (_, as_it_should, words) = line.copied().unwrap_or(("", "holds", ""));
        assert_eq!(verdict, as_it_should, "{what}: {id}: {answer}; {note:?}");
        assert!(answer.contains(words), "{what}: {id}: {answer}");
    }
    assert_eq!(told.code, Some(code), "{what}");
}

fn is_grant(request: &str) -> bool {
    request.starts_with("POST ") && request.contains("/oauth/token ")
}

fn is_list(request: &str) -> bool {
    request.starts_with("GET ") && request.contains("owner-id=me")
}

fn is_create(request: &str) -> bool {
    request.starts_with("POST ") && request.contains("/personal-access-tokens/")
}

fn is_token_api(request: &str) -> bool {
    request.contains("/personal-access-tokens/")
}

fn plain(reply: &mut Reply) {
    reply.kind = "text/plain".into();
}

fn say(reply: &mut Reply, status: u16, kind: &str, body: &str) {
    (reply.status, reply.kind, reply.body) = (status, kind.into(), body.into());
}

#[test]
fn an_access_token_counts_as_the_operator_takes_it() {
    expect(
        "202",
        |request, reply| {
            if is_grant(request) && reply.status == 200 {
                reply.status = 202;
            }
        },
        0,
        &[],
    );
    for (edit, words) in [
        (
            (|request, reply| {
                if is_grant(request) {
                    plain(reply);
                }
            }) as Edit,
            "status 200 that is not JSON",
        ),
        (
            |request, reply| {
                if is_grant(request) {
                    say(reply, 403, "application/json", "{\"message\":\"Forbidden\"}");
                }
            },
            "status 403 in JSON that is not ISC's",
        ),
        (
            |request, reply| {
                if is_grant(request) {
                    say(reply, 401, "text/plain", "RBAC: access denied");
                }
            },
            "status 401 that is not JSON",
        ),
    ] {
        probed(edit).assert_error(&["POST /oauth/token was answered with", words]);
    }
}

#[test]
fn a_reply_to_a_post_that_the_operator_does_not_use() {
    for (what, edit, words) in [
        (
            "text",
            (|request, reply| {
                if is_create(request) && reply.status == 200 {
                    plain(reply);
                }
            }) as Edit,
            "it is not JSON",
        ),
        (
            "id twice",
            |request, reply| {
                if is_create(request) && reply.status == 200 {
                    reply.body = reply.body.replacen('{', "{\"id\":\"0\",", 1);
                }
            },
            "its JSON is not what the API documents",
        ),
    ] {
        expect(what, edit, 1, &[("create-reply", "does not hold", words)]);
    }
}

#[test]
fn a_list_with_one_token_twice_is_no_list() {
    let twice: Edit = |request, reply| {
        if is_list(request) {
            let tokens = reply.body.trim_start_matches('[').trim_end_matches(']').to_owned();
            reply.body = format!("[{tokens},{tokens}]");
        }
    };
    probed(twice).assert_error(&["LIST does not show the user's tokens (LIST has token", "twice"]);
    probed(|request, reply| {
        if is_list(request) {
            plain(reply);
        }
    })
    .assert_error(&["LIST does not show the user's tokens", "not a list of tokens"]);
    probed(|request, reply| {
        if is_list(request) {
            say(reply, 403, "text/html", "<p>no");
        }
    })
    .assert_error(&["LIST does not show the user's tokens (a page for people (403))"]);
}

#[test]
fn dates_without_a_zone_are_no_dates_and_no_lag() {
    let edit: Edit = |request, reply| {
        if is_token_api(request) {
            reply.body = reply.body.replace("Z\"", "\"");
        }
    };
    expect(
        "no zone",
        edit,
        1,
        &[
            ("create-reply", "does not hold", "a date is malformed"),
            ("short-expiry", "unknown", "a token was made"),
            ("list-life", "does not hold", "something that is not a date"),
            ("list-last-used", "does not hold", "no"),
            ("patch-expiry", "unknown", "it is accepted (200)"),
        ],
    );
}

#[test]
fn a_change_that_the_operator_does_not_take_for_done_is_none() {
    let fails = ["patch-name", "patch-scope", "patch-expiry"];
    let lag = ("lag-change", "unknown", "not asked");
    for (what, edit, words) in [
        (
            "202",
            (|request, reply| {
                if request.starts_with("PATCH") {
                    reply.status = 202;
                }
            }) as Edit,
            "no (202, which is neither 200 nor 204)",
        ),
        (
            "text",
            |request, reply| {
                if request.starts_with("PATCH") {
                    plain(reply);
                }
            },
            "no (200, but the reply does not show the token in JSON)",
        ),
    ] {
        let mut expected: Vec<Line> =
            fails.iter().map(|id| (*id, "does not hold", words)).collect();
        expected.push(lag);
        expect(what, edit, 1, &expected);
    }
}

#[test]
fn a_second_delete_by_410_leaves_nothing() {
    let edit: Edit = |request, reply| {
        if request.starts_with("DELETE") && reply.status == 404 {
            reply.status = 410;
        }
    };
    expect("410", edit, 1, &[("second-delete", "does not hold", "yes, but not by 404 (410)")]);
}

#[test]
fn a_refusal_that_is_not_iscs_says_nothing() {
    let page: Edit = |request, reply| {
        if is_create(request) && reply.status == 400 {
            say(reply, 400, "text/html", "<p>blocked</p>");
        }
    };
    let words = "a page for people (400)";
    expect(
        "page",
        page,
        2,
        &[("past-expiry", "unknown", words), ("duplicate-name", "unknown", words)],
    );
    let gateway: Edit = |request, reply| {
        if is_grant(request) && reply.status == 401 {
            say(reply, 403, "application/json", "{\"message\":\"Forbidden\"}");
        }
    };
    expect("gateway", gateway, 2, &[("credential-after-delete", "unknown", "not known")]);
    let nerm: Edit = |request, reply| {
        if request.contains("/system_roles") {
            say(reply, 401, "text/html", "<p>sign in</p>");
        }
    };
    expect("NERM", nerm, 2, &[("nerm", "unknown", "401, not in NERM's words")]);
}

#[test]
fn a_token_behind_a_refusal_that_is_not_iscs_is_found_by_its_name() {
    let told = probed(|request, reply| {
        if is_create(request) {
            say(reply, 403, "text/plain", "no");
        }
    });
    let (verdict, answer, note) = &told.lines()["short-expiry"];
    assert_eq!(
        (verdict.as_str(), answer.as_str()),
        ("unknown", "no token was made (status 403 that is not JSON)")
    );
    assert!(note.as_ref().unwrap().contains("does not come from ISC"), "{note:?}");
}
