//! Reads checks: one subject, what of it, and what has to hold.

use super::check::{Bound, Check, MATCHERS, Matcher, Property, SUBJECTS, Subject, TYPES};
use super::problem::closest;
use super::reader::{At, Fields};
use crate::document::Kind;
use crate::{limits, template};
use scraper::error::SelectorErrorKind;
use serde_json::Value;

/// Subjects the language has a name for and this version cannot look at yet.
const PLANNED_SUBJECTS: [&str; 5] = ["cookie", "xpath", "schema", "cert", "links"];
const CSS_PROPERTIES: [&str; 5] = ["text", "html", "attr", "count", "exists"];

pub(super) fn read_checks(at: &At) -> Option<Vec<Check>> {
    let items = at.items()?;
    if items.len() > limits::CHECKS_PER_STEP {
        at.problem(format!("a step has at most {} checks, this one has {}", limits::CHECKS_PER_STEP, items.len()));
    }
    // Every item is read even where one fails, so that all problems are told at once.
    let checks: Vec<_> = items.iter().map(read_check).collect();
    checks.into_iter().collect()
}

fn read_check(at: &At) -> Option<Check> {
    let (fields, subject) = read_parts(at)?;
    let mut matchers = own_matchers(&fields, &subject)?;
    for (key, value) in fields.entries() {
        if MATCHERS.contains(&key) && !is_css_property(&subject, key) {
            matchers.push(read_matcher(&subject, key, &value)?);
        }
    }
    if matchers.is_empty() {
        matchers.push(implied_matcher(&fields, &subject)?);
    }
    Some(Check { subject, matchers })
}

/// The subject of a capture: the same keys as in a check, without matchers.
pub(super) fn read_subject(at: &At) -> Option<Subject> {
    let (fields, subject) = read_parts(at)?;
    for (key, _) in fields.entries() {
        if MATCHERS.contains(&key) && !is_css_property(&subject, key) {
            fields.problem_at_key(key, "a capture takes what is there; it has no matchers", None);
        }
    }
    Some(match subject {
        Subject::Css { selector, property: Property::Exists } => Subject::Css { selector, property: Property::Text },
        other => other,
    })
}

fn read_parts<'a>(at: &At<'a>) -> Option<(Fields<'a>, Subject)> {
    let fields = at.open_fields()?;
    let subjects: Vec<&str> = SUBJECTS.into_iter().filter(|subject| fields.has(subject)).collect();
    let [key] = subjects.as_slice() else {
        report_subjects(&fields, &subjects);
        return None;
    };
    let subject = read_subject_value(&fields, key)?;
    let mut known: Vec<&str> = MATCHERS.to_vec();
    known.push(key);
    if *key == "css" {
        known.extend(CSS_PROPERTIES);
    }
    at.fields(&known).map(|fields| (fields, subject))
}

fn report_subjects(fields: &Fields, found: &[&str]) {
    if let [first, second, ..] = found {
        fields.problem_at_key(
            second,
            format!("a check looks at one thing, this one at `{first}` and `{second}`"),
            Some("make it two checks".into()),
        );
        return;
    }
    for (key, _) in fields.entries() {
        if PLANNED_SUBJECTS.contains(&key) {
            fields.problem_at_key(key, format!("`{key}` checks are not available in this version"), None);
            return;
        }
        if let Some(near) = closest(key, &SUBJECTS) {
            fields.problem_at_key(key, format!("unknown key `{key}`"), Some(format!("did you mean `{near}`?")));
            return;
        }
    }
    fields
        .at()
        .problem_with_hint("this check does not say what it looks at", format!("add one of {}", SUBJECTS.join(", ")));
}

fn read_subject_value(fields: &Fields, key: &str) -> Option<Subject> {
    let at = fields.get(key)?;
    Some(match key {
        "status" => Subject::Status,
        "url" => Subject::Url,
        "redirects" => Subject::Redirects,
        "body" => Subject::Body,
        "size" => Subject::Size,
        "time" => Subject::Time,
        "header" => Subject::Header(at.text_not_empty()?.to_ascii_lowercase()),
        "json" => Subject::Json(at.pattern(check_json_path)?),
        "regex" => Subject::Regex(at.pattern(check_regex)?),
        _ => Subject::Css { selector: at.pattern(check_selector)?, property: read_css_property(fields)? },
    })
}

fn read_css_property(fields: &Fields) -> Option<Property> {
    let given: Vec<&str> = CSS_PROPERTIES.into_iter().filter(|key| fields.has(key)).collect();
    match given.as_slice() {
        [] if has_value_matcher(fields) => Some(Property::Text),
        ["text"] => Some(Property::Text),
        ["html"] => Some(Property::Html),
        ["count"] => Some(Property::Count),
        [] | ["exists"] => Some(Property::Exists),
        // `attr` with `exists` says that the attribute should be there.
        ["attr"] | ["attr", "exists"] => fields.get("attr")?.text_not_empty().map(Property::Attribute),
        [first, second, ..] => {
            fields.problem_at_key(
                second,
                format!("a css check looks at one of `{first}` and `{second}`"),
                Some("make it two checks".into()),
            );
            None
        }
        [other] => {
            fields.problem_at_key(other, format!("unknown key `{other}`"), None);
            None
        }
    }
}

fn has_value_matcher(fields: &Fields) -> bool {
    fields.entries().any(|(key, _)| MATCHERS.contains(&key))
}

/// `count` and `exists` are matchers everywhere else; on a selector they say what of the elements is meant.
fn is_css_property(subject: &Subject, key: &str) -> bool {
    match subject {
        Subject::Css { property: Property::Count, .. } => key == "count",
        Subject::Css { property: Property::Exists, .. } => key == "exists",
        _ => false,
    }
}

/// The matchers that stand behind the subject's own key or its property: `status: 200`, `count: { at_least: 12 }`.
fn own_matchers(fields: &Fields, subject: &Subject) -> Option<Vec<Matcher>> {
    let key = match subject {
        Subject::Status => "status",
        Subject::Url => "url",
        Subject::Redirects => "redirects",
        Subject::Body => "body",
        Subject::Size => "size",
        Subject::Time => "time",
        Subject::Css { property: Property::Text, .. } if fields.has("text") => "text",
        Subject::Css { property: Property::Html, .. } => "html",
        Subject::Css { property: Property::Count, .. } => "count",
        Subject::Css { property: Property::Exists, .. } => {
            let Some(at) = fields.get("exists") else { return Some(Vec::new()) };
            return Some(vec![Matcher::Exists(at.boolean()?)]);
        }
        _ => return Some(Vec::new()),
    };
    read_matchers(subject, &fields.get(key)?)
}

/// A bare value means equals; a mapping has matchers for keys; nothing leaves it to the keys beside it.
fn read_matchers(subject: &Subject, at: &At) -> Option<Vec<Matcher>> {
    match &at.node.kind {
        Kind::Scalar(Value::Null) => Some(Vec::new()),
        Kind::Mapping(_) => {
            let fields = at.fields(&MATCHERS)?;
            let matchers: Vec<_> = fields.entries().map(|(key, value)| read_matcher(subject, key, &value)).collect();
            matchers.into_iter().collect()
        }
        _ if *subject == Subject::Time => {
            at.problem_with_hint("no answer takes exactly that long", "write `time: { below: 800ms }`");
            None
        }
        _ => read_matcher(subject, "equals", at).map(|matcher| vec![matcher]),
    }
}

fn implied_matcher(fields: &Fields, subject: &Subject) -> Option<Matcher> {
    match subject {
        Subject::Header(_)
        | Subject::Json(_)
        | Subject::Regex(_)
        | Subject::Css { property: Property::Attribute(_) | Property::Exists, .. } => Some(Matcher::Exists(true)),
        _ => {
            fields.at().problem_with_hint(
                "this check does not say what has to hold",
                "add a matcher like `equals` or `contains`",
            );
            None
        }
    }
}

fn read_matcher(subject: &Subject, name: &str, at: &At) -> Option<Matcher> {
    Some(match name {
        "equals" => Matcher::Equals(read_value(subject, at)?),
        "not_equals" => Matcher::NotEquals(read_value(subject, at)?),
        "contains" => Matcher::Contains(read_scalar(at)?),
        "not_contains" => Matcher::NotContains(read_scalar(at)?),
        "starts_with" => Matcher::StartsWith(at.text()?),
        "ends_with" => Matcher::EndsWith(at.text()?),
        "matches" => Matcher::Matches(at.pattern(check_regex)?),
        "not_matches" => Matcher::NotMatches(at.pattern(check_regex)?),
        "exists" => Matcher::Exists(at.boolean()?),
        "empty" => Matcher::Empty(at.boolean()?),
        "one_of" => Matcher::OneOf(at.items()?.iter().filter_map(|at| read_value(subject, at)).collect()),
        "count" => Matcher::Count(Box::new(read_count(at)?)),
        "above" => Matcher::Above(read_bound(subject, at)?),
        "below" => Matcher::Below(read_bound(subject, at)?),
        "at_least" => Matcher::AtLeast(read_bound(subject, at)?),
        "at_most" => Matcher::AtMost(read_bound(subject, at)?),
        "between" => match at.items()?.as_slice() {
            [low, high] => Matcher::Between(read_bound(subject, low)?, read_bound(subject, high)?),
            _ => return at.expected("a list of two, the least and the most"),
        },
        "type" => {
            let name = at.text()?;
            if !TYPES.contains(&name.as_str()) {
                return at.expected(&format!("one of {}", TYPES.join(", ")));
            }
            Matcher::Type(name)
        }
        _ => return None,
    })
}

fn read_count(at: &At) -> Option<Matcher> {
    let counted = Subject::Size;
    let mut matchers = read_matchers(&counted, at)?;
    if matchers.len() == 1 {
        return matchers.pop();
    }
    at.expected("a number or one matcher like `{ at_least: 2 }`")
}

fn read_value(subject: &Subject, at: &At) -> Option<Value> {
    let value = at.node.to_json();
    let is_plain = !matches!(value, Value::Array(_) | Value::Object(_));
    match subject {
        Subject::Json(_) => Some(value),
        Subject::Time => {
            at.problem_with_hint("no answer takes exactly that long", "write `time: { below: 800ms }`");
            None
        }
        Subject::Status | Subject::Redirects | Subject::Size | Subject::Css { property: Property::Count, .. } => {
            let is_number = value.is_u64() || value.as_str().is_some_and(template::is_template);
            if is_number { Some(value) } else { at.expected("a whole number") }
        }
        _ if is_plain && !value.is_null() => Some(value),
        _ => at.expected("text"),
    }
}

fn read_scalar(at: &At) -> Option<Value> {
    match at.scalar() {
        Some(Value::Null) | None => at.expected("text or a number"),
        Some(value) => Some(value.clone()),
    }
}

fn read_bound(subject: &Subject, at: &At) -> Option<Bound> {
    match at.scalar() {
        Some(Value::String(text)) if template::is_template(text) => Some(Bound::Template(text.clone())),
        _ if *subject == Subject::Time => {
            let duration = at.duration(std::time::Duration::from_hours(1))?;
            Some(Bound::Number(duration.as_secs_f64() * 1_000.0))
        }
        Some(Value::Number(number)) => number.as_f64().map(Bound::Number),
        _ => at.expected("a number"),
    }
}

/// Whether this is a CSS selector.
pub(crate) fn check_selector(text: &str) -> Result<(), String> {
    scraper::Selector::parse(text)
        .map(|_| ())
        .map_err(|error| format!("`{text}` is not a CSS selector: {}", describe_selector_error(&error)))
}

fn describe_selector_error(error: &SelectorErrorKind) -> String {
    match error {
        SelectorErrorKind::UnexpectedToken => "something stands where it cannot".to_owned(),
        SelectorErrorKind::EndOfLine => "it ends too early".to_owned(),
        SelectorErrorKind::UnexpectedSelectorParseError(error) => match format!("{error:?}").as_str() {
            "DanglingCombinator" => "it ends with a combinator and nothing behind it".to_owned(),
            "EmptySelector" => "a part of it is empty".to_owned(),
            other => other.split('(').next().unwrap_or_default().to_owned(),
        },
        other => other.to_string(),
    }
}

/// Whether this is a pattern; the engine's message is several lines, of which the last says what is wrong.
pub(crate) fn check_regex(text: &str) -> Result<(), String> {
    regex::Regex::new(text).map(|_| ()).map_err(|error| {
        let message = error.to_string();
        let last = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
        format!("`{text}` is not a regular expression: {last}")
    })
}

fn check_json_path(text: &str) -> Result<(), String> {
    serde_json_path::JsonPath::parse(text)
        .map(|_| ())
        .map_err(|error| format!("`{text}` is not a JSONPath: {error}; it starts with `$`, like `$.items[0].name`"))
}
