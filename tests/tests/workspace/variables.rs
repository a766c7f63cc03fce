//! The table of environment variables in `docs/OPERATIONS.md` has exactly those that the functions read.

use super::ROOT;
use std::collections::BTreeSet;
use std::fs;

const PREFIX: &str = "STEPCAST_";

fn text(file: &str) -> String {
    fs::read_to_string(format!("{ROOT}/{file}")).expect(file)
}

fn variables(text: &str) -> BTreeSet<String> {
    let names = text
        .match_indices(PREFIX)
        .map(|(at, _)| text[at..].chars().take_while(|c| c.is_ascii_uppercase() || *c == '_').collect::<String>());
    names.filter(|name| name.len() > PREFIX.len()).collect()
}

#[test]
fn the_table_of_variables_has_those_the_functions_read() {
    let code = text("crates/platform/src/config/environment.rs") + &text("worker/src/environment.rs");
    let operations = text("docs/OPERATIONS.md");
    let rows = operations.lines().filter(|line| line.starts_with("| `STEPCAST_"));
    let table: String = rows.filter_map(|row| row.split(" | ").next()).collect();
    assert_eq!(variables(&table), variables(&code));
}

#[test]
fn every_variable_that_is_documented_is_read() {
    let code = ["crates", "handlers", "worker"].map(|folder| super::code_in(&std::path::Path::new(ROOT).join(folder)));
    let read = variables(&code.concat());
    let documented = variables(&(text("docs/OPERATIONS.md") + &text("README.md")));
    let unknown: Vec<_> = documented.difference(&read).collect();
    assert!(unknown.is_empty() && documented.len() > 20, "nothing reads {unknown:?}");
}
