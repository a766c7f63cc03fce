//! The patterns of a filter's `match` and `search` (RFC 9535, section 2.4.6 and 2.4.7).

use stepcast_suite::bounds::PATTERN_BYTES;
use stepcast_suite::pattern::Pattern;

/// The compiled size of each pattern, in bytes. A pattern taken from the page may be as large as allowed.
pub fn sizes(filter: &str) -> impl Iterator<Item = u64> {
    let calls = ["match(", "search("].into_iter().flat_map(|name| filter.split(name).skip(1));
    calls.map(|call| pattern_of(call).map_or(PATTERN_BYTES, |text| size(&text))).map(|size| size as u64)
}

/// The compiled size. A pattern that is too large costs as much as the largest, because each attempt finds that out
/// anew.
fn size(text: &str) -> usize {
    Pattern::new(text).map_or(PATTERN_BYTES, |pattern| pattern.size())
}

/// The second argument, if it is a text. `call` begins after the opening parenthesis.
fn pattern_of(call: &str) -> Option<String> {
    let mut argument = arguments(call).nth(1)?.trim().chars();
    let quote = argument.next().filter(|c| matches!(c, '"' | '\''))?;
    let (mut text, mut is_escaped) = (String::new(), false);
    for c in argument {
        match c {
            '\\' if !is_escaped => is_escaped = true,
            c if c == quote && !is_escaped => return Some(text),
            c => {
                // Escapes for other characters change a pattern's size by little.
                text.push(c);
                is_escaped = false;
            }
        }
    }
    None
}

/// The arguments, split at commas that are neither quoted nor in brackets.
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
