//! Explains why something matches nothing: the longest part that matches, and what the page has that resembles the
//! rest.

use super::candidates::Kind;

/// An explanation like "`.list` matches 1 element, `.list .product` matches none; there is `.products` (3)".
pub fn describe(longest: Option<(&str, String)>, broken: &str, near: Option<String>) -> String {
    let story = match longest {
        Some((beginning, counted)) => format!("`{beginning}` matches {counted}, `{broken}` matches none"),
        None => format!("nothing matches `{broken}`"),
    };
    near.map_or_else(|| story.clone(), |near| format!("{story}; {near}"))
}

/// A count like "3 elements".
pub fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// Says that the missing part is elsewhere in the page.
pub fn elsewhere(part: &str, count: usize) -> String {
    format!("`{part}` ({count}) is elsewhere in the page")
}

/// Lists the candidates in the syntax of the query language.
pub fn there_is(candidates: &[(Kind, usize)], written: impl Fn(&Kind) -> String) -> Option<String> {
    let listed: Vec<_> = candidates.iter().map(|(kind, count)| format!("`{}` ({count})", written(kind))).collect();
    (!listed.is_empty()).then(|| format!("there is {}", listed.join(", ")))
}
