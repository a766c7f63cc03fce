//! Judges a page by the checks of a step.
//!
//! A check is filled in, its subject is looked up (`look`) and what was found (`found`) is held against every matcher
//! (`matcher`). What did not hold is told in the words of `words`, with what came closest from `hint`.

mod compare;
mod found;
mod hint;
mod json_path;
mod look;
mod matcher;
mod nearest;
mod selector;
mod words;

use super::excerpt::excerpt;
use super::mask::Mask;
use super::page::Page;
use super::scope::Scope;
use found::Found;
use matcher::Expectation;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::CheckResult;
use stepcast_protocol::suite::{Check, Matcher, Subject};
use stepcast_protocol::template::UndefinedVariable;

/// Why a capture holds nothing.
pub struct Missing {
    /// Failed if the page does not have it, errored if it could not be looked for
    pub outcome: Outcome,
    /// What was found instead
    pub actual: String,
    /// What came closest
    pub hint: Option<String>,
}

/// A check that cannot be made: a pattern that is none once it is filled in, a page that cannot be parsed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unclear(String);

impl From<UndefinedVariable> for Unclear {
    fn from(error: UndefinedVariable) -> Self {
        Self(error.to_string())
    }
}

/// Makes a check. Everything in the result is fit to leave: bounded, visible, without secrets.
pub fn evaluate(check: &Check, page: &Page, scope: &Scope, mask: &Mask) -> CheckResult {
    match Filled::new(check, scope) {
        Ok(filled) => filled.evaluate(page, mask),
        Err(error) => {
            let text = scope.show(&words::check(&check.subject, &check.matchers, &Mask::default()));
            unclear(excerpt(&text, mask), &error, mask)
        }
    }
}

/// Takes the value of a subject for later steps.
pub fn capture(subject: &Subject, page: &Page, scope: &Scope, mask: &Mask) -> Result<String, Missing> {
    let looked = subject.render(scope).map_err(Unclear::from).and_then(|subject| {
        let found = look::look(&subject, page)?;
        Ok((found.to_capture(), hint::of_nothing(&subject, page)))
    });
    match looked {
        Ok((Some(value), _)) => Ok(value),
        Ok((None, hint)) => Err(Missing {
            outcome: Outcome::Failed,
            actual: "nothing".into(),
            hint: hint.map(|hint| excerpt(&hint, mask)),
        }),
        Err(error) => Err(Missing { outcome: Outcome::Errored, actual: excerpt(&error.to_string(), mask), hint: None }),
    }
}

/// A check with its templates filled in.
struct Filled {
    subject: Subject,
    matchers: Vec<Matcher>,
    expectations: Vec<Expectation>,
}

impl Filled {
    fn new(check: &Check, scope: &Scope) -> Result<Self, Unclear> {
        let subject = check.subject.render(scope)?;
        let matchers: Vec<Matcher> =
            check.matchers.iter().map(|matcher| matcher.render(scope)).collect::<Result<_, _>>()?;
        let was_template = |(before, after): (&Matcher, &Matcher)| before != after;
        let expectations = check.matchers.iter().zip(&matchers).map(|pair| Expectation {
            was_template: was_template(pair),
            folds_white_space: look::folds_white_space(&subject),
        });
        Ok(Self { expectations: expectations.collect(), subject, matchers })
    }

    fn evaluate(&self, page: &Page, mask: &Mask) -> CheckResult {
        let text = words::check(&self.subject, &self.matchers, mask);
        match look::look(&self.subject, page).and_then(|found| Ok((self.broken(&found)?, found))) {
            Ok((broken, _)) if broken.is_empty() => CheckResult::passed(text),
            Ok((broken, found)) => self.failed(text, &broken, &found, page, mask),
            Err(error) => unclear(text, &error, mask),
        }
    }

    /// The matchers that do not hold.
    fn broken(&self, found: &Found) -> Result<Vec<&Matcher>, Unclear> {
        let mut broken = Vec::new();
        for (matcher, expectation) in self.matchers.iter().zip(&self.expectations) {
            if !expectation.holds(matcher, found)? {
                broken.push(matcher);
            }
        }
        Ok(broken)
    }

    fn failed(&self, text: String, broken: &[&Matcher], found: &Found, page: &Page, mask: &Mask) -> CheckResult {
        let expected = broken.iter().map(|matcher| words::expected(&self.subject, matcher, mask));
        let hint = broken.iter().find_map(|matcher| hint::hint(&self.subject, matcher, found, page));
        CheckResult {
            check: text,
            outcome: Outcome::Failed,
            expected: Some(expected.collect::<Vec<_>>().join(" and ")),
            actual: broken.first().map(|matcher| words::actual(&self.subject, matcher, found, mask)),
            hint: hint.map(|hint| excerpt(&hint, mask)),
        }
    }
}

fn unclear(check: String, error: &Unclear, mask: &Mask) -> CheckResult {
    let actual = Some(excerpt(&error.to_string(), mask));
    CheckResult { check, outcome: Outcome::Errored, expected: None, actual, hint: None }
}
