//! Requests: method and address, headers, credentials, body.

use super::options::Options;
use super::pairs::{self, Headers};
use super::{Context, body, refusal, text};
use crate::hurl::{Request, Template};
use crate::notes::{Kind, Unsaid};
use crate::yaml::Yaml;

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// The keys of a step that make its request.
pub(super) fn convert(
    request: &Request,
    options: &Options,
    context: &mut Context,
    comments: &mut Vec<String>,
) -> Result<Vec<(String, Yaml)>, Unsaid> {
    let method = request.method.as_str();
    if !METHODS.contains(&method) {
        return Unsaid::new(format!("a suite sends {}, not {method}", METHODS.join(", ")));
    }
    let address = address(request, context)?;
    let mut keys = refusal::checked_step(vec![(method.to_ascii_lowercase(), Yaml::text(address))])?;
    let mut headers = headers(request, options, context, comments);
    let basic = basic(request, options, &headers);
    let basic = context.keep(request.at, "the authentication", basic, comments).flatten();
    let sent = body::convert(request, context);
    let sent = context.keep(request.at, "the body", sent, comments).flatten();
    if let Some(content_type) = sent.as_ref().and_then(|sent| sent.content_type)
        && !headers.has("content-type")
    {
        headers.add_value("content-type".to_owned(), content_type.to_owned());
    }
    let says_who = basic.is_some() || headers.has("authorization") || headers.has("cookie");
    if options.is_trusted && says_who {
        let why =
            "the option `location-trusted`: credentials and cookies of a request are not sent on to another origin";
        comments.push(context.leave_out(request.at, why));
    } else if options.follows && headers.has("cookie") {
        let text = "the cookies written here are not sent on if a redirect leads to another origin";
        context.note(request.at, Kind::Changed, text);
    }
    if !headers.0.is_empty() {
        keys.push(("headers".to_owned(), headers.to_yaml()));
    }
    keys.extend(basic);
    keys.extend(sent.map(|sent| (sent.key.to_owned(), sent.value)));
    if let Some(timeout) = options.timeout.filter(|timeout| !timeout.is_zero()) {
        keys.push(("timeout".to_owned(), Yaml::text(stepcast_suite::duration::format(timeout))));
    }
    refusal::checked_step(keys)
}

fn address(request: &Request, context: &mut Context) -> Result<String, Unsaid> {
    let mut address = text::text(&request.url)?;
    if !request.query.is_empty() {
        let query = pairs::encoded(&request.query, context)?;
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&query);
    }
    Ok(address)
}

fn headers(request: &Request, options: &Options, context: &mut Context, comments: &mut Vec<String>) -> Headers {
    let mut headers = Headers::default();
    for pair in &request.headers {
        let added = headers.add(&pair.key, &pair.value);
        context.keep(pair.at, &format!("the header `{}`", pair.key.literal().unwrap_or("?")), added, comments);
    }
    for line in &options.headers {
        let added = match line.literal().and_then(|line| line.split_once(':')) {
            Some((name, value)) => headers.add(&Template::text(name.trim()), &Template::text(value.trim())),
            None => Unsaid::new("only a header without variables is carried over, like `name: value`"),
        };
        context.keep(request.at, "the option `header`", added, comments);
    }
    if let Some(first) = request.cookies.first() {
        let cookies = pairs::cookies(&request.cookies);
        if let Some(cookies) = context.keep(first.at, "the cookies", cookies, comments) {
            headers.add_value("cookie".to_owned(), cookies);
        }
    }
    headers
}

/// `[BasicAuth]`, or else the option `user`, which answers a digest challenge if there is the option `digest`.
fn basic(request: &Request, options: &Options, headers: &Headers) -> Result<Option<(String, Yaml)>, Unsaid> {
    let key = if request.basic.is_none() && options.is_digest { "digest" } else { "basic" };
    let (user, password) = match (&request.basic, &options.user) {
        (Some(pair), _) => (text::text(&pair.key)?, text::text(&pair.value)?),
        (None, Some(user)) => {
            let both = text::text(user)?;
            let Some((user, password)) = both.split_once(':') else {
                return Unsaid::new("expected `name:password`");
            };
            (user.to_owned(), password.to_owned())
        }
        (None, None) => return Ok(None),
    };
    if headers.has("authorization") {
        return Unsaid::new("the request has an `authorization` header as well; keep one of them");
    }
    let basic = vec![("user".to_owned(), Yaml::Text(user)), ("password".to_owned(), Yaml::Text(password))];
    refusal::checked_key(key, Yaml::Map(basic)).map(|asker| Some((key.to_owned(), asker)))
}
