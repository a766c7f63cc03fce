//! Reads when a test is tried again.

use super::reader::At;
use super::{Retries, RetryOn};
use crate::document::Kind;

/// The keys of `retries`, if it is a mapping.
pub(super) const RETRIES_KEYS: [&str; 2] = ["max", "on"];
/// The results after which a test is tried again, as a suite writes them.
pub(super) const RETRY_ON: [(&str, RetryOn); 2] = [("network", RetryOn::Network), ("any", RetryOn::Any)];
/// Most tries after the first.
pub(super) const MOST_RETRIES: u32 = 10;

pub(super) fn read_retries(at: &At) -> Option<Retries> {
    if let Kind::Scalar(_) = at.node.kind {
        return Some(Retries { max: at.whole_number(0, MOST_RETRIES)?, on: RetryOn::default() });
    }
    let fields = at.fields(&RETRIES_KEYS)?;
    let max = fields.require("max").and_then(|at| at.whole_number(0, MOST_RETRIES));
    let on = fields.get("on").map_or(Some(0), |at| at.choice(&RETRY_ON.map(|(name, _)| name)));
    Some(Retries { max: max?, on: RETRY_ON[on?].1 })
}
