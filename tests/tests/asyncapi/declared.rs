//! The fields of the code's types, read from the TypeScript declarations derived from them.

use std::collections::BTreeMap;
use stepcast_protocol::typescript;

/// Fields by name, and whether each is always there.
pub type Fields = BTreeMap<String, bool>;

/// The declarations of the wire's types.
pub struct Declared {
    bodies: BTreeMap<String, String>,
}

impl Declared {
    pub fn read() -> Self {
        let text = without_comments(&typescript::render());
        let bodies = text.split("export type ").skip(1).map(|declaration| {
            let (name, body) = declaration.split_once(" = ").expect("a declaration");
            (name.to_owned(), body.trim().trim_end_matches(';').to_owned())
        });
        let mut bodies: BTreeMap<String, String> = bodies.collect();
        // An event is what all events have, with one body of many.
        let event = bodies.get("Event").expect("events");
        let (common, union) = event.split_once(" & (").expect("bodies");
        let (common, union) = (common.to_owned(), union.trim_end().trim_end_matches(')').to_owned());
        bodies.extend([("Event".to_owned(), common), ("EventBody".to_owned(), union)]);
        Self { bodies }
    }

    /// The fields of a type.
    pub fn fields(&self, name: &str) -> Fields {
        self.fields_of(self.body(name))
    }

    /// Returns the messages of a union by the value of `field`, which distinguishes them, with their other fields.
    pub fn messages(&self, union: &str, field: &str) -> BTreeMap<String, Fields> {
        let tag = format!("\"{field}\": ");
        let message = |variant: &str| {
            let (_, rest) = variant.split_once(&tag).expect("a tag");
            let name = rest.split('"').nth(1).expect("a name").to_owned();
            let mut fields = self.fields_of(variant);
            fields.remove(field);
            (name, fields)
        };
        split(self.body(union), '|').into_iter().map(message).collect()
    }

    fn body(&self, name: &str) -> &str {
        self.bodies.get(name).unwrap_or_else(|| panic!("there is no type `{name}`"))
    }

    fn fields_of(&self, body: &str) -> Fields {
        let part = |part: &str| match part.trim().strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            Some(inner) => split(inner, ',').into_iter().filter_map(field).collect(),
            None => self.fields(part.trim()),
        };
        split(body, '&').into_iter().flat_map(part).collect()
    }
}

/// `name: kind` or `name?: kind`.
fn field(text: &str) -> Option<(String, bool)> {
    let (name, _) = text.split_once(": ")?;
    let name = name.trim().trim_matches('"');
    Some((name.trim_end_matches('?').to_owned(), !name.ends_with('?')))
}

/// Splits at a character outside all brackets.
fn split(text: &str, at: char) -> Vec<&str> {
    let mut depth = 0;
    let parts = text.split(|character| {
        match character {
            '{' | '<' | '(' => depth += 1,
            '}' | '>' | ')' => depth -= 1,
            _ => {}
        }
        depth == 0 && character == at
    });
    parts.collect()
}

fn without_comments(text: &str) -> String {
    let mut parts = text.split("/**");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once("*/").map_or("", |(_, rest)| rest))
}
