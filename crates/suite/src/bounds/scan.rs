//! Scans a text for its brackets, without parsing it.
//!
//! Quotes, escapes and comments are those of CSS. JSONPath has fewer of them; its library rejects the differences
//! before it gets any deeper.

/// A bracket outside of quotes and comments.
struct Bracket {
    at: usize,
    opens: bool,
    /// Whether it begins the selectors of a segment or the arguments of a function
    is_read_again: bool,
}

/// The nesting depth of the brackets.
pub(super) fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for bracket in brackets(text) {
        depth = if bracket.opens { depth + 1 } else { depth.saturating_sub(1) };
        deepest = deepest.max(depth);
    }
    deepest
}

/// How many bytes of a JSONPath its library reads, given that it reads the contents of square brackets and the
/// arguments of functions twice.
pub(super) fn readings(text: &str) -> u64 {
    let (mut open, mut times, mut from, mut sum) = (Vec::new(), 1_u64, 0, 0_u64);
    let bytes = |from: usize, to: usize| u64::try_from(to - from).unwrap_or(u64::MAX);
    for Bracket { at, opens, is_read_again } in brackets(text) {
        sum = sum.saturating_add(times.saturating_mul(bytes(from, at)));
        from = at;
        if opens {
            open.push(times);
            times = if is_read_again { times.saturating_mul(2) } else { times };
        } else {
            times = open.pop().unwrap_or(1);
        }
    }
    sum.saturating_add(times.saturating_mul(bytes(from, text.len())))
}

#[expect(clippy::match_same_arms, reason = "the order of the arms says which of them decides")]
fn brackets(text: &str) -> impl Iterator<Item = Bracket> {
    let bytes = text.as_bytes();
    let (mut quote, mut in_comment, mut next) = (None, false, 0);
    // The closing brackets of those that are open; any other closing bracket closes nothing.
    let mut closing = Vec::new();
    std::iter::from_fn(move || {
        while let Some(byte) = bytes.get(next) {
            let at = next;
            next += 1;
            match (byte, quote) {
                (b'*', _) if in_comment && bytes.get(next) == Some(&b'/') => {
                    in_comment = false;
                    next += 1;
                }
                _ if in_comment => {}
                (b'\\', _) => next += 1,
                (b'\n' | b'\r' | b'\x0c', _) => quote = None,
                (byte, Some(open)) if *byte == open => quote = None,
                (_, Some(_)) => {}
                (b'"' | b'\'', None) => quote = Some(*byte),
                (b'/', None) if bytes.get(next) == Some(&b'*') => {
                    in_comment = true;
                    next += 1;
                }
                (b'(' | b'[' | b'{', None) => {
                    closing.push(match byte {
                        b'(' => b')',
                        b'[' => b']',
                        _ => b'}',
                    });
                    let follows_name = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
                    return Some(Bracket { at, opens: true, is_read_again: *byte == b'[' || follows_name });
                }
                (byte, None) if closing.last() == Some(byte) => {
                    closing.pop();
                    return Some(Bracket { at, opens: false, is_read_again: false });
                }
                _ => {}
            }
        }
        None
    })
}
