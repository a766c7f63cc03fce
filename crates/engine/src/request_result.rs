//! The result of a request itself, in addition to the results of its checks.

use crate::excerpt::excerpt;
use crate::mask::Mask;
use stepcast_protocol::Outcome;
use stepcast_protocol::state::{CheckKind, CheckResult};

/// Creates a result about the request itself.
pub fn request_result(outcome: Outcome, message: &str, hint: Option<&str>, mask: &Mask) -> CheckResult {
    CheckResult {
        kind: CheckKind::Check,
        check: "request".into(),
        outcome,
        expected: None,
        actual: Some(excerpt(message, mask)),
        hint: hint.map(|hint| excerpt(hint, mask)),
    }
}
