//! Pairs of a name and a value: headers, cookies, fields of forms, parameters of addresses.

use super::{Context, text};
use crate::hurl::{Pair, Template};
use crate::notes::{Kind, Unsaid};
use crate::yaml::Yaml;

/// Headers about how the bytes travel, which a suite does not decide.
const OF_THE_CONNECTION: [&str; 4] = ["connection", "content-length", "transfer-encoding", "upgrade"];

/// Headers by name, in small letters; each has one value.
#[derive(Default)]
pub(super) struct Headers(pub Vec<(String, String)>);

impl Headers {
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    pub fn add(&mut self, name: &Template, value: &Template) -> Result<(), Unsaid> {
        let (name, value) = (text::name(name)?.to_ascii_lowercase(), text::text(value)?);
        if OF_THE_CONNECTION.contains(&name.as_str()) {
            return Unsaid::new("it controls how the bytes are transferred, which Stepcast sets itself");
        }
        super::refusal::checked_key("headers", Yaml::one(&name, Yaml::text(&value)))?;
        self.add_value(name, value);
        Ok(())
    }

    /// Joins several values of a name, as RFC 9110 (5.3) and, for cookies, RFC 6265 (5.4) specify.
    pub fn add_value(&mut self, name: String, value: String) {
        let separator = if name == "cookie" { "; " } else { ", " };
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.extend([separator, &value]),
            None => self.0.push((name, value)),
        }
    }

    pub fn to_yaml(&self) -> Yaml {
        Yaml::Map(self.0.iter().map(|(name, value)| (name.clone(), Yaml::text(value))).collect())
    }
}

/// Parameters in the form of an address or of a form; filled-in values are not encoded.
pub(super) fn encoded(pairs: &[Pair], context: &mut Context) -> Result<String, Unsaid> {
    let mut parts = Vec::new();
    for pair in pairs {
        let (key, value) = (&pair.key, &pair.value);
        parts.push(format!("{}={}", encode(key)?, encode(value)?));
        if text::has_variables(key) || text::has_variables(value) {
            let name = key.literal().unwrap_or_default();
            let message = format!(
                "the value of `{name}` is filled in as it is, without percent-encoding; give it encoded if it needs to be"
            );
            context.note(pair.at, Kind::Changed, message);
        }
    }
    Ok(parts.join("&"))
}

fn encode(template: &Template) -> Result<String, Unsaid> {
    text::encoded(template, text::percent_encoded)
}

/// `a=b; c=d`.
pub(super) fn cookies(pairs: &[Pair]) -> Result<String, Unsaid> {
    let cookies: Result<Vec<_>, _> =
        pairs.iter().map(|pair| Ok(format!("{}={}", text::text(&pair.key)?, text::text(&pair.value)?))).collect();
    cookies.map(|cookies| cookies.join("; "))
}
