//! Splits JSON paths, which the library that evaluates them does not do.

mod cost;

use crate::unclear::Unclear;
use serde_json::Value;
use serde_json_path::JsonPath;
use stepcast_suite::number::ByValue;
use stepcast_suite::patterns::parse_json_path;

/// Most values that an evaluation visits.
const LOOKED_AT: u64 = 10_000_000;
/// Most values that a result may contain; they are copied to be compared and reported.
const LED_TO: usize = 1_000_000;

/// Most segments that are tried one by one when a path leads nowhere.
const MOST_SEGMENTS: usize = 16;

/// Parses a path the way it is evaluated.
pub fn parse(path: &str) -> Result<JsonPath, Unclear> {
    parse_json_path(path).map_err(Unclear)
}

/// All values the path leads to.
pub fn evaluate<'v>(path: &str, value: &'v Value) -> Result<Vec<&'v Value>, Unclear> {
    let query = parse(path)?;
    if cost::cost(path, value) > LOOKED_AT {
        return Err(Unclear(format!(
            "`{path}` takes too long on this JSON; make it more direct, or use fewer repetitions in its patterns"
        )));
    }
    let values = query.query(value).all();
    let mut left = LED_TO;
    if is_singular(path) || values.iter().all(|value| fits(value, &mut left)) {
        return Ok(values);
    }
    Err(Unclear(format!("`{path}` selects more than {LED_TO} values; make it more direct")))
}

/// Like [`evaluate`], for a body with numbers that may need their exact text.
pub fn evaluate_exact<'v>(path: &str, json: &'v ByValue) -> Result<Vec<&'v Value>, Unclear> {
    let values = evaluate(path, &json.nearest)?;
    let Some(exact) = &json.exact else { return Ok(values) };
    // The other copy has each value at the same place.
    let located = parse(path)?.query_located(&json.nearest);
    Ok(located.iter().filter_map(|node| exact.pointer(&node.location().to_json_pointer())).collect())
}

/// Whether a value contains at most `left` values.
fn fits(value: &Value, left: &mut usize) -> bool {
    let Some(less) = left.checked_sub(1) else { return false };
    *left = less;
    match value {
        Value::Array(items) => items.iter().all(|item| fits(item, left)),
        Value::Object(members) => members.values().all(|member| fits(member, left)),
        _ => true,
    }
}

/// Whether the path can lead to one place only: names and indexes, no wildcards, filters, slices or descents (RFC 9535,
/// section 2.3.5.1).
pub fn is_singular(path: &str) -> bool {
    segments(path).iter().all(|segment| is_singular_segment(segment))
}

fn is_singular_segment(segment: &str) -> bool {
    if let Some(inside) = segment.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let inside = inside.trim();
        return inside.parse::<i64>().is_ok() || is_one_quoted(inside);
    }
    segment.starts_with('.') && !segment.starts_with("..") && segment != ".*"
}

/// Whether this is one quoted name and nothing else.
fn is_one_quoted(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(quote) = chars.next().filter(|c| matches!(c, '"' | '\'')) else { return false };
    let mut escaped = false;
    while let Some(c) = chars.next() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return chars.as_str().is_empty(),
            _ => {}
        }
    }
    false
}

/// The longest beginning of the path that leads somewhere, with the value there and the segment that leads nowhere.
/// `None` if even the document is missing, or nothing is.
pub fn longest_match<'a, 'v>(path: &'a str, value: &'v Value) -> Option<(&'a str, &'v Value, &'a str)> {
    let mut longest = None;
    let mut end = 1;
    for segment in segments(path).into_iter().take(MOST_SEGMENTS) {
        let before = &path[..end];
        end += segment.len();
        if evaluate(&path[..end], value).ok()?.is_empty() {
            longest = Some((before, segment));
            break;
        }
    }
    let (before, segment) = longest?;
    let here = evaluate(before, value).ok()?.first().copied()?;
    Some((before, here, segment))
}

/// The name a segment asks for, if it asks for one.
pub fn name_of(segment: &str) -> Option<&str> {
    let bracketed = segment.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).map(str::trim);
    match bracketed {
        Some(inside) if is_one_quoted(inside) => Some(&inside[1..inside.len() - 1]),
        Some(_) => None,
        None => Some(segment.trim_start_matches('.')).filter(|name| *name != "*" && !name.is_empty()),
    }
}

/// The path after `$`, cut before every `.` and `[` that is not inside brackets.
fn segments(path: &str) -> Vec<&str> {
    let mut rest = path.get(1..).unwrap_or_default();
    let mut segments = Vec::new();
    while !rest.is_empty() {
        let (segment, after) = rest.split_at(segment_length(rest));
        segments.push(segment);
        rest = after;
    }
    segments
}

fn segment_length(text: &str) -> usize {
    // A bracket after `..` belongs to the same segment.
    let start = if text.starts_with("..") { 2 } else { usize::from(text.starts_with('.')) };
    let (mut depth, mut quote, mut escaped) = (0, None, false);
    for (at, c) in text.char_indices().skip(start) {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) => quote = Some(open).filter(|open| *open != c),
            (None, '"' | '\'') if depth > 0 => quote = Some(c),
            (None, '.' | '[') if depth == 0 && at > start => return at,
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_into_segments() {
        assert_eq!(
            segments("$.a['b.c'][0]..d[?(@.e[1] == ']')]..[*].*"),
            [".a", "['b.c']", "[0]", "..d", "[?(@.e[1] == ']')]", "..[*]", ".*"]
        );
        assert!(segments("$").is_empty());
    }

    #[test]
    fn what_would_take_a_stack_or_ages_to_be_read_is_told() {
        for (path, told) in [
            (format!("$[?{}@.a{}]", "(".repeat(5_000), ")".repeat(5_000)), "it has 10007 bytes"),
            (format!("$[?{}@.a{}]", "(".repeat(400), ")".repeat(400)), "nested 401 deep"),
            (format!("${}.a{}", "[?@".repeat(22), "]".repeat(22)), "nested too deep to parse in time"),
        ] {
            let error = parse(&path).map(|_| ()).expect_err("beyond a bound").to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn fuzz_json_path() {
        let value =
            serde_json::json!({ "a": [{ "b": 1, "c": "x" }, [2, "bab"]], "b": null, "x": { "a": { "a": [] } } });
        stepcast_fuzz::fuzz(&stepcast_fuzz::languages::JSON_PATH, |path| {
            if evaluate(path, &value).is_ok() {
                let _ = (is_singular(path), longest_match(path, &value).map(|(_, _, segment)| name_of(segment)));
            }
        });
    }

    #[test]
    fn only_names_and_indexes_are_singular() {
        for path in ["$", "$.a.b", "$['a']", "$[\"a'b\"][-1]", r"$['it\'s']"] {
            assert!(is_singular(path), "{path}");
        }
        for path in ["$.*", "$[*]", "$..a", "$[0:2]", "$[0,1]", "$['a','b']", "$[?@.a]"] {
            assert!(!is_singular(path), "{path}");
        }
    }

    #[test]
    fn the_longest_part_that_leads_somewhere_is_found() {
        let value = serde_json::json!({"items": [{"name": "a"}]});
        let found = longest_match("$.items[0].title.length", &value).expect("a part");
        assert_eq!((found.0, found.2), ("$.items[0]", ".title"));
        assert_eq!(name_of(found.2), Some("title"));
        assert!(longest_match("$.items", &value).is_none());
    }
}
