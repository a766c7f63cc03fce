//! Patterns as operators write them, in which `*` matches any text.

/// Whether a text matches a pattern. The parts before the first `*` and after the last are fixed; for each part in
/// between, the first place where it occurs is as good as any other.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| text.strip_prefix(start)) else { return false };
    let Some(end) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(end)
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
}
