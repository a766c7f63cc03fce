//! Captures.

use super::kind::Kind;
use super::subject::Subject;
use super::{assert, filter, refusal, text};
use crate::import::hurl::Capture;
use crate::import::notes::Unsaid;
use crate::import::yaml::Yaml;

/// A capture as a suite has it.
pub(super) struct Made {
    pub name: String,
    pub found: Yaml,
    /// The checks that say what Hurl asks of the value on the way
    pub asked: Vec<Yaml>,
}

/// The name of a capture and where its value is found.
pub(super) fn convert(capture: &Capture) -> Result<Made, Unsaid> {
    made(capture).map_err(|Unsaid(why)| {
        let name = capture.name.literal().unwrap_or("NAME");
        Unsaid(format!("{why}; what uses it needs --var {name}=VALUE"))
    })
}

fn made(capture: &Capture) -> Result<Made, Unsaid> {
    let name = text::name(&capture.name)?;
    let (subject, filters) = Subject::of(&capture.query, &capture.filters)?;
    match filter::after(filters, subject.kind) {
        Kind::Nodes => return Unsaid::new("nodes have no text in Hurl; take it with `string(...)`"),
        Kind::Flag => return Unsaid::new("a flag has no text in Hurl"),
        _ => {}
    }
    let asked = assert::asked_before(&subject, filters)?;
    let asked = asked.into_iter().map(refusal::checked_check).collect::<Result<_, _>>()?;
    let filters = filter::convert(filters)?;
    let own = subject.keys.iter().map(|(key, value)| ((*key).to_owned(), value.clone().unwrap_or(Yaml::Null)));
    let mut keys: Vec<_> = own.collect();
    if !filters.is_empty() {
        keys.push(("filter".to_owned(), Yaml::List(filters)));
    }
    let found = Yaml::Map(keys);
    refusal::checked_key("capture", Yaml::one(&name, found.clone()))?;
    Ok(Made { name, found, asked })
}
