//! The files of the repository, how long they are and how they open.
use std::path::{Path, PathBuf};

/// Most lines of a production file.
const MOST_LINES: usize = 250;
/// Shortest sentence that can say what a file is for.
const FEWEST_WORDS: usize = 3;

/// A source file.
pub struct File {
    /// From the top of the repository.
    pub path: String,
    pub text: String,
}

/// All source files below a folder of the repository.
pub fn below(folder: &str) -> Vec<File> {
    let mut all = Vec::new();
    walk(&top().join(folder), &mut all);
    assert!(!all.is_empty(), "there is no source file below {folder}");
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// The source files of the library, without those and the parts that only tests see.
pub fn production() -> Vec<File> {
    let all = below("src");
    let tests: Vec<String> = all.iter().flat_map(test_modules).collect();
    let mut kept = Vec::new();
    for file in all {
        let module = file.path.trim_end_matches("/mod.rs").trim_end_matches(".rs").to_owned();
        if !tests.iter().any(|test| module == *test || module.starts_with(&format!("{test}/"))) {
            kept.push(File { text: without_tests(&file.text).to_owned(), path: file.path });
        }
    }
    kept
}

/// The files, or folders, of the modules that a file declares for tests alone.
fn test_modules(file: &File) -> Vec<String> {
    let folder = match file.path.strip_suffix("/mod.rs").or(file.path.strip_suffix("/lib.rs")) {
        Some(folder) => folder,
        None => file.path.trim_end_matches(".rs"),
    };
    let mut found = Vec::new();
    for declaration in file.text.split("#[cfg(test)]\n").skip(1) {
        let line = declaration.lines().next().unwrap_or_default();
        if let Some((_, name)) = line.trim_end_matches(';').split_once("mod ")
            && line.ends_with(';')
        {
            found.push(format!("{folder}/{name}"));
        }
    }
    found
}

fn without_tests(text: &str) -> &str {
    match text.split_once("#[cfg(test)]\nmod tests {") {
        Some((code, _)) => code,
        None => text,
    }
}

/// The text of a file of the repository.
pub fn read(path: &str) -> String {
    std::fs::read_to_string(top().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Writes a file of the repository.
pub fn write(path: &str, text: &str) {
    std::fs::write(top().join(path), text).unwrap_or_else(|error| panic!("{path}: {error}"));
}

fn top() -> PathBuf {
    env!("CARGO_MANIFEST_DIR").into()
}

fn walk(folder: &Path, all: &mut Vec<File>) {
    for entry in
        std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // What npm installs.
            if !path.ends_with("node_modules") {
                walk(&path, all);
            }
        } else if let Ok(text) = std::fs::read_to_string(&path)
            && is_source(&path, &text)
        {
            let path = path.strip_prefix(top()).unwrap().display().to_string();
            all.push(File { path, text });
        }
    }
}

fn is_source(path: &Path, text: &str) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    text.starts_with("#!/") || matches!(extension, Some("rs" | "sh" | "py" | "js" | "yaml" | "yml"))
}

/// The length of a production file that is too long.
pub fn excess(text: &str) -> Option<usize> {
    let lines = text.lines().count();
    (lines > MOST_LINES).then_some(lines)
}

/// The sentence that a file opens with; none if it opens otherwise.
pub fn opening(file: &File) -> Option<String> {
    let mark = if file.path.ends_with(".rs") {
        "//!"
    } else if file.path.ends_with(".js") {
        "//"
    } else {
        "#"
    };
    let lines = file.text.lines().skip_while(|line| line.starts_with("#!/"));
    let comment = lines
        .map_while(|line| line.strip_prefix(mark))
        .map(str::trim)
        .take_while(|line| !line.is_empty());
    let paragraph = comment.collect::<Vec<_>>().join(" ");
    let whole = paragraph.contains(". ") || paragraph.ends_with('.');
    (whole && paragraph.split_whitespace().count() >= FEWEST_WORDS).then_some(paragraph)
}

#[test]
fn the_line_after_the_last_is_one_too_many() {
    assert_eq!(excess(&"x\n".repeat(MOST_LINES)), None);
    assert_eq!(excess(&"x\n".repeat(MOST_LINES + 1)), Some(MOST_LINES + 1));
}

#[test]
fn an_opening_is_a_sentence_in_a_comment() {
    let opens =
        |path: &str, text: &str| opening(&File { path: path.into(), text: text.into() }).is_some();
    for (path, text) in [
        ("src/x.rs", "//! What should happen.\nuse y;"),
        ("src/x.rs", "//! What should happen, and\n//! when.\n"),
        ("x.sh", "#!/usr/bin/env bash\n# Prints the folder.\n"),
        ("x.yaml", "# Where it lives. And why.\na: b"),
        ("x.js", "// Makes a token.\n"),
    ] {
        assert!(opens(path, text), "{path}: {text:?}");
    }
    for (path, text) in [
        ("src/x.rs", ""),
        ("src/x.rs", "use y;\n//! What should happen.\n"),
        ("src/x.rs", "// What should happen.\n"),
        ("src/x.rs", "//! Things.\n"),
        ("src/x.rs", "//! What should happen\nuse y;"),
        ("x.sh", "#!/usr/bin/env bash\nset -e\n"),
        ("x.yaml", "a: b\n"),
        ("x.yaml", "\n# Where it lives.\n"),
    ] {
        assert!(!opens(path, text), "{path}: {text:?}");
    }
}

#[test]
fn what_only_tests_see_is_no_production_code() {
    let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
    let declared = "#[cfg(test)]\npub(crate) mod sample;\n#[cfg(test)]\nmod tests {\n}";
    assert_eq!(test_modules(&file("src/lifecycle/mod.rs", declared)), ["src/lifecycle/sample"]);
    assert_eq!(
        test_modules(&file("src/isc/client.rs", "#[cfg(test)]\nmod cases;")),
        ["src/isc/client/cases"]
    );
    assert_eq!(without_tests("fn f() {}\n#[cfg(test)]\nmod tests {\n}"), "fn f() {}\n");
}
