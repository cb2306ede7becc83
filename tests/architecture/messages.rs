//! Every text that a user can see, read from the source and filled with example values:
//! tests/messages.txt.
use std::collections::BTreeSet;

use crate::code::{Token, text_at, tokens};
use crate::examples::{EXAMPLES, NOT_SHOWN};
use crate::files::File;

const HEAD: &str = "\
Every text that a user can see: its file, its reason or kind, and the text with example values. A text that goes into another
one is a line of its own. `make messages` writes this file; read each changed line before you commit it.
";

/// Words for which CONTRIBUTING.md has plainer ones.
const AVOIDED: [&str; 9] = [
    "somebody",
    "nobody",
    "whoever",
    "anew",
    "of ours",
    "one's own",
    "else",
    "is told",
    "for want of",
];

/// Tokens between a text and its reason at most.
const NEAR: usize = 60;

/// The list as it should be.
pub fn list(code: &[File]) -> String {
    read(code).list
}

/// Placeholders without an example, and examples and exceptions without a use.
pub fn problems(code: &[File]) -> Vec<String> {
    let Listed { used, missing, .. } = read(code);
    let mut wrong = missing;
    for (key, _) in EXAMPLES {
        if !used.contains(key) {
            wrong.push(format!("nothing needs the example of {key:?}"));
        }
    }
    for beginning in NOT_SHOWN {
        if !code.iter().any(|file| file.text.contains(beginning)) {
            wrong.push(format!("no text begins with {beginning:?}"));
        }
    }
    wrong
}

/// The lines of a list that have a word to avoid.
pub fn unplain(list: &str) -> Vec<&str> {
    let mut wrong = Vec::new();
    for line in list.lines() {
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && c != '\'').collect();
        // Here the word does not stand for "otherwise".
        let words =
            format!(" {} ", words.join(" ").to_lowercase()).replace(" nothing else ", " nothing ");
        if AVOIDED.iter().any(|avoided| words.contains(&format!(" {avoided} "))) {
            wrong.push(line);
        }
    }
    wrong
}

/// The list, and what was met on the way to it.
#[derive(Default)]
struct Listed {
    list: String,
    used: BTreeSet<&'static str>,
    missing: Vec<String>,
}

fn read(code: &[File]) -> Listed {
    let mut listed = Listed { list: HEAD.to_owned(), ..Listed::default() };
    for file in code {
        let source = Source::of(file);
        let mut lines: Vec<String> = Vec::new();
        for message in source.messages() {
            let line = format!("  {}: {}\n", message.label, source.filled(&message, &mut listed));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        if !lines.is_empty() {
            listed.list += &format!("\n{}\n{}", file.path, lines.concat());
        }
    }
    listed
}

/// A text for users.
struct Message {
    /// The token that it is.
    at: usize,
    /// Its reason, or what kind of text it is.
    label: String,
    text: String,
}

/// The use that the source makes of a text.
enum Use {
    Log(String),
    Error,
    Rule,
    Other,
    /// For developers, or an expression.
    Hidden,
}

/// A source file with what the search needs to know of it.
struct Source {
    path: String,
    /// Name of the file, or of the folder whose `mod.rs` it is.
    name: String,
    chars: Vec<char>,
    tokens: Vec<Token>,
    /// The bracket that each token stands behind.
    opens: Vec<Option<usize>>,
}

impl Source {
    fn of(file: &File) -> Self {
        let tokens = tokens(&file.text);
        let module = file.path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        Self {
            path: file.path.clone(),
            name: module.rsplit('/').next().unwrap_or_default().to_owned(),
            chars: file.text.chars().collect(),
            opens: opens(&tokens),
            tokens,
        }
    }

    fn messages(&self) -> Vec<Message> {
        let texts = self.texts();
        let mut found = Vec::new();
        for (n, (at, usage, text)) in texts.iter().enumerate() {
            let after = if n == 0 { 0 } else { texts[n - 1].0 + 1 };
            let until = texts.get(n + 1).map_or(self.tokens.len(), |next| next.0);
            let label = match usage {
                Use::Log(level) => format!("log, {level}"),
                Use::Error => "error".to_owned(),
                Use::Rule => "rule".to_owned(),
                Use::Other | Use::Hidden => {
                    self.reason(*at, after, until).unwrap_or("text").to_owned()
                }
            };
            found.push(Message { at: *at, label, text: text.clone() });
        }
        found
    }

    fn texts(&self) -> Vec<(usize, Use, String)> {
        let mut found = Vec::new();
        for (at, token) in self.tokens.iter().enumerate() {
            if token.text != "\"" {
                continue;
            }
            let Some(text) = text_at(&self.chars, token.start) else { continue };
            let usage = self.usage(at);
            let is_shown = match usage {
                Use::Hidden => false,
                Use::Log(_) => true,
                Use::Error | Use::Rule | Use::Other => is_sentence(&text),
            };
            if is_shown && !NOT_SHOWN.iter().any(|beginning| text.starts_with(beginning)) {
                found.push((at, usage, text));
            }
        }
        found
    }

    /// By the words before the bracket that the text stands behind.
    fn usage(&self, at: usize) -> Use {
        let Some(open) = self.opens[at] else { return Use::Other };
        let before =
            |back: usize| open.checked_sub(back).map_or("", |at| self.tokens[at].text.as_str());
        match [before(3), before(2), before(1)] {
            [_, level @ ("info" | "warn" | "error"), "!"] => Use::Log(level.to_owned()),
            ["#", "[", "error"] => Use::Error,
            [_, ".", "message"] => Use::Rule,
            [_, "debug" | "trace", "!"] | ["Rule", "::", "new"] => Use::Hidden,
            ["#", "[", _] | ["!", "[", "expect" | "allow"] => Use::Hidden,
            _ => Use::Other,
        }
    }

    /// The reason in the same expression before a text, otherwise the next one behind it; not
    /// beyond another text.
    fn reason(&self, at: usize, after: usize, until: usize) -> Option<&str> {
        for near in (after.max(at.saturating_sub(NEAR))..at).rev() {
            if ["fn", ";", "=>"].contains(&self.tokens[near].text.as_str()) {
                break;
            }
            if let Some(reason) = self.reason_at(near) {
                return Some(reason);
            }
        }
        for near in at + 1..until.min(at + NEAR) {
            if ["fn", "=>", "else"].contains(&self.tokens[near].text.as_str()) {
                break;
            }
            if let Some(reason) = self.reason_at(near) {
                return Some(reason);
            }
        }
        None
    }

    /// The name in `Reason::Name`.
    fn reason_at(&self, at: usize) -> Option<&str> {
        let [word, path, name] = self.tokens.get(at..at + 3)? else { return None };
        let is_reason =
            word.text == "Reason" && path.text == "::" && name.text.starts_with(char::is_uppercase);
        is_reason.then_some(name.text.as_str())
    }

    /// The text with an example for each placeholder.
    fn filled(&self, message: &Message, listed: &mut Listed) -> String {
        let (arguments, end) = self.arguments(message.at);
        let mut arguments = arguments.into_iter();
        let mut filled = String::new();
        let mut rest = message.text.as_str();
        while let Some(brace) = rest.find(['{', '}']) {
            filled.push_str(&rest[..brace]);
            rest = &rest[brace..];
            if rest.starts_with("{{") || rest.starts_with('}') {
                filled.push_str(&rest[..1]);
                let is_double = rest.starts_with("{{") || rest.starts_with("}}");
                rest = &rest[if is_double { 2 } else { 1 }..];
                continue;
            }
            let Some((inside, behind)) = rest[1..].split_once('}') else { break };
            rest = behind;
            let (name, form) = inside.split_once(':').unwrap_or((inside, ""));
            let key = match name {
                "" => arguments.next().unwrap_or_default(),
                name if name.starts_with(|c: char| c.is_ascii_digit()) => {
                    format!("{}.{name}", self.variant(end))
                }
                name => name.to_owned(),
            };
            let example = self.example(&key, &message.text, listed);
            if form.contains('?') && !is_bare(&example) {
                filled.push_str(&format!("\"{example}\""));
            } else {
                filled.push_str(&example);
            }
        }
        filled + rest
    }

    fn example(&self, key: &str, text: &str, listed: &mut Listed) -> String {
        for key in [format!("{}::{key}", self.name), key.to_owned()] {
            if let Some((key, example)) = EXAMPLES.iter().find(|(known, _)| *known == key) {
                listed.used.insert(*key);
                return (*example).to_owned();
            }
        }
        listed.missing.push(format!("{}: {text:?} needs an example of {key:?}", self.path));
        format!("<{key}>")
    }

    /// The arguments behind a text, each up to its first bracket, and the token that ends them.
    fn arguments(&self, at: usize) -> (Vec<String>, usize) {
        let mut found = Vec::new();
        let mut argument = String::new();
        let mut depth = 0;
        let mut end = at + 1;
        while let Some(token) = self.tokens.get(end) {
            match token.text.as_str() {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" if depth == 0 => break,
                ")" | "]" | "}" => depth -= 1,
                _ => {}
            }
            if depth == 0 && token.text == "," {
                found.push(std::mem::take(&mut argument));
            } else {
                argument.push_str(&token.text);
            }
            end += 1;
        }
        found.push(argument);
        let found = found.iter().filter(|argument| !argument.is_empty());
        let keys = found.map(|argument| {
            argument.split('(').next().unwrap_or_default().trim_start_matches('&').to_owned()
        });
        (keys.collect(), end)
    }

    /// The variant or type that an attribute is about, which ends at a token.
    fn variant(&self, end: usize) -> &str {
        let mut words = self.tokens[end..].iter().take(12).map(|token| token.text.as_str());
        words.find(|word| word.starts_with(char::is_uppercase)).unwrap_or_default()
    }
}

/// The bracket that each token stands behind.
fn opens(tokens: &[Token]) -> Vec<Option<usize>> {
    let mut open = Vec::new();
    let mut found = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        if [")", "]", "}"].contains(&token.text.as_str()) {
            open.pop();
        }
        found.push(open.last().copied());
        if ["(", "[", "{"].contains(&token.text.as_str()) {
            open.push(at);
        }
    }
    found
}

/// True for a text of two words or more, of which one is not a placeholder.
fn is_sentence(text: &str) -> bool {
    let mut plain = String::new();
    let mut is_inside = false;
    for c in text.chars() {
        match c {
            '{' => is_inside = true,
            '}' => is_inside = false,
            _ => {}
        }
        if !is_inside || c == '{' {
            plain.push(c);
        }
    }
    let letters = |word: &str| word.chars().filter(|c| c.is_alphabetic()).count();
    let words = plain.split_whitespace().filter(|word| letters(word) > 0 || word.contains('{'));
    words.count() >= 2 && plain.split_whitespace().any(|word| letters(word) >= 2)
}

/// True for a value that `{:?}` shows without quotes: a duration or a list.
fn is_bare(example: &str) -> bool {
    let is_duration = example.len() < 5 && example.starts_with(|c: char| c.is_ascii_digit());
    is_duration || example.starts_with('[')
}

#[test]
fn each_kind_of_message_is_found_with_its_reason_and_examples() {
    let text = r#"
        #[error("failed to read {0:?}")]
        NoTenant(String),
        fn f() {
            tracing::warn!(seconds, "panicked");
            tracing::debug!("for developers alone");
            Rule::new("self.all(a, b)").message("write a name");
            let message = format!("Secret {:?} expired; it had {{}}", view.token.secret_name());
            Some(Note::waiting(Reason::Expired, message))
        }
        const ONE: &str = "word";
    "#;
    let file = File { path: "src/a.rs".into(), text: text.into() };
    let expected = "
src/a.rs
  error: failed to read \"acme\"
  log, warn: panicked
  rule: write a name
  Expired: Secret \"nerm-sync\" expired; it had {}
";
    assert_eq!(list(&[file]).strip_prefix(HEAD), Some(expected));
    let unknown = File { path: "src/a.rs".into(), text: "f(\"it is {reticulated}\")".into() };
    assert!(problems(&[unknown])[0].contains("needs an example of \"reticulated\""));
}

#[test]
fn words_to_avoid_are_found_as_whole_words() {
    assert_eq!(
        unplain("  text: elsewhere\n  text: Somebody, it's\n  text: or else"),
        ["  text: Somebody, it's", "  text: or else"]
    );
}
