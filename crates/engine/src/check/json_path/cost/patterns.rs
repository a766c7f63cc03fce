//! The patterns of a filter's `match` and `search` (RFC 9535, section 2.4.6 and 2.4.7).

use stepcast_suite::bounds::PATTERN_BYTES;
use stepcast_suite::pattern::Pattern;

/// How large each pattern is, compiled, in bytes. One that is taken from the page may be as large as any.
pub fn sizes(filter: &str) -> impl Iterator<Item = u64> {
    let calls = ["match(", "search("].into_iter().flat_map(|name| filter.split(name).skip(1));
    calls.map(|call| pattern_of(call).map_or(PATTERN_BYTES, |text| size(&text))).map(|size| size as u64)
}

/// One that is too large costs as much as the largest, because that is found out each time.
fn size(text: &str) -> usize {
    Pattern::new(text).map_or(PATTERN_BYTES, |pattern| pattern.size())
}

/// The second argument, if it is a text. `call` is what stands behind the opening parenthesis.
fn pattern_of(call: &str) -> Option<String> {
    let mut argument = arguments(call).nth(1)?.trim().chars();
    let quote = argument.next().filter(|c| matches!(c, '"' | '\''))?;
    let (mut text, mut is_escaped) = (String::new(), false);
    for c in argument {
        match c {
            '\\' if !is_escaped => is_escaped = true,
            c if c == quote && !is_escaped => return Some(text),
            c => {
                // Escapes that stand for other characters change a pattern's size by little.
                text.push(c);
                is_escaped = false;
            }
        }
    }
    None
}

/// What stands between commas that are neither quoted nor in brackets.
fn arguments(call: &str) -> impl Iterator<Item = &str> {
    let (mut depth, mut quote, mut is_escaped) = (0_i32, None, false);
    call.split(move |c: char| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match (quote, c) {
            (Some(_), '\\') => is_escaped = !was_escaped,
            (Some(open), c) if c == open && !was_escaped => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth -= 1,
            (None, ',') => return depth == 0,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_argument_is_the_pattern() {
        for (call, expected) in [
            ("@.a, 'b.*')]", Some("b.*")),
            (r#"@['a,b'] , "c\\d" ) || @.x"#, Some(r"c\d")),
            (r"@.a, 'it\'s, (x')", Some("it's, (x")),
            ("value(@..a), 'b'", Some("b")),
            ("@.a, $.pattern)", None),
            ("@.a)", None),
        ] {
            assert_eq!(pattern_of(call).as_deref(), expected, "{call}");
        }
    }
}
