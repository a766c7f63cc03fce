//! The variables of one test run.
//!
//! Later sources win: the suite's `vars`, the variables given with the run, the values of `each` and `page`, captures.
//! Only the suite's own variables may be templates on others. Values from outside are used as they are, so that a
//! sitemap or a page cannot get a secret by writing `${secret.x}`.

use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use stepcast_suite::Suite;
use stepcast_suite::limits::VARIABLE_BYTES;
use stepcast_suite::template::{self, Lookup, SECRET_PREFIX};
use uuid::Uuid;

/// Longest text that is filled in only for display, which cuts it to an excerpt.
const SHOWN_BYTES: usize = 64 * 1024;

/// Why the variables of a suite cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A variable refers to an undefined name
    #[error("`vars.{variable}` uses `${{{missing}}}`, which has no value")]
    Undefined {
        /// The variable
        variable: String,
        /// The name
        missing: String,
    },
    /// Variables refer to each other in a circle
    #[error("`vars` refer to each other in a circle: {0}")]
    Circle(String),
    /// A variable grows too long
    #[error("`vars.{0}` is longer than {VARIABLE_BYTES} bytes once it is filled in")]
    TooLong(String),
}

/// Names and their values, secrets included as `secret.name`.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    values: BTreeMap<String, String>,
    /// The initial values, shared by all tests and steps
    start: Arc<BTreeMap<String, String>>,
    /// The suite's variables that contain a secret
    secret: Arc<BTreeSet<String>>,
    /// The captures that contain a part of a secret
    parts: BTreeSet<String>,
}

impl Lookup for Scope {
    fn lookup(&self, name: &str) -> Option<&str> {
        self.values.lookup(name).or_else(|| self.start.lookup(name))
    }
}

impl Scope {
    /// Creates the variables that a run starts with.
    pub fn new(
        suite: &Suite,
        given: &BTreeMap<String, String>,
        secrets: &BTreeMap<String, String>,
    ) -> Result<Self, ScopeError> {
        let mut scope = Self { values: made(), ..Self::default() };
        scope.values.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
        scope.values.extend(secrets.iter().map(|(name, value)| (format!("{SECRET_PREFIX}{name}"), value.clone())));
        for name in suite.vars.keys() {
            scope.fill_in(name, &suite.vars)?;
        }
        scope.start = Arc::new(std::mem::take(&mut scope.values));
        Ok(scope)
    }

    /// Sets a name to a value, replacing an earlier one.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.insert(name.to_owned(), value.into());
        self.parts.remove(name);
    }

    /// Marks the value of this name as a part of a secret, to be hidden like one.
    pub fn hide(&mut self, name: &str) {
        self.parts.insert(name.to_owned());
    }

    /// The values that are parts of secrets.
    pub fn parts(&self) -> Vec<String> {
        self.parts.iter().filter_map(|name| self.values.get(name).cloned()).collect()
    }

    /// Whether the value of this name is or contains a secret.
    pub fn is_secret(&self, name: &str) -> bool {
        name.starts_with(SECRET_PREFIX) || self.secret.contains(name) || self.parts.contains(name)
    }

    /// The maximum length of a template, or of a text with templates, once it is filled in.
    pub fn filled_in_length(&self, text: &str) -> usize {
        let values = template::names(text).into_iter().filter_map(|name| self.lookup(name));
        values.map(str::len).fold(text.len(), usize::saturating_add)
    }

    /// Fills in a template for display. Names without a value stay as they are; a text that gets too long is not filled
    /// in at all.
    pub fn show(&self, text: &str) -> String {
        if self.filled_in_length(text) > SHOWN_BYTES { text.to_owned() } else { template::render_known(text, self) }
    }

    /// Fills in one of the suite's variables and everything it refers to, without recursion: a suite can have a chain
    /// of variables longer than any stack.
    fn fill_in<'s>(&mut self, name: &'s str, templates: &'s BTreeMap<String, String>) -> Result<(), ScopeError> {
        let mut path = Path::default();
        if !self.values.contains_key(name) {
            path.enter(name, &templates[name]);
        }
        while let Some(next) = path.next_reference() {
            match next {
                Reference::Done { name, template } => {
                    let value = self.render_variable(name, template)?;
                    self.set(name, value);
                    if template::names(template).into_iter().any(|used| self.is_secret(used)) {
                        Arc::make_mut(&mut self.secret).insert(name.to_owned());
                    }
                }
                Reference::To(name) if self.values.contains_key(name) => {}
                Reference::To(name) if path.holds(name) => return Err(ScopeError::Circle(path.describe(name))),
                Reference::To(name) => match templates.get_key_value(name) {
                    Some((name, template)) => path.enter(name, template),
                    None => {
                        return Err(ScopeError::Undefined { variable: path.last(), missing: name.to_owned() });
                    }
                },
            }
        }
        Ok(())
    }

    fn render_variable(&self, name: &str, template: &str) -> Result<String, ScopeError> {
        // Measured first: thirty variables that each use the previous one twice would take gigabytes.
        if self.filled_in_length(template) > VARIABLE_BYTES + template.len() {
            return Err(ScopeError::TooLong(name.to_owned()));
        }
        template::render(template, self)
            .map_err(|missing| ScopeError::Undefined { variable: name.to_owned(), missing: missing.0 })
    }
}

/// The values that are generated for each scope: once for planning, and for each attempt at a test.
fn made() -> BTreeMap<String, String> {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap_or_default();
    let values = [Uuid::new_v4().to_string(), now.to_string()];
    template::MADE.into_iter().map(str::to_owned).zip(values).collect()
}

/// The variables that are being filled in, each waiting for the next.
#[derive(Default)]
struct Path<'s> {
    open: Vec<Open<'s>>,
    names: BTreeSet<&'s str>,
}

struct Open<'s> {
    name: &'s str,
    template: &'s str,
    references: std::vec::IntoIter<&'s str>,
}

enum Reference<'s> {
    /// This name is needed next
    To(&'s str),
    /// All variables that this one needs have values
    Done { name: &'s str, template: &'s str },
}

impl<'s> Path<'s> {
    fn enter(&mut self, name: &'s str, template: &'s str) {
        self.names.insert(name);
        self.open.push(Open { name, template, references: template::names(template).into_iter() });
    }

    fn next_reference(&mut self) -> Option<Reference<'s>> {
        if let Some(name) = self.open.last_mut()?.references.next() {
            return Some(Reference::To(name));
        }
        let Open { name, template, .. } = self.open.pop()?;
        self.names.remove(name);
        Some(Reference::Done { name, template })
    }

    fn holds(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    fn last(&self) -> String {
        self.open.last().map(|open| open.name.to_owned()).unwrap_or_default()
    }

    fn describe(&self, again: &str) -> String {
        let circle = self.open.iter().map(|open| open.name).skip_while(|name| *name != again);
        circle.chain([again]).collect::<Vec<_>>().join(" -> ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn scope(vars: &[(&str, &str)], given: &[(&str, &str)]) -> Result<Scope, ScopeError> {
        let suite =
            Suite { name: "s".into(), vars: map(vars), defaults: stepcast_suite::Defaults::default(), tests: vec![] };
        Scope::new(&suite, &map(given), &map(&[("key", "k")]))
    }

    #[test]
    fn variables_may_use_each_other_and_secrets() {
        let vars = [("a", "${b}/x"), ("b", "${base}/${secret.key}"), ("base", "http://suite")];
        let scope = scope(&vars, &[("base", "http://given")]).expect("a scope");
        assert_eq!(scope.lookup("a"), Some("http://given/k/x"));
        assert_eq!(scope.lookup("secret.key"), Some("k"));
        assert_eq!(["a", "b", "base", "secret.key"].map(|name| scope.is_secret(name)), [true, true, false, true]);
    }

    #[test]
    fn what_is_given_is_not_a_template() {
        let scope = scope(&[("a", "${b}"), ("b", "")], &[("b", "${secret.key}")]).expect("a scope");
        assert_eq!(scope.lookup("a"), Some("${secret.key}"));
    }

    #[test]
    fn circles_are_told() {
        let error = scope(&[("a", "${b}"), ("b", "${c}"), ("c", "${b}")], &[]).expect_err("a circle");
        assert_eq!(error, ScopeError::Circle("b -> c -> b".into()));
        let error = scope(&[("a", "${a}")], &[]).expect_err("a circle");
        assert_eq!(error, ScopeError::Circle("a -> a".into()));
    }

    #[test]
    fn a_missing_name_is_told_with_who_uses_it() {
        let error = scope(&[("a", "${b}"), ("b", "${nope}")], &[]).expect_err("nobody gave it");
        assert_eq!(error, ScopeError::Undefined { variable: "b".into(), missing: "nope".into() });
    }

    #[test]
    fn variables_that_double_each_other_stop_growing() {
        let vars: BTreeMap<String, String> =
            (1..40).map(|n| (format!("v{n}"), format!("${{v{}}}${{v{}}}", n - 1, n - 1))).collect();
        let mut vars: Vec<_> = vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        vars.push(("v0", "0123456789"));
        assert!(matches!(scope(&vars, &[]), Err(ScopeError::TooLong(_))));
    }

    #[test]
    fn a_long_chain_is_no_deep_recursion() {
        let vars: Vec<(String, String)> =
            (0..100_000).map(|n| (format!("v{n:06}"), format!("${{v{:06}}}", n + 1))).collect();
        let mut vars: Vec<_> = vars.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        vars.push(("v100000", "end"));
        assert_eq!(scope(&vars, &[]).expect("a scope").lookup("v000000"), Some("end"));
    }
}
