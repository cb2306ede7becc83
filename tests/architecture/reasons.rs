//! The reasons of conditions and events in the source, and whether docs/troubleshooting.md says what each means.
use crate::files::File;

/// Where reasons are given.
pub const GIVEN_IN: [&str; 2] = ["src/controllers", "src/lifecycle"];

/// Words in the form of a reason that are none: names and values of conditions, actions of events, answers of the API
/// server.
const OTHERS: [&str; 7] = ["Ready", "True", "NotFound", "Reconcile", "Revoke", "Rotate", "Publish"];

/// The reasons that the document does not name.
pub fn problems(document: &str, code: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in code.iter().filter(|file| !file.path.contains("/tests/")) {
        let there = file.text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = there.lines().filter(|line| !line.trim_start().starts_with("//"));
        for text in lines.flat_map(|line| line.split('"').skip(1).step_by(2)).filter(|text| is_reason(text)) {
            let entry = format!("{}: there is no `{text}`", file.path);
            if !document.contains(&format!("`{text}`")) && !wrong.contains(&entry) {
                wrong.push(entry);
            }
        }
    }
    wrong
}

fn is_reason(text: &str) -> bool {
    let is_word = text.len() > 1 && text.starts_with(char::is_uppercase) && text.chars().all(char::is_alphanumeric);
    is_word && !OTHERS.contains(&text)
}

#[test]
fn a_reason_without_a_word_about_it_is_found() {
    let text = "// \"Comment\"\nlet a = (\"NotGranted\", \"a sentence\", \"True\");\nstalled(\"SeedMissing\", x)\n#[cfg(test)]\n\"Testing\"";
    let code = [File { path: "a.rs".into(), text: text.into() }];
    assert_eq!(problems("| `NotGranted` | … |", &code), ["a.rs: there is no `SeedMissing`"]);
}
