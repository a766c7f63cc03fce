//! Replaces the files that hold tables by their contents: `each: { csv: cities.csv }`.

use super::load::{LOOKED_UP, Loader, child};
use serde_json::Value;
use std::path::Path;
use stepcast_suite::document::{Kind, Node};
use stepcast_suite::read_csv;

/// Reads the tables all tests of a file name.
pub(super) fn fill_in(loader: &mut Loader, suite: &mut Node, folder: &Path) {
    let Some(Kind::List(tests)) = child(suite, "tests").map(|node| &mut node.kind) else { return };
    for test in tests.iter_mut() {
        let Some(each) = child(test, "each") else { continue };
        for key in ["csv", "json"] {
            if let Some(table) = child(each, key) {
                fill_in_table(loader, table, folder, &format!("each.{key}"));
            }
        }
    }
}

/// A table of its own has at least two lines, so a text of one line is the name of a file.
fn fill_in_table(loader: &mut Loader, table: &mut Node, folder: &Path, path: &str) {
    let Kind::Scalar(Value::String(name)) = &table.kind else { return };
    if name.contains('\n') {
        return;
    }
    let (name, position) = (name.clone(), table.position);
    let file = folder.join(&name);
    let read = loader.read(&file).map_err(|message| (message, Some(LOOKED_UP)));
    let read = read.and_then(|text| if path.ends_with("csv") { csv(&name, text) } else { json(loader, &file, text) });
    // A valid value replaces an invalid one, so that the error is reported once.
    let one_value = || Kind::List(vec![Node { position, kind: Kind::Scalar(Value::from("")) }]);
    table.kind = match read {
        Ok(kind) => kind.unwrap_or_else(one_value),
        Err((message, hint)) => {
            loader.problem(path, position, message, hint);
            one_value()
        }
    };
}

type Table = Result<Option<Kind>, (String, Option<&'static str>)>;

fn csv(name: &str, text: String) -> Table {
    match read_csv(&text) {
        Ok(_) => Ok(Some(Kind::Scalar(Value::String(text)))),
        Err(error) => Err((format!("`{name}` {error}"), None)),
    }
}

fn json(loader: &mut Loader, file: &Path, text: String) -> Table {
    let Some(node) = loader.parse(file, text) else { return Ok(None) };
    match node.kind {
        Kind::List(rows) if rows.iter().any(|row| matches!(row.kind, Kind::Mapping(_))) => Ok(Some(Kind::List(rows))),
        _ => Err((format!("`{}` does not hold a list of objects", file.display()), None)),
    }
}
