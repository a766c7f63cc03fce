//! Text with `${name}` in it. `$${` stands for a literal `${`.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use std::collections::BTreeMap;
use std::convert::Infallible;

/// The prefix of every secret's name inside a template.
pub const SECRET_PREFIX: &str = "secret.";

/// The names whose values are made for each attempt at a test: a random UUID, and the moment it began.
pub const MADE: [&str; 2] = ["new.uuid", "new.date"];

/// One piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// A name that a template uses and that has no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`${{{0}}}` has no value")]
pub struct UndefinedVariable(pub String);

/// The names a template refers to, secrets included (as `secret.name`).
pub fn names(template: &str) -> Vec<&str> {
    pieces(template)
        .filter_map(|piece| match piece {
            Piece::Name(name) => Some(name),
            Piece::Text(_) => None,
        })
        .collect()
}

/// Whether there is anything to fill in.
pub fn is_template(text: &str) -> bool {
    pieces(text).any(|piece| matches!(piece, Piece::Name(_)))
}

/// The source of a template's values.
pub trait Lookup {
    /// The value of `name`, if there is one
    fn lookup(&self, name: &str) -> Option<&str>;
}

impl Lookup for BTreeMap<String, String> {
    fn lookup(&self, name: &str) -> Option<&str> {
        self.get(name).map(String::as_str)
    }
}

/// Fills in every name, or says which one has no value.
pub fn render(template: &str, variables: &impl Lookup) -> Result<String, UndefinedVariable> {
    fill(template, variables, |name, _| Err(UndefinedVariable(name.to_owned())))
}

/// Fills in the names that have a value and leaves the others unchanged; for text that is only shown.
pub fn render_known(template: &str, variables: &impl Lookup) -> String {
    let kept = fill(template, variables, |name, out| {
        out.extend(["${", name, "}"]);
        Ok::<_, Infallible>(())
    });
    kept.unwrap_or_else(|never| match never {})
}

/// Fills in the names that have a value, and `other` for those that have none.
pub fn render_or(template: &str, variables: &impl Lookup, other: &str) -> String {
    let filled = fill(template, variables, |_, out| {
        out.push_str(other);
        Ok::<_, Infallible>(())
    });
    filled.unwrap_or_else(|never| match never {})
}

/// Fills in what has a value, and leaves what has none to `unknown`.
fn fill<E>(
    template: &str,
    variables: &impl Lookup,
    mut unknown: impl FnMut(&str, &mut String) -> Result<(), E>,
) -> Result<String, E> {
    let mut out = String::with_capacity(template.len());
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Name(name) => match variables.lookup(name) {
                Some(value) => out.push_str(value),
                None => unknown(name, &mut out)?,
            },
        }
    }
    Ok(out)
}

fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    // Searched for only once if there is none: otherwise a text of nothing but `${` would be scanned again for each of
    // them.
    let mut is_closed = true;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(after) = rest.strip_prefix("$${") {
            rest = after;
            return Some(Piece::Text("${"));
        }
        if let Some(after) = rest.strip_prefix("${").filter(|_| is_closed) {
            if let Some((name, behind)) = after.split_once('}') {
                rest = behind;
                return Some(Piece::Name(name.trim()));
            }
            is_closed = false;
        }
        let end = rest.char_indices().skip(1).find(|(_, c)| *c == '$').map_or(rest.len(), |(at, _)| at);
        let (text, remaining) = rest.split_at(end);
        rest = remaining;
        Some(Piece::Text(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn variables() -> BTreeMap<String, String> {
        [("base", "http://h"), ("secret.key", "k")].map(|(k, v)| (k.to_owned(), v.to_owned())).into()
    }

    #[test]
    fn names_are_filled_in() {
        assert_eq!(render("${base}/a?k=${secret.key}", &variables()).as_deref(), Ok("http://h/a?k=k"));
        assert_eq!(names("${base}/${ x }$"), ["base", "x"]);
    }

    #[test]
    fn a_doubled_dollar_is_literal() {
        assert_eq!(render("$${base} costs $5 and ${", &variables()).as_deref(), Ok("${base} costs $5 and ${"));
    }

    #[test]
    fn a_missing_name_is_named() {
        assert_eq!(render("a${nope}", &variables()), Err(UndefinedVariable("nope".into())));
        assert_eq!(render_known("${base} ${nope}", &variables()), "http://h ${nope}");
        assert_eq!(render_or("${base} ${nope}", &variables(), "?"), "http://h ?");
    }

    proptest! {
        #[test]
        fn text_without_a_dollar_brace_is_unchanged(text in "[^{]*") {
            prop_assert_eq!(render(&text, &variables()), Ok(text.clone()));
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".*") {
            let _ = names(&text);
            let _ = render_known(&text, &variables());
        }
    }
}
