//! Estimates how many values an evaluation would visit, before it starts, because it cannot be stopped.
//!
//! `..` leads to everything below, once for every way there: on a million values, `$..*..*..*` gives more than fits
//! into memory. How many ways lead to a value depends on its depth, so it is enough to count the values of each depth.
//! Names are assumed to match everything.

mod patterns;

use super::segments;
use patterns::sizes;
use serde_json::Value;

/// The cost of matching a pattern against a value, however small it is: the pattern is compiled each time.
const PATTERN: u64 = 200;
/// Bytes of a pattern that are compiled in the time of one visit.
const COMPILED: u64 = 20;
/// Bytes of a pattern times bytes of text that are matched in the time of one visit.
const MATCHED: u64 = 10_000;

/// The most values that the evaluation visits.
pub fn cost(path: &str, value: &Value) -> u64 {
    let depths = Depths::of(value);
    let mut ways = Ways::of_root(depths.values.len());
    let mut cost = 0_u64;
    for segment in segments(path) {
        ways = ways.further(segment.starts_with(".."), selectors(segment));
        cost = cost.saturating_add(depths.reached(&ways));
        if segment.contains('?') {
            cost = cost.saturating_add(of_filter(segment, &ways, &depths));
        }
    }
    cost
}

/// The number of values at each depth, and the bytes of all texts.
struct Depths {
    values: Vec<u64>,
    text: u64,
}

impl Depths {
    fn of(value: &Value) -> Self {
        let mut depths = Self { values: Vec::new(), text: 0 };
        depths.count(value, 0);
        depths
    }

    fn count(&mut self, value: &Value, depth: usize) {
        if self.values.len() == depth {
            self.values.push(0);
        }
        self.values[depth] += 1;
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.count(item, depth + 1)),
            Value::Object(members) => members.values().for_each(|member| self.count(member, depth + 1)),
            Value::String(text) => self.text += u64::try_from(text.len()).unwrap_or(u64::MAX),
            _ => {}
        }
    }

    fn all(&self) -> u64 {
        self.values.iter().sum()
    }

    fn reached(&self, ways: &Ways) -> u64 {
        let each = self.values.iter().zip(&ways.0).map(|(values, ways)| values.saturating_mul(*ways));
        each.fold(0, u64::saturating_add)
    }
}

/// The number of ways that lead to a value of each depth.
struct Ways(Vec<u64>);

impl Ways {
    fn of_root(depths: usize) -> Self {
        Self((0..depths).map(|depth| u64::from(depth == 0)).collect())
    }

    fn most(&self) -> u64 {
        self.0.iter().copied().max().unwrap_or_default()
    }

    /// The ways after one more segment.
    fn further(&self, is_descent: bool, selectors: u64) -> Self {
        let mut above = 0_u64;
        let further = self.0.iter().map(|ways| {
            let here = above.saturating_mul(selectors);
            above = if is_descent { above.saturating_add(*ways) } else { *ways };
            here
        });
        Self(further.collect())
    }
}

/// The number of selectors in a segment; each may lead to the same values again.
fn selectors(segment: &str) -> u64 {
    segment.matches(',').map(|_| 1).sum::<u64>() + 1
}

/// The total cost of the queries in a filter.
fn of_filter(segment: &str, ways: &Ways, depths: &Depths) -> u64 {
    let reached = depths.reached(ways);
    let text = depths.text.saturating_mul(ways.most());
    let mut cost = 0_u64;
    for size in sizes(segment) {
        cost = cost.saturating_add(reached.saturating_mul(PATTERN + size / COMPILED));
        cost = cost.saturating_add(text.saturating_mul(size) / MATCHED);
    }
    // Each query of a filter runs for each value.
    let questions = u64::try_from(segment.matches('@').count()).unwrap_or(u64::MAX);
    cost = cost.saturating_add(reached.saturating_mul(questions.saturating_sub(1)));
    let descents = segment.matches("..").skip(usize::from(segment.starts_with("..")));
    let mut below = ways.further(false, 1);
    cost = cost.saturating_add(depths.reached(&below));
    let mut everywhere = reached;
    for _ in descents {
        below = below.further(true, 1);
        everywhere = everywhere.saturating_mul(depths.all());
        cost = cost.saturating_add(depths.reached(&below));
    }
    // A query from the root runs again for every value.
    if segment.contains('$') { cost.saturating_add(everywhere) } else { cost }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_way_to_a_value_counts() {
        let value = json!({ "a": { "b": [1, 2] }, "c": 3 });
        for (path, expected) in [
            ("$", 0),
            ("$.a", 2),
            ("$.a.b", 3),
            ("$..*", 5),
            ("$..*..*", 5 + 1 + 4),
            ("$['a','c']", 4),
            ("$[?@ > 1]", 2 + 1),
            ("$[?@..x]", 2 + 1 + 2),
            ("$[?$..x]", 2 + 1 + 2 + 2 * 6),
        ] {
            assert_eq!(cost(path, &value), expected, "{path}");
        }
    }

    #[test]
    fn patterns_cost_what_they_take_to_be_compiled_and_matched() {
        let of = |path: &str, text: &str| cost(path, &json!([text, text]));
        assert!((2 * PATTERN..5 * PATTERN).contains(&of("$[?match(@, 'a')]", "")));
        assert!(of(r"$[?match(@, '\\w{1,50}')]", "") > 100_000);
        assert!(of("$[?match(@, $[0])]", "") > 1_000_000, "a pattern of the page may be any");
        let (short, long) = ("x".repeat(1_000), "x".repeat(2_000));
        assert!(of(r"$[?search(@, '\\w')]", &long) > of(r"$[?search(@, '\\w')]", &short));
    }
}
