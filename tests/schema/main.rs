//! What is shipped for Kubernetes: CRDs fresh, bounded and in agreement with the operator's own
//! checks and with a real API server; manifests that keep their promises.
mod cases;
mod install;
mod manifests;
mod server;

use pat_operator::api::{PersonalAccessToken, Tenant, check, crd};
use serde_json::Value;

#[test]
fn the_files_in_crds_are_what_the_types_say() {
    for (file, crd) in crd::all() {
        let path = format!("{}/crds/{file}", env!("CARGO_MANIFEST_DIR"));
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        let generated = crd::yaml(&crd).expect("a CRD serialises");
        assert!(committed == generated, "crds/{file} is not what src/api says: run make crds");
    }
}

#[test]
fn every_spec_is_bounded_and_without_defaults() {
    for (file, crd) in crd::all() {
        let crd = serde_json::to_value(crd).expect("a CRD serialises");
        let spec = &crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"];
        let mut loose = Vec::new();
        find_loose(&mut loose, "spec", spec);
        assert!(loose.is_empty(), "{file}: {loose:#?}");
    }
}

#[test]
fn every_number_format_is_known_to_the_api_server() {
    for (file, crd) in crd::all() {
        let crd = serde_json::to_value(crd).expect("a CRD serialises");
        walk(&crd, &mut |node| {
            let format = node["format"].as_str().unwrap_or("int32");
            assert!(
                ["int32", "int64", "date-time"].contains(&format),
                "{file}: the API server warns about format {format:?}"
            );
        });
    }
}

#[test]
fn every_rule_says_what_to_write_or_do() {
    let mut rules = 0;
    for (file, crd) in crd::all() {
        let crd = serde_json::to_value(crd).expect("a CRD serialises");
        walk(&crd, &mut |node| {
            for rule in node["x-kubernetes-validations"].as_array().into_iter().flatten() {
                let message = rule["message"].as_str().unwrap_or_default();
                assert!(
                    ["write", "choose", "create", "use"].iter().any(|verb| message.contains(verb)),
                    "{file}: {rule}"
                );
                rules += 1;
            }
        });
    }
    assert!(rules >= 12, "only {rules} rules");
}

#[test]
fn the_operators_own_checks_agree_with_the_schema() {
    let mut wrong = Vec::new();
    for case in cases::all().iter().filter(|case| case.update.is_none()) {
        match (own_problems(case), &case.says) {
            (problems, None) if !problems.is_empty() => {
                wrong.push(format!("it {}: {problems:?}", case.it));
            }
            (problems, Some(_)) if problems.is_empty() => {
                wrong.push(format!("it {}: the operator would take it", case.it));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn of_rotation_the_operator_says_what_the_schema_says() {
    let refused = cases::all()
        .into_iter()
        .filter(|case| case.update.is_none() && case.create["rotation"].is_object());
    let mut said = 0;
    for (case, says) in refused.filter_map(|case| case.says.clone().map(|says| (case, says))) {
        // What breaks the schema's own keywords has the API server's words.
        if says.contains("rotation.every is")
            || says.contains("maxOverlap is")
            || says.starts_with("write a duration")
        {
            let problems = own_problems(&case);
            assert!(
                problems.iter().any(|problem| problem.contains(&says)),
                "it {}: {problems:?}",
                case.it
            );
            said += 1;
        }
    }
    assert!(said >= 20, "only {said} cases");
}

#[test]
fn there_are_cases_of_every_sort() {
    let cases = cases::all();
    for kind in ["PersonalAccessToken", "Tenant"] {
        for refused in [true, false] {
            for update in [true, false] {
                let found = cases.iter().filter(|case| {
                    case.kind == kind
                        && case.says.is_some() == refused
                        && case.update.is_some() == update
                });
                // A Tenant has no immutable field.
                assert!(
                    found.count() > 0 || (kind == "Tenant" && refused && update),
                    "{kind}, refused: {refused}, update: {update}"
                );
            }
        }
    }
    assert!(cases.len() >= 45, "only {} cases", cases.len());
}

#[test]
fn a_real_api_server_agrees_with_every_case() {
    let wrong = install::on_the_server(async |client| {
        let mut wrong = Vec::new();
        for case in cases::all() {
            wrong.extend(server::judge(&client, &case).await.err());
        }
        wrong
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn own_problems(case: &cases::Case) -> Vec<String> {
    let object = case.object(&case.create);
    if case.kind == "Tenant" {
        serde_json::from_value::<Tenant>(object)
            .map_or_else(|error| vec![error.to_string()], |tenant| check::tenant_problems(&tenant))
    } else {
        serde_json::from_value::<PersonalAccessToken>(object)
            .map_or_else(|error| vec![error.to_string()], |token| check::problems(&token))
    }
}

/// Text without maxLength, lists without maxItems or list type, maps without maxProperties, numbers
/// without bounds, defaults.
fn find_loose(loose: &mut Vec<String>, at: &str, schema: &Value) {
    let mut need = |key: &str| {
        if schema.get(key).is_none() {
            loose.push(format!("{at} has no {key}"));
        }
    };
    match schema["type"].as_str() {
        Some("string") if schema.get("enum").is_none() => need("maxLength"),
        Some("array") => ["maxItems", "x-kubernetes-list-type"].into_iter().for_each(need),
        Some("object") if schema.get("additionalProperties").is_some() => need("maxProperties"),
        Some("integer") => ["minimum", "maximum"].into_iter().for_each(need),
        _ => {}
    }
    if schema.get("default").is_some() {
        loose.push(format!("{at} has a default; the operator applies defaults itself"));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        find_loose(loose, &format!("{at}.{name}"), property);
    }
    for inner in ["items", "additionalProperties"] {
        if let Some(inner_schema) = schema.get(inner) {
            find_loose(loose, &format!("{at}.{inner}"), inner_schema);
        }
    }
}

fn walk(node: &Value, visit: &mut impl FnMut(&Value)) {
    visit(node);
    match node {
        Value::Object(fields) => fields.values().for_each(|field| walk(field, visit)),
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}
