//! Checks texts that others will read: the names of stored suites, labels, tags.

use crate::reply::Failure;
use stepcast_protocol::SuiteName;
use stepcast_suite::plain;

/// Rejects a name that no suite can be stored under. `NAME@VERSION` asks for a version.
pub(super) fn check_stored_name(name: &str) -> Result<(), Failure> {
    name.parse::<SuiteName>().map_err(|error| Failure::bad_request(format!("`name`: {error}")))?;
    check_shown("name", name)?;
    let is_versioned = name
        .rsplit_once('@')
        .is_some_and(|(_, version)| !version.is_empty() && version.chars().all(|c| c.is_ascii_digit()));
    if is_versioned {
        return Err(Failure::bad_request("`name` must not end with `@` and a number, because that names a version"));
    }
    Ok(())
}

/// Rejects a name with hidden characters.
pub(super) fn check_shown(field: &str, name: &str) -> Result<(), Failure> {
    match plain::name_problem(name) {
        Some(problem) => Err(Failure::bad_request(format!("`{field}`: {problem}"))),
        None => Ok(()),
    }
}
