//! The ways through the code that ARCHITECTURE.md lists file by file: each is true, and short.
use crate::files::File;

/// A way: the beginning of its heading, most files on it, and most returns to a file that called.
const WAYS: [(&str, usize, usize); 3] = [
    ("## The way of a client secret", 12, 5),
    ("## The way of `spec.scopes`", 12, 4),
    ("## A pass of the token controller", 12, 8),
];

/// A way as the document lists it.
#[derive(Debug, PartialEq, Eq)]
pub struct Way {
    pub name: &'static str,
    /// The files, below `src` and without their ending, each with the functions that it names.
    pub rooms: Vec<(String, Vec<String>)>,
    pub returns: usize,
    most_rooms: usize,
    most_returns: usize,
}

/// All ways.
pub fn ways(document: &str) -> Vec<Way> {
    WAYS.map(|(heading, most_rooms, most_returns)| {
        let section = document.split_once(heading).map_or("", |(_, rest)| rest);
        let section = section.split("\n## ").next().unwrap_or_default();
        let returns = section.lines().filter(|line| line.starts_with("- back to `")).count();
        let rooms = section.lines().filter_map(room).collect();
        let name = heading.trim_start_matches("## ");
        Way { name, rooms, returns, most_rooms, most_returns }
    })
    .into()
}

/// One numbered line: "3. `isc/classify` (`new_token`): …".
fn room(line: &str) -> Option<(String, Vec<String>)> {
    let (number, rest) = line.split_once(". `")?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (what, _) = rest.split_once(':')?;
    let mut quoted = what.split('`');
    let file = quoted.next()?.to_owned();
    // After the file come the texts between and in quotes by turns.
    Some((file, quoted.skip(1).step_by(2).map(str::to_owned).collect()))
}

/// What is wrong with the ways.
pub fn problems(document: &str, code: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for Way { name, rooms, returns, most_rooms, most_returns } in ways(document) {
        if rooms.is_empty() || returns == 0 {
            wrong.push(format!("{name}: there is no such list"));
        }
        if rooms.len() > most_rooms || returns > most_returns {
            wrong.push(format!("{name}: {} files and {returns} returns are too many", rooms.len()));
        }
        for (path, functions) in rooms {
            let Some(file) = code.iter().find(|file| file.path == format!("src/{path}.rs")) else {
                wrong.push(format!("{name}: there is no file {path}"));
                continue;
            };
            let missing = functions.iter().filter(|function| !defines(&file.text, function));
            wrong.extend(missing.map(|function| format!("{name}: {path} has no {function}")));
        }
    }
    wrong
}

fn defines(text: &str, function: &str) -> bool {
    text.contains(&format!("fn {function}(")) || text.contains(&format!("fn {function}<"))
}

#[test]
fn a_list_that_is_missing_or_wrong_is_found() {
    let code = [File { path: "src/isc/http.rs".into(), text: "async fn carry(x: u8) {}".into() }];
    let document = "## The way of a client secret\n1. `isc/http` (`carry`, `drop`): bytes.\n2. `isc/gone`: x.\n- back to `a`: x\n";
    let found = problems(document, &code);
    assert_eq!(
        found[..2],
        [
            "The way of a client secret: isc/http has no drop",
            "The way of a client secret: there is no file isc/gone"
        ]
    );
    assert_eq!(found.len(), 4, "the other two lists are missing: {found:#?}");
}
