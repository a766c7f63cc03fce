//! Reads `each`: lists of values by name, and tables that give several names a value each.

use super::Axis;
use super::read_names::{check_variable_names, is_variable_name};
use super::reader::At;
use crate::document::Kind;
use crate::limits;
use crate::template;
use std::collections::HashSet;

/// A problem of a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct TableError {
    /// The line of the table, from 1
    pub line: u64,
    /// The problem
    pub message: String,
}

pub(super) fn read_each(at: &At) -> Option<Vec<Axis>> {
    let fields = at.open_fields()?;
    let axes: Vec<Option<Axis>> = fields.entries().map(|(name, at)| read_axis(name, &at)).collect();
    let axes: Vec<Axis> = axes.into_iter().collect::<Option<_>>()?;
    let names: usize = axes.iter().map(|axis| axis.names.len()).sum();
    if names > limits::EACH_NAMES {
        let hint = "every generated test has a value for each name";
        at.problem_with_hint(
            format!("`each` may have at most {} names; this one has {names}", limits::EACH_NAMES),
            hint,
        );
        return None;
    }
    let mut seen = HashSet::new();
    for name in axes.iter().flat_map(|axis| &axis.names) {
        if !seen.insert(name) {
            at.problem(format!("`{name}` gets a value twice here"));
        }
    }
    check_variable_names(&fields, axes.iter().flat_map(|axis| &axis.names).map(String::as_str));
    Some(axes)
}

fn read_axis(name: &str, at: &At) -> Option<Axis> {
    let axis = match (name, &at.node.kind) {
        ("csv", Kind::Scalar(_)) => read_csv_at(at)?,
        ("json", Kind::List(rows)) if rows.iter().any(|row| matches!(row.kind, Kind::Mapping(_))) => read_rows(at)?,
        ("json", Kind::Scalar(_)) => return file_only(at),
        _ => {
            let values: Vec<_> = at.items()?.iter().map(read_value).collect();
            let rows = values.into_iter().map(|value| value.map(|value| vec![value])).collect::<Option<_>>()?;
            Axis { names: vec![name.to_owned()], rows }
        }
    };
    if axis.rows.is_empty() {
        at.problem("there is no value here, so the test would never run");
    }
    Some(axis)
}

/// Rejects secrets: values are kept with the plan, which is stored.
fn read_value(at: &At) -> Option<String> {
    let text = at.text()?;
    if let Some(name) = template::names(&text).into_iter().find(|name| name.starts_with(template::SECRET_PREFIX)) {
        let hint = "use the secret directly in an address, a header or a body";
        at.problem_with_hint(
            format!("`${{{name}}}` cannot be a value of `each`, because the plan stores these values"),
            hint,
        );
    }
    Some(text)
}

fn read_csv_at(at: &At) -> Option<Axis> {
    let text = at.text()?;
    if !text.contains('\n') {
        return file_only(at);
    }
    match read_csv(&text) {
        Ok(axis) => Some(axis),
        Err(error) => {
            at.problem(format!("the table's {error}"));
            None
        }
    }
}

/// A table always has two lines, so a single one is the name of a file.
fn file_only<T>(at: &At) -> Option<T> {
    let file = at.text()?;
    at.problem_with_hint(
        format!("`{file}` is read as the name of a file, and only the `stepcast` command reads files"),
        "put the table itself here; its first line names the variables",
    );
    None
}

/// Rows that each give the same names a value.
fn read_rows(at: &At) -> Option<Axis> {
    let mut names: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for row in at.items()? {
        let fields = row.open_fields()?;
        if names.is_empty() {
            names = fields.entries().map(|(name, _)| name.to_owned()).collect();
        }
        if names.is_empty() {
            return row.expected_value("a row that gives at least one variable a value");
        }
        if names.len() > limits::EACH_NAMES {
            return Some(Axis { names, rows });
        }
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let fields = row.fields(&known)?;
        let values: Vec<Option<String>> =
            known.iter().map(|name| fields.require(name).and_then(|at| read_value(&at))).collect();
        rows.extend(values.into_iter().collect::<Option<Vec<_>>>());
    }
    Some(Axis { names, rows })
}

/// Reads a table of comma-separated values (RFC 4180) whose first line names the variables.
pub fn read_csv(text: &str) -> Result<Axis, TableError> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(text.as_bytes());
    let names: Vec<String> =
        reader.headers().map_err(|error| table_error(text, &error))?.iter().map(str::to_owned).collect();
    for name in &names {
        if !is_variable_name(name) {
            let message = format!("`{name}` cannot be the name of a variable; the first line names them");
            return Err(TableError { line: 1, message });
        }
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| table_error(text, &error))?;
        rows.push(record.iter().map(str::to_owned).collect());
    }
    if rows.is_empty() {
        return Err(TableError { line: 1, message: "there is no row below the names".to_owned() });
    }
    Ok(Axis { names, rows })
}

fn table_error(text: &str, error: &csv::Error) -> TableError {
    let line = error.position().map_or(1, csv::Position::line);
    // For the reader, a row begins at the end of the previous one, including the empty lines between them.
    let before = usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1);
    let line = line + text.lines().skip(before).take_while(|line| line.trim().is_empty()).count() as u64;
    let message = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            let plural = if *len == 1 { "" } else { "s" };
            format!("{len} value{plural} in this row, but the first line names {expected_len}")
        }
        _ => error.to_string(),
    };
    TableError { line, message }
}
