//! The order of the files within a module.
use crate::circles::Imports;
#[cfg(test)]
use crate::files::File;

/// The order of the files within a module: each uses only files of the layers before its own.
const INNER: [(&str, &[&[&str]]); 3] = [
    (
        "isc",
        &[
            &["clock", "endpoint", "error", "http::cause", "wire"],
            &["budget", "http"],
            &["headers"],
            &["body", "call", "stranger"],
            &["classify"],
            &["access_token"],
            &["client"],
            &["introspection", "nerm", "tenant_info", "tokens"],
        ],
    ),
    (
        "lifecycle",
        &[
            // Plain data.
            &["grants", "ledger", "ledger::terms", "token_name"],
            &["describe::written", "encoding", "ledger::attempt", "ledger::resource", "timings"],
            &["declared", "describe::credential", "ledger::entry", "settle::back_off"],
            &["listing", "rendering", "secret", "settle::outcome"],
            &["capacity", "facts", "publish", "step"],
            // Deciders.
            &["describe::view", "overlap", "release", "settle::changes", "upkeep"],
            &["describe::worth", "destroy", "mint", "settle::attempt"],
            &["describe::conditions", "rotate", "settle::travel", "travel"],
            &["decide", "describe::rotation", "schedule", "settle"],
            &["describe"],
        ],
    ),
    (
        "kubernetes",
        &[
            &["causes", "events", "ledger_store", "lenient", "operator_files", "status"],
            &["unread"],
            &["published_secret::marks", "published_secret::ownership"],
            &["published_secret::content", "published_secret::pair"],
            &["published_secret"],
        ],
    ),
];

/// Files of a module with an order that have no layer, and those that use a file of their own layer
/// or a later one.
pub fn disorder(imports: &Imports) -> Vec<String> {
    let mut wrong = Vec::new();
    for (file, used) in imports.uses() {
        let Some((layers, name)) = layers_of(&file) else { continue };
        let Some(own) = layer(layers, name) else {
            wrong.push(format!("{file} has no layer"));
            continue;
        };
        for other in &used {
            if let Some((same, other_name)) = layers_of(other)
                && same == layers
                && layer(layers, other_name).is_none_or(|other| other >= own)
            {
                wrong.push(format!("{file} uses {other}"));
            }
        }
    }
    wrong
}

/// The layers of the module that a file belongs to, and the name of the file in it.
fn layers_of(file: &str) -> Option<(&'static [&'static [&'static str]], &str)> {
    let (module, name) = file.split_once("::")?;
    let (_, layers) = INNER.iter().find(|(with_order, _)| *with_order == module)?;
    Some((layers, name))
}

fn layer(layers: &[&[&str]], name: &str) -> Option<usize> {
    layers.iter().position(|layer| layer.contains(&name))
}

#[test]
fn a_file_that_uses_a_later_one_or_has_no_layer_is_found() {
    let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
    let found = disorder(&Imports::of(&[
        file("src/isc/headers.rs", "use super::http::Reply;\nuse super::client::Client;"),
        file("src/isc/http.rs", "use super::budget::Budget;"),
        file("src/isc/budget.rs", ""),
        file("src/isc/client.rs", "use crate::isc::headers::date;"),
        file("src/isc/other.rs", ""),
        file("src/isc/mod.rs", "pub use client::Client;"),
    ]));
    assert_eq!(
        found,
        ["isc::headers uses isc::client", "isc::http uses isc::budget", "isc::other has no layer"]
    );
}
