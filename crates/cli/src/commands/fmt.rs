//! `stepcast fmt`: suite files in one form, with their comments.

use crate::args::FormatArguments;
use crate::exit::Exit;
use crate::usage_error::UsageError;
use crate::{files, report};
use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions, Quotes};
use pretty_yaml::format_text;
use std::fs;
use std::path::Path;
use stepcast_suite::document::{Node, hide_braces, show_braces};
use stepcast_suite::limits::SUITE_BYTES;

/// Longest line, if it can be broken.
const WIDTH: usize = 120;

/// Formats every file; with `--check`, names those that are not formatted and changes nothing.
pub(crate) fn fmt(arguments: &FormatArguments) -> Result<Exit, UsageError> {
    let mut exit = Exit::Passed;
    for path in &arguments.files {
        let text = files::read_text(path, SUITE_BYTES).map_err(UsageError::new)?;
        let formatted = format(path, &text)?;
        if formatted == text {
            continue;
        }
        if arguments.check {
            report::message(&format!("{} is not formatted", path.display()));
            exit = Exit::Failed;
        } else {
            write(path, &formatted)?;
            report::message(&format!("formatted {}", path.display()));
        }
    }
    Ok(exit)
}

/// Formats a text. It still says the same afterwards: both are read and compared.
pub(super) fn format(path: &Path, text: &str) -> Result<String, UsageError> {
    if path.extension().is_some_and(|extension| extension == "json") {
        return Err(UsageError::with_hint(format!("`{}` is JSON", path.display()), "`fmt` formats suites in YAML"));
    }
    let problem = |error: &dyn std::fmt::Display| UsageError::new(format!("`{}`: {error}", path.display()));
    // Bounded in depth too, unlike the formatter.
    let before = Node::parse(text).map_err(|error| problem(&format!("{}: {}", error.position, error.message)))?;
    let options = FormatOptions {
        layout: LayoutOptions { print_width: WIDTH, ..LayoutOptions::default() },
        language: LanguageOptions { quotes: Quotes::PreferSingle, ..LanguageOptions::default() },
    };
    let formatted = format_text(&hide_braces(text), &options).map_err(|error| problem(&error))?;
    let formatted = show_braces(&formatted).into_owned();
    let after = Node::parse(&formatted).ok().map(|node| node.to_json());
    if after != Some(before.to_json()) {
        return Err(problem(&"it cannot be formatted without changing what it says; it was left as it is"));
    }
    Ok(formatted)
}

/// Replaces a file at once, so that nobody reads half of it.
fn write(path: &Path, text: &str) -> Result<(), UsageError> {
    let replace = || {
        // The file that a link leads to, so that the link stays one.
        let path = path.canonicalize()?;
        let beside = path.with_extension("stepcast-fmt");
        fs::write(&beside, text)?;
        fs::set_permissions(&beside, fs::metadata(&path)?.permissions())?;
        fs::rename(&beside, &path)
    };
    replace().map_err(|error| UsageError::new(format!("`{}` cannot be written: {error}", path.display())))
}
