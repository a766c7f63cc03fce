//! No modules of a crate depend on each other in a circle, so that each can be read without the other.
//!
//! The modules directly below a crate's root count, each with everything in it: a module and its own parts may depend
//! on each other. The imports of a test inside a module do not count.

use super::ROOT;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The modules each module of a crate names.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// Finds the files below a folder, with their places in it, such as `["page", "xml"]`.
fn files(folder: &Path, place: &[String], found: &mut Vec<(Vec<String>, String)>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let name = entry.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let place: Vec<String> = place.iter().cloned().chain([name]).collect();
        if entry.is_dir() {
            files(&entry, &place, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push((place, fs::read_to_string(&entry).expect("a file")));
        }
    }
}

fn graph(source: &Path) -> Graph {
    let mut found = Vec::new();
    files(source, &[], &mut found);
    let is_module = |place: &[String]| {
        !matches!(place[0].as_str(), "lib" | "main" | "bin") && place.last().is_some_and(|name| name != "tests")
    };
    found.retain(|(place, _)| is_module(place));
    let modules: BTreeSet<String> = found.iter().map(|(place, _)| place[0].clone()).collect();
    let mut graph = Graph::new();
    for (place, text) in found {
        let named = named(&text, place.len()).into_iter().filter(|name| modules.contains(name) && *name != place[0]);
        graph.entry(place[0].clone()).or_default().extend(named);
    }
    graph
}

/// Returns the modules of its crate's root that a file names. The root is `depth` modules above the file's items.
fn named(text: &str, depth: usize) -> BTreeSet<String> {
    let code: String = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut named = BTreeSet::new();
    for root in ["crate::".to_owned(), "super::".repeat(depth)] {
        for (at, _) in code.match_indices(&root) {
            // `super::super::a` is not `super::a`, and `stepcast_suite::a` is of another crate.
            let is_longer = code[..at].ends_with([':', '_']) || code[..at].ends_with(char::is_alphanumeric);
            if !is_longer {
                named.extend(first_names(&code[at + root.len()..]));
            }
        }
    }
    named
}

/// Returns the names with which a path continues: one, or those of a list in braces.
fn first_names(rest: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    match rest.strip_prefix('{') {
        None => vec![word(rest)],
        Some(list) => {
            let (mut depth, mut names, mut from) = (0_usize, Vec::new(), 0);
            for (at, c) in list.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth > 0 => depth -= 1,
                    ',' | '}' if depth == 0 => {
                        names.push(word(list[from..at].trim()));
                        from = at + 1;
                        if c == '}' {
                            break;
                        }
                    }
                    _ => {}
                }
            }
            names
        }
    }
}

/// Returns the paths that lead from a module back to itself.
fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let mut circles: Vec<Vec<String>> = Vec::new();
    for start in graph.keys() {
        let mut ways = vec![vec![start.clone()]];
        let mut seen = BTreeSet::new();
        while let Some(way) = ways.pop() {
            for next in graph.get(&way[way.len() - 1]).into_iter().flatten() {
                if next == start {
                    circles.push(way.clone());
                } else if seen.insert(next.clone()) {
                    ways.push(way.iter().chain([next]).cloned().collect());
                }
            }
        }
    }
    circles
}

#[test]
fn no_modules_need_each_other() {
    let folders = ["suite", "protocol", "import", "engine", "platform", "local", "cli", "fuzz"];
    let crates = folders.into_iter().map(|name| format!("crates/{name}"));
    let all = crates.chain(["handlers", "worker", "tests"].map(str::to_owned));
    let found: Vec<String> = all
        .flat_map(|name| {
            let circles = circles(&graph(&Path::new(ROOT).join(&name).join("src")));
            circles.into_iter().map(move |way| format!("{name}: {}", way.join(" -> ")))
        })
        .collect();
    assert!(found.is_empty(), "these modules lead back to themselves:\n{}", found.join("\n"));
}

#[test]
fn circles_are_found() {
    let names = |text: &str, depth| named(text, depth).into_iter().collect::<Vec<_>>();
    assert_eq!(names("use crate::a::B;\n// crate::no\nlet x = super::c::d();", 1), ["a", "c"]);
    assert_eq!(names("use crate::{a, b::{c, d}, e};", 1), ["a", "b", "e"]);
    assert_eq!(names("use super::own;\nuse super::super::far::X;", 2), ["far"]);
    assert_eq!(names("use a_crate::b;\n#[cfg(test)]\nmod tests { use crate::c; }", 1), Vec::<String>::new());
    let graph = |pairs: &[(&str, &str)]| {
        let mut graph = Graph::new();
        for (from, to) in pairs {
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    };
    assert!(circles(&graph(&[("a", "b"), ("b", "c"), ("a", "c")])).is_empty());
    assert_eq!(circles(&graph(&[("a", "b"), ("b", "c"), ("c", "a")])).len(), 3);
}
