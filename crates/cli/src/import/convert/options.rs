//! The options of an entry.

use super::{Context, refusal, text};
use crate::import::hurl::{EntryOption, Piece, Template};
use crate::import::notes::{Kind, Unsaid};
use crate::import::yaml::Yaml;
use std::collections::BTreeSet;
use std::time::Duration;
use stepcast_protocol::template;

/// Most redirects that are followed, and most retries of a test.
const MOST: i64 = 10;
/// The longest `timeout` of a step.
const LONGEST_TIMEOUT: Duration = Duration::from_mins(2);

/// What options say about the step.
#[derive(Default)]
pub(super) struct Options {
    /// Whether Hurl follows redirects; a suite always does
    pub follows: bool,
    pub most_redirects: Option<i64>,
    pub timeout: Option<Duration>,
    pub user: Option<Template>,
    /// `name: value` each
    pub headers: Vec<Template>,
}

impl Options {
    pub fn of(options: &[EntryOption], context: &mut Context, comments: &mut Vec<String>) -> Self {
        let mut made = Self::default();
        for option in options {
            let taken = made.take(option, context);
            context.keep(option.at, &format!("the option `{}`", option.name), taken, comments);
        }
        made
    }

    fn take(&mut self, option: &EntryOption, context: &mut Context) -> Result<(), Unsaid> {
        let value = &option.value;
        match option.name {
            "location" | "location-trusted" => self.follows = flag(value)?,
            // Said of the whole request before.
            "skip" => flag(value).map(drop)?,
            "max-redirs" => self.most_redirects = Some(integer(value)?).filter(|most| (0..MOST).contains(most)),
            "max-time" => self.timeout = Some(timeout(option, context)?),
            "connect-timeout" if self.timeout.is_none() => {
                self.timeout = Some(timeout(option, context)?);
                let text = "`connect-timeout` became `timeout`, which is for the whole request";
                context.note(option.at, Kind::Changed, text);
            }
            "retry" => take_retries(option, context)?,
            "variable" => take_variable(value, context)?,
            "user" => self.user = Some(value.clone()),
            "header" => self.headers.push(value.clone()),
            // What these change is what is shown, or how the same bytes travel.
            "compressed" | "output" | "verbose" | "very-verbose" | "verbosity" | "fail-with-body"
            | "connect-timeout" => {}
            _ if value.literal() == Some("false") => {}
            other => return Unsaid::new(reason(other)),
        }
        Ok(())
    }
}

/// Whether an entry is not run.
pub(super) fn is_skipped(options: &[EntryOption]) -> bool {
    options.iter().any(|option| option.name == "skip" && option.value.literal() == Some("true"))
}

/// Why an option stays out, and what to do about it.
fn reason(name: &str) -> &'static str {
    match name {
        "insecure" => "certificates are always checked; name who signed it with `ca` in `defaults`",
        "delay" => "steps do not wait; if it is for something to get ready, give the test `retries`",
        "retry-interval" => "the pause before a retry is 250ms, doubled each time up to 4s",
        "repeat" => "a step is made once; give the test `each` to run it several times",
        "proxy" => "it is for the whole suite: write `proxy` in `defaults`",
        "cacert" => "it is for the whole suite: write `ca` in `defaults`",
        "cert" | "key" => "it is for the whole suite: write `client_certificate` in `defaults`",
        "http1.0" | "http1.1" | "http2" | "http2-prior-knowledge" | "http3" => {
            "the version of HTTP is agreed on with the server"
        }
        "no-jsonpath-coercion" => "a list of one stands for its item where a single value is asked for",
        "aws-sigv4" | "digest" | "negotiate" | "netrc" | "netrc-file" | "netrc-optional" | "ntlm" => {
            "requests say who asks with `basic`, `bearer` or `headers`"
        }
        _ => "a suite has nothing like it",
    }
}

fn take_retries(option: &EntryOption, context: &mut Context) -> Result<(), Unsaid> {
    let wanted = integer(&option.value)?;
    // Minus one is for ever.
    let retries = if wanted < 0 { MOST } else { wanted.min(MOST) };
    context.retries = context.retries.max(u32::try_from(retries).unwrap_or_default());
    if retries > 0 {
        let text = "`retry` became `retries` of the test: it starts again from its first step, and a pass is `flaky`";
        context.note(option.at, Kind::Changed, text);
    }
    if wanted != retries {
        context.note(option.at, Kind::Changed, format!("a test is tried again {MOST} times at most"));
    }
    Ok(())
}

/// `name=value`, the value perhaps in quotes.
fn take_variable(definition: &Template, context: &mut Context) -> Result<(), Unsaid> {
    let mut pieces = definition.0.iter();
    let Some((name, first)) = pieces.next().and_then(|piece| match piece {
        Piece::Text(text) => text.split_once('='),
        Piece::Expression(_) => None,
    }) else {
        return Unsaid::new("expected `name=value`");
    };
    let mut value = Template::text(first.trim_start());
    value.0.extend(pieces.cloned());
    let (name, value) = (name.trim().to_owned(), text::text(&value)?);
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let value = unquoted.unwrap_or(&value).to_owned();
    match context.vars.iter().find(|(known, _)| *known == name) {
        Some((_, known)) if *known == value => return Ok(()),
        Some(_) => {
            return Unsaid::new(format!(
                "`{name}` has another value above; a suite gives it one, give it a name of its own"
            ));
        }
        None => {}
    }
    if needs_itself(&name, &value, &context.vars) {
        return Unsaid::new(format!("the value of `{name}` would need itself"));
    }
    refusal::check_variables(&Yaml::one(&name, Yaml::text(&value)))?;
    context.vars.push((name, value));
    Ok(())
}

/// Whether what fills in a value leads back to its name.
fn needs_itself(name: &str, value: &str, vars: &[(String, String)]) -> bool {
    let mut open = template::names(value);
    let mut seen = BTreeSet::new();
    while let Some(next) = open.pop() {
        if next == name {
            return true;
        }
        if seen.insert(next) {
            open.extend(vars.iter().filter(|(known, _)| known == next).flat_map(|(_, value)| template::names(value)));
        }
    }
    false
}

fn timeout(option: &EntryOption, context: &mut Context) -> Result<Duration, Unsaid> {
    let wanted = seconds(&option.value)?;
    if wanted > LONGEST_TIMEOUT {
        context.note(option.at, Kind::Changed, "`timeout` is 2 minutes at most");
    }
    Ok(wanted.min(LONGEST_TIMEOUT))
}

fn flag(value: &Template) -> Result<bool, Unsaid> {
    match value.literal() {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Unsaid::new("only `true` and `false` are, not what is known when it runs"),
    }
}

fn integer(value: &Template) -> Result<i64, Unsaid> {
    let number = value.literal().and_then(|text| text.parse().ok());
    number.map_or_else(|| Unsaid::new("only whole numbers are, not what is known when it runs"), Ok)
}

/// A length of time, in seconds where it has no unit.
fn seconds(value: &Template) -> Result<Duration, Unsaid> {
    let known = value.literal().and_then(|text| {
        let with_unit = if text.ends_with(|c: char| c.is_ascii_digit()) { format!("{text}s") } else { text.to_owned() };
        stepcast_protocol::duration::parse(&with_unit).ok()
    });
    known.map_or_else(|| Unsaid::new("only lengths of time like `10s` are, not what is known when it runs"), Ok)
}
