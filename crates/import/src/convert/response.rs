//! The checks of an answer, and the values captured from it.

use super::assert::check;
use super::file::literal_of;
use super::kind;
use super::matcher::sha256;
use super::options::Options;
use super::subject::Subject;
use super::{Context, assert, capture, failing, json, refusal, text};
use crate::hurl::{Body, Capture, Located, Operator, Pair, Query, Response, Template, Test, Value};
use crate::notes::{Kind, Unsaid};
use crate::yaml::{Item, Yaml};
use stepcast_suite::document::Position;
use stepcast_suite::limits::CHECKS_PER_STEP;

/// The content of `capture` and `expect`.
type Expected = (Vec<(String, Yaml)>, Vec<Item>);

pub(super) fn convert(
    response: Option<&Response>,
    options: &Options,
    context: &mut Context,
    comments: &mut Vec<String>,
) -> Expected {
    let mut checks = Checks { items: Vec::new(), size: 0 };
    // Too many redirects are an error in Hurl, even if nothing is expected of the answer.
    if let Some(most) = options.most_redirects.filter(|_| options.follows) {
        checks.also(vec![Yaml::one("redirects", Yaml::one("at_most", Yaml::Number(most.into())))]);
    }
    let Some(response) = response else { return (Vec::new(), checks.items) };
    status(response, context, &mut checks);
    for pair in &response.headers {
        let what = format!("the header `{}`", pair.key.literal().unwrap_or("?"));
        checks.add(pair.at, &what, header(pair).map(|check| vec![check]), context);
    }
    let known: Vec<Capture> = response.captures.iter().map(|capture| resolved(capture, response)).collect();
    for assert in &response.asserts {
        let made = assert::convert(assert, &known, &context.folder, context.rounds);
        if made.as_ref().is_ok_and(|checks| checks == &[failing::never()]) {
            let comment = format!("fails in Hurl for every answer, and so does the check: `{}`", assert.source);
            checks.items.push(Item::Comment(comment));
        }
        checks.add(assert.at, &format!("`{}`", assert.source), made, context);
    }
    if let Some(expected) = &response.body {
        let made = body(expected, context);
        checks.add(expected.at, "the body", made.map(|check| vec![check]), context);
    }
    let captures = captures(response, context, comments, &mut checks);
    (captures, checks.items)
}

/// Whether nodes are searched for in an answer that declares a type other than HTML: to Hurl everything else is XML.
pub(super) fn is_xml(response: Option<&Response>) -> bool {
    let Some(response) = response else { return false };
    let of_asserts = response.asserts.iter().map(|assert| &assert.query);
    let mut queries = of_asserts.chain(response.captures.iter().map(|capture| &capture.query));
    queries.any(|query| matches!(query, Query::XPath(_))) && content_types(response).any(kind::is_xml_to_hurl)
}

/// The content type that an answer is expected to declare, or its beginning.
fn content_types(response: &Response) -> impl Iterator<Item = &str> {
    const NAME: &str = "content-type";
    let is_named = |name: &Template| name.literal().is_some_and(|name| name.eq_ignore_ascii_case(NAME));
    let headers = response.headers.iter().filter(move |pair| is_named(&pair.key)).map(|pair| &pair.value);
    let asserted = response.asserts.iter().filter_map(move |assert| match (&assert.query, &assert.predicate.test) {
        (Query::Header(name), Test::Compare(Operator::Equal | Operator::StartsWith, Value::Text(value)))
            if is_named(name) && assert.filters.is_empty() && !assert.predicate.is_negated =>
        {
            Some(value)
        }
        _ => None,
    });
    headers.chain(asserted).filter_map(Template::literal)
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
    /// Adds what another check requires, unless it is checked already.
    fn also(&mut self, checks: Vec<Yaml>) {
        for check in self.not_made(checks) {
            self.size += size_of(&check.to_json());
            self.items.push(Item::Value(check));
        }
    }

    /// Those that do not exist yet.
    fn not_made(&self, checks: Vec<Yaml>) -> Vec<Yaml> {
        let known: Vec<&Yaml> = self.items.iter().filter_map(Item::value).collect();
        checks.into_iter().filter(|check| !known.contains(&check)).collect()
    }

    fn add(&mut self, at: Position, what: &str, made: Result<Vec<Yaml>, Unsaid>, context: &mut Context) {
        context.tally.asserts += 1;
        let made = made.and_then(|checks| {
            let checks = self.not_made(checks);
            let size: usize = checks.iter().map(|check| size_of(&check.to_json())).sum();
            if self.size + size > CHECKS_PER_STEP {
                return Unsaid::new(format!("a step has at most {CHECKS_PER_STEP} checks"));
            }
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
    let listed = ["any", "all"].into_iter().flat_map(|key| check[key].as_array().into_iter().flatten());
    let negated = check.get("not").into_iter();
    listed.chain(negated).map(size_of).sum::<usize>().max(1)
}

fn status(response: &Response, context: &mut Context, checks: &mut Checks) {
    if let Some(version) = &response.version {
        let check = Yaml::one("http_version", Yaml::text(version));
        checks.add(response.at, &format!("HTTP/{version}"), Ok(vec![check]), context);
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
        let taken = capture::convert(&resolved(capture, response));
        let what = format!("the capture `{}`", capture.name.literal().unwrap_or("?"));
        context.tally.captures += 1;
        let Some(capture::Made { name, found, asked }) = context.keep(capture.at, &what, taken, comments) else {
            context.tally.lost_captures += 1;
            continue;
        };
        checks.also(asked);
        let Some(found) = found else {
            if made.iter().any(|(known, _)| *known == name) || context.vars.iter().any(|(known, _)| *known == name) {
                context.tally.lost_captures += 1;
                comments.push(context.leave_out(capture.at, format!("{what}: its value has no text form in Hurl")));
            } else {
                context.textless.push((capture.at, name));
            }
            continue;
        };
        if capture.is_redacted {
            let text = format!("`{name}` is not hidden: results show what was captured");
            context.note(capture.at, Kind::Changed, text);
        }
        made.retain(|(known, _)| *known != name);
        made.push((name, found));
    }
    made
}

/// A capture of a variable that was captured just before takes the same value as that capture.
fn resolved(capture: &Capture, response: &Response) -> Capture {
    let before = response.captures.iter().take_while(|other| other.at != capture.at);
    let Query::Variable(name) = &capture.query else { return capture.clone() };
    let Some(source) = before.filter(|other| other.name == *name).last() else { return capture.clone() };
    let source = resolved(source, response);
    Capture { query: source.query, filters: [source.filters, capture.filters.clone()].concat(), ..capture.clone() }
}

/// The whole body, as text or, if it is not text, by its digest. JSON is compared as text as well: to Hurl its white
/// space and the order of its members count.
fn body(expected: &Located<Body>, context: &mut Context) -> Result<Yaml, Unsaid> {
    let bytes = |bytes: Vec<u8>| match literal_of(bytes.clone()) {
        Ok(content) => (Query::Body, Yaml::Text(content)),
        Err(_) => (Query::Sha256, Yaml::Text(sha256(&bytes))),
    };
    let (query, value) = match &expected.value {
        Body::Json { value, written } => {
            if json::has_variables_in_texts(value) {
                let text = "variables inside the texts of this JSON are filled in without escaping quotes";
                context.note(expected.at, Kind::Changed, text);
            }
            Ok((Query::Body, Yaml::Text(text::text(written)?)))
        }
        Body::Text { text: template, .. } => Ok((Query::Body, Yaml::Text(text::text(template)?))),
        Body::Xml(markup) => Ok((Query::Body, Yaml::Text(text::literal(markup)))),
        Body::GraphQl { .. } => return Unsaid::new("GraphQL is for requests, not for answers"),
        Body::Bytes(content) => Ok(bytes(content.clone())),
        Body::File(name) => Ok(bytes(context.folder.read(name)?)),
    }?;
    let (subject, _) = Subject::of(&query, &[])?;
    refusal::checked_check(check(&subject, Vec::new(), vec![("equals", value)]))
}
