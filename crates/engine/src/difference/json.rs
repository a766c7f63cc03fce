//! Compares JSON by path.
//!
//! Members are compared by name, whatever their order, and items of lists by what they have in common. A value that is
//! gone in one place and there in another was moved.

use super::aligned::paired;
use super::collected::{Collector, Found};
use super::fresh;
use super::words::{QUOTED, VALUE, plain, quote, quoted_pair};
use crate::check::json_path;
use rustc_hash::FxHashSet;
use serde_json::Value;
use std::ptr;
use stepcast_protocol::difference::DifferenceKind;
use stepcast_suite::{Subject, number};

/// Most values that are looked through for one that was moved.
const SEARCHED: usize = 20_000;
/// Longest path that is written from its beginning, in bytes.
const PATH: usize = 500;
/// Most values that were gone and are looked for.
const LOOKED_FOR: usize = 200;

/// Compares two bodies.
pub fn compare(before: &Value, now: &Value, looked_at: &[Subject], collector: &mut Collector<'_>) {
    let near = looked_at.iter().flat_map(|subject| [values(subject, before), values(subject, now)]).flatten().collect();
    let mut comparison = Comparison { near, gone: Vec::new(), new: Vec::new(), collector };
    comparison.compare(&Path::root(), before, now, false);
    comparison.report();
}

/// The values that a check looks at.
fn values(subject: &Subject, value: &Value) -> Vec<*const Value> {
    let Subject::Json(path) = subject else { return Vec::new() };
    let found = json_path::parse(path).and_then(|path| json_path::evaluate(&path, value));
    found.unwrap_or_default().into_iter().map(ptr::from_ref).collect()
}

struct Comparison<'v, 'c, 'n> {
    near: FxHashSet<*const Value>,
    /// Members that are gone, with whether a check looks there
    gone: Vec<(Path<'v>, &'v Value, bool)>,
    /// Members that are new
    new: Vec<(Path<'v>, &'v Value, bool)>,
    collector: &'c mut Collector<'n>,
}

/// Where a value is.
#[derive(Clone)]
struct Path<'v> {
    /// As a JSON path
    exact: String,
    /// The same without the places in lists
    general: String,
    /// The last name in it
    name: Option<&'v str>,
}

impl<'v> Path<'v> {
    fn root() -> Self {
        Self { exact: "$".to_owned(), general: "$".to_owned(), name: None }
    }

    fn member(&self, name: &'v str) -> Self {
        let shown = plain(name, QUOTED);
        let is_plain = shown == name
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty();
        let (exact, general) = if is_plain {
            (format!(".{name}"), format!(".{name}"))
        } else {
            (format!("['{shown}']"), format!("['{}']", fresh::stable(&shown)))
        };
        self.then(&exact, &general, Some(name))
    }

    fn item(&self, place: usize) -> Self {
        self.then(&format!("[{place}]"), "[*]", self.name)
    }

    /// A longer path. Of one that is too long, the beginning is left out: each value below has a copy.
    fn then(&self, exact: &str, general: &str, name: Option<&'v str>) -> Self {
        let begun = |path: &str| if path.len() > PATH { "…".to_owned() } else { path.to_owned() };
        Self { exact: begun(&self.exact) + exact, general: begun(&self.general) + general, name }
    }
}

impl<'v> Comparison<'v, '_, '_> {
    /// Compares two values. They are nested at most as deep as the parser allows, which is 128 levels.
    fn compare(&mut self, path: &Path<'v>, before: &'v Value, now: &'v Value, is_near: bool) {
        if self.collector.is_full() || before == now {
            return;
        }
        let is_near = is_near || self.near.contains(&ptr::from_ref(before)) || self.near.contains(&ptr::from_ref(now));
        match (before, now) {
            // A number beyond 64 bits is kept as an object.
            (Value::Object(old), Value::Object(new))
                if number::held_text(before).is_none() && number::held_text(now).is_none() =>
            {
                for (name, was) in old {
                    match new.get(name) {
                        Some(is) => self.compare(&path.member(name), was, is, is_near),
                        None => self.gone.push((path.member(name), was, is_near || self.has_near(was))),
                    }
                }
                for (name, is) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
                    self.new.push((path.member(name), is, is_near || self.has_near(is)));
                }
            }
            (Value::Array(old), Value::Array(new)) => self.items(path, old, new, is_near),
            _ => self.value(path, before, now, is_near),
        }
    }

    fn items(&mut self, path: &Path<'v>, old: &'v [Value], new: &'v [Value], is_near: bool) {
        let texts = |items: &[Value]| items.iter().map(identity).collect::<Vec<_>>();
        let found = paired(texts(old).into_iter(), texts(new).into_iter());
        for (was, is) in found.pairs {
            self.compare(&path.item(is), &old[was], &new[is], is_near);
        }
        // Items that have no name in common are compared in order, as far as there are as many.
        let same = found.before.len().min(found.after.len());
        for (was, is) in found.before.iter().zip(&found.after) {
            self.compare(&path.item(*is), &old[*was], &new[*is], is_near);
        }
        for was in &found.before[same..] {
            self.gone.push((path.item(*was), &old[*was], is_near || self.has_near(&old[*was])));
        }
        for is in &found.after[same..] {
            self.new.push((path.item(*is), &new[*is], is_near || self.has_near(&new[*is])));
        }
    }

    fn value(&mut self, path: &Path<'_>, before: &Value, now: &Value, is_near: bool) {
        let (old, new) = (number::to_text(before), number::to_text(now));
        let (was, is) = match (before, now) {
            (Value::String(was), Value::String(is)) => quoted_pair(was, is),
            _ => (plain(&old, QUOTED), plain(&new, QUOTED)),
        };
        let is_near = is_near || self.has_near(before) || self.has_near(now);
        let text = format!("`{}` is {is}, and was {was}", path.exact);
        let found = Found::of_values(DifferenceKind::Json, path.general.clone(), &old, &new, text);
        self.collector.add(Found { is_near, ..found });
    }

    fn has_near(&self, value: &Value) -> bool {
        let mut left = SEARCHED;
        !self.near.is_empty() && any(value, &mut left, &|value| self.near.contains(&ptr::from_ref(value)))
    }

    /// Reports what is gone and what is new, and what was only moved.
    fn report(mut self) {
        let mut searched = SEARCHED;
        let gone = std::mem::take(&mut self.gone);
        for (number, (path, value, is_near)) in gone.into_iter().enumerate() {
            let shown = number::to_text(value);
            let place = if number < LOOKED_FOR { self.moved_to(&path, value, &mut searched) } else { None };
            let text = match &place {
                Some((to, true)) => format!("`{}` is at `{to}` now", path.exact),
                Some((to, false)) => format!("`{}` is at `{to}` now, with another value", path.exact),
                None => format!("`{}` is gone: it was {}", path.exact, brief(value)),
            };
            self.collector.add(Found {
                kind: DifferenceKind::Json,
                place: path.general,
                before: Some(plain(&shown, VALUE)),
                after: place.map(|(to, _)| to),
                text,
                is_near,
                is_fresh: false,
            });
        }
        for (path, value, is_near) in std::mem::take(&mut self.new) {
            self.collector.add(Found {
                kind: DifferenceKind::Json,
                text: format!("`{}` is new: {}", path.exact, brief(value)),
                place: path.general,
                before: None,
                after: Some(plain(&number::to_text(value), VALUE)),
                is_near,
                is_fresh: false,
            });
        }
    }

    /// Where a member that is gone is now: a new member of the same name, with whether its value is the same.
    fn moved_to(&self, path: &Path<'_>, value: &Value, searched: &mut usize) -> Option<(String, bool)> {
        let name = path.name?;
        let mut found = Vec::new();
        for (new, inside, _) in &self.new {
            named(name, new, inside, searched, &mut found);
        }
        let is_same = |candidate: &&(String, &Value)| candidate.1 == value;
        match (found.iter().find(is_same), found.as_slice()) {
            (Some((to, _)), _) => Some((to.clone(), true)),
            (None, [(to, other)]) if same_type(value, other) => Some((to.clone(), false)),
            _ => None,
        }
    }
}

/// Collects the values under a name, at any depth.
fn named<'v>(name: &str, path: &Path<'v>, value: &'v Value, left: &mut usize, found: &mut Vec<(String, &'v Value)>) {
    let Some(less) = left.checked_sub(1) else { return };
    *left = less;
    if path.name == Some(name) && !path.exact.ends_with(']') {
        found.push((path.exact.clone(), value));
    }
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                named(name, &path.member(key), member, left, found);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                named(name, &path.item(place), item, left, found);
            }
        }
        _ => {}
    }
}

fn any(value: &Value, left: &mut usize, is: &impl Fn(&Value) -> bool) -> bool {
    let Some(less) = left.checked_sub(1) else { return false };
    *left = less;
    is(value)
        || match value {
            Value::Array(items) => items.iter().any(|item| any(item, left, is)),
            Value::Object(members) => members.values().any(|member| any(member, left, is)),
            _ => false,
        }
}

/// What an item of a list is recognised by: its id or name if it has one, otherwise all of it.
fn identity(item: &Value) -> String {
    let key = |name: &str| item.get(name).filter(|value| value.is_string() || value.is_number());
    match ["id", "key", "sku", "slug", "name"].into_iter().find_map(|name| Some((name, key(name)?))) {
        Some((name, value)) => format!("{name}={value}"),
        None => item.to_string(),
    }
}

fn same_type(value: &Value, other: &Value) -> bool {
    std::mem::discriminant(value) == std::mem::discriminant(other)
}

fn brief(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text, QUOTED),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(members) => format!("an object of {}", members.len()),
        other => plain(&number::to_text(other), QUOTED),
    }
}
