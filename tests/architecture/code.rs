//! Rust source as the checks read it: without comments and text, as tokens, and as paths with their
//! groups written out.

/// A path such as `std::time::Instant`, or a single word, and the line it stands on, counted from
/// 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Path {
    pub line: usize,
    pub segments: Vec<String>,
}

impl Path {
    /// True if these segments, written as a path, occur in it side by side.
    pub fn mentions(&self, words: &str) -> bool {
        let words: Vec<&str> = words.split("::").collect();
        self.segments.windows(words.len()).any(|window| window == words.as_slice())
    }
}

/// Every path of a source file.
pub fn paths(source: &str) -> Vec<Path> {
    let mut reader = Reader { code: bare(source), at: 0, line: 1, found: Vec::new() };
    while reader.peek().is_some() {
        reader.item(&[]);
    }
    reader.found
}

/// A word or a sign, and the line it stands on, counted from 1. A text or a character is the sign
/// `"`.
#[derive(Debug, PartialEq, Eq)]
pub struct Token {
    pub line: usize,
    pub text: String,
    /// Its first character in [`bare`].
    pub start: usize,
}

/// Signs of two or three characters that mean one thing.
const SIGNS: [&str; 20] = [
    "..=", "<<=", ">>=", "&&", "||", "=>", "->", "::", "==", "!=", "<=", ">=", "+=", "-=", "*=",
    "/=", "%=", "|=", "&=", "..",
];

/// Every token of a source file.
pub fn tokens(source: &str) -> Vec<Token> {
    let code = blanked(source, Some('"'));
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < code.len() {
        let start = at;
        if code[at].is_whitespace() {
            line += usize::from(code[at] == '\n');
            at += 1;
            continue;
        }
        if is_word(code[at]) {
            while at < code.len() && is_word(code[at]) {
                at += 1;
            }
        } else {
            at += length_of_sign(&code[at..]);
        }
        found.push(Token { line, text: code[start..at].iter().collect(), start });
    }
    found
}

fn length_of_sign(rest: &[char]) -> usize {
    let is_here = |sign: &&str| {
        sign.chars().zip(rest).all(|(c, there)| c == *there) && sign.len() <= rest.len()
    };
    SIGNS.iter().find(|sign| is_here(sign)).map_or(1, |sign| sign.len())
}

/// The place behind the bracket that closes the one at `open`.
pub fn end_of_group(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// The source with comments, texts and characters blanked out; lines stay where they are.
pub fn bare(source: &str) -> Vec<char> {
    blanked(source, None)
}

/// The same; `mark` stands for the first character of each text.
fn blanked(source: &str, mark: Option<char>) -> Vec<char> {
    let from: Vec<char> = source.chars().collect();
    let mut to = Vec::with_capacity(from.len());
    while to.len() < from.len() {
        let at = to.len();
        let in_word = at > 0 && is_word(from[at - 1]);
        if let Some(length) = length_of_comment(&from[at..]) {
            to.extend(from[at..at + length].iter().map(|&c| blank(c)));
        } else if let Some(length) = length_of_text(&from[at..], in_word) {
            to.push(mark.unwrap_or(' '));
            to.extend(from[at + 1..at + length].iter().map(|&c| blank(c)));
        } else {
            to.push(from[at]);
        }
    }
    to
}

/// The value of the text that begins at `start`, its line breaks shown as `⏎`; none for a
/// character.
pub fn text_at(source: &[char], start: usize) -> Option<String> {
    let rest = &source[start..];
    let length = length_of_text(rest, false)?;
    match rest[0] {
        '\'' => None,
        '"' => Some(unescaped(&rest[1..length - 1])),
        _ => {
            let open = rest.iter().position(|&c| c == '"')?;
            let hashes = rest[..open].iter().filter(|&&c| c == '#').count();
            Some(rest[open + 1..length - 1 - hashes].iter().collect())
        }
    }
}

/// The text that its source means; a line that ends in a backslash goes on at the next word.
fn unescaped(source: &[char]) -> String {
    let mut text = String::new();
    let mut at = 0;
    while at < source.len() {
        let (c, next) = (source[at], source.get(at + 1));
        at += if c == '\\' { 2 } else { 1 };
        match (c, next) {
            ('\\', Some('\n')) => {
                while source.get(at).is_some_and(|c| c.is_whitespace()) {
                    at += 1;
                }
            }
            ('\\', Some('n')) => text.push('⏎'),
            // Only blanks are written by their number.
            ('\\', Some('x')) => {
                text.push(' ');
                at += 2;
            }
            ('\\', Some(&c)) | (c, _) => text.push(c),
        }
    }
    text
}

fn blank(c: char) -> char {
    if c == '\n' { c } else { ' ' }
}

fn length_of_comment(rest: &[char]) -> Option<usize> {
    if rest.starts_with(&['/', '/']) {
        return Some(rest.iter().position(|&c| c == '\n').unwrap_or(rest.len()));
    }
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        match rest[at..] {
            ['/', '*', ..] => depth += 1,
            ['*', '/', ..] => depth -= 1,
            _ if depth == 0 => return None,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return Some(at);
        }
    }
    (depth > 0).then_some(rest.len())
}

/// Of a text, plain or raw, or of a character; a lifetime is neither.
fn length_of_text(rest: &[char], in_word: bool) -> Option<usize> {
    match rest {
        ['"', ..] => Some(plain(rest, '"')),
        ['\'', '\\', ..] => Some(plain(rest, '\'')),
        ['\'', _, '\'', ..] => Some(3),
        ['r', ..] if !in_word => raw(&rest[1..]).map(|length| length + 1),
        ['b', 'r', ..] if !in_word => raw(&rest[2..]).map(|length| length + 2),
        _ => None,
    }
}

fn plain(rest: &[char], end: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != end {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

fn raw(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().take_while(|&&c| c == '#').count();
    if rest.get(hashes) != Some(&'"') {
        return None;
    }
    let mut end = vec!['"'];
    end.resize(hashes + 1, '#');
    let body = &rest[hashes + 1..];
    let length = body.windows(end.len()).position(|window| window == end);
    Some(length.map_or(rest.len(), |length| hashes + 1 + length + end.len()))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

struct Reader {
    code: Vec<char>,
    at: usize,
    line: usize,
    found: Vec<Path>,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.code.get(self.at).copied()
    }

    fn next(&mut self) {
        self.line += usize::from(self.peek() == Some('\n'));
        self.at += 1;
    }

    fn space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    /// One path below a prefix, or one character that is none.
    fn item(&mut self, prefix: &[String]) {
        let line = self.line;
        let mut segments = prefix.to_vec();
        let start = self.at;
        while self.peek().is_some_and(is_word) {
            self.next();
        }
        if start == self.at {
            return self.next();
        }
        segments.push(self.code[start..self.at].iter().collect());
        if self.goes_on() {
            match self.peek() {
                Some('{') => return self.group(&segments),
                Some(c) if is_word(c) => return self.item(&segments),
                _ => {}
            }
        }
        self.found.push(Path { line, segments });
    }

    /// Passes `::` and the space around it, if that is what comes.
    fn goes_on(&mut self) -> bool {
        let (at, line) = (self.at, self.line);
        self.space();
        if self.code[self.at.min(self.code.len())..].starts_with(&[':', ':']) {
            self.at += 2;
            self.space();
            return true;
        }
        (self.at, self.line) = (at, line);
        false
    }

    fn group(&mut self, prefix: &[String]) {
        self.next();
        while self.peek().is_some_and(|c| c != '}') {
            self.item(prefix);
        }
        self.next();
    }
}

#[test]
fn groups_are_written_out_with_their_lines() {
    let found = paths("use std::{\n    fs,\n    time::{Duration, Instant},\n};\nx.await");
    let found: Vec<(usize, String)> =
        found.into_iter().map(|path| (path.line, path.segments.join("::"))).collect();
    let expected = [
        (1, "use"),
        (2, "std::fs"),
        (3, "std::time::Duration"),
        (3, "std::time::Instant"),
        (5, "x"),
        (5, "await"),
    ];
    assert_eq!(found, expected.map(|(line, path)| (line, path.to_owned())));
}

#[test]
fn comments_and_texts_are_no_code() {
    for source in [
        "// tokio",
        "/* tokio /* tokio */ tokio */",
        "\"tokio \\\" tokio\"",
        "r#\"tokio \" tokio\"#",
        "br\"tokio\"",
        "('\"', \"tokio\", '\\'', \"tokio\")",
        "//! tokio\n/// tokio\n",
    ] {
        let found = paths(source);
        assert!(!found.iter().any(|path| path.mentions("tokio")), "{source}: {found:?}");
    }
    for source in [
        "tokio",
        "\"\" tokio",
        "/* */ tokio",
        "fn f<'a>(x: &'a tokio) {}",
        "'x' tokio",
        "r#\"\"# tokio",
    ] {
        assert!(paths(source).iter().any(|path| path.mentions("tokio")), "{source}");
    }
}

#[test]
fn a_path_is_compared_by_whole_words() {
    let path = |source| paths(source).remove(0);
    assert!(path("jiff::Timestamp::now").mentions("Timestamp::now"));
    assert!(!path("jiff::Timestamp::nowhere").mentions("Timestamp::now"));
    assert!(!path("operand").mentions("rand"));
}

#[test]
fn a_text_has_the_value_that_it_means() {
    let value = |source: &str| text_at(&source.chars().collect::<Vec<char>>(), 0);
    for (source, expected) in [
        (r#""a \"b\" c""#, Some("a \"b\" c")),
        ("\"a \\\n    b\"", Some("a b")),
        (r#""a\n\x20b""#, Some("a⏎ b")),
        ("r#\"a \"b\"\"#", Some("a \"b\"")),
        ("'a'", None),
    ] {
        assert_eq!(value(source).as_deref(), expected, "{source}");
    }
}

#[test]
fn a_text_is_one_token_and_signs_are_whole() {
    let found: Vec<String> =
        tokens("a == \"x || y\" || !b // c\n.d").into_iter().map(|token| token.text).collect();
    assert_eq!(found, ["a", "==", "\"", "||", "!", "b", ".", "d"]);
}
