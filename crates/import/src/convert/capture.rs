//! Captures.

use super::kind::Kind;
use super::subject::Subject;
use super::{assert, filter, refusal, text};
use crate::hurl::Capture;
use crate::notes::Unsaid;
use crate::yaml::Yaml;

/// A capture as a suite has it.
pub(super) struct Made {
    pub name: String,
    /// `None` if it has no text: then it can be looked at, but not filled in
    pub found: Option<Yaml>,
    /// The checks for what Hurl requires of the value on the way
    pub asked: Vec<Yaml>,
}

/// The name of a capture and where its value is found.
pub(super) fn convert(capture: &Capture) -> Result<Made, Unsaid> {
    made(capture).map_err(|Unsaid(why)| {
        let name = capture.name.literal().unwrap_or("NAME");
        Unsaid(format!("{why}; to use it, give --var {name}=VALUE"))
    })
}

fn made(capture: &Capture) -> Result<Made, Unsaid> {
    let name = text::name(&capture.name)?;
    let (subject, filters) = Subject::of(&capture.query, &capture.filters)?;
    let kind = filter::after(filters, subject.kind);
    let mut asked = assert::asked_before(&subject, filters)?;
    let filters = filter::convert(filters)?;
    match kind {
        Kind::DaysAfter | Kind::DaysBefore => return Unsaid::new("a suite does not count days until now"),
        Kind::Truncated => asked.push(assert::check(&subject, filters.clone(), vec![filter::integer()])),
        _ => {}
    }
    let is_there = match kind {
        Kind::Nodes => Some(("exists", Yaml::Boolean(true))),
        Kind::Flag => Some(("equals", Yaml::Boolean(true))),
        // There is always a body.
        Kind::Bytes if filters.is_empty() => return Ok(Made { name, found: None, asked: Vec::new() }),
        _ => None,
    };
    asked.extend(is_there.clone().map(|matcher| assert::check(&subject, filters.clone(), vec![matcher])));
    let asked = asked.into_iter().map(refusal::checked_check).collect::<Result<_, _>>()?;
    if is_there.is_some() {
        return Ok(Made { name, found: None, asked });
    }
    let own = subject.keys.iter().map(|(key, value)| ((*key).to_owned(), value.clone().unwrap_or(Yaml::Null)));
    let mut keys: Vec<_> = own.collect();
    if !filters.is_empty() {
        keys.push(("filter".to_owned(), Yaml::List(filters)));
    }
    let found = Yaml::Map(keys);
    refusal::checked_key("capture", Yaml::one(&name, found.clone()))?;
    Ok(Made { name, found: Some(found), asked })
}
