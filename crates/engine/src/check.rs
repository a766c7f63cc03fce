//! Judges a page by the checks of a step.
//!
//! A check is filled in, its subject is looked up (`look`), and the value found (`found`) is prepared (`filter`) and
//! compared with every matcher (`matcher`). `words` describes the matchers that do not hold, and `hint` adds the
//! closest match. The checks in a group (`group`) are judged one by one and reported as one.

mod candidates;
mod compare;
mod filter;
mod found;
mod group;
mod hint;
pub mod json_path;
mod look;
mod matcher;
mod nearest;
mod one;
mod order;
mod part;
mod selector;
mod unmatched;
mod words;
mod xpath;

use super::excerpt::excerpt;
use super::expected_error;
use super::links;
use super::mask::Mask;
use super::page::Page;
use super::scope::Scope;
use super::unclear::Unclear;
use filter::Unfit;
pub use look::nodes;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::CheckResult;
use stepcast_suite::{Capture, Check, Filter, Matcher, Subject};

/// Why a capture has no value.
pub struct Missing {
    /// Failed if the page does not have it, errored if it could not be looked for
    pub outcome: Outcome,
    /// What was found instead
    pub actual: String,
    /// What came closest
    pub hint: Option<String>,
}

/// The value of a capture.
pub struct Captured {
    /// The value later steps use
    pub value: String,
    /// Whether it is a part of a secret
    pub is_secret: bool,
}

/// The result of a check.
struct Verdict {
    result: CheckResult,
    /// Whether it failed because the body cannot be read; then its opposite fails as well
    is_unread: bool,
    /// Whether it is the result of several checks
    is_group: bool,
}

impl From<CheckResult> for Verdict {
    fn from(result: CheckResult) -> Self {
        Self { result, is_unread: false, is_group: false }
    }
}

/// Evaluates a check. Everything in the result is safe to publish: bounded, visible, without secrets.
pub fn evaluate(check: &Check, page: &Page, scope: &Scope, mask: &Mask) -> CheckResult {
    judge(check, page, scope, mask).result
}

fn judge(check: &Check, page: &Page, scope: &Scope, mask: &Mask) -> Verdict {
    match check {
        Check::One(check) => one::judge(check, page, scope, mask),
        Check::Any(checks) => group::any(&group::judge(checks, page, scope, mask), mask),
        Check::All(checks) => group::all(&group::judge(checks, page, scope, mask), mask),
        // There is a page, so there was an answer.
        Check::Error(kinds) => expected_error::of_answer(kinds, page.response().status).into(),
        // The links are requested after the page is judged; a group contains no such check.
        Check::Links(links) => CheckResult::passed(links::named(links, 0, 0)).into(),
        Check::Not(check) => group::not(&judge(check, page, scope, mask), mask),
    }
}

/// Names a check as its result does, with the templates not filled in.
pub fn describe(check: &Check) -> String {
    let mask = Mask::default();
    match check {
        Check::One(check) => words::check(&check.subject, &check.filters, &check.matchers, &mask),
        Check::Any(checks) => group::any_named(checks.iter().map(describe), &mask),
        Check::All(checks) => group::all_named(checks.iter().map(describe), &mask),
        Check::Not(check) => group::not_named(&describe(check), &mask),
        Check::Error(kinds) => expected_error::named(kinds),
        Check::Links(links) => links::named(links, 0, 0),
    }
}

/// Takes a value for later steps.
pub fn capture(capture: &Capture, page: &Page, scope: &Scope, mask: &Mask) -> Result<Captured, Missing> {
    let taken = render(&capture.subject, &capture.filters, scope).and_then(|(subject, filters)| {
        if let Some(unfit) = Unfit::of_page(&subject, page) {
            return Ok((Err(unfit), subject, filters));
        }
        let found = look::look(&subject, page)?;
        Ok((filter::apply(found, &filters, page.namespaces()), subject, filters))
    });
    let (actual, hint) = match taken {
        Ok((Ok(found), subject, filters)) => match found.to_capture() {
            Some(value) => {
                let is_secret = part::is_part(&found, &subject, &filters, page, mask);
                return Ok(Captured { value, is_secret });
            }
            None => ("nothing".to_owned(), hint::of_nothing(&subject, page, mask)),
        },
        Ok((Err(unfit), subject, filters)) => {
            let actual = unfit.describe_in_page(&subject, &filters, page, mask);
            return Err(Missing { outcome: unfit.outcome(), actual, hint: hint::of_document(&subject, page) });
        }
        Err(error) => {
            return Err(Missing { outcome: Outcome::Errored, actual: excerpt(&error.to_string(), mask), hint: None });
        }
    };
    Err(Missing { outcome: Outcome::Failed, actual, hint: hint.map(|hint| excerpt(&hint, mask)) })
}

/// What a check or a capture looks at, with its templates filled in. A check of links looks at no subject of its own.
pub fn subjects(check: &Check, scope: &Scope) -> Vec<Subject> {
    match check {
        Check::One(check) => {
            let sought = check.matchers.iter().filter_map(|matcher| sought(&check.subject, matcher, scope));
            check.subject.render(scope).into_iter().chain(sought).collect()
        }
        Check::Any(checks) | Check::All(checks) => checks.iter().flat_map(|check| subjects(check, scope)).collect(),
        Check::Not(check) => subjects(check, scope),
        Check::Error(_) | Check::Links(_) => Vec::new(),
    }
}

/// What a matcher looks for in the whole body, as a pattern.
fn sought(subject: &Subject, matcher: &Matcher, scope: &Scope) -> Option<Subject> {
    if !matches!(subject, Subject::Body | Subject::BodyIn(_)) {
        return None;
    }
    let pattern = match matcher.render(scope).ok()? {
        Matcher::Matches(pattern) | Matcher::NotMatches(pattern) => pattern,
        Matcher::Contains(part) | Matcher::NotContains(part) => regex::escape(part.as_str()?),
        Matcher::StartsWith(text) | Matcher::EndsWith(text) => regex::escape(&text),
        _ => return None,
    };
    Some(Subject::Regex { pattern, group: None })
}

/// Fills in the templates of the subject and the filters.
fn render(subject: &Subject, filters: &[Filter], scope: &Scope) -> Result<(Subject, Vec<Filter>), Unclear> {
    let filters: Vec<Filter> = filters.iter().map(|filter| filter.render(scope)).collect::<Result<_, _>>()?;
    filter::check(&filters)?;
    Ok((subject.render(scope)?, filters))
}
