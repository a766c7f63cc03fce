//! JSON with variables in it.

use super::text;
use crate::hurl::{Json, Template};
use crate::notes::Unsaid;
use crate::yaml::Yaml;
use serde_json::Value;

/// A suite has at most 64 levels; some of them are its own.
const MAX_DEPTH: usize = 48;

/// The value as a suite has it: every variable inside a text. `None` if that is impossible: a variable in place of a
/// number would become a text, and so would its value.
pub(super) fn structured(json: &Json) -> Result<Option<Yaml>, Unsaid> {
    nested(json, 0)
}

fn nested(json: &Json, depth: usize) -> Result<Option<Yaml>, Unsaid> {
    if depth > MAX_DEPTH {
        return Ok(None);
    }
    Ok(match json {
        Json::Null => Some(Yaml::Null),
        Json::Boolean(boolean) => Some(Yaml::Boolean(*boolean)),
        // The suite's reader rejects some of them.
        Json::Number(written) => written.parse::<serde_json::Number>().is_ok().then(|| Yaml::Written(written.clone())),
        Json::Text(template) => Some(Yaml::Text(text::text(template)?)),
        Json::Expression(_) => None,
        Json::List(items) => {
            let items: Result<Option<Vec<_>>, _> = items.iter().map(|item| nested(item, depth + 1)).collect();
            items?.map(Yaml::List)
        }
        Json::Object(members) => object(members, depth)?,
    })
}

fn object(members: &[(Template, Json)], depth: usize) -> Result<Option<Yaml>, Unsaid> {
    let mut made: Vec<(String, Yaml)> = Vec::new();
    for (key, value) in members {
        // Keys are not filled in, and no key may occur twice.
        let Some(key) = key.literal().filter(|key| !made.iter().any(|(known, _)| known == key)) else {
            return Ok(None);
        };
        let Some(value) = nested(value, depth + 1)? else { return Ok(None) };
        made.push((key.to_owned(), value));
    }
    Ok(Some(Yaml::Map(made)))
}

/// The value as text, in lines of its own. What is filled in is not escaped.
pub(super) fn written(json: &Json) -> Result<String, Unsaid> {
    let mut out = String::new();
    write(&mut out, json, 0)?;
    Ok(out)
}

fn write(out: &mut String, json: &Json, depth: usize) -> Result<(), Unsaid> {
    match json {
        Json::Null => out.push_str("null"),
        Json::Boolean(boolean) => out.push_str(&boolean.to_string()),
        Json::Number(written) => out.push_str(written),
        Json::Text(template) => out.push_str(&quoted(template)?),
        Json::Expression(expression) => out.push_str(&text::reference(expression)?),
        Json::List(items) => {
            out.push('[');
            for (number, item) in items.iter().enumerate() {
                new_line(out, number, depth + 1);
                write(out, item, depth + 1)?;
            }
            close(out, items.len(), depth, ']');
        }
        Json::Object(members) => {
            out.push('{');
            for (number, (key, value)) in members.iter().enumerate() {
                new_line(out, number, depth + 1);
                out.extend([&quoted(key)?, ": "]);
                write(out, value, depth + 1)?;
            }
            close(out, members.len(), depth, '}');
        }
    }
    Ok(())
}

fn new_line(out: &mut String, before: usize, depth: usize) {
    out.push_str(if before > 0 { ",\n" } else { "\n" });
    out.push_str(&"  ".repeat(depth));
}

fn close(out: &mut String, items: usize, depth: usize, bracket: char) {
    if items > 0 {
        out.push('\n');
        out.push_str(&"  ".repeat(depth));
    }
    out.push(bracket);
}

/// Whether a text or a key contains a variable.
pub(super) fn has_variables_in_texts(json: &Json) -> bool {
    match json {
        Json::Text(template) => text::has_variables(template),
        Json::List(items) => items.iter().any(has_variables_in_texts),
        Json::Object(members) => {
            members.iter().any(|(key, value)| text::has_variables(key) || has_variables_in_texts(value))
        }
        _ => false,
    }
}

fn quoted(template: &Template) -> Result<String, Unsaid> {
    let escape = |text: &str| {
        let quoted = Value::from(text).to_string();
        text::literal(&quoted[1..quoted.len() - 1])
    };
    Ok(format!("\"{}\"", text::encoded(template, escape)?))
}
