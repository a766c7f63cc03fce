//! What is expected of an answer, and what is kept of it.

use super::assert::check;
use super::file::literal_of;
use super::matcher::sha256;
use super::options::Options;
use super::subject::Subject;
use super::{Context, assert, capture, json, refusal, text};
use crate::import::hurl::{Body, Located, Pair, Query, Response, Template};
use crate::import::notes::{Kind, Unsaid};
use crate::import::yaml::{Item, Yaml};
use stepcast_protocol::document::Position;
use stepcast_protocol::limits::CHECKS_PER_STEP;

/// What `capture` and `expect` hold.
type Expected = (Vec<(String, Yaml)>, Vec<Item>);

pub(super) fn convert(
    response: Option<&Response>,
    options: &Options,
    context: &mut Context,
    comments: &mut Vec<String>,
) -> Expected {
    let Some(response) = response else { return Expected::default() };
    let mut checks = Checks { items: Vec::new(), size: 0 };
    status(response, context, &mut checks);
    for pair in &response.headers {
        let what = format!("the header `{}`", pair.key.literal().unwrap_or("?"));
        checks.add(pair.at, &what, header(pair).map(|check| vec![check]), context);
    }
    for assert in &response.asserts {
        let made = assert::convert(assert, &response.captures, &context.folder);
        checks.add(assert.at, &format!("`{}`", assert.source), made, context);
    }
    if let Some(expected) = &response.body {
        let made = body(expected, context);
        checks.add(expected.at, "the body", made.map(|check| vec![check]), context);
    }
    if let Some(most) = options.most_redirects.filter(|_| options.follows) {
        let most = Yaml::one("at_most", Yaml::Number(most.into()));
        checks.items.push(Item::Value(Yaml::one("redirects", most)));
    }
    let captures = captures(response, context, comments, &mut checks);
    (captures, checks.items)
}

/// How many asserts Hurl would make.
pub(super) fn asserts_of(response: &Response) -> usize {
    usize::from(response.version.is_some())
        + usize::from(response.status.is_some())
        + usize::from(response.body.is_some())
        + response.headers.len()
        + response.asserts.len()
}

/// The checks so far, with comments for those that could not be made.
struct Checks {
    items: Vec<Item>,
    size: usize,
}

impl Checks {
    /// What something else needs, unless it is asked already.
    fn also(&mut self, checks: Vec<Yaml>) {
        for check in checks.into_iter().map(Item::Value) {
            if !self.items.contains(&check) {
                self.items.push(check);
            }
        }
    }

    fn add(&mut self, at: Position, what: &str, made: Result<Vec<Yaml>, Unsaid>, context: &mut Context) {
        context.tally.asserts += 1;
        let made = made.and_then(|checks| {
            // Groups and what is in them count.
            let size: usize = checks.iter().map(|check| size_of(&check.to_json())).sum();
            if self.size + size > CHECKS_PER_STEP {
                return Unsaid::new(format!("a step has at most {CHECKS_PER_STEP} checks"));
            }
            self.size += size;
            Ok(checks)
        });
        match made {
            Ok(checks) => self.also(checks),
            Err(Unsaid(why)) => {
                context.tally.lost_asserts += 1;
                self.items.push(Item::Comment(context.leave_out(at, format!("{what}: {why}"))));
            }
        }
    }
}

fn size_of(check: &serde_json::Value) -> usize {
    let inside = check["any"].as_array().map_or(0, Vec::len) + usize::from(check["not"].is_object());
    1 + inside
}

fn status(response: &Response, context: &mut Context, checks: &mut Checks) {
    if let Some(version) = &response.version {
        let why = Unsaid::new("the version is agreed on with the server; leave it out");
        checks.add(response.at, &format!("HTTP/{version}"), why, context);
    }
    if let Some(status) = response.status {
        let check = Yaml::one("status", Yaml::Number(status.into()));
        checks.add(response.at, &format!("status {status}"), Ok(vec![check]), context);
    }
}

fn header(pair: &Pair) -> Result<Yaml, Unsaid> {
    let keys = vec![
        ("header".to_owned(), Yaml::Text(text::name(&pair.key)?)),
        ("equals".to_owned(), Yaml::Text(text::text(&pair.value)?)),
    ];
    refusal::checked_check(Yaml::Map(keys))
}

fn captures(
    response: &Response,
    context: &mut Context,
    comments: &mut Vec<String>,
    checks: &mut Checks,
) -> Vec<(String, Yaml)> {
    let mut made: Vec<(String, Yaml)> = Vec::new();
    for capture in &response.captures {
        let taken = capture::convert(capture);
        let what = format!("the capture `{}`", capture.name.literal().unwrap_or("?"));
        context.tally.captures += 1;
        let Some(capture::Made { name, found, asked }) = context.keep(capture.at, &what, taken, comments) else {
            context.tally.lost_captures += 1;
            continue;
        };
        checks.also(asked);
        if capture.is_redacted {
            let text = format!("`{name}` is not hidden: results show what was captured");
            context.note(capture.at, Kind::Changed, text);
        }
        made.retain(|(known, _)| *known != name);
        made.push((name, found));
    }
    made
}

/// The whole body: JSON is compared as JSON, bytes by their digest, and everything between backticks as text.
fn body(expected: &Located<Body>, context: &mut Context) -> Result<Yaml, Unsaid> {
    let json = |value: Yaml| Ok((Query::JsonPath(Template::text("$")), value));
    let bytes = |bytes: Vec<u8>| match literal_of(bytes.clone()) {
        Ok(content) => (Query::Body, Yaml::Text(content)),
        Err(_) => (Query::Sha256, Yaml::Text(sha256(&bytes))),
    };
    let (query, value) = match &expected.value {
        Body::Json(value) => match json::structured(value)? {
            Some(value) => json(value),
            // As a text, white space and the order of keys would count.
            None => return Unsaid::new("a suite cannot write this JSON; check its values with `jsonpath`"),
        },
        Body::Text { text: template, .. } => Ok((Query::Body, Yaml::Text(text::text(template)?))),
        Body::Xml(markup) => Ok((Query::Body, Yaml::Text(text::literal(markup)))),
        Body::GraphQl { .. } => return Unsaid::new("GraphQL is asked with, not answered"),
        Body::Bytes(content) => Ok(bytes(content.clone())),
        Body::File(name) => Ok(bytes(context.folder.read(name)?)),
    }?;
    let (subject, _) = Subject::of(&query, &[])?;
    refusal::checked_check(check(&subject, Vec::new(), vec![("equals", value)]))
}
