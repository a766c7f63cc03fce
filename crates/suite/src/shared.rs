//! The patterns and schemas that all parts of a suite share: each is read once, and the room for them is limited.

use super::quote::shorten;
use crate::bounds::{INHERITED_BYTES, SUITE_PATTERN_COST, SUITE_SCHEMA_COST};
use crate::pattern::{Pattern, cost_of_reading};
use crate::schema::{self, Schema, SchemaError};
use serde_json::Value;
use std::collections::HashMap;

/// The least cost of a schema, however small, in values.
const SCHEMA: usize = 50;
/// How often the patterns of a schema are compiled.
const IN_SCHEMA: usize = 3;

/// The parts of a suite read so far, and the room that is left.
#[derive(Debug)]
pub(super) struct Shared {
    /// The number of groups of each pattern, or why it is invalid
    patterns: HashMap<String, Result<usize, String>>,
    schemas: HashMap<String, Result<(), SchemaError>>,
    pattern_cost: usize,
    schema_cost: usize,
    inherited: usize,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            patterns: HashMap::new(),
            schemas: HashMap::new(),
            pattern_cost: SUITE_PATTERN_COST,
            schema_cost: SUITE_SCHEMA_COST,
            inherited: INHERITED_BYTES,
        }
    }
}

impl Shared {
    /// The number of groups of a pattern, or why a text is not one.
    pub fn pattern(&mut self, text: &str) -> Result<usize, String> {
        if let Some(known) = self.patterns.get(text) {
            return known.clone();
        }
        let read = self.read_pattern(text);
        self.patterns.insert(text.to_owned(), read.clone());
        read
    }

    fn read_pattern(&mut self, text: &str) -> Result<usize, String> {
        spend(&mut self.pattern_cost, cost_of_reading(text)).map_err(|Spent| too_many_patterns())?;
        let pattern =
            Pattern::new(text).map_err(|error| format!("`{}` is not a regular expression: {error}", shorten(text)))?;
        spend(&mut self.pattern_cost, pattern.size()).map_err(|Spent| too_many_patterns())?;
        Ok(pattern.groups())
    }

    /// Whether a value is a JSON Schema.
    pub fn schema(&mut self, value: &Value) -> Result<(), SchemaError> {
        let text = value.to_string();
        if let Some(known) = self.schemas.get(&text) {
            return known.clone();
        }
        let read = self.read_schema(value);
        self.schemas.insert(text, read.clone());
        read
    }

    fn read_schema(&mut self, value: &Value) -> Result<(), SchemaError> {
        let over = |message: String| SchemaError { message, pointer: String::new() };
        spend(&mut self.schema_cost, SCHEMA + schema::parts(value)).map_err(|Spent| {
            over(format!("the schemas of this suite have more than {SUITE_SCHEMA_COST} values; split the suite"))
        })?;
        // Their cost is known only once they are compiled, so one too many may be compiled.
        for pattern in schema::patterns(value) {
            let cost = cost_of_reading(pattern) + Pattern::new(pattern).map_or(0, |pattern| pattern.size());
            spend(&mut self.pattern_cost, cost.saturating_mul(IN_SCHEMA)).map_err(|Spent| over(too_many_patterns()))?;
        }
        Schema::new(value).map(|_| ())
    }

    /// Whether a step may inherit this many bytes from the defaults.
    pub fn inherit(&mut self, bytes: usize) -> Result<(), String> {
        spend(&mut self.inherited, bytes).map_err(|Spent| {
            format!(
                "the steps so far inherit more than {INHERITED_BYTES} bytes from `defaults`; make the defaults shorter"
            )
        })
    }
}

/// There is less left than is needed.
struct Spent;

fn spend(left: &mut usize, cost: usize) -> Result<(), Spent> {
    let less = left.checked_sub(cost);
    *left = less.unwrap_or_default();
    less.map(|_| ()).ok_or(Spent)
}

fn too_many_patterns() -> String {
    format!(
        "the patterns of this suite take more than {SUITE_PATTERN_COST} bytes of memory together; use fewer or smaller \
         repetitions, or split the suite"
    )
}
