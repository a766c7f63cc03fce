//! The files of a suite, as if they were one after the other: a line number says which file it is in.

use stepcast_suite::document::{Kind, Node, Position};
use stepcast_suite::{Problem, Problems};

/// All files, in the order they were read.
#[derive(Clone, Default)]
pub(super) struct Sources {
    files: Vec<Source>,
}

#[derive(Clone)]
struct Source {
    name: String,
    text: String,
    /// How many lines come before it
    before: usize,
}

impl Sources {
    /// Adds a file and returns how many lines come before it.
    pub fn add(&mut self, name: String, text: String) -> usize {
        let before = self.files.last().map_or(0, |last| last.before + last.text.lines().count() + 1);
        self.files.push(Source { name, text, before });
        before
    }

    /// Whether a place is in the file the command was given.
    pub fn is_in_first(&self, position: Position) -> bool {
        self.files.get(1).is_none_or(|second| position.line <= second.before)
    }

    /// The file that a place is in, and its line there.
    pub fn line(&self, position: Position) -> Option<(&str, usize)> {
        let source = self.files.iter().rev().find(|source| source.before < position.line)?;
        Some((&source.name, position.line - source.before))
    }

    /// A problem as a person reads it, with the line of its file. If it has no place of its own, it is about the first
    /// file, the one that the command was given.
    pub fn render(&self, problem: &Problem) -> String {
        let line = problem.position.map_or(1, |position| position.line);
        let Some(source) = self.files.iter().rev().find(|source| source.before < line) else { return String::new() };
        let position = problem.position.map(|at| Position { line: at.line - source.before, ..at });
        Problems(vec![Problem { position, ..problem.clone() }]).render(&source.name, &source.text)
    }
}

/// Moves everything down by this many lines.
pub(super) fn shift(node: &mut Node, lines: usize) {
    shift_position(&mut node.position, lines);
    match &mut node.kind {
        Kind::Scalar(_) => {}
        Kind::List(items) => items.iter_mut().for_each(|item| shift(item, lines)),
        Kind::Mapping(entries) => {
            for entry in entries {
                shift_position(&mut entry.position, lines);
                shift(&mut entry.value, lines);
            }
        }
    }
}

pub(super) fn shift_position(position: &mut Option<Position>, lines: usize) {
    if let Some(position) = position {
        position.line += lines;
    }
}
