//! Multiplies a test by its `each`: every combination of the values, the last name varying fastest.

use crate::scope::Scope;
use std::collections::BTreeMap;
use stepcast_suite::limits::VARIABLE_BYTES;
use stepcast_suite::template;
use stepcast_suite::{Axis, Test};

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
    /// A value grows too long
    #[error("test `{test}`: a value of `each.{variable}` is longer than {VARIABLE_BYTES} bytes once it is filled in")]
    TooLong {
        /// The test
        test: String,
        /// The variable
        variable: String,
    },
    /// A value refers to an undefined name
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
    /// How to fix it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Secret { .. } => "plans are stored, so they hold no secrets; use it in the request itself",
            Self::TooLong { .. } => "let it use fewer or shorter variables",
            Self::Undefined { .. } => "give it with `--var`, or under `vars`",
        }
    }
}

/// How many combinations there are.
pub fn count(test: &Test) -> usize {
    test.each.iter().map(|axis| axis.rows.len()).fold(1, usize::saturating_mul)
}

/// All combinations of a test, created one after the other: there may be thousands.
pub struct Combinations {
    /// The rows of each axis, filled in
    axes: Vec<Vec<BTreeMap<String, String>>>,
    count: usize,
}

impl Combinations {
    /// The combinations of a test. Values may be templates over the variables of the run.
    pub fn of(test: &Test, scope: &Scope) -> Result<Self, EachError> {
        let fill_in = |axis: &Axis| {
            axis.rows.iter().map(|row| fill_in(test, axis, row, scope)).collect::<Result<Vec<_>, EachError>>()
        };
        Ok(Self { axes: test.each.iter().map(fill_in).collect::<Result<_, _>>()?, count: count(test) })
    }

    /// The number of combinations.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The bytes of all combinations in total.
    pub fn bytes(&self) -> usize {
        let length = |row: &BTreeMap<String, String>| -> usize {
            row.iter().map(|(name, value)| name.len() + value.len()).sum()
        };
        let of_axis = |rows: &Vec<BTreeMap<String, String>>| {
            let bytes: usize = rows.iter().map(length).sum();
            bytes.saturating_mul(self.count / rows.len().max(1))
        };
        self.axes.iter().map(of_axis).fold(0, usize::saturating_add)
    }

    /// The combination with this number, from 0.
    pub fn get(&self, number: usize) -> BTreeMap<String, String> {
        let (mut variables, mut left) = (BTreeMap::new(), number);
        for rows in self.axes.iter().rev() {
            variables.extend(rows[left % rows.len()].clone());
            left /= rows.len();
        }
        variables
    }
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
    if scope.filled_in_length(value) > VARIABLE_BYTES + value.len() {
        return Err(EachError::TooLong { test, variable });
    }
    template::render(value, scope).map_err(|missing| EachError::Undefined { test, variable, missing: missing.0 })
}

/// The test's name for one combination. Variables that the name does not use are appended, to tell the results apart. A
/// table adds its first column, if the name uses none of its columns.
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

#[cfg(test)]
mod tests {
    use super::*;
    use stepcast_suite::Suite;

    fn combinations(each: &str) -> Combinations {
        let text = format!("suite: s\ntests: [{{ name: t, get: 'http://h/', each: {each} }}]");
        let suite = Suite::parse(&text).expect("a suite");
        Combinations::of(&suite.tests[0], &Scope::default()).expect("values")
    }

    #[test]
    fn the_last_name_turns_fastest() {
        let combinations = combinations("{ a: [1, 2], b: [x, y, z] }");
        let joined = |variables: BTreeMap<String, String>| variables.into_values().collect::<Vec<_>>().concat();
        let all: Vec<String> = (0..combinations.count()).map(|number| joined(combinations.get(number))).collect();
        assert_eq!(all, ["1x", "1y", "1z", "2x", "2y", "2z"]);
        assert_eq!(combinations.bytes(), 6 * "a1bx".len());
        assert_eq!(Combinations { axes: Vec::new(), count: 1 }.get(0), BTreeMap::new());
    }
}
