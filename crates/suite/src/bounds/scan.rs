//! Scans a text for its brackets, without parsing it.
//!
//! Quotes, escapes and comments are those of CSS. JSONPath has fewer of them; its parser rejects the differences
//! before it gets any deeper.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

/// The nesting depth of the brackets.
pub(super) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for opens in brackets(text) {
        depth = if opens { depth.saturating_add(1) } else { depth.saturating_sub(1) };
        deepest = deepest.max(depth);
    }
    deepest
}

/// The brackets outside of quotes and comments: whether each opens.
#[expect(clippy::match_same_arms, reason = "the order of the arms says which of them decides")]
fn brackets(text: &str) -> impl Iterator<Item = bool> {
    let mut bytes = text.bytes().peekable();
    let (mut quote, mut in_comment) = (None, false);
    // The closing brackets of those that are open; any other closing bracket closes nothing.
    let mut closing = Vec::new();
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.next() {
            match (byte, quote) {
                (b'*', _) if in_comment && bytes.next_if_eq(&b'/').is_some() => in_comment = false,
                _ if in_comment => {}
                (b'\\', _) => {
                    bytes.next();
                }
                (b'\n' | b'\r' | b'\x0c', _) => quote = None,
                (byte, Some(open)) if byte == open => quote = None,
                (_, Some(_)) => {}
                (b'"' | b'\'', None) => quote = Some(byte),
                (b'/', None) if bytes.next_if_eq(&b'*').is_some() => in_comment = true,
                (b'(' | b'[' | b'{', None) => {
                    closing.push(match byte {
                        b'(' => b')',
                        b'[' => b']',
                        _ => b'}',
                    });
                    return Some(true);
                }
                (byte, None) if closing.last() == Some(&byte) => {
                    closing.pop();
                    return Some(false);
                }
                _ => {}
            }
        }
        None
    })
}
