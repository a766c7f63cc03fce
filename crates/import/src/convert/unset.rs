//! Variables that have to be given with the run.

use crate::yaml::Yaml;
use serde_json::Value;
use std::collections::BTreeSet;
use stepcast_suite::template;

/// The names that neither `vars` nor an earlier step of the same test gives a value, in the order of their first use.
pub(super) fn variables(suite: &Yaml) -> Vec<String> {
    let suite = suite.to_json();
    let vars = suite["vars"].as_object().cloned().unwrap_or_default();
    let made = template::MADE.map(str::to_owned);
    let mut unset = Unset { known: vars.keys().cloned().chain(made).collect(), missing: Vec::new() };
    vars.values().for_each(|value| unset.look_at(value));
    for test in suite["tests"].as_array().into_iter().flatten() {
        let given = unset.known.clone();
        for step in test["steps"].as_array().into_iter().flatten() {
            unset.look_at_step(step);
        }
        unset.known = given;
    }
    unset.missing
}

struct Unset {
    known: BTreeSet<String>,
    missing: Vec<String>,
}

impl Unset {
    /// The checks of a step can use its own captures.
    fn look_at_step(&mut self, step: &Value) {
        let keys = || step.as_object().into_iter().flatten();
        keys().filter(|(key, _)| *key != "expect").for_each(|(_, value)| self.look_at(value));
        self.known.extend(step["capture"].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        self.look_at(&step["expect"]);
    }

    fn look_at(&mut self, value: &Value) {
        match value {
            Value::String(text) => {
                for name in template::names(text) {
                    if !self.known.contains(name) && !self.missing.iter().any(|missing| missing == name) {
                        self.missing.push(name.to_owned());
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.look_at(item)),
            Value::Object(members) => members.values().for_each(|member| self.look_at(member)),
            _ => {}
        }
    }
}
