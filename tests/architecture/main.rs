//! What the documents promise of the source: layers, purity, sizes, openings, a place and a test
//! for every rule, a row for every dialect and every reason, a line for every message.
#![allow(clippy::disallowed_methods, reason = "a test reads files")]

mod circles;
mod code;
mod dialects;
mod examples;
mod exposure;
mod figures;
mod files;
mod layers;
mod messages;
mod order;
mod proofs;
mod reasons;
mod rules;
mod style;
mod ways;

use circles::Imports;
use files::File;

#[test]
fn decisions_know_no_effect() {
    let mut wrong = Vec::new();
    for file in layers::PURE.iter().flat_map(|module| files::below(&format!("src/{module}"))) {
        let found = layers::effects(&file.text);
        wrong.extend(
            found.into_iter().map(|(line, effect)| format!("{}:{line}: {effect}", file.path)),
        );
    }
    assert!(
        wrong.is_empty(),
        "src/api and src/lifecycle take time, randomness and facts as arguments: {wrong:#?}"
    );
}

#[test]
fn dependencies_run_one_way() {
    let mut wrong = Vec::new();
    for file in files::below("src") {
        if let Some(module) = module(&file) {
            let found = layers::strangers(module, &file.text);
            wrong.extend(
                found.into_iter().map(|(line, name)| format!("{}:{line}: uses {name}", file.path)),
            );
        }
    }
    assert!(wrong.is_empty(), "ARCHITECTURE.md, \"Invariants\", says who may use whom: {wrong:#?}");
}

#[test]
fn no_file_uses_itself_by_a_detour() {
    let circles = Imports::of(&files::production()).circles();
    let wrong: Vec<&String> = circles.values().collect();
    assert!(wrong.is_empty(), "move what both sides need to a file of its own: {wrong:#?}");
}

#[test]
fn the_files_of_a_module_have_an_order() {
    let wrong = order::disorder(&Imports::of(&files::production()));
    assert!(wrong.is_empty(), "a file uses only the layers before its own: {wrong:#?}");
}

#[test]
fn figures_of_style_do_not_get_worse() {
    let code = files::production();
    let all = figures::all(&code);
    for figure in &all {
        println!("{figure}");
    }
    for (what, places) in [
        ("densely packed", figures::dense(&code)),
        ("closures used once", figures::once(&code)),
        ("&& beside ||", figures::mixed(&code)),
    ] {
        println!("{what}: {places:#?}");
    }
    let wrong: Vec<String> =
        all.iter().filter(|figure| figure.is_worse()).map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "write these plainly: {wrong:#?}");
}

#[test]
fn secret_values_leave_their_type_in_few_places() {
    let wrong = exposure::problems(&files::production());
    assert!(wrong.is_empty(), "say in tests/architecture/exposure.rs what for: {wrong:#?}");
}

#[test]
fn production_files_are_short() {
    let long =
        |file: File| files::excess(&file.text).map(|lines| format!("{}: {lines} lines", file.path));
    let wrong: Vec<String> = files::below("src").into_iter().filter_map(long).collect();
    assert!(wrong.is_empty(), "split these: {wrong:#?}");
}

#[test]
fn every_source_file_opens_with_what_it_is_for() {
    let all = ["src", "tests", "deploy", "crds", ".ci"].into_iter().flat_map(files::below);
    let wrong: Vec<String> =
        all.filter(|file| files::opening(file).is_none()).map(|file| file.path).collect();
    assert!(wrong.is_empty(), "open these with one sentence in a comment: {wrong:#?}");
}

#[test]
fn every_rule_of_the_protocol_lives_where_the_table_says() {
    let wrong = rules::problems(&files::read("ARCHITECTURE.md"), &files::below("src"));
    assert!(wrong.is_empty(), "correct the table in ARCHITECTURE.md: {wrong:#?}");
}

#[test]
fn the_ways_through_the_code_are_as_listed_and_short() {
    let document = files::read("ARCHITECTURE.md");
    for way in ways::ways(&document) {
        println!("{}: {} files, {} returns", way.name, way.rooms.len(), way.returns);
    }
    let wrong = ways::problems(&document, &files::production());
    assert!(wrong.is_empty(), "correct the lists in ARCHITECTURE.md: {wrong:#?}");
}

#[test]
fn every_rule_has_the_tests_that_the_table_names() {
    let wrong = proofs::problems(&files::read("docs/reliability.md"), &files::below("src"));
    assert!(wrong.is_empty(), "correct the table in docs/reliability.md: {wrong:#?}");
}

#[test]
fn every_dialect_of_the_simulator_has_its_row() {
    let read = |name| files::read(&format!("tests/simulator/src/{name}.rs"));
    let (switches, tenant) = (read("switches"), read("tenant"));
    let document = files::read("docs/reliability.md");
    let wrong = dialects::problems(
        &document,
        &read("dialect"),
        &read("draw"),
        &format!("{switches}{tenant}"),
    );
    assert!(wrong.is_empty(), "correct the tables of dialects in docs/reliability.md: {wrong:#?}");
}

#[test]
fn every_reason_is_explained_and_every_explanation_is_of_a_reason() {
    let wrong = reasons::problems(&files::read("docs/troubleshooting.md"));
    assert!(
        wrong.is_empty(),
        "say in docs/troubleshooting.md what each means and what to do: {wrong:#?}"
    );
}

#[test]
fn reasons_are_named_and_not_written_out() {
    let wrong = reasons::texts(&files::production());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_message_is_in_the_list() {
    let list = messages::list(&files::production());
    let known = files::read("tests/messages.txt");
    let new: Vec<&str> =
        list.lines().filter(|line| !known.lines().any(|known| known == *line)).collect();
    let gone: Vec<&str> =
        known.lines().filter(|known| !list.lines().any(|line| line == *known)).collect();
    assert!(
        list == known,
        "run `make messages`, and read what changed: new {new:#?}, gone {gone:#?}"
    );
}

#[test]
fn every_placeholder_of_a_message_has_an_example() {
    let wrong = messages::problems(&files::production());
    assert!(wrong.is_empty(), "correct tests/architecture/examples.rs: {wrong:#?}");
}

#[test]
fn messages_use_plain_words() {
    let list = files::read("tests/messages.txt");
    let wrong = messages::unplain(&list);
    assert!(
        wrong.is_empty(),
        "CONTRIBUTING.md, \"How we write\", has other words for these: {wrong:#?}"
    );
}

#[test]
#[ignore = "writes tests/messages.txt; `make messages` runs it"]
fn writes_the_list_of_messages() {
    files::write("tests/messages.txt", &messages::list(&files::production()));
}

/// The top module that a file of `src` belongs to; none for the roots of library and binary.
fn module(file: &File) -> Option<&str> {
    let name = file.path.strip_prefix("src/")?.split('/').next()?.trim_end_matches(".rs");
    (!["lib", "main"].contains(&name)).then_some(name)
}
