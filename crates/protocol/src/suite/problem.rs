//! Everything that is wrong with a suite, with where it stands and what to do about it.

use crate::document::{Position, SyntaxError};
use crate::event::SuiteProblem;
use crate::limits;
use std::fmt::{self, Write};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where in the suite, like `tests[2].expect[0].css`; empty for the whole
    pub path: String,
    /// Where in the text, if there was one
    pub position: Option<Position>,
    /// What is wrong
    pub message: String,
    /// What to do about it
    pub hint: Option<String>,
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
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, " ({hint})")?;
        }
        Ok(())
    }
}

impl Problems {
    /// The one problem of a text that is no document.
    pub fn from_syntax(error: &SyntaxError) -> Self {
        Self(vec![Problem {
            path: String::new(),
            position: Some(error.position),
            message: error.message.clone(),
            hint: None,
        }])
    }

    /// As they are sent to a client, which has the text itself: the first of them, and what they quote cut short.
    pub fn to_wire(&self) -> Vec<SuiteProblem> {
        let short = |text: &String| text.chars().take(2 * limits::EXCERPT_CHARS).collect::<String>();
        let wire = |problem: &Problem| SuiteProblem {
            path: short(&problem.path),
            message: short(&problem.message),
            hint: problem.hint.as_ref().map(short),
        };
        self.0.iter().take(20).map(wire).collect()
    }

    /// As a person reads them, each with the line it stands in.
    pub fn render(&self, file: &str, text: &str) -> String {
        let mut out = String::new();
        for problem in &self.0 {
            problem.render(&mut out, file, text);
        }
        out
    }
}

impl Problem {
    fn render(&self, out: &mut String, file: &str, text: &str) {
        let place = self.position.map_or_else(String::new, |position| format!(":{position}"));
        let path = if self.path.is_empty() { String::new() } else { format!("{}: ", self.path) };
        let _ = writeln!(out, "{file}{place}: error: {path}{}", self.message);
        if let Some(position) = self.position
            && let Some(line) = text.lines().nth(position.line - 1)
        {
            let indent = " ".repeat(position.column - 1);
            let _ = writeln!(out, "{:>5} | {}\n      | {indent}^", position.line, line.trim_end());
        }
        if let Some(hint) = &self.hint {
            let _ = writeln!(out, "\nhint: {hint}");
        }
        out.push('\n');
    }
}

/// The known word somebody most likely meant.
pub fn closest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::osa_distance(word, candidate), *candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}
