//! Reads names: of suites, tests, steps, tags and variables.

use super::reader::{At, Fields};
use crate::limits;
use crate::plain;
use crate::template;

pub(super) fn read_name(at: &At) -> Option<String> {
    let name = at.text_not_empty()?;
    if name.len() > limits::NAME_BYTES {
        at.problem(format!("longer than {} bytes", limits::NAME_BYTES));
        return None;
    }
    check_shown(at, &name)?;
    Some(name)
}

/// The tags of a test.
pub(super) fn read_tags(at: &At) -> Option<Vec<String>> {
    let tags = at.texts()?;
    if tags.len() > limits::TAGS {
        at.problem(format!("a test may have at most {} tags; this one has {}", limits::TAGS, tags.len()));
    }
    tags.iter().try_for_each(|tag| check_shown(at, tag))?;
    Some(tags)
}

/// Rejects a name with hidden characters.
fn check_shown(at: &At, name: &str) -> Option<()> {
    let Some(problem) = plain::name_problem(name) else { return Some(()) };
    at.problem_with_hint(problem, "names, tags and labels are one line of visible characters; remove it");
    None
}

pub(super) fn check_variable_names<'n>(fields: &Fields, names: impl Iterator<Item = &'n str>) {
    for name in names {
        if name.starts_with(template::SECRET_PREFIX) || !is_variable_name(name) {
            fields.problem_at_key(
                name,
                format!("`{name}` cannot be the name of a variable"),
                Some("use letters, digits, `_` and `-`; `secret.` is reserved for secrets".into()),
            );
        }
    }
}

pub(super) fn is_variable_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
