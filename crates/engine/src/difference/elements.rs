//! Compares pages element by element.
//!
//! The elements and texts of both pages are put in a row, and what is the same in both rows is left out. In what is
//! left, elements of the same name belong together: their attributes are compared. Others are gone or new, with all that
//! is in them.

use super::aligned::{changed, paired};
use super::collected::{Collector, Found};
use super::fresh;
use super::outline::{Item, Outline, Part};
use super::words::{QUOTED, VALUE, plain, quote, quoted_pair};
use crate::page::Document;
use rustc_hash::FxHashSet;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::ops::Range;
use stepcast_protocol::difference::DifferenceKind;
use stepcast_suite::Subject;

/// Compares two pages.
pub fn compare(before: &Document, now: &Document, looked_at: &[Subject], collector: &mut Collector<'_>) {
    let (before, now) = (Outline::of(before, looked_at), Outline::of(now, looked_at));
    let mut comparison =
        Comparison { before: &before, now: &now, gone: Vec::new(), new: Vec::new(), elsewhere: Vec::new(), collector };
    let contents = |outline: &Outline| (0..outline.len()).map(|place| outline.content(place)).collect::<Vec<_>>();
    let (old, new) = (contents(&before), contents(&now));
    let mut from = (0, 0);
    let mut parts = changed(old.iter(), new.iter()).into_iter().peekable();
    while let Some(part) = parts.next() {
        if comparison.collector.is_full() {
            break;
        }
        let until = parts.peek().map_or((old.len(), new.len()), |next| (next.before.start, next.after.start));
        let (was, is) = (part.before, part.after);
        let (was, is) = match (was.is_empty(), is.is_empty()) {
            (false, true) => (slid(was, from.0..until.0, &old, &before), is),
            (true, false) => (was, slid(is, from.1..until.1, &new, &now)),
            _ => (was, is),
        };
        from = (was.end, is.end);
        comparison.part(&was.collect::<Vec<_>>(), &is.collect::<Vec<_>>());
    }
    comparison.report();
}

/// Most places by which a part is moved.
const SLID: usize = 64;

/// Moves a part that is gone or new to where it is whole elements. If a page repeats itself, the end of one element and
/// the beginning of the next differ in the same way as the next element does. `within` has no other part.
fn slid(part: Range<usize>, within: Range<usize>, contents: &[String], outline: &Outline) -> Range<usize> {
    let is_whole = |part: &Range<usize>| part.clone().all(|place| outline.item(place).end <= part.end);
    let down =
        (0..SLID).take_while(|by| part.end + by < within.end && contents[part.start + by] == contents[part.end + by]);
    let up = (1..SLID)
        .take_while(|by| part.start >= within.start + by && contents[part.start - by] == contents[part.end - by]);
    let down = (0..=down.count()).map(|by| part.start + by..part.end + by);
    let up = up.map(|by| part.start - by..part.end - by);
    down.chain(up).find(is_whole).unwrap_or(part)
}

struct Comparison<'o, 'd, 'c, 'n> {
    before: &'o Outline<'d>,
    now: &'o Outline<'d>,
    /// Items that are only in the page before
    gone: Vec<usize>,
    /// Items that are only in the page now
    new: Vec<usize>,
    /// Elements that are in an element of another kind now
    elsewhere: Vec<(usize, usize)>,
    collector: &'c mut Collector<'n>,
}

impl Comparison<'_, '_, '_, '_> {
    fn part(&mut self, old: &[usize], new: &[usize]) {
        let kinds = |outline: &Outline, places: &[usize]| {
            let kind = |place: &usize| (outline.kind(*place).0, outline.kind(*place).1.to_owned());
            places.iter().map(kind).collect::<Vec<_>>()
        };
        let found = paired(kinds(self.before, old).into_iter(), kinds(self.now, new).into_iter());
        for (was, is) in found.pairs {
            self.item(old[was], new[is]);
        }
        self.gone.extend(found.before.into_iter().map(|place| old[place]));
        self.new.extend(found.after.into_iter().map(|place| new[place]));
    }

    /// Compares two items of the same kind.
    fn item(&mut self, was: usize, is: usize) {
        let is_near = self.before.item(was).is_near || self.now.item(is).is_near;
        match (&self.before.item(was).part, &self.now.item(is).part) {
            (Part::Element(_, old), Part::Element(_, new)) if old == new => self.elsewhere.push((was, is)),
            (Part::Element(_, old), Part::Element(_, new)) => self.attributes((was, old), (is, new), is_near),
            (Part::Text(old), Part::Text(new)) => {
                let (shown_old, shown_new) = quoted_pair(old, new);
                let text = format!("the text of `{}` is {shown_new}, and was {shown_old}", self.now.name(is));
                self.add_values(self.before.path(was) + " text", old, new, text, is_near);
            }
            _ => {}
        }
    }

    fn attributes(&mut self, old: (usize, &[(String, &str)]), new: (usize, &[(String, &str)]), is_near: bool) {
        let ((was, old), (is, new)) = (old, new);
        let (old_name, new_name) = (self.before.name(was), self.now.name(is));
        let path = self.before.path(was);
        if old_name != new_name {
            let text = format!("`{old_name}` became `{new_name}`");
            self.add_values(path.clone(), &old_name, &new_name, text, is_near);
        }
        for (name, value, other) in merged(old, new) {
            let is_in_name = old_name != new_name && ["class", "id", "name"].contains(&name);
            let shown = plain(name, QUOTED);
            let place = format!("{path} @{}", fresh::stable(&shown));
            match (value, other) {
                (Some(was), Some(is)) if was != is && !is_in_name => {
                    let (was_shown, is_shown) = quoted_pair(was, is);
                    let text = format!("`{shown}` of `{new_name}` is {is_shown}, and was {was_shown}");
                    self.add_values(place, was, is, text, is_near);
                }
                (Some(was), None) if !is_in_name => {
                    let text = format!("`{new_name}` has no `{shown}` any more: it was {}", quote(was, QUOTED));
                    self.add_single(place, Some(was), None, text, is_near);
                }
                (None, Some(is)) if !is_in_name => {
                    let text = format!("`{new_name}` has `{shown}` now: {}", quote(is, QUOTED));
                    self.add_single(place, None, Some(is), text, is_near);
                }
                _ => {}
            }
        }
    }

    /// Leaves out what is gone and new in elements of the same path: only the order is another one.
    fn leave_out_reordered(&mut self) {
        let key = |outline: &Outline, place: usize| (outline.path(place), outline.content(place));
        let mut left: HashMap<(String, String), usize> = HashMap::new();
        for place in &self.new {
            *left.entry(key(self.now, *place)).or_default() += 1;
        }
        let mut same: HashMap<(String, String), usize> = HashMap::new();
        let (before, now) = (self.before, self.now);
        self.gone.retain(|place| {
            let key = key(before, *place);
            let Some(count) = left.get_mut(&key).filter(|count| **count > 0) else { return true };
            *count -= 1;
            *same.entry(key).or_default() += 1;
            false
        });
        self.new.retain(|place| match same.get_mut(&key(now, *place)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        });
    }

    /// Reports elements that are in another element now, unless one was only put around them or taken away there.
    fn report_elsewhere(&mut self) {
        let gone: FxHashSet<usize> = self.gone.iter().copied().collect();
        let new: FxHashSet<usize> = self.new.iter().copied().collect();
        for (was, is) in std::mem::take(&mut self.elsewhere) {
            let (from, to) = (self.before.item(was).parent, self.now.item(is).parent);
            let is_elsewhere = self.before.path(was) != self.now.path(is);
            if is_elsewhere && !from.is_some_and(|from| gone.contains(&from)) && !to.is_some_and(|to| new.contains(&to))
            {
                self.moved(was, is);
            }
        }
    }

    fn moved(&mut self, was: usize, is: usize) {
        let (from, to, name) = (self.before.path(was), self.now.path(is), self.before.name(was));
        let text = format!("`{name}` was moved: it is at `{to}`, and was at `{from}`");
        let is_near = self.before.has_near(was) || self.now.has_near(is);
        self.add_single(from.clone() + " moved", Some(&from), Some(&to), text, is_near);
    }

    /// Reports what is gone and what is new. An element that is gone in one place and new in another, with all that is
    /// in it, was moved.
    fn report(mut self) {
        self.leave_out_reordered();
        self.report_elsewhere();
        let (gone, new) = (outermost(self.before, &self.gone), outermost(self.now, &self.new));
        let mut arrived: HashMap<String, Vec<usize>> = HashMap::new();
        for place in new.iter().rev() {
            arrived.entry(whole(self.now, *place)).or_default().push(*place);
        }
        let mut moved = FxHashSet::default();
        for was in gone {
            let (name, path) = (self.before.name(was), self.before.path(was));
            let is_near = self.before.has_near(was);
            let shown = shown(self.before, was);
            let is_element = matches!(self.before.item(was).part, Part::Element(..));
            let to = arrived.get_mut(&whole(self.before, was)).and_then(Vec::pop);
            match to.filter(|_| is_element) {
                Some(to) => {
                    moved.insert(to);
                    self.moved(was, to);
                }
                None if is_element => {
                    let text = format!("`{name}` is gone{}", with_text(self.before, was, "it had"));
                    self.add_single(path, Some(&shown), None, text, is_near);
                }
                None => {
                    let text = format!("the text {} of `{name}` is gone", quote(&shown, QUOTED));
                    self.add_single(path + " text", Some(&shown), None, text, is_near);
                }
            }
        }
        for is in new.into_iter().filter(|place| !moved.contains(place)) {
            let (name, path) = (self.now.name(is), self.now.path(is));
            let is_near = self.now.has_near(is);
            let shown = shown(self.now, is);
            if matches!(self.now.item(is).part, Part::Element(..)) {
                let text = format!("`{name}` is new{}", with_text(self.now, is, "it has"));
                self.add_single(path, None, Some(&shown), text, is_near);
            } else {
                let text = format!("`{name}` has the text {} now", quote(&shown, QUOTED));
                self.add_single(path + " text", None, Some(&shown), text, is_near);
            }
        }
    }

    fn add_values(&mut self, place: String, before: &str, after: &str, text: String, is_near: bool) {
        let found = Found::of_values(DifferenceKind::Element, place, before, after, text);
        self.collector.add(Found { is_near, ..found });
    }

    fn add_single(&mut self, place: String, before: Option<&str>, after: Option<&str>, text: String, is_near: bool) {
        let value = |value: Option<&str>| value.map(|value| value.chars().take(VALUE).collect());
        let (before, after, kind) = (value(before), value(after), DifferenceKind::Element);
        self.collector.add(Found { kind, place, before, after, text, is_near, is_fresh: false });
    }
}

/// The attributes of two elements side by side. Both are in the order of their names.
fn merged<'a>(
    old: &'a [(String, &'a str)],
    new: &'a [(String, &'a str)],
) -> Vec<(&'a str, Option<&'a str>, Option<&'a str>)> {
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    let mut merged = Vec::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some((was, _)), Some((is, _))) => was.cmp(is),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return merged,
        };
        let was = if order.is_le() { old.next() } else { None };
        let is = if order.is_ge() { new.next() } else { None };
        let name = was.or(is).map_or("", |(name, _)| name.as_str());
        merged.push((name, was.map(|(_, value)| *value), is.map(|(_, value)| *value)));
    }
}

/// The items that are not in another one of them, of items in their order.
fn outermost(outline: &Outline, places: &[usize]) -> Vec<usize> {
    let mut sorted = places.to_vec();
    sorted.sort_unstable();
    let is_inside: FxHashSet<usize> = sorted.iter().copied().collect();
    sorted.retain(|place| outline.item(*place).parent.is_none_or(|parent| !is_inside.contains(&parent)));
    sorted
}

/// An item with all that is in it, wherever it is.
fn whole(outline: &Outline, place: usize) -> String {
    let inside = (place + 1..outline.item(place).end).map(|place| outline.content(place));
    inside.fold(outline.own(place), |whole, content| whole + "\n" + &content)
}

/// An item as the evidence shows it: the text in it, or else its attributes.
fn shown(outline: &Outline, place: usize) -> String {
    let text = text_in(outline, place);
    if text.is_empty() { plain(&outline.own(place), VALUE) } else { text }
}

fn with_text(outline: &Outline, place: usize, it_had: &str) -> String {
    let text = text_in(outline, place);
    if text.is_empty() { String::new() } else { format!(": {it_had} the text {}", quote(&text, QUOTED)) }
}

/// The beginning of the text in an item.
fn text_in(outline: &Outline, place: usize) -> String {
    let mut text = String::new();
    for place in place..outline.item(place).end {
        if text.len() > VALUE {
            break;
        }
        if let Item { part: Part::Text(part), .. } = outline.item(place) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(part);
        }
    }
    text
}
