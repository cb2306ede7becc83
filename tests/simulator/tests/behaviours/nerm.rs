//! The probe of NERM.
use isc_simulator::{DEFAULT_TENANT, Nerm, Operation, TenantSpec};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Isc;

#[tokio::test]
async fn it_finds_each_of_the_things_that_may_be_there() {
    let isc = Isc::start().await;
    for nerm in Nerm::ALL {
        isc.switch(|switches| switches.nerm = nerm);
        let reply =
            isc.request(Method::GET, "/api/system_roles?limit=1").send().await.expect("a reply");
        let (status, html) =
            (reply.status().as_u16(), reply.headers()["content-type"] != "application/json");
        let body: Value = reply.json().await.unwrap_or_default();
        let expected = match nerm {
            Nerm::Filled => 200,
            Nerm::Empty => 400,
            Nerm::Refused => 401,
            Nerm::Forbidden => 403,
            Nerm::Unavailable => 503,
            Nerm::NotFound => 404,
        };
        assert_eq!((status, html), (expected, nerm == Nerm::NotFound), "{nerm:?}");
        match nerm {
            Nerm::Filled => assert_eq!(body["system_roles"][0]["uid"], "profile_owner"),
            Nerm::Empty => assert_eq!(body, json!({"error": "no system_roles found"})),
            Nerm::Refused | Nerm::Forbidden | Nerm::Unavailable => {
                assert!(body["error"].is_string(), "{body}");
            }
            Nerm::NotFound => assert_eq!(body, Value::Null),
        }
    }
}

#[tokio::test]
async fn a_missing_or_wrong_access_token_gets_401_whatever_is_there() {
    let isc = Isc::start().await;
    for nerm in Nerm::ALL {
        isc.switch(|switches| switches.nerm = nerm);
        let url = format!("{}/api/users", isc.base);
        assert_eq!(isc.send(isc.http.get(&url)).await.0, 401, "{nerm:?}");
        assert_eq!(isc.send(isc.http.get(&url).bearer_auth("x.y.z")).await.0, 401, "{nerm:?}");
    }
}

#[tokio::test]
async fn it_is_under_the_tenants_path_with_a_slash_doubled_anywhere() {
    let isc = Isc::start().await;
    let acme = isc.control().add_tenant(&TenantSpec::named("acme"));
    for (tenant, seed) in [(DEFAULT_TENANT, isc.seed()), ("acme", acme.users[0].seeds[0].clone())] {
        let sign_in = isc.http.post(format!("{}/t/{tenant}/oauth/token", isc.base)).form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &seed.client_id),
            ("client_secret", &seed.client_secret),
        ]);
        let bearer =
            isc.send(sign_in).await.1["access_token"].as_str().expect("an access token").to_owned();
        for path in [
            "/api/users",
            "//api/users",
            "/api//users",
            "//api//system_roles?limit=1",
            "/api/users/",
        ] {
            let get = isc.http.get(format!("{}/t/{tenant}{path}", isc.base)).bearer_auth(&bearer);
            assert_eq!(isc.send(get).await.0, 200, "{tenant} {path}");
            let last = isc.control().record_since(0).pop().expect("an entry");
            assert_eq!(
                (last.operation, last.tenant.as_str()),
                (Some(Operation::Nerm), tenant),
                "{path}"
            );
        }
    }
}
