//! Reads a suite's file and, through it, those it includes, the tables and certificates it names.

use super::include::merge;
use super::sources::{Sources, shift, shift_position};
use super::{certificates, tables};
use crate::files;
use crate::usage_error::UsageError;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use stepcast_suite::bounds::PROBLEMS;
use stepcast_suite::document::{Kind, Node, Position};
use stepcast_suite::limits::SUITE_BYTES;
use stepcast_suite::{Problem, hide_private_lines};

/// Most files one suite is made of.
const MAX_FILES: usize = 100;
/// Most bytes of the files a suite names, together. What is made of them has at most [`SUITE_BYTES`].
const READ_BYTES: usize = 16 * 1024 * 1024;

/// Reads files and collects what is wrong with them.
#[derive(Default)]
pub(super) struct Loader {
    pub problems: Vec<Problem>,
    /// Errors of texts that are not documents; if there are any, only they are reported
    syntax_errors: Vec<Problem>,
    pub sources: Sources,
    /// The files that are being read, each included by the one before
    open: Vec<PathBuf>,
    /// Every file that was read; one that is included twice is there once
    seen: HashSet<PathBuf>,
    /// The files that others name, existing or not
    pub named: Vec<PathBuf>,
    /// How much was read of files that others name
    bytes: usize,
}

impl Loader {
    /// The suite of a file, with everything that it takes from other files filled in.
    pub fn load(&mut self, path: &Path) -> Result<Node, UsageError> {
        let text = files::read_named(path, SUITE_BYTES).map_err(UsageError::new)?;
        let identity = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Ok(self.load_text(path, identity, text).unwrap_or(Node { position: None, kind: Kind::Mapping(Vec::new()) }))
    }

    /// Whether anything is wrong.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty() || !self.syntax_errors.is_empty()
    }

    /// The problems, in the order of the files.
    pub fn render_problems(&mut self) -> String {
        // A file that could not be read causes follow-up problems in the others.
        if !self.syntax_errors.is_empty() {
            self.problems = std::mem::take(&mut self.syntax_errors);
        }
        self.problems.sort_by_key(|problem| problem.position);
        hide_private_lines(&mut self.problems);
        self.problems.iter().map(|problem| self.sources.render(problem)).collect()
    }

    /// A file that another names, as text. All of them together are bounded: a thousand tests may name a table each.
    pub fn read(&mut self, path: &Path) -> Result<String, String> {
        if self.bytes > READ_BYTES {
            return Err(format!("the files this suite names are larger than {READ_BYTES} bytes together"));
        }
        self.named.push(path.to_owned());
        let text = files::read_suite_part(path)?;
        self.bytes += text.len();
        Ok(text)
    }

    pub fn problem(&mut self, path: &str, position: Option<Position>, message: String, hint: Option<&str>) {
        if self.problems.len() >= PROBLEMS {
            return;
        }
        let hint = hint.map(str::to_owned);
        self.problems.push(Problem { path: path.to_owned(), position, message, hint, ..Problem::default() });
    }

    /// Parses a text from `file`, the file that is named with its problems.
    pub fn parse(&mut self, file: &Path, text: String) -> Option<Node> {
        let parsed = Node::parse(&text);
        let before = self.sources.add(file.display().to_string(), text);
        match parsed {
            Ok(mut node) => {
                shift(&mut node, before);
                Some(node)
            }
            Err(error) => {
                let mut position = Some(error.position);
                shift_position(&mut position, before);
                if self.syntax_errors.len() < PROBLEMS {
                    let (message, hint) = (error.message, error.hint.map(str::to_owned));
                    self.syntax_errors.push(Problem { position, message, hint, ..Problem::default() });
                }
                None
            }
        }
    }

    fn load_text(&mut self, path: &Path, identity: PathBuf, text: String) -> Option<Node> {
        self.seen.insert(identity.clone());
        self.open.push(identity);
        let node = self.parse(path, text).map(|mut node| {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            tables::fill_in(self, &mut node, &folder);
            certificates::fill_in(self, &mut node, &folder);
            self.fill_in_includes(node, &folder)
        });
        self.open.pop();
        node
    }

    fn fill_in_includes(&mut self, mut node: Node, folder: &Path) -> Node {
        let Kind::Mapping(entries) = &mut node.kind else { return node };
        let Some(at) = entries.iter().position(|entry| entry.key == "include") else { return node };
        let include = entries.remove(at).value;
        let files = match include.kind {
            Kind::List(items) => items,
            kind => vec![Node { kind, ..include }],
        };
        let mut merged: Option<Node> = None;
        for file in &files {
            if let Some(included) = self.include(file, folder) {
                merged = Some(match merged {
                    Some(before) => merge(before, included),
                    None => included,
                });
            }
        }
        match merged {
            Some(merged) => merge(merged, node),
            None => node,
        }
    }

    fn include(&mut self, file: &Node, folder: &Path) -> Option<Node> {
        let Kind::Scalar(serde_json::Value::String(name)) = &file.kind else {
            let message = format!("expected the name of a file, found {}", file.describe());
            self.problem("include", file.position, message, None);
            return None;
        };
        let path = folder.join(name);
        let text = match self.read(&path) {
            Ok(text) => text,
            Err(message) => {
                self.problem("include", file.position, message, Some(LOOKED_UP));
                return None;
            }
        };
        let identity = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if let Some(from) = self.open.iter().position(|open| *open == identity) {
            let circle: Vec<String> = self.open[from..].iter().chain([&identity]).map(|path| name_of(path)).collect();
            let message = format!("the files include each other in a circle: {}", circle.join(" -> "));
            self.problem("include", file.position, message, None);
            return None;
        }
        if self.seen.contains(&identity) {
            return None;
        }
        if self.seen.len() == MAX_FILES {
            let message = format!("a suite may consist of at most {MAX_FILES} files");
            self.problem("include", file.position, message, None);
            return None;
        }
        let included = self.load_text(&path, identity, text)?;
        if !matches!(included.kind, Kind::Mapping(_)) {
            let message = format!("`{name}` contains {}, not a part of a suite", included.describe());
            self.problem("include", file.position, message, None);
            return None;
        }
        Some(included)
    }
}

/// The hint if a file cannot be read.
pub(super) const LOOKED_UP: &str = "a file name is relative to the file that names it";

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The value of a key of a mapping.
pub(super) fn child<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let Kind::Mapping(entries) = &mut node.kind else { return None };
    entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
}
