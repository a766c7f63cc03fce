//! Judges a check of a single subject.

use super::filter::{self, Unfit};
use super::found::Found;
use super::matcher::Expectation;
use super::{Verdict, hint, look, part, render, words};
use crate::excerpt::excerpt;
use crate::mask::Mask;
use crate::page::Page;
use crate::scope::Scope;
use crate::unclear::Unclear;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{CheckKind, CheckResult};
use stepcast_suite::{Filter, Matcher, Subject, ValueCheck};

/// Evaluates a check.
pub fn judge(check: &ValueCheck, page: &Page, scope: &Scope, mask: &Mask) -> Verdict {
    match Filled::new(check, scope) {
        Ok(filled) => filled.verdict(page, mask),
        Err(error) => {
            let text = words::check(&check.subject, &check.filters, &check.matchers, &Mask::default());
            unclear(excerpt(&scope.show(&text), mask), &error, Some(hint::OF_VARIABLES), mask).into()
        }
    }
}

/// A check with its templates filled in.
struct Filled {
    subject: Subject,
    filters: Vec<Filter>,
    matchers: Vec<Matcher>,
    expectations: Vec<Expectation>,
}

/// The result of a check before it is put into words.
enum Judged<'c, 'p> {
    /// The value, with the matchers that do not hold
    Found(Found<'p>, Vec<&'c Matcher>),
    /// A filter could not use the value
    Unfit(Unfit),
}

impl Filled {
    fn new(check: &ValueCheck, scope: &Scope) -> Result<Self, Unclear> {
        let (subject, filters) = render(&check.subject, &check.filters, scope)?;
        let matchers: Vec<Matcher> =
            check.matchers.iter().map(|matcher| matcher.render(scope)).collect::<Result<_, _>>()?;
        let was_template = |(before, after): (&Matcher, &Matcher)| before != after;
        let expectations = check.matchers.iter().zip(&matchers).map(|pair| Expectation {
            was_template: was_template(pair),
            folds_white_space: filters.is_empty() && look::folds_white_space(&subject),
            is_text: !matches!(subject, Subject::Json(_)),
        });
        Ok(Self { expectations: expectations.collect(), subject, filters, matchers })
    }

    fn verdict(&self, page: &Page, mask: &Mask) -> Verdict {
        let text = words::check(&self.subject, &self.filters, &self.matchers, mask);
        match self.judge(page) {
            Ok(Judged::Found(_, broken)) if broken.is_empty() => CheckResult::passed(text).into(),
            Ok(Judged::Found(found, broken)) => self.failed(text, &broken, &found, page, mask).into(),
            Ok(Judged::Unfit(unfit)) => Verdict {
                is_unread: unfit.is_of_page(),
                is_group: false,
                result: CheckResult {
                    kind: CheckKind::Check,
                    check: text,
                    outcome: unfit.outcome(),
                    expected: Some(self.expected(&self.matchers.iter().collect::<Vec<_>>(), mask)),
                    actual: Some(unfit.describe_in_page(&self.subject, &self.filters, page, mask)),
                    hint: hint::of_document(&self.subject, page),
                },
            },
            Err(error) => unclear(text, &error, None, mask).into(),
        }
    }

    fn judge<'p>(&self, page: &'p Page) -> Result<Judged<'_, 'p>, Unclear> {
        if let Some(unfit) = Unfit::of_page(&self.subject, page) {
            return Ok(Judged::Unfit(unfit));
        }
        let found = match filter::apply(look::look(&self.subject, page)?, &self.filters, page.namespaces()) {
            Ok(found) => found,
            Err(unfit) => return Ok(Judged::Unfit(unfit)),
        };
        let mut broken = Vec::new();
        for (matcher, expectation) in self.matchers.iter().zip(&self.expectations) {
            if !expectation.holds(matcher, &found)? {
                broken.push(matcher);
            }
        }
        Ok(Judged::Found(found, broken))
    }

    fn expected(&self, matchers: &[&Matcher], mask: &Mask) -> String {
        let expected: Vec<_> = matchers.iter().map(|matcher| words::expected(&self.subject, matcher, mask)).collect();
        expected.join(" and ")
    }

    fn failed(&self, text: String, broken: &[&Matcher], found: &Found, page: &Page, mask: &Mask) -> CheckResult {
        let hint = broken.iter().find_map(|matcher| hint::hint(&self.subject, matcher, found, page, mask));
        let hint = hint.or_else(|| hint::of_items(&self.subject, &self.filters, found, page));
        if part::is_part(found, &self.subject, &self.filters, page, mask) {
            let (expected, actual) = (Some(self.expected(broken, mask)), Some(part::SHOWN.to_owned()));
            return CheckResult {
                kind: CheckKind::Check,
                check: text,
                outcome: Outcome::Failed,
                expected,
                actual,
                hint: None,
            };
        }
        CheckResult {
            kind: CheckKind::Check,
            check: text,
            outcome: Outcome::Failed,
            expected: Some(self.expected(broken, mask)),
            actual: broken.first().map(|matcher| words::actual(&self.subject, matcher, found, mask)),
            hint: hint.map(|hint| excerpt(&hint, mask)),
        }
    }
}

fn unclear(check: String, error: &Unclear, hint: Option<&str>, mask: &Mask) -> CheckResult {
    let actual = Some(excerpt(&error.to_string(), mask));
    CheckResult {
        kind: CheckKind::Check,
        check,
        outcome: Outcome::Errored,
        expected: None,
        actual,
        hint: hint.map(str::to_owned),
    }
}
