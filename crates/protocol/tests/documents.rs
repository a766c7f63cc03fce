//! What the documents quote is what the code reads and writes, and what they link to is there.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use stepcast_protocol::command::ACTIONS;
use stepcast_protocol::{Event, EventBody, Request};
use stepcast_suite::Suite;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text_of(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn document(name: &str) -> String {
    text_of(&root().join("docs").join(name))
}

/// The fenced blocks of a document with this info string, each with the line it begins at.
fn blocks(text: &str, info: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String, Vec<&str>)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(found)) => open = Some((number + 1, found.trim().to_owned(), Vec::new())),
            (None, None) => {}
            (Some((.., lines)), None) => lines.push(line),
            (Some(_), Some(_)) => {
                if let Some((at, found, lines)) = open.take()
                    && found == info
                {
                    blocks.push((at, lines.join("\n")));
                }
            }
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// The lines of all blocks with this info string, each with its number.
fn lines(text: &str, info: &str) -> Vec<(usize, String)> {
    let of_block = |(at, block): (usize, String)| -> Vec<(usize, String)> {
        (at..).zip(block.lines().map(str::to_owned)).collect()
    };
    blocks(text, info).into_iter().flat_map(of_block).collect()
}

/// The names in `#[serde(rename = "...")]` between two lines of a source file.
fn renamed(source: &str, from: &str, to: &str) -> BTreeSet<String> {
    let (_, rest) = source.split_once(from).expect("the type is there");
    let (body, _) = rest.split_once(to).expect("the type has an end");
    let name = |line: &str| Some(line.trim().strip_prefix("#[serde(rename = \"")?.split_once('"')?.0.to_owned());
    body.lines().filter_map(name).collect()
}

#[test]
fn the_commands_of_the_protocol_page_are_read() {
    let mut seen = BTreeSet::new();
    for (number, line) in lines(&document("PROTOCOL.md"), "json command") {
        if let Err(bad) = Request::parse(&line) {
            panic!("docs/PROTOCOL.md:{number}: {}", bad.error.message);
        }
        let value: Value = serde_json::from_str(&line).expect("it was read");
        seen.insert(value["action"].as_str().expect("it has an action").to_owned());
    }
    assert_eq!(seen, ACTIONS.map(str::to_owned).into());
}

#[test]
fn the_list_of_actions_is_the_one_of_the_code() {
    let source = text_of(&root().join("crates/protocol/src/command.rs"));
    assert_eq!(renamed(&source, "pub enum Command {", "\n}"), ACTIONS.map(str::to_owned).into());
}

#[test]
fn the_events_of_the_protocol_page_are_read_and_written_again() {
    let mut seen = BTreeSet::new();
    for (number, line) in lines(&document("PROTOCOL.md"), "json event") {
        let value: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("line {number}: {error}"));
        let event: Event = serde_json::from_str(&line).unwrap_or_else(|error| panic!("line {number}: {error}"));
        assert_ne!(event.body, EventBody::Unknown, "docs/PROTOCOL.md:{number}: {line}");
        let again: Value = serde_json::from_str(&event.to_json()).expect("what is written is JSON");
        assert_eq!(again, value, "docs/PROTOCOL.md:{number}");
        seen.insert(value["type"].as_str().expect("it has a type").to_owned());
    }
    let source = text_of(&root().join("crates/protocol/src/event.rs"));
    assert_eq!(seen, renamed(&source, "pub enum EventBody {", "\n}"));
}

#[test]
fn the_complete_suites_of_the_suite_page_are_good() {
    let suites = blocks(&document("SUITES.md"), "yaml suite");
    assert!(!suites.is_empty(), "there is no complete suite");
    for (number, suite) in suites {
        if let Err(problems) = Suite::parse(&suite) {
            panic!("docs/SUITES.md:{number}:\n{}", problems.render("the suite there", &suite));
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for document in documents() {
        let text = text_of(&document);
        for target in links(&text) {
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let folder = document.parent().expect("a file has a folder");
            let file = if path.is_empty() { document.clone() } else { folder.join(path) };
            assert!(file.exists(), "{}: there is no `{target}`", document.display());
            let is_document = file.extension().is_some_and(|extension| extension == "md");
            assert!(
                anchor.is_empty() || !is_document || anchors(&text_of(&file)).contains(anchor),
                "{}: there is no heading for `{target}`",
                document.display()
            );
        }
    }
}

/// The documents of the repository: `README.md`, if there is one, and everything under `docs`.
fn documents() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = vec![root().join("README.md")];
    found.retain(|readme| readme.exists());
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found
}

/// The relative targets of a document's links, code left out.
fn links(text: &str) -> Vec<&str> {
    let mut in_block = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            let of_line = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            found.extend(of_line.map(|(target, _)| target));
        }
    }
    found.retain(|target| !target.contains("://") && !target.starts_with("mailto:"));
    found
}

/// What links can name in a document: its headings as GitHub writes them.
fn anchors(text: &str) -> BTreeSet<String> {
    let heading = |line: &str| -> Option<String> {
        let title = line.strip_prefix('#')?.trim_start_matches('#').strip_prefix(' ')?;
        let kept = title.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        Some(kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect())
    };
    text.lines().filter_map(heading).collect()
}
