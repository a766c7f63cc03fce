//! What segments and selectors select.

use super::children;
use super::condition::Patterns;
use serde_json::Value;
use stepcast_suite::json_path::{Segment, Selector};
use stepcast_suite::number;
use stepcast_suite::pattern::TooLong;

/// Most values that an evaluation visits, and other work that takes as long.
const LOOKED_AT: usize = 10_000_000;

/// Why an evaluation was given up.
pub(super) enum TooMuch {
    /// It visits too many values, or compiles too many patterns
    Work,
    /// A pattern takes too long
    Pattern(String, TooLong),
}

/// One evaluation.
pub(super) struct Evaluation<'v> {
    pub document: &'v Value,
    pub patterns: Patterns,
    left: usize,
}

impl<'v> Evaluation<'v> {
    pub fn of(document: &'v Value) -> Self {
        Self { document, patterns: Patterns::default(), left: LOOKED_AT }
    }

    /// Counts work, in visits of a value.
    pub fn count(&mut self, visits: usize) -> Result<(), TooMuch> {
        self.left = self.left.checked_sub(visits).ok_or(TooMuch::Work)?;
        Ok(())
    }

    /// The values that segments lead to, one after the other.
    pub fn segments(&mut self, segments: &[Segment], from: Vec<&'v Value>) -> Result<Vec<&'v Value>, TooMuch> {
        let mut values = from;
        for segment in segments {
            if segment.is_descendant {
                values = self.with_descendants(values)?;
            }
            let mut selected = Vec::new();
            for value in values {
                for selector in &segment.selectors {
                    self.select(selector, value, &mut selected)?;
                }
            }
            values = selected;
        }
        Ok(values)
    }

    /// Each value followed by everything below it, from the first to the last.
    fn with_descendants(&mut self, values: Vec<&'v Value>) -> Result<Vec<&'v Value>, TooMuch> {
        let (mut all, mut waiting) = (Vec::new(), values);
        waiting.reverse();
        while let Some(value) = waiting.pop() {
            self.count(1)?;
            all.push(value);
            waiting.extend(children(value).rev());
        }
        Ok(all)
    }

    fn select(&mut self, selector: &Selector, value: &'v Value, out: &mut Vec<&'v Value>) -> Result<(), TooMuch> {
        self.count(1)?;
        match (selector, value) {
            (Selector::Name(name), Value::Object(members)) if number::held_text(value).is_none() => {
                out.extend(members.get(name));
            }
            (Selector::Index(index), Value::Array(items)) => {
                out.extend(place(*index, items.len()).and_then(|place| items.get(place)));
            }
            (Selector::Slice { start, end, step }, Value::Array(items)) => {
                for place in places(*start, *end, *step, items.len()) {
                    self.count(1)?;
                    out.extend(items.get(place));
                }
            }
            (Selector::Wildcard, _) => {
                for child in children(value) {
                    self.count(1)?;
                    out.push(child);
                }
            }
            (Selector::Filter(condition), _) => {
                for child in children(value) {
                    self.count(1)?;
                    if self.holds(condition, child)? {
                        out.push(child);
                    }
                }
            }
            (Selector::Name(_) | Selector::Index(_) | Selector::Slice { .. }, _) => {}
        }
        Ok(())
    }
}

/// The place of an index, which counts from the end if it is negative.
fn place(index: i64, length: usize) -> Option<usize> {
    let from_end = || usize::try_from(index.unsigned_abs()).ok().and_then(|back| length.checked_sub(back));
    if index < 0 { from_end() } else { usize::try_from(index).ok() }
}

/// The places that a slice selects (RFC 9535, section 2.3.4.2).
fn places(start: Option<i64>, end: Option<i64>, step: i64, length: usize) -> Box<dyn Iterator<Item = usize>> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let normal = |index: i64| if index < 0 { length.saturating_add(index) } else { index };
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let bound = |index: Option<i64>, otherwise: i64| index.map_or(otherwise, normal).clamp(lowest, highest);
    let distance = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
    let place = |place: i64| usize::try_from(place).unwrap_or_default();
    match step {
        0 => Box::new(std::iter::empty()),
        1.. => Box::new((bound(start, 0)..bound(end, length)).step_by(distance).map(place)),
        _ => {
            let (first, last) = (bound(start, length - 1), bound(end, -1));
            Box::new((last + 1..=first).rev().step_by(distance).map(place))
        }
    }
}
