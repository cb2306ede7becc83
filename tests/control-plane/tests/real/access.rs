//! Who gets in, what they may do, and what is written down of it.
use std::error::Error;

use control_plane::audit;

use crate::client::{eventually, get, kubectl, play, shared, trusting};

#[test]
fn it_answers_with_the_version_that_is_declared() {
    play(async {
        let plane = shared().await;
        let line = |line: &&str| line.trim().starts_with("k8s.io/kubernetes v");
        let required = include_str!("../../go.mod").lines().find(line).unwrap();
        let declared =
            format!("\"gitVersion\": \"{}\"", required.split_whitespace().nth(1).unwrap());
        let answered =
            get(plane, "/version", Some(plane.admin_token())).await.text().await.unwrap();
        assert!(answered.contains(&declared), "{declared}: {answered}");
    });
}

#[test]
fn without_credentials_and_with_wrong_ones_all_is_refused() {
    play(async {
        let plane = shared().await;
        for token in [None, Some("wrong"), Some("")] {
            for path in ["/api/v1/namespaces", "/version", "/readyz"] {
                assert_eq!(get(plane, path, token).await.status(), 401, "{path} with {token:?}");
            }
        }
    });
}

#[test]
fn who_trusts_another_authority_does_not_connect() {
    play(async {
        let plane = shared().await;
        let key = rcgen::KeyPair::generate().unwrap();
        let mut other = rcgen::CertificateParams::new(Vec::new()).unwrap();
        other.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let client = trusting(&other.self_signed(&key).unwrap().pem());
        let error = client
            .get(plane.server_url())
            .bearer_auth(plane.admin_token())
            .send()
            .await
            .unwrap_err();
        assert!(
            error.is_connect() && causes(&error).contains("UnknownIssuer"),
            "{}",
            causes(&error)
        );
    });
}

#[test]
fn its_certificate_is_for_loopback_only() {
    play(async {
        let plane = shared().await;
        let ca = reqwest::Certificate::from_pem(plane.ca_pem().as_bytes()).unwrap();
        let address = plane.server_url().trim_start_matches("https://").parse().unwrap();
        let client =
            reqwest::Client::builder().tls_certs_only([ca]).resolve("elsewhere.test", address);
        let error = client
            .build()
            .unwrap()
            .get(format!("https://elsewhere.test:{}", address.port()))
            .send()
            .await;
        let error = error.unwrap_err();
        assert!(causes(&error).contains("not valid for name"), "{}", causes(&error));
    });
}

#[test]
fn a_service_account_may_do_what_rbac_grants_it_and_no_more() {
    play(async {
        let plane = shared().await;
        kubectl(plane, &["create", "namespace", "rights"]);
        kubectl(plane, &["create", "serviceaccount", "nobody", "-n", "rights"]);
        let token = kubectl(plane, &["create", "token", "nobody", "-n", "rights"]);
        let (secrets, maps) =
            ("/api/v1/namespaces/rights/secrets", "/api/v1/namespaces/rights/configmaps");
        for path in [secrets, maps] {
            assert_eq!(get(plane, path, Some(token.trim())).await.status(), 403, "{path}");
        }
        let account = "--serviceaccount=rights:nobody";
        kubectl(
            plane,
            &["create", "role", "maps", "-n", "rights", "--verb=list", "--resource=configmaps"],
        );
        kubectl(plane, &["create", "rolebinding", "maps", "-n", "rights", "--role=maps", account]);
        eventually("the granted right", async || {
            get(plane, maps, Some(token.trim())).await.status() == 200
        })
        .await;
        assert_eq!(get(plane, secrets, Some(token.trim())).await.status(), 403);
    });
}

#[test]
fn the_audit_log_says_who_did_what_and_how_it_went() {
    play(async {
        let plane = shared().await;
        let path = "/api/v1/namespaces/default/secrets/there-is-none";
        assert_eq!(get(plane, path, Some(plane.admin_token())).await.status(), 404);
        let (requests, end) = audit::read(&plane.audit_log(), 0).unwrap();
        let mine: Vec<_> = requests.iter().filter(|request| request.uri == path).collect();
        let [request] = mine.as_slice() else { panic!("{mine:#?}") };
        assert_eq!((&*request.verb, &*request.user.username), ("get", "admin"));
        assert_eq!((request.target(), request.code()), ("secrets".into(), 404));
        assert_eq!(request.user_agent, "control-plane-test");
        assert!(!request.is_write() && !request.is_denied());
        let (later, _) = audit::read(&plane.audit_log(), end).unwrap();
        assert!(
            later.iter().all(|request| request.uri != path),
            "what was read once is not read again"
        );
    });
}

#[test]
fn the_audit_log_holds_no_data_of_secrets() {
    play(async {
        let plane = shared().await;
        let (value, encoded) = ("seen-by-nobody", "c2Vlbi1ieS1ub2JvZHk=");
        kubectl(
            plane,
            &["create", "secret", "generic", "quiet", &format!("--from-literal=key={value}")],
        );
        assert!(kubectl(plane, &["get", "secret", "quiet", "-o", "json"]).contains(encoded));
        let log = std::fs::read_to_string(plane.audit_log()).unwrap();
        assert!(log.contains("secrets/quiet") && !log.contains(value) && !log.contains(encoded));
    });
}

#[test]
fn a_deleted_namespace_goes_with_all_that_is_in_it() {
    play(async {
        let plane = shared().await;
        kubectl(plane, &["create", "namespace", "goes"]);
        kubectl(plane, &["create", "configmap", "inside", "-n", "goes"]);
        kubectl(plane, &["delete", "namespace", "goes", "--timeout=60s"]);
        for path in ["/api/v1/namespaces/goes", "/api/v1/namespaces/goes/configmaps/inside"] {
            assert_eq!(get(plane, path, Some(plane.admin_token())).await.status(), 404, "{path}");
        }
    });
}

fn causes(error: &dyn Error) -> String {
    format!("{error}; {}", error.source().map_or_else(String::new, causes))
}
