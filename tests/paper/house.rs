//! The rules of the house, of which `src/README.md` is the map: which room may know which, that no
//! files import each other in a circle, and that no private word is left.
//!
//! A room is a folder or file of `src/` itself. Whom it may know stands in the map, in a block that
//! is marked `rooms`: a line `room: room room …` for each, where `room::Item` is that and no
//! more of a room. Modules of tests may know every room: what they test by is not what is built.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;
use syn::visit::{self, Visit};
use syn::{Attribute, ItemMod, ItemUse, Macro, UseTree, Visibility};
use test_attribute::test;

use crate::common::folder;

/// Words with `crate` in front, without it: `["machine", "facts", "Span"]`.
type Words = Vec<String>;

/// An import, or a path in the middle of the code.
#[derive(Debug)]
struct Import {
    /// The module that knows, which may be a part of a file.
    from: Words,
    to: Words,
    /// Whether it is an import for tests, in a module that is not.
    is_test: bool,
}

/// All that is imported in `src/`.
struct House {
    /// The modules that are files.
    files: BTreeMap<Words, PathBuf>,
    imports: Vec<Import>,
    /// Modules that are there for tests only.
    tests: BTreeSet<Words>,
    /// What a module hands on by `pub use`, and where it is.
    handed_on: BTreeMap<Words, Words>,
}

impl House {
    fn read() -> Self {
        let src = folder("src");
        let mut paths = Vec::new();
        sources(&src, &mut paths);
        let of = |path: &PathBuf| {
            (
                module(path.strip_prefix(&src).expect("it is in it")),
                path.clone(),
            )
        };
        let files: BTreeMap<_, _> = paths.iter().map(of).collect();
        let mut house = Self {
            files,
            imports: Vec::new(),
            tests: BTreeSet::new(),
            handed_on: BTreeMap::new(),
        };
        for (module, path) in house.files.clone() {
            let text = fs::read_to_string(&path).expect("it can be read");
            house.take(&module, &text);
        }
        house
    }

    /// Takes in what a file imports.
    fn take(&mut self, module: &[String], text: &str) {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{module:?}: {error}"));
        let mut reader = Reader {
            module: module.to_vec(),
            is_test: false,
            house: self,
        };
        reader.visit_file(&file);
    }

    /// Words as they are written in a module, from the root on; `None`: they lead out of this house.
    fn resolve(&self, from: &[String], words: &[String]) -> Option<Words> {
        let mut base = from.to_vec();
        let mut rest = words;
        match words.first().map(String::as_str) {
            Some("crate") => return Some(words[1..].to_vec()),
            Some("self") => rest = &words[1..],
            Some("super") => {
                while let Some(("super", more)) =
                    rest.split_first().map(|(word, more)| (word.as_str(), more))
                {
                    base.pop()?;
                    rest = more;
                }
            }
            Some(child) => {
                let mut module = base.clone();
                module.push(child.to_owned());
                if !self.files.contains_key(&module) {
                    return None;
                }
            }
            None => return None,
        }
        base.extend_from_slice(rest);
        Some(base)
    }

    /// The file in which something is, wherever it is handed on.
    fn file_of(&self, words: &[String]) -> Words {
        let mut words = words.to_vec();
        // Each step leads nearer to where it is; no name is handed on so often.
        for _ in 0..8 {
            let handed = (1..=words.len()).rev().find_map(|length| {
                let there = self.handed_on.get(&words[..length])?;
                Some([&there[..], &words[length..]].concat())
            });
            match handed {
                Some(there) => words = there,
                None => break,
            }
        }
        let mut lengths = (0..=words.len()).rev();
        let length = lengths.find(|&length| self.files.contains_key(&words[..length]));
        words.truncate(length.unwrap_or(0));
        words
    }

    /// What is imported for more than tests.
    fn built(&self) -> impl Iterator<Item = &Import> {
        let is_in_test = |import: &&Import| {
            let mut outer = (1..=import.from.len()).map(|length| &import.from[..length]);
            import.is_test || outer.any(|module| self.tests.contains(module))
        };
        self.imports
            .iter()
            .filter(move |import| !is_in_test(import))
    }

    /// What is imported though the map does not allow it.
    fn forbidden(&self, map: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<String> {
        let wrong = self.built().filter_map(|import| {
            let (room, other) = (import.from.first()?, import.to.first()?);
            let may = map.get(room)?;
            let is_allowed = room == other
                || !map.contains_key(other)
                || may.contains(other)
                || may
                    .iter()
                    .any(|one| *one == import.to[..import.to.len().min(2)].join("::"));
            let line = format!("{} knows {}", import.from.join("::"), import.to.join("::"));
            (!is_allowed).then_some(line)
        });
        wrong.collect()
    }

    /// Files that cannot be understood one after the other, each circle as one list.
    fn circles(&self) -> Vec<Vec<String>> {
        let mut knows: BTreeMap<Words, BTreeSet<Words>> = BTreeMap::new();
        // A module of tests is known by none.
        for import in self.built() {
            let (from, to) = (self.file_of(&import.from), self.file_of(&import.to));
            if from != to && !to.is_empty() && !from.is_empty() {
                knows.entry(from).or_default().insert(to);
            }
        }
        let reached = |from: &Words| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(one) = next.pop() {
                for other in knows.get(&one).into_iter().flatten() {
                    if seen.insert(other.clone()) {
                        next.push(other.clone());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<_, _> = knows
            .keys()
            .map(|file| (file.clone(), reached(file)))
            .collect();
        let circle_of = |file: &Words| {
            let among =
                |other: &&Words| reached[file].contains(*other) && reached[*other].contains(file);
            let files = reached.keys().filter(among);
            files.map(|file| file.join("::")).collect::<Vec<_>>()
        };
        let mut circles: Vec<_> = reached
            .keys()
            .map(circle_of)
            .filter(|circle| circle.len() > 1)
            .collect();
        circles.sort();
        circles.dedup();
        circles
    }
}

fn sources(place: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(place).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            sources(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// `os/signal/mod.rs` is `["os", "signal"]`.
fn module(path: &Path) -> Words {
    let path = path.with_extension("");
    let words = path.iter().map(|word| word.to_string_lossy().into_owned());
    let mut words: Words = words.collect();
    words.pop_if(|last| last == "mod" || last == "lib");
    words
}

/// A path that says where it begins, among the tokens of a macro.
static PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:crate|super|self)(?:\s*::\s*\w+)+").expect("it is one"));

/// Reads one file.
struct Reader<'a> {
    module: Words,
    is_test: bool,
    house: &'a mut House,
}

impl Reader<'_> {
    fn found(&mut self, words: &[String]) {
        if let Some(to) = self.house.resolve(&self.module, words) {
            self.house.imports.push(Import {
                from: self.module.clone(),
                to,
                is_test: self.is_test,
            });
        }
    }

    /// Paths in the middle of the code: those that say where they begin.
    fn found_within(&mut self, words: &[String]) {
        let begins = ["crate", "super", "self"];
        if words.len() > 1 && begins.contains(&words[0].as_str()) {
            self.found(words);
        }
    }
}

/// All paths of a tree of them, and the names by which each is known from then on.
fn paths(tree: &UseTree, before: &[String], all: &mut Vec<(Words, String)>) {
    let with = |name: String| [before, &[name]].concat();
    match tree {
        UseTree::Path(path) => paths(&path.tree, &with(path.ident.to_string()), all),
        UseTree::Group(group) => group.items.iter().for_each(|tree| paths(tree, before, all)),
        UseTree::Name(name) if name.ident == "self" => {
            all.push((before.to_vec(), before.last().cloned().unwrap_or_default()));
        }
        UseTree::Name(name) => all.push((with(name.ident.to_string()), name.ident.to_string())),
        UseTree::Rename(name) => all.push((with(name.ident.to_string()), name.rename.to_string())),
        UseTree::Glob(_) => all.push((before.to_vec(), "*".to_owned())),
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        list.is_ok_and(|list| list.path.is_ident("cfg") && list.tokens.to_string() == "test")
    })
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut all = Vec::new();
        paths(&item.tree, &[], &mut all);
        self.is_test = is_for_tests(&item.attrs);
        for (path, name) in all {
            let is_handed_on =
                matches!(item.vis, Visibility::Public(_) | Visibility::Restricted(_));
            if !is_handed_on {
                self.found(&path);
            } else if let Some(there) = self.house.resolve(&self.module, &path) {
                self.house
                    .handed_on
                    .insert([&self.module[..], &[name]].concat(), there);
            }
        }
        self.is_test = false;
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        if is_for_tests(&item.attrs) {
            self.house.tests.insert(self.module.clone());
        }
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Words = path
            .segments
            .iter()
            .map(|word| word.ident.to_string())
            .collect();
        self.found_within(&words);
        visit::visit_path(self, path);
    }

    /// What is in a macro is no code yet; but a path is a path.
    fn visit_macro(&mut self, invoked: &'ast Macro) {
        for found in PATH.find_iter(&invoked.tokens.to_string()) {
            let words = found
                .as_str()
                .split("::")
                .map(|word| word.trim().to_owned());
            self.found_within(&words.collect::<Words>());
        }
        visit::visit_macro(self, invoked);
    }
}

/// Whom each room may know.
fn map() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(folder("src").join("README.md"));
    let text = text.expect("the map of the house is src/README.md");
    let block = text
        .split("```rooms\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let lines = block.expect("it has a block ```rooms").lines();
    let line = |line: &str| {
        let (room, others) = line
            .split_once(':')
            .unwrap_or_else(|| panic!("no room: {line}"));
        let others = others.split_whitespace().map(str::to_owned);
        (room.trim().to_owned(), others.collect())
    };
    lines
        .filter(|line| !line.trim().is_empty())
        .map(line)
        .collect()
}

#[test]
fn no_room_knows_one_that_the_map_does_not_allow() {
    let (house, map) = (House::read(), map());
    let rooms = house.files.keys().filter_map(|module| module.first());
    let rooms: BTreeSet<_> = rooms.filter(|room| *room != "main").collect();
    assert_eq!(
        rooms,
        map.keys().collect(),
        "the rooms of src/ and of the map"
    );
    let forbidden = house.forbidden(&map);
    let lines: Vec<_> = forbidden.into_iter().collect();
    assert!(
        lines.is_empty(),
        "src/README.md does not allow this:\n{}",
        lines.join("\n")
    );
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let circles = House::read().circles();
    let lines: Vec<_> = circles.iter().map(|circle| circle.join(", ")).collect();
    assert!(lines.is_empty(), "circles:\n{}", lines.join("\n"));
}

/// The negative control of both: a house of three files, in which each way to import is a fault.
#[test]
fn a_forbidden_import_and_a_circle_are_found_however_they_are_written() {
    let words = |path: &str| path.split("::").map(str::to_owned).collect::<Words>();
    for import in [
        "use crate::upper::{self, Thing};",
        "use super::upper::Thing as Other;",
        "fn f() { let _ = crate::upper::Thing; }",
        "fn f() { println!(\"{}\", crate::upper::NUMBER); }",
        "mod within { use super::super::upper::Thing; }",
    ] {
        let mut house = House {
            files: ["upper", "upper::part", "lower"]
                .map(|module| (words(module), PathBuf::new()))
                .into(),
            imports: Vec::new(),
            tests: BTreeSet::new(),
            handed_on: BTreeMap::new(),
        };
        house.take(&words("upper"), "pub use part::Thing;");
        house.take(&words("upper::part"), "use crate::lower::Deep;");
        let map = |lower: &str| {
            let none = BTreeSet::new();
            let allowed = BTreeSet::from(["lower".to_owned()]);
            let own = if lower.is_empty() {
                none
            } else {
                BTreeSet::from([lower.to_owned()])
            };
            BTreeMap::from([("upper".to_owned(), allowed), ("lower".to_owned(), own)])
        };
        assert!(house.forbidden(&map("")).is_empty() && house.circles().is_empty());
        house.take(
            &words("lower"),
            &format!("#[cfg(test)] mod tests {{ {import} }}"),
        );
        assert!(house.forbidden(&map("")).is_empty(), "tests may: {import}");
        house.take(&words("lower"), import);
        assert_eq!(
            house.forbidden(&map("")).len(),
            if import.contains("self") { 2 } else { 1 },
            "{import}"
        );
        assert!(house.forbidden(&map("upper")).is_empty(), "{import}");
        // By NUMBER, which is in the file that hands Thing on, there is none.
        let circles = usize::from(import.contains("Thing"));
        assert_eq!(house.circles().len(), circles, "{import}");
    }
}

#[test]
fn no_private_word_is_left_in_the_source() {
    let words = "nursery|troupe|crew|stillborn|vigil|lookout|curtain|luggage|roster|seat|glance";
    let word = Regex::new(&format!(r"(?i)\b(?:{words})\b")).expect("it is one");
    let mut paths = Vec::new();
    sources(&folder("src"), &mut paths);
    let mut left = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("it can be read");
        for (number, line) in (1..).zip(text.lines()) {
            if word.is_match(line) {
                left.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
}
