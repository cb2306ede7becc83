//! Figures of style: how densely code is packed, and what its comments are for.
use crate::code::{Token, end_of_group, tokens};

/// Steps that hide a decision. `map`, `all` and `any` are not among them: they say what they do.
const COMBINATORS: [&str; 24] = [
    "and_then",
    "filter",
    "filter_map",
    "find_map",
    "flat_map",
    "flatten",
    "is_err_and",
    "is_none_or",
    "is_ok_and",
    "is_some_and",
    "map_or",
    "map_or_default",
    "map_or_else",
    "ok_or",
    "ok_or_else",
    "or",
    "or_else",
    "then",
    "then_some",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "xor",
    "zip",
];

/// Words that a doc comment which says nothing for certain begins with.
const QUESTIONS: [&str; 9] =
    ["What", "Whether", "Why", "How", "When", "Where", "Which", "Who", "Whose"];

/// Words after which no value has come to an end.
const NO_VALUES: [&str; 9] =
    ["async", "else", "if", "in", "match", "move", "return", "static", "while"];

/// The number of lines that are neither blank nor comments.
pub fn code_lines(source: &str) -> usize {
    source.lines().filter(|line| is_code(line)).count()
}

fn is_code(line: &str) -> bool {
    let line = line.trim_start();
    !line.is_empty() && !line.starts_with("//")
}

/// The number of calls of combinators.
pub fn combinators(source: &str) -> usize {
    let tokens = tokens(source);
    let is_call = |window: &&[Token]| {
        let [dot, name, open] = *window else { return false };
        dot.text == "."
            && COMBINATORS.contains(&name.text.as_str())
            && ["(", "::"].contains(&open.text.as_str())
    };
    tokens.windows(3).filter(is_call).count()
}

/// A closure that is bound to a name.
#[derive(Debug, PartialEq, Eq)]
pub struct Closure {
    pub line: usize,
    pub name: String,
    /// Uses of the name behind it.
    pub uses: usize,
}

/// The closures that are bound to names.
pub fn closures(source: &str) -> Vec<Closure> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if let Some(name) = closure_at(&tokens[at..]) {
            let uses = uses(&tokens[at + 2..], name);
            found.push(Closure { line: tokens[at].line, name: name.to_owned(), uses });
        }
    }
    found
}

/// The name in `let name = |…|`.
fn closure_at(tokens: &[Token]) -> Option<&str> {
    let mut texts = tokens.iter().map(|token| token.text.as_str());
    if texts.next()? != "let" {
        return None;
    }
    let mut name = texts.next()?;
    if name == "mut" {
        name = texts.next()?;
    }
    if texts.next()? != "=" {
        return None;
    }
    let mut next = texts.next()?;
    while ["async", "move"].contains(&next) {
        next = texts.next()?;
    }
    if ["|", "||"].contains(&next) { Some(name) } else { None }
}

/// Uses of a name to the end of the block, or until it stands for something else.
fn uses(tokens: &[Token], name: &str) -> usize {
    let mut depth = 0;
    let mut uses = 0;
    for at in 1..tokens.len() {
        let before = tokens[at - 1].text.as_str();
        match tokens[at].text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            text if text == name && before == "let" => return uses,
            text if text == name && ![".", "::"].contains(&before) => uses += 1,
            _ => {}
        }
        if depth < 0 {
            return uses;
        }
    }
    uses
}

/// The lines on which `&&` meets `||` without brackets between them.
pub fn mixed(source: &str) -> Vec<usize> {
    let tokens = tokens(source);
    let mut found = Vec::new();
    let mut groups = vec![Signs::default()];
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" | "{" => groups.push(Signs::default()),
            ")" | "]" => drop(groups.pop()),
            "}" => {
                groups.pop();
                // A block ends what stands before it.
                groups.pop();
                groups.push(Signs::default());
            }
            "," | ";" | "=>" | "let" | "return" => {
                groups.pop();
                groups.push(Signs::default());
            }
            "&&" | "||" if ends_value(&tokens[..at]) => {
                let mut group = groups.pop().unwrap_or_default();
                group.and |= token.text == "&&";
                group.or |= token.text == "||";
                if group.and && group.or {
                    found.push(token.line);
                    group = Signs::default();
                }
                groups.push(group);
            }
            _ => {}
        }
    }
    found
}

/// The signs that were met in a group of brackets.
#[derive(Default)]
struct Signs {
    and: bool,
    or: bool,
}

fn ends_value(before: &[Token]) -> bool {
    let Some(last) = before.last() else { return false };
    let is_word = last.text.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (is_word && !NO_VALUES.contains(&last.text.as_str()))
        || [")", "]", "?", "\"", "}"].contains(&last.text.as_str())
}

/// A function and its code lines, from `fn` to its last brace.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    pub line: usize,
    pub name: String,
    pub length: usize,
}

/// The functions that have a body.
pub fn functions(source: &str) -> Vec<Function> {
    let tokens = tokens(source);
    let lines: Vec<&str> = source.lines().collect();
    let mut found = Vec::new();
    for at in 0..tokens.len() {
        if tokens[at].text == "fn"
            && let Some(open) = body(&tokens, at)
        {
            let close = end_of_group(&tokens, open) - 1;
            let whole = &lines[tokens[at].line - 1..tokens[close].line];
            let length = whole.iter().filter(|line| is_code(line)).count();
            found.push(Function {
                line: tokens[at].line,
                name: tokens[at + 1].text.clone(),
                length,
            });
        }
    }
    found
}

/// The brace that opens the body of the function whose `fn` stands at `at`.
fn body(tokens: &[Token], at: usize) -> Option<usize> {
    let mut next = at + 1;
    loop {
        match tokens.get(next)?.text.as_str() {
            "{" => return Some(next),
            ";" | "," | ")" => return None,
            "(" | "[" => next = end_of_group(tokens, next),
            _ => next += 1,
        }
    }
}

/// Doc comments, and those of them that open with a question word.
pub fn docs(source: &str) -> (usize, usize) {
    let (mut all, mut questions) = (0, 0);
    let mut inside = false;
    for line in source.lines() {
        let line = line.trim_start();
        let text = line.strip_prefix("///").or(line.strip_prefix("//!"));
        if let (Some(text), false) = (text, inside) {
            all += 1;
            let first =
                text.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            questions += usize::from(QUESTIONS.contains(&first));
        }
        inside = text.is_some();
    }
    (all, questions)
}

/// Lines with a comment that explains code: on a line of its own, or behind code.
pub fn comments(source: &str) -> usize {
    let is_comment = |line: &&str| {
        let line = line.trim_start();
        line.starts_with("// ") || (!line.starts_with("//") && line.contains("; // "))
    };
    source.lines().filter(is_comment).count()
}

/// Fields that hold a client secret.
pub fn client_secrets(source: &str) -> usize {
    let is_field =
        |line: &&str| line.trim_start().trim_start_matches("pub ") == "client_secret: Redacted,";
    source.lines().filter(is_field).count()
}

/// Lines that are wider than a hundred columns.
pub fn wide(source: &str) -> usize {
    source.lines().filter(|line| line.chars().count() > 100).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_calls_of_combinators_count() {
        assert_eq!(
            combinators(
                "x.filter(f).map(g).zip(y); // .zip(\nfilter(x); x.zip; x.then_some::<T>(y)"
            ),
            3
        );
    }

    #[test]
    fn a_closure_is_found_with_the_uses_of_its_name() {
        let found = |source| {
            closures(source).into_iter().map(|found| (found.name, found.uses)).collect::<Vec<_>>()
        };
        for (source, name, uses) in [
            ("{ let f = |x| x + 1; f(1) }", "f", 1),
            ("{ let f = move || x; f(); g(f) }", "f", 2),
            ("{ let f = |x| x; x.f(); y::f(); } f()", "f", 0),
            ("{ let f = |x| x; f(f(1)); let f = 7; f }", "f", 2),
            ("{ let mut f = async |x| x; }", "f", 0),
        ] {
            assert_eq!(found(source), [(name.to_owned(), uses)], "{source}");
        }
        assert_eq!(found("{ let f = x | y; let g = x || y; }"), []);
    }

    #[test]
    fn and_beside_or_needs_brackets() {
        for source in [
            "a && b || c",
            "if a || b && c { }",
            "f(a == \"x\" && b || c)",
            "matches!(x, Some(y) if y || z && w)",
            "a.b()? && c[0]\n    || d",
        ] {
            assert_eq!(mixed(source).len(), 1, "{source}");
        }
        for source in [
            "(a && b) || c",
            "a && f(|| b || c)",
            "a && b.any(|x| x || y)",
            "f(a && b, c || d)",
            "let f = || a && b;",
            "let x = a && b; c || d",
            "if a && b { c || d } else { e || f }",
            "match x { A if a && b => 1, B if c || d => 2 }",
            "fn f(x: &&str) -> bool { a || b }",
        ] {
            assert_eq!(mixed(source), [0; 0], "{source}");
        }
    }

    #[test]
    fn a_function_is_as_long_as_its_code() {
        let source = "fn a() {}\nfn b(\n    x: X,\n) -> [u8; 2] {\n    // why\n    one();\n\n    two();\n}\ntrait T {\n    fn c();\n}\nfn d() { one() }";
        let found: Vec<(String, usize)> =
            functions(source).into_iter().map(|f| (f.name, f.length)).collect();
        assert_eq!(found, [("a".into(), 1), ("b".into(), 6), ("d".into(), 1)]);
    }

    #[test]
    fn comments_are_sorted_by_what_they_are_for() {
        let source = "//! What it is.\n//! Whether more.\n\n/// A name.\nfn f() {\n    // Because.\n    x(); // so\n    y(\"// no\");\n}\n/// Whether it is.";
        assert_eq!(docs(source), (3, 2));
        assert_eq!((comments(source), code_lines(source)), (2, 4));
        assert_eq!(wide(&format!("{}\n{}", "ä".repeat(100), "ä".repeat(101))), 1);
    }
}
