//! The body of a request.

use super::file::{Folder, literal_of};
use super::{Context, json, pairs, refusal, text};
use crate::hurl::{Body, Json, Language, Pair, Part, Request, Template};
use crate::notes::{Kind, Unsaid};
use crate::yaml::Yaml;
use stepcast_suite::document::Position;

const JSON: &str = "application/json";
const XML: &str = "application/xml";
const FORM: &str = "application/x-www-form-urlencoded";

/// The key of a step for its body, with the value.
pub(super) struct Sent {
    pub key: &'static str,
    pub value: Yaml,
    /// The content type it has to declare, if the key implies another
    pub content_type: Option<&'static str>,
}

impl Sent {
    fn text(text: String, content_type: Option<&'static str>) -> Self {
        Self { key: "text", value: Yaml::Text(text), content_type }
    }
}

pub(super) fn convert(request: &Request, context: &mut Context) -> Result<Option<Sent>, Unsaid> {
    let sent = match &request.body {
        Some(body) => of_body(&body.value, body.at, context)?,
        None if !request.multipart.is_empty() => of_parts(&request.multipart, &context.folder)?,
        None if !request.form.is_empty() => of_form(&request.form, context)?,
        None => return Ok(None),
    };
    if matches!(request.method.as_str(), "GET" | "HEAD") {
        return Unsaid::new(format!("a {} request of a suite has no body; send it with POST", request.method));
    }
    refusal::checked_key(sent.key, sent.value.clone())?;
    Ok(Some(sent))
}

fn of_body(body: &Body, at: Position, context: &mut Context) -> Result<Sent, Unsaid> {
    Ok(match body {
        Body::Json { value, .. } => of_json(value, at, context)?,
        Body::GraphQl { query, variables } => {
            let mut members = vec![(Template::text("query"), Json::Text(query.clone()))];
            members.extend(variables.clone().map(|variables| (Template::text("variables"), variables)));
            of_json(&Json::Object(members), at, context)?
        }
        Body::Xml(markup) => Sent::text(text::literal(markup), Some(XML)),
        Body::Text { language: Language::Json, text } => match text.literal().map(same_json) {
            Some(Some(value)) => Sent { key: "json", value: literal_json(&value), content_type: None },
            _ => Sent::text(text::text(text)?, Some(JSON)),
        },
        Body::Text { language: Language::Xml, text } => Sent::text(text::text(text)?, Some(XML)),
        Body::Text { language: Language::Plain, text } => Sent::text(text::text(text)?, None),
        Body::Bytes(bytes) => Sent::text(literal_of(bytes.clone())?, None),
        Body::File(name) => Sent::text(context.folder.read_text(name)?, None),
    })
}

fn of_json(json: &Json, at: Position, context: &mut Context) -> Result<Sent, Unsaid> {
    if let Some(value) = json::structured(json)? {
        return Ok(Sent { key: "json", value, content_type: None });
    }
    if json::has_variables_in_texts(json) {
        let text = "variables inside the texts of this JSON are filled in without escaping quotes";
        context.note(at, Kind::Changed, text);
    }
    Ok(Sent::text(json::written(json)?, Some(JSON)))
}

/// The JSON value of a text, if it reads back as the same: `1.50` would become `1.5`, and of two members with one name
/// only one would be left.
fn same_json(text: &str) -> Option<serde_json::Value> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let without_space = |text: &str| text.split_ascii_whitespace().collect::<String>();
    (without_space(&value.to_string()) == without_space(text)).then_some(value)
}

/// JSON in which nothing is to be filled in.
pub(super) fn literal_json(value: &serde_json::Value) -> Yaml {
    match Yaml::from(value) {
        Yaml::Text(text) => Yaml::Text(text::literal(&text)),
        Yaml::List(_) => Yaml::List(value.as_array().into_iter().flatten().map(literal_json).collect()),
        Yaml::Map(_) => {
            let members = value.as_object().into_iter().flatten();
            Yaml::Map(members.map(|(key, value)| (key.clone(), literal_json(value))).collect())
        }
        other => other,
    }
}

/// A mapping, which cannot have a name twice; if there is one, the same bytes as text.
fn of_form(fields: &[Pair], context: &mut Context) -> Result<Sent, Unsaid> {
    let mut form: Vec<(String, Yaml)> = Vec::new();
    for field in fields {
        let Some(name) = field.key.literal().filter(|name| !form.iter().any(|(known, _)| known == name)) else {
            return Ok(Sent::text(pairs::encoded(fields, context)?, Some(FORM)));
        };
        form.push((name.to_owned(), Yaml::Text(text::text(&field.value)?)));
    }
    Ok(Sent { key: "form", value: Yaml::Map(form), content_type: None })
}

fn of_parts(parts: &[Part], folder: &Folder) -> Result<Sent, Unsaid> {
    let mut fields: Vec<(String, Vec<Yaml>)> = Vec::new();
    for part in parts {
        let (name, value) = of_part(part, folder)?;
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(value),
            None => fields.push((name, vec![value])),
        }
    }
    let single = |mut values: Vec<Yaml>| match values.pop() {
        Some(only) if values.is_empty() => only,
        last => Yaml::List(values.into_iter().chain(last).collect()),
    };
    let fields = fields.into_iter().map(|(name, values)| (name, single(values))).collect();
    Ok(Sent { key: "multipart", value: Yaml::Map(fields), content_type: None })
}

fn of_part(part: &Part, folder: &Folder) -> Result<(String, Yaml), Unsaid> {
    match part {
        Part::Field(pair) => Ok((text::name(&pair.key)?, Yaml::Text(text::text(&pair.value)?))),
        Part::File { name, path, content_type } => {
            let content = folder.read_text(path)?;
            let path = text::name(path)?;
            let content_type = match content_type {
                Some(content_type) => text::text(content_type)?,
                None => content_type_of(&path).to_owned(),
            };
            let file = path.rsplit('/').next().unwrap_or_default();
            let keys = [("name", text::literal(file)), ("content", content), ("type", content_type)];
            let keys = keys.into_iter().map(|(key, value)| (key.to_owned(), Yaml::Text(value))).collect();
            Ok((text::name(name)?, Yaml::Map(keys)))
        }
    }
}

/// The content type that Hurl sends for a file that does not specify one.
fn content_type_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "txt" => "text/plain",
        "htm" | "html" => "text/html",
        "svg" => "image/svg+xml",
        "xml" => XML,
        _ => "application/octet-stream",
    }
}
