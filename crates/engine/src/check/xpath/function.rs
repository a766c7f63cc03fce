//! The functions of the standard (section 4).

use super::value::{from_count, parse};
use super::{Context, Node, Page, Value};
use crate::unclear::Unclear;
use stepcast_suite::xpath::{Axis, Expression};

/// Most bytes of a text that a function puts together: each nested `concat` doubles it.
const TEXT_BYTES: usize = 16 * 1024 * 1024;

impl<'p> Page<'p> {
    pub(super) fn call(
        &self,
        name: &str,
        arguments: &[Expression],
        context: Context<'p>,
    ) -> Result<Value<'p>, Unclear> {
        let values: Vec<Value> =
            arguments.iter().map(|argument| self.value(argument, context)).collect::<Result<_, _>>()?;
        let text = |number: usize| self.text_of(values.get(number), context);
        Ok(match name {
            "last" => Value::Number(from_count(context.size)),
            "position" => Value::Number(from_count(context.position)),
            "true" => Value::Boolean(true),
            "false" => Value::Boolean(false),
            "boolean" => Value::Boolean(values[0].boolean()),
            "not" => Value::Boolean(!values[0].boolean()),
            "count" => Value::Number(from_count(nodes(&values[0]).len())),
            // Starts from zero: `Iterator::sum` of no items is minus zero.
            "sum" => Value::Number(self.texts(nodes(&values[0]))?.iter().fold(0.0, |sum, text| sum + parse(text))),
            "number" => Value::Number(values.first().map_or_else(|| Ok(parse(&text(0)?)), |value| self.number(value))?),
            "floor" => Value::Number(self.number(&values[0])?.floor()),
            "ceiling" => Value::Number(self.number(&values[0])?.ceil()),
            "round" => Value::Number((self.number(&values[0])? + 0.5).floor()),
            "local-name" => Value::Text(about(values.first(), context).map(Node::name).unwrap_or_default().to_owned()),
            "name" => Value::Text(about(values.first(), context).map(|node| self.name(node)).unwrap_or_default()),
            "namespace-uri" => {
                let node = about(values.first(), context).filter(|_| self.document.prefixes.is_some());
                Value::Text(node.map(Node::namespace).unwrap_or_default().to_owned())
            }
            "id" => Value::Nodes(self.by_id(&values[0])?),
            "lang" => Value::Boolean(speaks(context.node, &text(0)?)),
            "contains" => Value::Boolean(text(0)?.contains(&text(1)?)),
            "starts-with" => Value::Boolean(text(0)?.starts_with(&text(1)?)),
            "string-length" => Value::Number(from_count(text(0)?.chars().count())),
            "string" => Value::Text(text(0)?),
            "concat" => Value::Text(self.concat(&values, context)?),
            "substring-before" => {
                Value::Text(text(0)?.split_once(&text(1)?).map_or("", |(before, _)| before).to_owned())
            }
            "substring-after" => Value::Text(text(0)?.split_once(&text(1)?).map_or("", |(_, after)| after).to_owned()),
            "substring" => Value::Text(substring(
                &text(0)?,
                self.number(&values[1])?,
                values.get(2).map(|length| self.number(length)).transpose()?,
            )),
            "normalize-space" => Value::Text(text(0)?.split_whitespace().collect::<Vec<_>>().join(" ")),
            "translate" => Value::Text(translate(&text(0)?, &text(1)?, &text(2)?)),
            _ => Value::Text(String::new()),
        })
    }

    /// The name of a node, with its prefix only in XML.
    fn name(&self, node: Node<'p>) -> String {
        if self.document.prefixes.is_some() { node.written_name() } else { node.name().to_owned() }
    }

    /// The text of an argument, or of the context node if there is none.
    fn text_of(&self, value: Option<&Value<'p>>, context: Context<'p>) -> Result<String, Unclear> {
        match value {
            None => self.text(context.node),
            Some(Value::Nodes(nodes)) => nodes.first().map_or(Ok(String::new()), |node| self.text(*node)),
            Some(value) => Ok(value.text()),
        }
    }

    fn concat(&self, values: &[Value<'p>], context: Context<'p>) -> Result<String, Unclear> {
        let mut whole = String::new();
        for value in values {
            whole.push_str(&self.text_of(Some(value), context)?);
            if whole.len() > TEXT_BYTES {
                return Err(Unclear("the XPath builds a text that is too long".into()));
            }
        }
        Ok(whole)
    }

    fn by_id(&self, value: &Value<'p>) -> Result<Vec<Node<'p>>, Unclear> {
        let texts = match value {
            Value::Nodes(nodes) => self.texts(nodes)?,
            other => vec![other.text()],
        };
        let ids: Vec<&str> = texts.iter().flat_map(|text| text.split_whitespace()).collect();
        let mut found = Vec::new();
        for node in self.root.along(Axis::Descendant) {
            self.spend(1)?;
            if node.attribute("id").is_some_and(|id| ids.contains(&id)) {
                found.push(node);
            }
        }
        Ok(found)
    }
}

fn nodes<'v, 'p>(value: &'v Value<'p>) -> &'v [Node<'p>] {
    match value {
        Value::Nodes(nodes) => nodes,
        _ => &[],
    }
}

fn about<'p>(value: Option<&Value<'p>>, context: Context<'p>) -> Option<Node<'p>> {
    match value {
        None => Some(context.node),
        Some(value) => nodes(value).first().copied(),
    }
}

/// Whether the nearest `lang` is this language or a kind of it.
fn speaks(node: Node, wanted: &str) -> bool {
    let Some(language) = node.along(Axis::AncestorOrSelf).find_map(Node::language) else { return false };
    let (language, wanted) = (language.to_ascii_lowercase(), wanted.to_ascii_lowercase());
    language.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// A substring from a position, counted from 1; both numbers are rounded first.
fn substring(text: &str, from: f64, length: Option<f64>) -> String {
    let round = |number: f64| (number + 0.5).floor();
    let first = round(from);
    let end = length.map_or(f64::INFINITY, |length| first + round(length));
    let is_in = |place: usize| from_count(place) >= first && from_count(place) < end;
    text.chars().zip(1..).filter(|(_, place)| is_in(*place)).map(|(c, _)| c).collect()
}

fn translate(text: &str, from: &str, to: &str) -> String {
    let to: Vec<char> = to.chars().collect();
    let translated = |c: char| match from.chars().position(|other| other == c) {
        Some(place) => to.get(place).copied(),
        None => Some(c),
    };
    text.chars().filter_map(translated).collect()
}
