//! Everything that is wrong with a suite, with its place and what to do about it.

use super::quote::cut;
use crate::bounds::PROBLEMS;
use crate::document::{Position, SyntaxError};
use crate::limits;
use std::fmt::{self, Write};

/// Maximum length of a line that is shown, in characters.
const EXCERPT_CHARS: usize = 160;
/// Maximum length of a path, a message or a hint that is shown, in characters: each may quote the suite.
const SHOWN_CHARS: usize = 2 * limits::EXCERPT_CHARS;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Severity {
    /// The suite cannot be run
    #[default]
    Error,
    /// The suite can be run, but will not do what its author expects
    Warning,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is
    pub severity: Severity,
    /// Where in the suite, like `tests[2].expect[0].css`; empty for the whole
    pub path: String,
    /// The position in the text, if there was one
    pub position: Option<Position>,
    /// The problem
    pub message: String,
    /// How to fix it
    pub hint: Option<String>,
    /// Whether its line contains something that not every reader of the message may see
    pub is_private: bool,
}

/// All that is wrong; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "line {}, column {}: ", position.line, position.column)?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", shown(&self.path))?;
        }
        f.write_str(&shown(&self.message))?;
        if let Some(hint) = &self.hint {
            write!(f, " ({})", shown(hint))?;
        }
        Ok(())
    }
}

impl Problems {
    /// The single problem of a text that is not a valid document.
    pub fn from_syntax(error: &SyntaxError) -> Self {
        Self(vec![Problem {
            position: Some(error.position),
            message: error.message.clone(),
            hint: error.hint.map(str::to_owned),
            ..Problem::default()
        }])
    }

    /// The first of them, with every text cut to the length that is shown.
    pub fn shown(&self) -> impl Iterator<Item = Problem> {
        self.0.iter().take(PROBLEMS).map(|problem| Problem {
            path: shown(&problem.path),
            message: shown(&problem.message),
            hint: problem.hint.as_deref().map(shown),
            ..problem.clone()
        })
    }

    /// Renders them for people, each with its line.
    pub fn render(&self, file: &str, text: &str) -> String {
        let mut out = String::new();
        for problem in &self.0 {
            problem.render(&mut out, file, text);
        }
        out
    }
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl Problem {
    fn render(&self, out: &mut String, file: &str, text: &str) {
        let place = self.position.map_or_else(String::new, |position| format!(":{position}"));
        let path = if self.path.is_empty() { String::new() } else { format!("{}: ", shown(&self.path)) };
        let _ = writeln!(out, "{file}{place}: {}: {path}{}", self.severity.name(), shown(&self.message));
        if let Some(position) = self.position.filter(|_| !self.is_private)
            && let Some(line) = text.lines().nth(position.line - 1)
        {
            let (excerpt, indent) = excerpt(line, position.column);
            let _ = writeln!(out, "{:>5} | {excerpt}\n      | {indent}^", position.line);
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(out, "\nhint: {}", shown(hint));
        }
        out.push('\n');
    }
}

/// A text, cut to the length that is shown.
fn shown(text: &str) -> String {
    cut(text, SHOWN_CHARS - 1)
}

/// A line as far as it can be shown, and the indentation below it up to the column. Tabs stay, so that both are as
/// wide; other control characters, which a terminal might obey, do not.
fn excerpt(line: &str, column: usize) -> (String, String) {
    let printable = |c: char| if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c };
    let characters: Vec<char> = line.trim_end().trim_start_matches('\u{feff}').chars().map(printable).collect();
    let before = column.saturating_sub(1);
    let from = if characters.len() <= EXCERPT_CHARS { 0 } else { before.saturating_sub(EXCERPT_CHARS / 2) };
    let to = characters.len().min(from + EXCERPT_CHARS);
    let mark = |cut: bool| if cut { "…" } else { "" };
    let shown: String = characters[from.min(to)..to].iter().collect();
    let indent = characters[from.min(to)..].iter().chain(std::iter::repeat(&' ')).take(before - from);
    let indent: String = indent.map(|c| if *c == '\t' { '\t' } else { ' ' }).collect();
    let first = mark(from > 0);
    (format!("{first}{shown}{}", mark(to < characters.len())), format!("{}{indent}", " ".repeat(first.chars().count())))
}
