//! Checks `error`: a request that has to fail, because something must not be reachable.
//!
//! An answer is certain, so it fails the check, even if it is a redirect or breaks off. A failure of another kind does
//! not answer the question, so the check is errored. A target that the guard refused received no request. It counts as
//! no kind of error, or suites could explore the internal network. The same holds for the messages of a proxy.

use crate::excerpt::excerpt;
use crate::fetch::FetchError;
use crate::mask::Mask;
use crate::request_result::request_result;
use http::StatusCode;
use stepcast_protocol::Outcome;
use stepcast_protocol::exchange::FailureKind;
use stepcast_protocol::state::{CheckKind, CheckResult};
use stepcast_suite::ErrorKind;

/// The name of the check.
pub fn named(kinds: &[ErrorKind]) -> String {
    format!("error {}", listed(kinds))
}

/// The result if an answer came although none was expected.
pub fn of_answer(kinds: &[ErrorKind], status: StatusCode) -> CheckResult {
    answered(kinds, format!("an answer: {}", status.as_u16()))
}

/// The result of a failed request.
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
            let result = request_result(Outcome::Errored, &error.to_string(), Some(hint), mask);
            CheckResult { check: named(kinds), expected: Some(expected(kinds)), ..result }
        }
    }
}

fn answered(kinds: &[ErrorKind], actual: String) -> CheckResult {
    CheckResult {
        kind: CheckKind::Check,
        check: named(kinds),
        outcome: Outcome::Failed,
        expected: Some(expected(kinds)),
        actual: Some(actual),
        hint: None,
    }
}

fn kind_of(error: &FetchError) -> Option<ErrorKind> {
    match error.kind() {
        FailureKind::Dns => Some(ErrorKind::Dns),
        FailureKind::Connect => Some(ErrorKind::Connect),
        FailureKind::Tls => Some(ErrorKind::Tls),
        FailureKind::Timeout => Some(ErrorKind::Timeout),
        FailureKind::Body | FailureKind::TooLarge | FailureKind::Protocol | FailureKind::Other => None,
    }
}

/// Whether status and headers had arrived.
fn is_broken_answer(error: &FetchError) -> bool {
    matches!(error.kind(), FailureKind::TooLarge | FailureKind::Body)
}

fn expected(kinds: &[ErrorKind]) -> String {
    format!("no answer, because of {}", listed(kinds))
}

fn listed(kinds: &[ErrorKind]) -> String {
    kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(" or ")
}
