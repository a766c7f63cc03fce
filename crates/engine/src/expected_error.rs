//! `error`: a request that is to fail, because something must not be reachable.
//!
//! An answer is certain, so it fails the check, also where it is only the beginning of one or a redirect. A failure of
//! another kind says nothing about what was asked, so the check is errored. A target the guard refused was never
//! asked: it counts as no kind of error, or suites could find out what there is in the network inside. The same holds
//! for what a proxy says.

use crate::excerpt::excerpt;
use crate::fetch::{FetchError, Phase};
use crate::mask::Mask;
use crate::request_result::request_result;
use http::StatusCode;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::CheckResult;
use stepcast_suite::ErrorKind;

/// The check as it is called.
fn named(kinds: &[ErrorKind]) -> String {
    format!("error {}", listed(kinds))
}

/// What an answer comes to where none is to come.
pub fn of_answer(kinds: &[ErrorKind], status: StatusCode) -> CheckResult {
    answered(kinds, format!("an answer: {}", status.as_u16()))
}

/// What a failed request comes to.
pub fn of_error(kinds: &[ErrorKind], error: &FetchError, mask: &Mask) -> CheckResult {
    if is_broken_answer(error) {
        return answered(
            kinds,
            format!("an answer that could not be read to its end: {}", excerpt(&error.to_string(), mask)),
        );
    }
    match kind_of(error) {
        Some(kind) if kinds.contains(&kind) => CheckResult::passed(named(kinds)),
        kind => {
            let hint = kind
                .map(|kind| format!("this is an error of the kind `{}`, which the check does not name", kind.name()));
            let hint = hint.as_deref().unwrap_or_else(|| error.hint());
            let told = request_result(Outcome::Errored, &error.to_string(), Some(hint), mask);
            CheckResult { check: named(kinds), expected: Some(expected(kinds)), ..told }
        }
    }
}

fn answered(kinds: &[ErrorKind], actual: String) -> CheckResult {
    CheckResult {
        check: named(kinds),
        outcome: Outcome::Failed,
        expected: Some(expected(kinds)),
        actual: Some(actual),
        hint: None,
    }
}

fn kind_of(error: &FetchError) -> Option<ErrorKind> {
    match error {
        FetchError::Dns { .. } => Some(ErrorKind::Dns),
        FetchError::Connect { .. } => Some(ErrorKind::Connect),
        FetchError::Tls { .. } => Some(ErrorKind::Tls),
        FetchError::Timeout { phase: Phase::Answer, .. } => Some(ErrorKind::Timeout),
        _ => None,
    }
}

/// Whether status and headers had come.
fn is_broken_answer(error: &FetchError) -> bool {
    matches!(error, FetchError::TooLarge { .. } | FetchError::Timeout { phase: Phase::Body, .. })
}

fn expected(kinds: &[ErrorKind]) -> String {
    format!("no answer, because of {}", listed(kinds))
}

fn listed(kinds: &[ErrorKind]) -> String {
    kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" or ")
}
