//! Cuts a selector after each of its simple selectors.
//!
//! Only the first selector of a list is cut: if the list matches nothing, none of its members does. The cut pieces are
//! parsed again before they are used, so a wrong cut only costs a hint.

use crate::check::candidates::Kind;

/// A simple selector within a selector.
#[derive(Debug, PartialEq, Eq)]
pub struct Part<'s> {
    /// As it is written
    pub text: &'s str,
    /// Its end in the whole selector
    pub end: usize,
    /// What it asks for
    pub kind: Kind<'s>,
}

/// The simple selectors of the first selector in a list.
pub fn parts(selector: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(c) = selector[at..].chars().next() {
        if c == ',' {
            break;
        }
        if is_combinator(c) {
            at += c.len_utf8();
            continue;
        }
        let end = at + length(&selector[at..]);
        let text = &selector[at..end];
        parts.push(Part { text, end, kind: kind(text) });
        at = end;
    }
    parts
}

fn is_combinator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '>' | '+' | '~')
}

fn length(text: &str) -> usize {
    let (mut depth, mut quote, mut escaped) = (0, None, false);
    // The colons of `::before` begin one selector, not two.
    let start = text.len() - text.trim_start_matches(':').len();
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (Some(open), c) => quote = Some(open).filter(|open| *open != c),
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if depth == 0 && at > 0 && at >= start && is_boundary(c) => return at,
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn is_boundary(c: char) -> bool {
    is_combinator(c) || matches!(c, '.' | '#' | '[' | ':' | ',')
}

fn kind(text: &str) -> Kind<'_> {
    if let Some(class) = text.strip_prefix('.') {
        Kind::Class(class)
    } else if let Some(id) = text.strip_prefix('#') {
        Kind::Id(id)
    } else if let Some(inside) = text.strip_prefix('[') {
        attribute(inside.trim_end_matches(']'))
    } else if text.starts_with(':') {
        Kind::Other
    } else {
        Kind::Tag(text)
    }
}

fn attribute(inside: &str) -> Kind<'_> {
    match inside.split_once('=') {
        None => Kind::Attribute(inside.trim(), None),
        Some((name, value)) => {
            let name = name.trim_end_matches(['~', '|', '^', '$', '*']).trim();
            Kind::Attribute(name, Some(value.trim().trim_matches(['"', '\''])))
        }
    }
}

/// The selector for a candidate.
pub fn written(kind: &Kind) -> String {
    match kind {
        Kind::Tag(name) => (*name).to_owned(),
        Kind::Class(name) => format!(".{name}"),
        Kind::Id(name) => format!("#{name}"),
        Kind::Attribute(name, None) => format!("[{name}]"),
        Kind::Attribute(name, Some(value)) => format!("[{name}=\"{value}\"]"),
        Kind::Text(_) | Kind::Other => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(selector: &str) -> Vec<&str> {
        parts(selector).iter().map(|part| part.text).collect()
    }

    #[test]
    fn selectors_are_cut_after_each_simple_selector() {
        assert_eq!(
            texts("main > ul.list#x li[data-a='] .b']:nth-child(2n + 1)::before, .other"),
            ["main", "ul", ".list", "#x", "li", "[data-a='] .b']", ":nth-child(2n + 1)", "::before"]
        );
        assert_eq!(texts(r"a.b\.c+*~:is(p, q)"), ["a", r".b\.c", "*", ":is(p, q)"]);
        assert!(texts("").is_empty());
    }

    #[test]
    fn attributes_are_taken_apart() {
        let kinds: Vec<_> = parts("[a][b=c][d^=\"e f\"]").into_iter().map(|part| part.kind).collect();
        let expected = [Kind::Attribute("a", None), Kind::Attribute("b", Some("c")), Kind::Attribute("d", Some("e f"))];
        assert_eq!(kinds, expected);
    }
}
