//! The figures of the source, with the goal of each and the value that it must not fall behind.
use std::fmt;

use crate::circles::Imports;
use crate::files::File;
use crate::style;

/// Most combinators in a hundred code lines of one file.
const DENSE: f64 = 8.0;
/// Fewest code lines of a file whose density says something.
const FEW: usize = 25;

/// A figure, and the values that it is held to.
#[derive(Debug)]
pub struct Figure {
    pub name: &'static str,
    pub value: f64,
    /// Worse than this is an error: today's value, or the goal once that is reached.
    pub held: f64,
    pub goal: f64,
    /// More is better.
    pub is_floor: bool,
}

impl Figure {
    /// True if the figure got worse.
    pub fn is_worse(&self) -> bool {
        // What is printed is what counts.
        let value = (self.value * 100.0).round() / 100.0;
        if self.is_floor { value < self.held } else { value > self.held }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_floor { "at least" } else { "at most" };
        write!(
            f,
            "{:56} {:8.2}   {sign} {:6.2}   goal {:6.2}",
            self.name, self.value, self.held, self.goal
        )
    }
}

/// A figure of which less is better.
fn ceiling(name: &'static str, value: f64, held: f64, goal: f64) -> Figure {
    Figure { name, value, held, goal, is_floor: false }
}

/// All figures of these files.
pub fn all(code: &[File]) -> Vec<Figure> {
    let lines = sum(code, style::code_lines);
    let all_lines = sum(code, |text| text.lines().count());
    let docs = sum(code, |text| style::docs(text).0);
    let lengths = lengths(code);
    vec![
        ceiling(
            "combinators in 100 code lines",
            percent(sum(code, style::combinators), lines),
            4.0,
            4.0,
        ),
        ceiling(
            "files with more than 8 of them in 100 code lines",
            count(dense(code).len()),
            0.0,
            0.0,
        ),
        ceiling(
            "closures bound to a name in 100 functions",
            percent(sum(code, closures), lengths.len()),
            10.0,
            10.0,
        ),
        ceiling("closures bound to a name that is used once", count(once(code).len()), 0.0, 0.0),
        ceiling("&& beside || without brackets", count(mixed(code).len()), 0.0, 0.0),
        ceiling(
            "doc comments that open with a question word, %",
            percent(sum(code, questions), docs),
            4.0,
            4.0,
        ),
        Figure {
            name: "lines with a comment that says why, %",
            value: percent(sum(code, style::comments), all_lines),
            held: 2.0,
            goal: 2.0,
            is_floor: true,
        },
        ceiling("lines over 100 columns, %", percent(sum(code, style::wide), all_lines), 1.0, 1.0),
        ceiling(
            "longest function, its first and last line included",
            count(lengths.last().copied().unwrap_or_default()),
            62.0,
            62.0,
        ),
        ceiling("median function, likewise", count(lengths[lengths.len() / 2]), 9.0, 9.0),
        ceiling(
            "shapes of one credential: types with a client secret",
            count(sum(code, style::client_secrets)),
            3.0,
            3.0,
        ),
        ceiling("files in circles", count(Imports::of(code).circles().len()), 0.0, 0.0),
    ]
}

/// The files that are packed too densely, with their combinators in a hundred code lines.
pub fn dense(code: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in code {
        let lines = style::code_lines(&file.text);
        let density = percent(style::combinators(&file.text), lines);
        if lines >= FEW && density > DENSE {
            found.push(format!("{}: {density:.1}", file.path));
        }
    }
    found
}

/// The closures that are bound to a name which is used once.
pub fn once(code: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in code {
        for closure in style::closures(&file.text).into_iter().filter(|closure| closure.uses < 2) {
            found.push(format!("{}:{}: {}", file.path, closure.line, closure.name));
        }
    }
    found
}

/// The places where `&&` meets `||` without brackets.
pub fn mixed(code: &[File]) -> Vec<String> {
    let places = |file: &File| {
        let path = file.path.clone();
        style::mixed(&file.text).into_iter().map(move |line| format!("{path}:{line}"))
    };
    code.iter().flat_map(places).collect()
}

/// The lengths of all functions, the longest last.
fn lengths(code: &[File]) -> Vec<usize> {
    let functions = code.iter().flat_map(|file| style::functions(&file.text));
    let mut lengths: Vec<usize> = functions.map(|function| function.length).collect();
    lengths.sort_unstable();
    lengths
}

fn closures(text: &str) -> usize {
    style::closures(text).len()
}

fn questions(text: &str) -> usize {
    style::docs(text).1
}

fn sum(code: &[File], of: impl Fn(&str) -> usize) -> usize {
    code.iter().map(|file| of(&file.text)).sum()
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * count(part) / count(whole.max(1))
}

#[test]
fn a_figure_may_get_better_and_not_worse() {
    let figure = |value, is_floor| Figure { name: "x", value, held: 4.0, goal: 2.0, is_floor };
    for (value, is_floor, is_worse) in [
        (4.0, false, false),
        (4.004, false, false),
        (4.1, false, true),
        (3.0, false, false),
        (3.9, true, true),
        (4.1, true, false),
    ] {
        assert_eq!(figure(value, is_floor).is_worse(), is_worse, "{value} {is_floor}");
    }
}
