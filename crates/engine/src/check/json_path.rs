//! Evaluates JSON paths (RFC 9535).
//!
//! The work is counted while it is done: a path with several `..` leads to the same values on many ways, and a filter
//! asks its question of every value. Numbers are compared by their digits, however many they are.

mod condition;
mod evaluation;

use crate::unclear::Unclear;
use evaluation::{Evaluation, TooMuch};
use serde_json::Value;
use stepcast_suite::json_path::{JsonPath, Segment};
use stepcast_suite::number;

/// Most values that a result may contain; they are copied to be compared and reported.
const LED_TO: usize = 1_000_000;

/// Most segments that are tried one by one when a path leads nowhere.
const MOST_SEGMENTS: usize = 16;

/// Reads a path.
pub fn parse(path: &str) -> Result<JsonPath, Unclear> {
    JsonPath::parse(path).map_err(|error| Unclear(error.to_string()))
}

/// All values the path leads to.
pub fn evaluate<'v>(path: &JsonPath, value: &'v Value) -> Result<Vec<&'v Value>, Unclear> {
    let text = path.beginning(path.segments().len());
    let values = Evaluation::of(value).segments(path.segments(), vec![value]).map_err(|problem| {
        Unclear(match problem {
            TooMuch::Work => format!(
                "`{text}` takes too long on this JSON; make it more direct, or use fewer repetitions in its patterns"
            ),
            TooMuch::Pattern(pattern, problem) => format!("the pattern `{pattern}` of `{text}` {problem}"),
        })
    })?;
    let mut left = LED_TO;
    if path.is_singular() || values.iter().all(|value| fits(value, &mut left)) {
        return Ok(values);
    }
    Err(Unclear(format!("`{text}` selects more than {LED_TO} values; make it more direct")))
}

/// The items of a list or the members of an object; a number beyond 64 bits is kept as an object and has none.
fn children(value: &Value) -> impl DoubleEndedIterator<Item = &Value> {
    let items = value.as_array();
    let members = value.as_object().filter(|_| number::held_text(value).is_none());
    items.into_iter().flatten().chain(members.into_iter().flat_map(serde_json::Map::values))
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

/// The longest beginning of a path that leads somewhere.
#[derive(Debug)]
pub struct Longest<'p, 'v> {
    /// The beginning
    pub beginning: &'p str,
    /// A value it leads to
    pub value: &'v Value,
    /// The same with the segment that leads nowhere
    pub beyond: &'p str,
    /// That segment
    pub segment: &'p Segment,
}

/// The longest beginning of the path that leads somewhere. `None` if the whole path does, or its beginning cannot be
/// evaluated.
pub fn longest_match<'p, 'v>(path: &'p JsonPath, value: &'v Value) -> Option<Longest<'p, 'v>> {
    let mut here = vec![value];
    for (place, segment) in path.segments().iter().enumerate().take(MOST_SEGMENTS) {
        let next = Evaluation::of(value).segments(std::slice::from_ref(segment), here.clone()).ok()?;
        if next.is_empty() {
            let (beginning, beyond) = (path.beginning(place), path.beginning(place + 1));
            return Some(Longest { beginning, value: here.first()?, beyond, segment });
        }
        here = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found<'v>(path: &str, value: &'v Value) -> Result<Vec<&'v Value>, Unclear> {
        evaluate(&parse(path)?, value)
    }

    #[test]
    fn a_path_beyond_a_bound_is_refused() {
        for (path, expected) in [
            (format!("$[?{}@.a{}]", "(".repeat(5_000), ")".repeat(5_000)), "it has 10007 bytes"),
            (format!("$[?{}@.a{}]", "(".repeat(400), ")".repeat(400)), "nested 401 deep"),
        ] {
            let error = found(&path, &json!([])).expect_err("beyond a bound").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    /// As deep as a path may nest, on JSON as deep as it may nest, on a stack of 2 MiB.
    #[test]
    fn filters_in_filters_need_little_of_the_stack() {
        let deep = (0..120).fold(json!(1), |inner, _| json!({ "a": inner }));
        let path = format!("${}.a{}", "..[?@".repeat(31), "]".repeat(31));
        assert!(found(&path, &deep).is_err_and(|error| error.to_string().contains("takes too long")));
    }

    #[test]
    fn fuzz_json_path() {
        let value = json!({ "a": [{ "b": 1, "c": "x" }, [2, "bab"]], "b": null, "x": { "a": { "a": [] } } });
        stepcast_fuzz::fuzz(&stepcast_fuzz::languages::JSON_PATH, |path| {
            if let Ok(path) = parse(path) {
                let is_nowhere = evaluate(&path, &value).is_ok_and(|found| found.is_empty());
                assert!(is_nowhere || longest_match(&path, &value).is_none());
            }
        });
    }

    #[test]
    fn the_longest_part_that_leads_somewhere_is_found() {
        let value = json!({"items": [{"name": "a"}]});
        let path = parse("$.items[0].title.length").expect("a path");
        let longest = longest_match(&path, &value).expect("a part");
        assert_eq!((longest.beginning, longest.beyond), ("$.items[0]", "$.items[0].title"));
        assert_eq!(longest.segment.name(), Some("title"));
        assert!(longest_match(&parse("$.items").expect("a path"), &value).is_none());
    }

    #[test]
    fn numbers_are_compared_by_their_digits() {
        let value = number::read("[9007199254740992, 9007199254740993, 1e400, 12345678901234567890123, 0.1, 1e-1]");
        let value = value.expect("JSON");
        let texts = |path: &str| -> Vec<String> {
            found(path, &value).expect(path).iter().map(|value| number::to_text(value)).collect()
        };
        assert_eq!(texts("$[?@ <= 9007199254740991]"), ["0.1", "1e-1"]);
        assert_eq!(texts("$[?@ == 0.1]"), ["0.1", "1e-1"]);
        assert_eq!(texts("$[?@ == $[0]]"), ["9007199254740992"]);
        assert_eq!(texts("$[?@ > $[3]]"), ["1e400"]);
        assert_eq!(texts("$..*").len(), 6, "a large number is one value");
    }

    #[test]
    fn a_pattern_is_compiled_once_and_its_work_counts() {
        let many = json!(vec!["ab".repeat(500); 2_000]);
        assert_eq!(found(r"$[?match(@, '(ab)+')]", &many).expect("found").len(), 2_000);
        assert!(found(r"$[?search(@, '\\w{1,100}x')]", &many).is_ok(), "compiled for each, it would take minutes");
        let own: Value = (0..2_000).map(|number| json!({ "a": "a", "p": format!(r"\w{{1,50}}{number}") })).collect();
        let error = found("$[?match(@.a, @.p)]", &own).expect_err("2,000 patterns");
        assert!(error.to_string().contains("takes too long"), "{error}");
        assert!(found("$[?match(@, '[')]", &many).expect("found").is_empty(), "an invalid pattern matches nothing");
    }
}
