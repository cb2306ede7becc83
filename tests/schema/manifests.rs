//! The files in `deploy/`: rights, Pod and demo resources stay what the operator needs and what its
//! documents promise.
use pat_operator::api::{PersonalAccessToken, Tenant, check};
use pat_operator::lifecycle::grants;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const NAMESPACE: &str = include_str!("../../deploy/manifests/namespace.yaml");
const RBAC: &str = include_str!("../../deploy/manifests/rbac.yaml");
const DEPLOYMENT: &str = include_str!("../../deploy/manifests/deployment.yaml");
const KUSTOMIZATION: &str = include_str!("../../deploy/manifests/kustomization.yaml");
const TENANT: &str = include_str!("../../deploy/demo/tenant.yaml");
const SEED: &str = include_str!("../../deploy/demo/seed-secret.yaml");
const TOKEN: &str = include_str!("../../deploy/demo/personal-access-token.yaml");

#[test]
fn no_right_is_given_by_a_wildcard() {
    for right in rights("Role").into_iter().chain(rights("ClusterRole")) {
        assert!(!right.contains('*'), "{right}");
    }
}

#[test]
fn secrets_of_other_namespaces_can_be_neither_listed_nor_watched() {
    assert_eq!(verbs("ClusterRole", "secrets"), ["create", "delete", "get", "patch"]);
}

#[test]
fn the_operator_reads_its_two_kinds_and_writes_no_spec() {
    for (resource, expected) in [
        // `patch` is for the finalizer; the API server has no narrower right.
        ("personalaccesstokens", vec!["get", "list", "patch", "watch"]),
        ("personalaccesstokens/status", vec!["patch"]),
        ("tenants", vec!["get", "list", "watch"]),
        ("tenants/status", vec!["patch"]),
    ] {
        assert_eq!(verbs("ClusterRole", resource), expected, "{resource}");
    }
}

#[test]
fn every_role_is_bound_to_the_service_account_of_the_pod_in_the_namespace_of_the_pod() {
    let deployment: Value = one(DEPLOYMENT);
    let account = json!({
        "kind": "ServiceAccount",
        "name": deployment["spec"]["template"]["spec"]["serviceAccountName"],
        "namespace": deployment["metadata"]["namespace"],
    });
    for (role, binding) in [("Role", "RoleBinding"), ("ClusterRole", "ClusterRoleBinding")] {
        let (role, binding) = (rbac(role), rbac(binding));
        assert_eq!(binding["subjects"], json!([account]));
        assert_eq!(
            [&binding["roleRef"]["kind"], &binding["roleRef"]["name"]],
            [&role["kind"], &role["metadata"]["name"]]
        );
        assert_eq!(binding["metadata"].get("namespace"), role["metadata"].get("namespace"));
    }
    assert_eq!(one::<Value>(NAMESPACE)["metadata"]["name"], account["namespace"]);
    assert_eq!(rbac("ServiceAccount")["metadata"]["name"], account["name"]);
}

#[test]
fn the_pod_meets_the_restricted_standard_that_its_namespace_enforces() {
    let enforced =
        &one::<Value>(NAMESPACE)["metadata"]["labels"]["pod-security.kubernetes.io/enforce"];
    assert_eq!(enforced, "restricted");
    let deployment: Value = one(DEPLOYMENT);
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let expected = json!({
        "allowPrivilegeEscalation": false,
        "readOnlyRootFilesystem": true,
        "capabilities": {"drop": ["ALL"]},
    });
    assert_eq!(pod["containers"][0]["securityContext"], expected);
}

/// OpenShift's restricted-v2 refuses ids that are not of the namespace's own range, and gives one.
#[test]
fn no_user_or_group_is_fixed() {
    let deployment: Value = one(DEPLOYMENT);
    let pod = &deployment["spec"]["template"]["spec"];
    let mut contexts = vec![&pod["securityContext"]];
    for containers in ["containers", "initContainers"] {
        let all = pod[containers].as_array().into_iter().flatten();
        contexts.extend(all.map(|container| &container["securityContext"]));
    }
    assert_eq!(contexts.len(), 2);
    for context in contexts {
        for fixed in ["runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"] {
            assert_eq!(context.get(fixed), None, "{fixed}");
        }
    }
}

#[test]
fn the_image_has_the_version_of_the_package() {
    let deployment: Value = one(DEPLOYMENT);
    let image = concat!("pat-operator:", env!("CARGO_PKG_VERSION"));
    assert_eq!(deployment["spec"]["template"]["spec"]["containers"][0]["image"], image);
}

#[test]
fn the_kustomization_names_every_manifest() {
    let listed: Value = one(KUSTOMIZATION);
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/manifests"))
        .expect("the folder is there");
    let files =
        folder.map(|file| file.expect("a file").file_name().into_string().expect("a plain name"));
    for file in files.filter(|file| file != "kustomization.yaml") {
        assert!(
            listed["resources"].as_array().is_some_and(|all| all.contains(&json!(file))),
            "{file} is left out"
        );
    }
}

#[test]
fn the_demo_asks_for_what_its_tenant_grants_and_every_reference_leads_somewhere() {
    let tenant: Tenant = one(&TENANT.replace("${ISC_URL}", "http://127.0.0.1:8080/t/acme"));
    let token: PersonalAccessToken = one(TOKEN);
    let seed: Value = one(SEED);
    assert_eq!((check::tenant_problems(&tenant), check::problems(&token)), (vec![], vec![]));
    assert_eq!(Some(&token.spec.tenant_ref.name), tenant.metadata.name.as_ref());
    assert_eq!(grants::admit(&token, &tenant.spec, std::iter::empty()), Ok(()));
    assert_eq!(seed["metadata"]["name"], tenant.spec.credentials[0].secret_ref.name);
    assert_eq!(seed["metadata"]["namespace"], one::<Value>(NAMESPACE)["metadata"]["name"]);
    assert_eq!(
        seed["stringData"],
        json!({"clientId": "${SEED_CLIENT_ID}", "clientSecret": "${SEED_CLIENT_SECRET}"})
    );
}

/// The only document of a file.
fn one<T: DeserializeOwned>(text: &str) -> T {
    serde_saphyr::from_str(text).expect("one YAML document of the right form")
}

/// The only object of a kind in `rbac.yaml`.
fn rbac(kind: &str) -> Value {
    let objects: Vec<Value> = serde_saphyr::from_multiple(RBAC).expect("rbac.yaml is YAML");
    let mut found = objects.into_iter().filter(|object| object["kind"] == kind);
    let object = found.next().expect("an object of the kind");
    assert!(found.next().is_none(), "more than one {kind}");
    object
}

/// Every right that a role gives, as `group/resource verb`.
fn rights(kind: &str) -> Vec<String> {
    let role = rbac(kind);
    let mut rights = Vec::new();
    for rule in role["rules"].as_array().expect("rules") {
        for (group, resource) in texts(&rule["apiGroups"])
            .flat_map(|group| texts(&rule["resources"]).map(move |r| (group, r)))
        {
            rights.extend(texts(&rule["verbs"]).map(|verb| format!("{group}/{resource} {verb}")));
        }
    }
    assert!(!rights.is_empty(), "{kind} gives no right");
    rights
}

/// What a role lets the operator do with a resource, sorted.
fn verbs(kind: &str, resource: &str) -> Vec<String> {
    let rights = rights(kind);
    let split = rights.iter().filter_map(|right| right.split_once(' '));
    let of_resource = split
        .filter(|(object, _)| object.split_once('/').is_some_and(|(_, name)| name == resource));
    let mut verbs: Vec<String> = of_resource.map(|(_, verb)| verb.to_owned()).collect();
    verbs.sort();
    verbs
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().map(|text| text.as_str().expect("text"))
}
