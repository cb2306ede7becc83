//! The table of the protocol's rules in ARCHITECTURE.md, and whether the code that it names is
//! there.
use crate::code::{bare, paths};
use crate::files::File;

/// The last rule of the protocol.
const RULES: usize = 23;

/// One row: the rule, and the code that it is said to live in.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    pub rule: String,
    /// Paths such as `["mint", "intend"]`.
    pub places: Vec<Vec<String>>,
    /// Whether the row says that something of it is missing.
    pub is_unfinished: bool,
}

/// The rows of the table.
pub fn rows(document: &str) -> Vec<Row> {
    let cells = document.lines().filter_map(|line| line.strip_prefix("| R")?.strip_suffix(" |"));
    cells.filter_map(|line| row(line.split(" | ").collect::<Vec<_>>().as_slice())).collect()
}

fn row(cells: &[&str]) -> Option<Row> {
    let [number, _, lives_in] = cells else { return None };
    // What is not there yet may be called by its future name.
    let there = lives_in.split(';').filter(|clause| !clause.contains("not yet"));
    let quoted = there.flat_map(|clause| clause.split('`').skip(1).step_by(2));
    Some(Row {
        rule: format!("R{number}"),
        places: quoted.flat_map(paths).map(|path| path.segments).collect(),
        is_unfinished: lives_in.contains("not yet"),
    })
}

/// What is wrong with the table: rules without a row or a place, places that are not in the code.
pub fn problems(document: &str, code: &[File]) -> Vec<String> {
    let rows = rows(document);
    let mut wrong = Vec::new();
    for rule in (1..=RULES).map(|number| format!("R{number}")) {
        match rows.iter().filter(|row| row.rule == rule).collect::<Vec<_>>().as_slice() {
            [row] if row.places.is_empty() && !row.is_unfinished => {
                wrong.push(format!("{rule} lives nowhere"));
            }
            [_] => {}
            found => wrong.push(format!("{rule} has {} rows", found.len())),
        }
    }
    for row in &rows {
        let missing = row.places.iter().filter(|place| !exists(place, code));
        wrong
            .extend(missing.map(|place| format!("{}: there is no {}", row.rule, place.join("::"))));
    }
    wrong
}

/// A module by its name, a type by its definition, anything else by its definition in its module or
/// beside its type.
fn exists(place: &[String], code: &[File]) -> bool {
    let (name, home) = place.split_last().expect("a path has a segment");
    let Some(home) = home.last() else {
        return code
            .iter()
            .any(|file| is_of_module(file, name) || (is_type(name) && defines(file, name)));
    };
    if code.iter().any(|file| is_of_module(file, name) && is_of_module(file, home)) {
        return true;
    }
    let at_home =
        |file: &&File| if is_type(home) { is_about(file, home) } else { is_of_module(file, home) };
    code.iter().filter(at_home).any(|file| defines(file, name))
}

fn is_type(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

fn is_of_module(file: &File, module: &str) -> bool {
    file.path.trim_end_matches(".rs").split('/').any(|part| part == module)
}

/// Whether a type is defined or implemented here.
fn is_about(file: &File, name: &str) -> bool {
    let words = words(&file.text);
    let block =
        |pair: &[String]| ["struct", "enum", "impl"].contains(&pair[0].as_str()) && pair[1] == name;
    words.windows(2).any(block)
}

/// A function, a type, a field or a variant.
fn defines(file: &File, name: &str) -> bool {
    let words = words(&file.text);
    let defined = |pair: &[String]| {
        ["fn", "struct", "enum", "const"].contains(&pair[0].as_str()) && pair[1] == name
    };
    let is_field =
        |pair: &[String]| pair[0] == name && [":", "(", "{", ",", "}"].contains(&pair[1].as_str());
    // A call `name(` is no definition, so only variants may be followed by a bracket.
    let is_member = |pair: &[String]| is_field(pair) && (is_type(name) || pair[1] == ":");
    words.windows(2).any(|pair| defined(pair) || is_member(pair))
}

/// The words and signs of a source; the lifetimes and type arguments of an `impl` are left out.
fn words(source: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut in_arguments = 0;
    let mut joins = false;
    for c in bare(source) {
        let after_impl = words.last().is_some_and(|word| word == "impl");
        if (c == '<' && after_impl) || in_arguments > 0 {
            in_arguments = match c {
                '<' => in_arguments + 1,
                '>' => in_arguments - 1,
                _ => in_arguments,
            };
            joins = false;
        } else if c.is_alphanumeric() || c == '_' {
            match words.last_mut() {
                Some(word) if joins => word.push(c),
                _ => words.push(c.into()),
            }
            joins = true;
        } else {
            if !c.is_whitespace() {
                words.push(c.into());
            }
            joins = false;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    /// A table whose first row is given and whose others are not there yet.
    fn table(first: &str) -> String {
        let others = (2..=RULES).map(|n| format!("| R{n} | says | not yet |\n"));
        format!(
            "| rule | says | lives in |\n|---|---|---|\n| R1 | says | {first} |\n{}",
            others.collect::<String>()
        )
    }

    #[test]
    fn what_the_table_names_is_found_in_the_code() {
        let code = [
            file("src/lifecycle/mint.rs", "pub fn intend() {}\nfn fence() {}"),
            file("src/lifecycle/timings.rs", "pub struct Timings { pub long_expiry: Duration }"),
            file(
                "src/controllers/owner/pass.rs",
                "impl<'a> Pass<'a> { fn record(&self) {} }\nenum End { Left }",
            ),
            file("src/controllers/token/publish.rs", "pub async fn run() {}"),
        ];
        for place in [
            "`mint::intend`",
            "`mint::{intend, fence}`, `Timings::long_expiry`",
            "`Pass::record` (`End::Left`)",
            "`token::publish::run`; a list: not yet, as `mint::dream`",
            "`mint`",
            "`token::publish`",
            "`Timings`",
        ] {
            assert_eq!(problems(&table(place), &code), Vec::<String>::new(), "{place}");
        }
        for (place, missing) in [
            ("`mint::dream`", "R1: there is no mint::dream"),
            ("`mint::{intend, dream}`", "R1: there is no mint::dream"),
            ("`publish::intend`", "R1: there is no publish::intend"),
            ("`Pass::intend`", "R1: there is no Pass::intend"),
            ("`Timings::short_expiry`", "R1: there is no Timings::short_expiry"),
            ("`settle`", "R1: there is no settle"),
            ("everywhere", "R1 lives nowhere"),
        ] {
            assert_eq!(problems(&table(place), &code), [missing], "{place}");
        }
    }

    #[test]
    fn a_call_or_a_comment_is_no_definition() {
        let code = [file("src/lifecycle/mint.rs", "// fn dream() {}\nfn intend() { dream(); }")];
        assert_eq!(problems(&table("`mint::dream`"), &code), ["R1: there is no mint::dream"]);
    }

    #[test]
    fn a_rule_without_a_row_or_with_two_is_found() {
        let lost = table("not yet").replace("| R7 | says | not yet |\n", "");
        assert_eq!(problems(&lost, &[]), ["R7 has 0 rows"]);
        let twice = table("not yet") + "| R7 | says | not yet |\n";
        assert_eq!(problems(&twice, &[]), ["R7 has 2 rows"]);
    }
}
