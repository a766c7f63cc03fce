//! The options of an entry.

use super::{Context, refusal, text};
use crate::hurl::{EntryOption, Piece, Template};
use crate::notes::{Kind, Unsaid};
use crate::yaml::Yaml;
use std::collections::BTreeSet;
use std::time::Duration;
use stepcast_suite::document::Position;
use stepcast_suite::duration::format;
use stepcast_suite::limits::{STEP_UNTIL, STEP_WAIT, TRIES_PER_STEP};
use stepcast_suite::template;

/// Most redirects that are followed.
const MOST: i64 = 10;
/// Most steps that are made of one request.
const MOST_REPEATS: i64 = 50;
/// Least time between two tries of a step.
const LEAST_INTERVAL: Duration = Duration::from_millis(100);
/// The longest `timeout` of a step.
const LONGEST_TIMEOUT: Duration = Duration::from_mins(2);

/// The settings of the step that come from options.
pub(super) struct Options {
    /// Whether redirects are followed
    pub follows: bool,
    /// Whether credentials are also sent to another origin
    pub is_trusted: bool,
    pub most_redirects: Option<i64>,
    pub timeout: Option<Duration>,
    pub user: Option<Template>,
    /// `name: value` each
    pub headers: Vec<Template>,
    /// Whether credentials answer a digest challenge
    pub is_digest: bool,
    delay: Duration,
    /// How often it is repeated, minus one for ever, and the place of the option
    retry: Option<(Position, i64)>,
    interval: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            follows: false,
            is_trusted: false,
            most_redirects: None,
            timeout: None,
            user: None,
            headers: Vec::new(),
            is_digest: false,
            delay: Duration::ZERO,
            retry: None,
            // <https://hurl.dev/docs/entry.html#retry>
            interval: Duration::from_secs(1),
        }
    }
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
            "location" => self.follows = flag(value)?,
            "location-trusted" => {
                self.follows = flag(value)?;
                self.is_trusted = self.follows;
            }
            // `skip` applies to the whole request, before this. The others change what is shown, or how the same bytes
            // travel.
            "skip" | "compressed" | "verbose" | "very-verbose" | "fail-with-body" => flag(value).map(drop)?,
            "repeat" => {
                if !(0..=MOST_REPEATS).contains(&integer(value)?) {
                    return Unsaid::new(format!("a step is repeated {MOST_REPEATS} times at most"));
                }
            }
            "max-redirs" => self.most_redirects = Some(integer(value)?).filter(|most| (0..MOST).contains(most)),
            "max-time" => self.timeout = Some(timeout(option, context)?),
            "connect-timeout" if self.timeout.is_none() => {
                self.timeout = Some(timeout(option, context)?);
                let text = "`connect-timeout` became `timeout`, which is for the whole request";
                context.note(option.at, Kind::Changed, text);
            }
            "retry" => self.retry = Some((option.at, integer(value)?)).filter(|(_, retry)| *retry != 0),
            "retry-interval" => self.interval = length(value, "ms")?,
            "digest" => self.is_digest = flag(value)?,
            "delay" => self.delay = delay(option, context)?,
            "insecure" if flag(value)? => {
                context.is_insecure = true;
                let text = "`insecure` is for the whole suite; a server has to allow it";
                context.note(option.at, Kind::Changed, text);
            }
            "variable" => take_variable(value, context)?,
            "user" => self.user = Some(value.clone()),
            "header" => self.headers.push(value.clone()),
            "output" | "verbosity" | "connect-timeout" => {}
            _ if value.literal() == Some("false") => {}
            other => return Unsaid::new(reason(other)),
        }
        Ok(())
    }

    /// The wait before the step, if there is one.
    pub fn wait(&self) -> Option<Yaml> {
        (!self.delay.is_zero()).then(|| Yaml::text(written(whole(self.delay))))
    }

    /// For how long the step is repeated, if it is: Hurl counts the tries, a suite the time.
    pub fn until(&self, context: &mut Context) -> Option<Yaml> {
        let (at, retry) = self.retry?;
        let interval = whole(self.interval.clamp(LEAST_INTERVAL, STEP_UNTIL));
        let times = u32::try_from(retry).unwrap_or(u32::MAX);
        let within = interval.saturating_mul(times).min(STEP_UNTIL).max(interval);
        let every = interval.max(whole(within.div_f64(TRIES_PER_STEP.into())));
        let text = format!(
            "`retry` became `until`: the request is repeated for {}, however many tries that takes",
            format(within)
        );
        context.note(at, Kind::Changed, text);
        let keys = [("within", within), ("every", every)];
        Some(Yaml::Map(keys.map(|(key, length)| (key.to_owned(), Yaml::text(written(length)))).into()))
    }
}

/// Whether an entry is not run.
pub(super) fn is_skipped(options: &[EntryOption]) -> bool {
    options.iter().any(|option| option.name == "skip" && option.value.literal() == Some("true")) || times(options) == 0
}

/// How often a request is made.
pub(super) fn times(options: &[EntryOption]) -> usize {
    let repeat = options.iter().rev().find(|option| option.name == "repeat");
    let times = repeat.and_then(|option| integer(&option.value).ok());
    times.filter(|times| (0..=MOST_REPEATS).contains(times)).and_then(|times| times.try_into().ok()).unwrap_or(1)
}

/// Why an option is left out, and what to do about it.
fn reason(name: &str) -> &'static str {
    match name {
        "proxy" => "it is for the whole suite: write `proxy` in `defaults`",
        "cacert" => "it is for the whole suite: write `ca` in `defaults`",
        "cert" | "key" => "it is for the whole suite: write `client_certificate` in `defaults`",
        "http1.0" | "http1.1" | "http2" | "http2-prior-knowledge" | "http3" => {
            "the version of HTTP is agreed on with the server"
        }
        "no-jsonpath-coercion" => "a list of one counts as its item where a single value is expected",
        "aws-sigv4" | "negotiate" | "netrc" | "netrc-file" | "netrc-optional" | "ntlm" => {
            "requests authenticate with `basic`, `bearer`, `digest` or `headers`"
        }
        _ => "a suite has nothing like it",
    }
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
                "`{name}` has another value above, and a variable of a suite has only one; use another name"
            ));
        }
        None => {}
    }
    if needs_itself(&name, &value, &context.vars) {
        return Unsaid::new(format!("the value of `{name}` would refer to itself"));
    }
    refusal::check_variables(&Yaml::one(&name, Yaml::text(&value)))?;
    context.vars.push((name, value));
    Ok(())
}

/// Whether the variables in a value lead back to its name.
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
    let wanted = length(&option.value, "s")?;
    if wanted > LONGEST_TIMEOUT {
        context.note(option.at, Kind::Changed, "`timeout` is 2 minutes at most");
    }
    Ok(wanted.min(LONGEST_TIMEOUT))
}

fn flag(value: &Template) -> Result<bool, Unsaid> {
    match value.literal() {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Unsaid::new("only `true` and `false` are carried over, not values that are known only at run time"),
    }
}

fn integer(value: &Template) -> Result<i64, Unsaid> {
    let number = value.literal().and_then(|text| text.parse().ok());
    number.map_or_else(
        || Unsaid::new("only whole numbers are carried over, not values that are known only at run time"),
        Ok,
    )
}

/// A length of whole milliseconds, to the last of them.
fn written(length: Duration) -> String {
    if length.subsec_millis() == 0 { format(length) } else { format!("{}ms", length.as_millis()) }
}

/// Rounded up to whole milliseconds, which can be written.
fn whole(length: Duration) -> Duration {
    Duration::from_millis(u64::try_from(length.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX))
}

fn delay(option: &EntryOption, context: &mut Context) -> Result<Duration, Unsaid> {
    let wanted = length(&option.value, "ms")?;
    if wanted > STEP_WAIT {
        context.note(option.at, Kind::Changed, "`wait` is 2 minutes at most");
    }
    Ok(wanted.min(STEP_WAIT))
}

/// A length of time; in this unit if it has none.
fn length(value: &Template, unit: &str) -> Result<Duration, Unsaid> {
    let known = value.literal().and_then(|text| {
        let with_unit =
            if text.ends_with(|c: char| c.is_ascii_digit()) { format!("{text}{unit}") } else { text.to_owned() };
        stepcast_suite::duration::parse(&with_unit).ok()
    });
    known.map_or_else(
        || Unsaid::new("only durations like `10s` are carried over, not values that are known only at run time"),
        Ok,
    )
}
