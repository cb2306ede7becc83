//! The reasons of conditions and events, and the rows of docs/troubleshooting.md that explain them.
use pat_operator::api::conditions::Reason;

use crate::files::File;

/// Modules that give reasons.
pub const GIVEN_IN: [&str; 2] = ["src/controllers", "src/lifecycle"];

/// Headings of the first column in the tables of reasons.
const HEADINGS: [&str; 3] = ["| reason |", "| status and reason |", "| event |"];

/// Reasons without a row, and rows about what is no reason.
pub fn problems(document: &str) -> Vec<String> {
    let explained = explained(document);
    let mut wrong = Vec::new();
    for reason in Reason::ALL.iter().map(|reason| reason.as_str()) {
        if !explained.contains(&reason) {
            wrong.push(format!("{reason} has no row"));
        }
    }
    for word in explained {
        if Reason::ALL.iter().all(|reason| reason.as_str() != word) {
            wrong.push(format!("{word} has a row and is no reason"));
        }
    }
    wrong
}

/// The words in code of the first cells of all tables of reasons, up to the first remark.
fn explained(document: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        if HEADINGS.iter().any(|heading| line.starts_with(heading)) {
            inside = true;
        } else if !line.starts_with('|') {
            inside = false;
        } else if inside {
            let cell = line.split(" | ").next().unwrap_or_default();
            let remark = [", with", ", of"].iter().filter_map(|word| cell.find(word)).min();
            let names = &cell[..remark.unwrap_or(cell.len())];
            words.extend(names.split('`').skip(1).step_by(2));
        }
    }
    words
}

/// Places where a reason is written as a text.
pub fn texts(code: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in
        code.iter().filter(|file| GIVEN_IN.iter().any(|module| file.path.starts_with(module)))
    {
        for (at, line) in
            file.text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for text in line.split('"').skip(1).step_by(2) {
                if Reason::ALL.iter().any(|reason| reason.as_str() == text) {
                    wrong.push(format!("{}:{}: write Reason::{text}", file.path, at + 1));
                }
            }
        }
    }
    wrong
}

#[test]
fn a_reason_without_a_row_and_a_row_without_a_reason_are_found() {
    let row = |reason: &Reason| format!("| `{reason}` | it means that | do this |\n");
    let mut rows: String = Reason::ALL.iter().skip(1).map(row).collect();
    rows += "| `Reticulating`, with `splines` | it means that | do this |\n";
    let document = format!(
        "| `Nothing` | of |\n\n| reason | what it means |\n|---|---|\n{rows}\n| `Else` | x |"
    );
    let missing = Reason::ALL[0];
    let expected =
        [format!("{missing} has no row"), "Reticulating has a row and is no reason".to_owned()];
    assert_eq!(problems(&document), expected);
}

#[test]
fn a_reason_that_is_written_as_a_text_is_found() {
    let text = "// \"Published\"\nlet a = (\"NotGranted\", \"a sentence\", \"True\");";
    let file = |path: &str| File { path: path.into(), text: text.into() };
    let expected = ["src/lifecycle/a.rs:2: write Reason::NotGranted"];
    assert_eq!(texts(&[file("src/lifecycle/a.rs"), file("src/isc/b.rs")]), expected);
}
