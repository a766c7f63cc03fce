//! Captures.

use super::subject::Subject;
use super::{filter, refusal, text};
use crate::import::hurl::Capture;
use crate::import::notes::Unsaid;
use crate::import::yaml::Yaml;

/// The name of a capture and where its value is found.
pub(super) fn convert(capture: &Capture) -> Result<(String, Yaml), Unsaid> {
    let name = text::name(&capture.name)?;
    let (subject, filters) = Subject::of(&capture.query, &capture.filters)?;
    let filters = filter::convert(filters, subject.kind)?;
    let own = subject.keys.iter().map(|(key, value)| ((*key).to_owned(), value.clone().unwrap_or(Yaml::Null)));
    let mut keys: Vec<_> = own.collect();
    if !filters.is_empty() {
        keys.push(("filter".to_owned(), Yaml::List(filters)));
    }
    let found = Yaml::Map(keys);
    refusal::checked_key("capture", Yaml::one(&name, found.clone()))?;
    Ok((name, found))
}
