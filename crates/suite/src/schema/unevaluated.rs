//! The cost of reading a schema with `unevaluatedProperties` or `unevaluatedItems`. The library follows all references
//! below one of them anew, so references that lead to each other in two branches double its work each time.

use serde_json::Value;
use std::collections::HashMap;

/// How much more work there is below one of the keywords.
const TIMES: u64 = 3;
const KEYWORDS: [&str; 2] = ["unevaluatedProperties", "unevaluatedItems"];

/// The number of values of a schema once its references are followed; zero if it has none of the keywords. A reference
/// that leads back to itself is not followed.
pub(super) fn cost(schema: &Value) -> u64 {
    if !has_keyword(schema) {
        return 0;
    }
    let mut costs = Costs { schema, of: HashMap::new() };
    costs.add(schema, 0)
}

fn has_keyword(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_keyword),
        Value::Object(members) => {
            KEYWORDS.iter().any(|keyword| members.contains_key(*keyword)) || members.values().any(has_keyword)
        }
        _ => false,
    }
}

struct Costs<'s> {
    schema: &'s Value,
    /// By reference; zero while it is being followed
    of: HashMap<&'s str, u64>,
}

/// Most references that are followed from one another; the library's own thread has no room for many more.
const DEEPEST: usize = 500;

impl<'s> Costs<'s> {
    fn add(&mut self, value: &'s Value, depth: usize) -> u64 {
        match value {
            Value::Array(items) => items.iter().fold(1, |sum: u64, item| sum.saturating_add(self.add(item, depth))),
            Value::Object(members) => {
                let own = members.values().fold(1, |sum: u64, member| sum.saturating_add(self.add(member, depth)));
                let references = ["$ref", "$dynamicRef"].into_iter().filter_map(|key| members.get(key)?.as_str());
                let all = references.fold(own, |sum, reference| sum.saturating_add(self.follow(reference, depth)));
                let has_keyword = KEYWORDS.iter().any(|keyword| members.contains_key(*keyword));
                if has_keyword { all.saturating_mul(TIMES) } else { all }
            }
            _ => 1,
        }
    }

    fn follow(&mut self, reference: &'s str, depth: usize) -> u64 {
        if let Some(known) = self.of.get(reference) {
            return *known;
        }
        if depth == DEEPEST {
            return u64::MAX;
        }
        self.of.insert(reference, 0);
        // An anchor may refer to anything, and so to the whole schema.
        let target = reference.strip_prefix('#').and_then(|pointer| self.schema.pointer(pointer));
        let cost = self.add(target.unwrap_or(self.schema), depth + 1);
        self.of.insert(reference, cost);
        cost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::SCHEMA_COST;
    use serde_json::json;

    fn chain(length: usize, keyword: &str) -> Value {
        let next = |n: usize| json!({ "$ref": format!("#/$defs/{}", n + 1) });
        let link = |n: usize| (n.to_string(), json!({ "allOf": [next(n), next(n)], keyword: false }));
        let mut schemas: serde_json::Map<_, _> = (0..length).map(link).collect();
        schemas.insert(length.to_string(), json!({}));
        json!({ "$defs": schemas, "$ref": "#/$defs/0" })
    }

    #[test]
    fn references_below_the_keywords_are_counted_each_time() {
        for keyword in KEYWORDS {
            assert!(cost(&chain(4, keyword)) < SCHEMA_COST);
            assert!(cost(&chain(12, keyword)) > SCHEMA_COST);
            assert!(crate::schema::Schema::new(&chain(40, keyword)).is_err());
        }
        assert_eq!(cost(&chain(40, "additionalProperties")), 0);
    }

    #[test]
    fn a_schema_that_refers_to_itself_is_not_endless() {
        let schema = json!({ "properties": { "a": { "$ref": "#" } }, "unevaluatedProperties": false });
        assert!(cost(&schema) < 100);
    }
}
