//! Wildcard patterns, in which `*` matches any text: as operators write them, and in `robots.txt`.

/// Whether a text matches a pattern.
pub fn matches(pattern: &str, text: &str) -> bool {
    match up_to_last_star(pattern, text) {
        Some((rest, Some(last))) => rest.ends_with(last),
        Some((rest, None)) => rest.is_empty(),
        None => false,
    }
}

/// Whether the beginning of a text matches a pattern.
pub fn matches_beginning(pattern: &str, text: &str) -> bool {
    match up_to_last_star(pattern, text) {
        Some((rest, Some(last))) => rest.contains(last),
        Some((_, None)) => true,
        None => false,
    }
}

/// The text behind what matches the pattern up to its last `*`, and the part of the pattern behind that. The part before
/// the first `*` is at the beginning; for each part between two, the first place where it occurs is as good as any
/// other.
fn up_to_last_star<'p, 't>(pattern: &'p str, text: &'t str) -> Option<(&'t str, Option<&'p str>)> {
    let mut parts = pattern.split('*');
    let mut rest = text.strip_prefix(parts.next()?)?;
    let last = parts.next_back();
    for part in parts {
        (_, rest) = rest.split_once(part)?;
    }
    Some((rest, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text) in
            [("*", ""), ("a", "a"), ("a*", "a"), ("a*c", "abc"), ("*b*", "abc"), ("a*b*c", "a/b/b/c"), ("a**", "ab")]
        {
            assert!(matches(pattern, text), "`{pattern}` matches `{text}`");
        }
        for (pattern, text) in
            [("a", "ab"), ("a*a", "a"), ("a*bc*c", "abc"), ("*a", "ab"), ("A*", "ab"), ("a.c", "abc")]
        {
            assert!(!matches(pattern, text), "`{pattern}` does not match `{text}`");
        }
    }

    #[test]
    fn a_beginning_may_be_followed_by_anything() {
        for (pattern, text) in [("", "a"), ("a", "ab"), ("a*c", "abcd"), ("*", ""), ("a*b*c", "abbcd")] {
            assert!(matches_beginning(pattern, text), "`{pattern}` matches the beginning of `{text}`");
        }
        for (pattern, text) in [("b", "ab"), ("a*c", "ab"), ("a*b*c", "acb")] {
            assert!(!matches_beginning(pattern, text), "`{pattern}` does not match the beginning of `{text}`");
        }
    }
}
