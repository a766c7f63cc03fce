//! Multiplies a test by its `each`: every combination of the values, the last name turning fastest.

use crate::engine::scope::Scope;
use std::collections::BTreeMap;
use stepcast_protocol::suite::{Axis, Test};
use stepcast_protocol::template;

/// Why the values of an `each` cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EachError {
    /// A value refers to a secret
    #[error("test `{test}`: a value of `each.{variable}` uses a secret")]
    Secret {
        /// The test
        test: String,
        /// The variable
        variable: String,
    },
    /// A value refers to a name nobody gave
    #[error("test `{test}`: a value of `each.{variable}` uses `${{{missing}}}`, which has no value")]
    Undefined {
        /// The test
        test: String,
        /// The variable
        variable: String,
        /// The name
        missing: String,
    },
}

impl EachError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Secret { .. } => "plans are stored, so they hold no secrets; use it in the request itself",
            Self::Undefined { .. } => "give it with `--var`, or under `vars`",
        }
    }
}

/// How many combinations there are.
pub fn count(test: &Test) -> usize {
    test.each.iter().map(|axis| axis.rows.len()).fold(1, usize::saturating_mul)
}

/// All combinations. Values may be templates over the variables of the run.
pub fn combinations(test: &Test, scope: &Scope) -> Result<Vec<BTreeMap<String, String>>, EachError> {
    let mut combinations = vec![BTreeMap::new()];
    for axis in &test.each {
        let rows: Vec<BTreeMap<String, String>> =
            axis.rows.iter().map(|row| fill_in(test, axis, row, scope)).collect::<Result<_, _>>()?;
        let with_each_row = |combination: &BTreeMap<String, String>| -> Vec<BTreeMap<String, String>> {
            rows.iter()
                .map(|row| combination.iter().chain(row).map(|(k, v)| (k.clone(), v.clone())).collect())
                .collect()
        };
        combinations = combinations.iter().flat_map(with_each_row).collect();
    }
    Ok(combinations)
}

fn fill_in(test: &Test, axis: &Axis, row: &[String], scope: &Scope) -> Result<BTreeMap<String, String>, EachError> {
    let values = axis.names.iter().zip(row);
    values.map(|(variable, value)| Ok((variable.clone(), fill_in_value(test, variable, value, scope)?))).collect()
}

fn fill_in_value(test: &Test, variable: &str, value: &str, scope: &Scope) -> Result<String, EachError> {
    let (test, variable) = (test.name.clone(), variable.to_owned());
    if template::names(value).iter().any(|name| scope.is_secret(name)) {
        return Err(EachError::Secret { test, variable });
    }
    template::render(value, scope).map_err(|missing| EachError::Undefined { test, variable, missing: missing.0 })
}

/// The test's name for one combination. What the name does not use stands behind it, or results would not be told
/// apart; of a table that is the first column, where the name uses none of it.
pub fn name(test: &Test, variables: &BTreeMap<String, String>, scope: &Scope) -> String {
    let used = template::names(&test.name);
    let shown = |axis: &&Axis| !axis.names.iter().any(|name| used.contains(&name.as_str()));
    let unused: Vec<String> = test
        .each
        .iter()
        .filter(shown)
        .filter_map(|axis| axis.names.first())
        .filter_map(|variable| Some(format!("{variable}={}", variables.get(variable)?)))
        .collect();
    let name = scope.show(&test.name);
    if unused.is_empty() { name } else { format!("{name} [{}]", unused.join(", ")) }
}
