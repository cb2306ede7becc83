//! The imports between the files of the library, and the circles in them.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::code::{Token, bare, end_of_group, paths, tokens};
use crate::files::File;

/// A module by its names from the root: `["isc", "client"]`.
type Module = Vec<String>;

/// For each file the files that it uses. A `mod.rs` that only re-exports a child does not use it.
pub struct Imports(BTreeMap<Module, BTreeSet<Module>>);

impl Imports {
    /// The imports of these files, which are below `src`.
    pub fn of(files: &[File]) -> Self {
        let sources: BTreeMap<Module, Source> =
            files.iter().map(|file| (module(&file.path), Source::read(&file.text))).collect();
        let mut reader =
            Reader { modules: sources.keys().cloned().collect(), exports: BTreeMap::new() };
        // A re-export may lead to another one.
        for _ in 0..3 {
            for (module, source) in &sources {
                reader.export(module, source);
            }
        }
        let mut imports = BTreeMap::new();
        for (module, source) in &sources {
            let mut used = BTreeSet::new();
            for path in &source.used {
                if let Some(target) = reader.resolve(module, path)
                    && target != *module
                    && !target.is_empty()
                {
                    used.insert(target);
                }
            }
            imports.insert(module.clone(), used);
        }
        Self(imports)
    }

    /// One way round for each file that is in a circle: the file first, and last again.
    pub fn circles(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        for module in self.0.keys() {
            if let Some(way) = self.way_back(module) {
                let names: Vec<String> = way.iter().map(|module| module.join("::")).collect();
                found.insert(module.join("::"), names.join(" → "));
            }
        }
        found
    }

    /// The files that a file uses, by their names.
    pub fn uses(&self) -> impl Iterator<Item = (String, Vec<String>)> {
        self.0.iter().map(|(module, used)| {
            (module.join("::"), used.iter().map(|used| used.join("::")).collect())
        })
    }

    /// The shortest way from a file back to itself.
    fn way_back(&self, from: &Module) -> Option<Vec<Module>> {
        let mut seen = BTreeSet::new();
        let mut ways = VecDeque::from([vec![from.clone()]]);
        while let Some(way) = ways.pop_front() {
            let last = way.last()?;
            for next in self.0.get(last)? {
                let mut longer = way.clone();
                longer.push(next.clone());
                if next == from {
                    return Some(longer);
                }
                if seen.insert(next) {
                    ways.push_back(longer);
                }
            }
        }
        None
    }
}

fn module(path: &str) -> Module {
    let path = path.strip_prefix("src/").unwrap_or(path).trim_end_matches(".rs");
    let path = path.trim_end_matches("/mod");
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// The paths that a file names.
struct Source {
    used: Vec<Vec<String>>,
    exported: Vec<Vec<String>>,
}

impl Source {
    fn read(text: &str) -> Self {
        let tokens = tokens(text);
        let mut code = bare(text);
        let mut exported = Vec::new();
        let mut used = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let start = at;
            let is_public = tokens[at].text == "pub";
            at += 1;
            if is_public && is_at(&tokens, at, "(") {
                // What follows is who may see it, and no use.
                at = end_of_group(&tokens, at);
                blank(&mut code, &tokens, start, at);
            }
            let is_use = tokens[start].text == "use" || (is_public && is_at(&tokens, at, "use"));
            if !is_use {
                continue;
            }
            while at < tokens.len() && tokens[at].text != ";" {
                at += 1;
            }
            let statement = blank(&mut code, &tokens, start, at);
            let named = paths(&statement)
                .into_iter()
                .map(|path| path.segments)
                .filter(|path| path.len() > 1);
            if is_public { exported.extend(named) } else { used.extend(named) }
        }
        let body: String = code.into_iter().collect();
        used.extend(
            paths(&body).into_iter().map(|path| path.segments).filter(|path| path.len() > 1),
        );
        Self { used, exported }
    }
}

fn is_at(tokens: &[Token], at: usize, text: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.text == text)
}

/// Takes the tokens from `start` up to `end` out of the code.
fn blank(code: &mut [char], tokens: &[Token], start: usize, end: usize) -> String {
    let from = tokens[start].start;
    let to = tokens.get(end).map_or(code.len(), |token| token.start);
    let taken = code[from..to].iter().collect();
    code[from..to].fill(' ');
    taken
}

struct Reader {
    modules: BTreeSet<Module>,
    /// A name that a module re-exports, and the module that it comes from.
    exports: BTreeMap<(Module, String), Module>,
}

impl Reader {
    fn export(&mut self, module: &Module, source: &Source) {
        for path in &source.exported {
            if let Some(target) = self.resolve(module, path)
                && let Some(name) = path.last()
            {
                self.exports.insert((module.clone(), name.clone()), target);
            }
        }
    }

    /// The file that a path in `module` leads to; `None`: it leaves the crate.
    fn resolve(&self, module: &Module, path: &[String]) -> Option<Module> {
        let mut base = module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => (base, rest) = (Vec::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|segment| segment == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                base.push(first.to_owned());
                if !self.modules.contains(&base) {
                    return None;
                }
                rest = &path[1..];
            }
        }
        while let Some(next) = rest.first() {
            let mut child = base.clone();
            child.push(next.clone());
            if self.modules.contains(&child) {
                (base, rest) = (child, &rest[1..]);
            } else {
                let exported = self.exports.get(&(base.clone(), next.clone()));
                return Some(exported.cloned().unwrap_or(base));
            }
        }
        Some(base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        let file =
            |(path, text): &(&str, &str)| File { path: (*path).into(), text: (*text).into() };
        let files: Vec<File> = files.iter().map(file).collect();
        Imports::of(&files).circles().into_values().collect()
    }

    #[test]
    fn a_circle_is_found_however_it_is_written() {
        let to_b = [
            "use crate::a::b::B;",
            "use super::b::{self, B};",
            "fn f() -> crate::a::b::B {}",
            "use crate::a::B;",
        ];
        for use_of_b in to_b {
            let found = circles(&[
                ("src/a/mod.rs", "mod b;\nmod c;\npub use b::B;"),
                ("src/a/b.rs", "use super::c::C;"),
                ("src/a/c.rs", use_of_b),
            ]);
            assert_eq!(found, ["a::b → a::c → a::b", "a::c → a::b → a::c"], "{use_of_b}");
        }
    }

    #[test]
    fn a_parent_that_uses_its_child_makes_a_circle_and_one_that_re_exports_it_does_not() {
        let child = ("src/a/b.rs", "use super::A;");
        let calls = [("src/a/mod.rs", "mod b;\nstruct A;\nfn f() { b::g() }"), child];
        assert_eq!(circles(&calls), ["a → a::b → a", "a::b → a → a::b"]);
        let exports = [("src/a/mod.rs", "mod b;\nstruct A;\npub use b::B;"), child];
        assert_eq!(circles(&exports), [""; 0]);
    }

    #[test]
    fn visibility_comments_and_other_crates_are_no_use() {
        let found = circles(&[
            ("src/a.rs", "use crate::b::B; // and http::Request"),
            (
                "src/b.rs",
                "pub(in crate::a) struct B;\n/// [`crate::a`]\nfn f() -> a::X { std::b::f() }",
            ),
        ]);
        assert_eq!(found, [""; 0]);
    }
}
