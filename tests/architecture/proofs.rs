//! The table of the test behind each rule in docs/reliability.md, and whether these tests are
//! there.
use crate::files::File;

/// The rules that are built: R1 to R23 without self-rotation.
fn rules() -> impl Iterator<Item = String> {
    (1..=23).filter(|number| *number != 19).map(|number| format!("R{number}"))
}

/// What is wrong with the table: rules without a test of their own, and tests that are not in the
/// code.
pub fn problems(document: &str, code: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for rule in rules() {
        let row = document.lines().find_map(|line| line.strip_prefix(&format!("| {rule} | ")));
        let tests: Vec<&str> =
            row.into_iter().flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
        let own = format!("{}_", rule.to_lowercase());
        if !tests.iter().any(|test| test.starts_with(&own)) {
            wrong.push(format!("{rule} names no test of its own"));
        }
        let there =
            |test: &str| code.iter().any(|file| file.text.contains(&format!("fn {test}()")));
        wrong.extend(
            tests
                .iter()
                .filter(|test| !there(test))
                .map(|test| format!("{rule}: there is no test {test}")),
        );
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_without_its_test_is_found() {
        let code = [File { path: "a.rs".into(), text: "fn r1_a() {}".into() }];
        let wrong = problems("| R1 | `r1_a` |\n| R2 | `r1_a` |\n| R3 | `r3_b` |", &code);
        assert!(!wrong.iter().any(|line| line.starts_with("R1 ")), "{wrong:?}");
        assert!(wrong.contains(&"R2 names no test of its own".into()), "{wrong:?}");
        assert!(wrong.contains(&"R3: there is no test r3_b".into()), "{wrong:?}");
        assert_eq!(wrong.len(), 21, "and each rule without a row: {wrong:?}");
    }
}
