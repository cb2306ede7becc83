//! How a tenant tells in OAuth reply and JWT who signed in and what is allowed; and that nothing
//! hangs on it.
use isc_simulator::{DEFAULT_TENANT, ExpiresIn, OauthInfo, Presence, ReplyScope, ScopeClaim};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Isc, PATS, claims};

/// Stored scopes of which a HELPDESK user gets the first only.
const STORED: [&str; 2] = ["idn:accounts:read", "idn:transform:manage"];

fn token(reply: &Value) -> Value {
    claims(reply["access_token"].as_str().expect("an access token"))
}

#[tokio::test]
async fn the_scope_claim_has_each_form_and_a_bitmap_is_the_default() {
    let isc = Isc::start().await;
    let both = isc.user(&["HELPDESK"], &["idn:accounts:read", "sp:scopes:default"]);
    let by_default = token(&isc.granted(&both).await)["scope"].clone();
    for form in ScopeClaim::ALL {
        isc.dialect(|dialect| dialect.scope_claim = form);
        let scope = token(&isc.granted(&both).await).get("scope").cloned();
        let expected = match form {
            // Bits 1 and 12 of the table.
            ScopeClaim::Bitmap => Some(json!(["AhA="])),
            ScopeClaim::Names => Some(json!(["idn:accounts:read", "sp:scopes:default"])),
            ScopeClaim::Text => Some(json!("idn:accounts:read sp:scopes:default")),
            ScopeClaim::Absent => None,
        };
        assert_eq!(scope, expected, "{form:?}");
    }
    assert_eq!(by_default, json!(["AhA="]));
}

#[tokio::test]
async fn no_name_of_a_scope_is_in_a_jwt_that_does_not_tell_it() {
    let isc = Isc::start().await;
    for form in [ScopeClaim::Bitmap, ScopeClaim::Absent] {
        isc.dialect(|dialect| dialect.scope_claim = form);
        let told = token(&isc.granted(&isc.seed()).await).to_string();
        assert!(!told.contains("sp:scopes"), "{form:?}: {told}");
    }
}

#[tokio::test]
async fn the_scope_of_the_reply_has_each_form() {
    let isc = Isc::start().await;
    let user = isc.user(&["HELPDESK"], &STORED);
    for form in ReplyScope::ALL {
        isc.dialect(|dialect| dialect.reply_scope = form);
        let expected = match form {
            ReplyScope::Names => Some(json!(STORED[0])),
            ReplyScope::Uncut => Some(json!(STORED.join(" "))),
            ReplyScope::ReadWrite => Some(json!("read write")),
            ReplyScope::Absent => None,
        };
        assert_eq!(isc.granted(&user).await.get("scope").cloned(), expected, "{form:?}");
    }
}

#[tokio::test]
async fn fields_of_user_tenant_and_place_stand_where_the_dialect_says() {
    let isc = Isc::start().await;
    let groups: [&[&str]; 3] = [&["identity_id", "user_name"], &["tenant_id"], &["org", "pod"]];
    for (n, group) in groups.into_iter().enumerate() {
        for presence in Presence::ALL {
            isc.dialect(|dialect| {
                let fields = [&mut dialect.identity, &mut dialect.tenant, &mut dialect.org];
                for (m, field) in fields.into_iter().enumerate() {
                    *field = if m == n { presence } else { Presence::Both };
                }
            });
            let reply = isc.granted(&isc.seed()).await;
            let claims = token(&reply);
            let (in_reply, in_claims) = match presence {
                Presence::Both => (true, true),
                Presence::Reply => (true, false),
                Presence::Claims => (false, true),
                Presence::Absent => (false, false),
            };
            for field in groups.concat() {
                let chosen = group.contains(&field);
                assert_eq!(reply.get(field).is_some(), !chosen || in_reply, "{field} {presence:?}");
                assert_eq!(
                    claims.get(field).is_some(),
                    !chosen || in_claims,
                    "{field} {presence:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_life_of_an_access_token_is_told_in_each_form() {
    let isc = Isc::start().await;
    for form in ExpiresIn::ALL {
        isc.dialect(|dialect| dialect.expires_in = form);
        let expected = match form {
            ExpiresIn::Seconds => Some(json!(43_200)),
            ExpiresIn::Absent => None,
            ExpiresIn::Null => Some(Value::Null),
            ExpiresIn::Zero => Some(json!(0)),
            ExpiresIn::Text => Some(json!("43200")),
            ExpiresIn::Negative => Some(json!(-1)),
            ExpiresIn::Huge => Some(json!(18_446_744_073_709_551_615_u64)),
            ExpiresIn::Fraction => Some(json!(43_199.5)),
            ExpiresIn::Words => Some(json!("soon")),
        };
        let reply = isc.granted(&isc.seed()).await;
        assert_eq!(reply.get("expires_in").cloned(), expected, "{form:?}");
        assert!(token(&reply)["exp"].is_i64(), "{form:?}");
    }
}

#[tokio::test]
async fn the_discovery_document_has_each_form_and_needs_no_authentication() {
    let isc = Isc::start().await;
    let tenant = isc.simulator.tenants()[0].tenant_id.clone();
    for form in OauthInfo::ALL {
        isc.dialect(|dialect| dialect.oauth_info = form);
        let (status, body) = isc.send(isc.http.get(format!("{}/oauth/info", isc.base))).await;
        let mut fields: Vec<&str> =
            body.as_object().expect("an object").keys().map(String::as_str).collect();
        fields.sort_unstable();
        match form {
            OauthInfo::Full => {
                let all = [
                    "authorizeEndpoint",
                    "cloudDomainUrl",
                    "pod",
                    "tenantId",
                    "tenantName",
                    "tokenEndpoint",
                ];
                assert_eq!(
                    (fields.as_slice(), &body["tenantName"]),
                    (all.as_slice(), &json!(DEFAULT_TENANT))
                );
            }
            OauthInfo::TenantIdOnly => assert_eq!(fields, ["tenantId"]),
            OauthInfo::Missing => assert_eq!(status, 404),
        }
        assert!(form == OauthInfo::Missing || body["tenantId"] == tenant, "{form:?}");
    }
}

#[tokio::test]
async fn the_scope_rule_of_each_operation_holds_in_every_dialect() {
    let isc = Isc::start().await;
    let all_only = isc.user(&["ORG_ADMIN"], &["sp:all-personal-access-tokens:manage"]);
    let own = isc.user(&["USER"], &["sp:my-personal-access-tokens:manage"]);
    let api_client = isc.control().add_api_client(DEFAULT_TENANT).expect("an API client");
    for form in ScopeClaim::ALL {
        for presence in Presence::ALL {
            isc.dialect(|dialect| {
                (dialect.scope_claim, dialect.reply_scope) = (form, ReplyScope::ReadWrite);
                (dialect.identity, dialect.tenant) = (presence, presence);
            });
            for (credential, list, patch) in
                [(&all_only, 200, 403), (&own, 200, 404), (&api_client, 403, 403)]
            {
                let bearer = isc.access_token(credential).await;
                let call = |method, path: &str| {
                    isc.http
                        .request(method, format!("{}{PATS}{path}", isc.base))
                        .bearer_auth(&bearer)
                };
                let change = call(Method::PATCH, "/missing").body("[]");
                let change = change.header("content-type", "application/json-patch+json");
                assert_eq!(
                    isc.send(call(Method::GET, "?owner-id=me")).await.0,
                    list,
                    "{form:?} {presence:?}"
                );
                assert_eq!(isc.send(change).await.0, patch, "{form:?} {presence:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_scope_that_a_test_added_holds_through_the_bitmap() {
    let isc = Isc::start().await;
    isc.switch(|switches| {
        switches.extra_scopes.insert("idn:new:read".into(), vec!["USER".into()]);
    });
    let reply = isc.granted(&isc.user(&["USER"], &["idn:new:read"])).await;
    assert_eq!(reply["scope"], "idn:new:read");
    assert!(!token(&reply).to_string().contains("idn:new:read"));
}
