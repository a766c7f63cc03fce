//! How much an evaluation would look at, found out before it is made, because it cannot be stopped.
//!
//! `..` leads to everything below, once for every way there: of a million values, `$..*..*..*` makes more than there is
//! memory for. How many ways lead to a value depends on how deep it stands, so counting the values of each depth is
//! enough. Names are taken to match everything.

use super::segments;
use serde_json::Value;

/// What matching a pattern costs, which is compiled each time.
const PATTERN: u64 = 200;

/// At most so many values are looked at.
pub fn cost(path: &str, value: &Value) -> u64 {
    let depths = Depths::of(value);
    let mut ways = Ways::of_root(depths.0.len());
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

/// How many values there are of each depth.
struct Depths(Vec<u64>);

impl Depths {
    fn of(value: &Value) -> Self {
        let mut depths = Self(Vec::new());
        depths.count(value, 0);
        depths
    }

    fn count(&mut self, value: &Value, depth: usize) {
        if self.0.len() == depth {
            self.0.push(0);
        }
        self.0[depth] += 1;
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.count(item, depth + 1)),
            Value::Object(members) => members.values().for_each(|member| self.count(member, depth + 1)),
            _ => {}
        }
    }

    fn all(&self) -> u64 {
        self.0.iter().sum()
    }

    fn reached(&self, ways: &Ways) -> u64 {
        let each = self.0.iter().zip(&ways.0).map(|(values, ways)| values.saturating_mul(*ways));
        each.fold(0, u64::saturating_add)
    }
}

/// In how many ways a value of each depth is reached.
struct Ways(Vec<u64>);

impl Ways {
    fn of_root(depths: usize) -> Self {
        Self((0..depths).map(|depth| u64::from(depth == 0)).collect())
    }

    /// After one segment more.
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

/// How many selectors a segment has, each of which may lead to the same values again.
fn selectors(segment: &str) -> u64 {
    segment.matches(',').map(|_| 1).sum::<u64>() + 1
}

/// What the questions of a filter cost, all together.
fn of_filter(segment: &str, ways: &Ways, depths: &Depths) -> u64 {
    let reached = depths.reached(ways);
    let patterns: u64 = ["match(", "search("].iter().flat_map(|name| segment.matches(name)).map(|_| PATTERN).sum();
    let mut cost = reached.saturating_mul(patterns);
    let descents = segment.matches("..").skip(usize::from(segment.starts_with("..")));
    let mut below = ways.further(false, 1);
    cost = cost.saturating_add(depths.reached(&below));
    let mut everywhere = reached;
    for _ in descents {
        below = below.further(true, 1);
        everywhere = everywhere.saturating_mul(depths.all());
        cost = cost.saturating_add(depths.reached(&below));
    }
    // What begins at the root is asked anew for every value.
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
            ("$[?match(@, 'a')]", 2 * (2 + 1 + 2 * PATTERN)),
        ] {
            assert_eq!(cost(path, &value), expected, "{path}");
        }
    }
}
