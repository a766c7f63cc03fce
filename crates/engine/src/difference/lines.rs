//! Compares text line by line.

use super::aligned::changed;
use super::collected::{Collector, Found};
use super::words::{QUOTED, quote, quoted_pair};
use stepcast_protocol::difference::DifferenceKind;

/// Compares the lines of two texts.
pub fn compare(before: &str, now: &str, collector: &mut Collector<'_>) {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    for part in changed(old.iter(), new.iter()) {
        if collector.is_full() {
            return;
        }
        let (was, is) = (&old[part.before.clone()], &new[part.after.clone()]);
        for (place, (was, is)) in was.iter().zip(is).enumerate() {
            let (shown_was, shown_is) = quoted_pair(was, is);
            let text = format!("line {} is {shown_is}, and was {shown_was}", part.after.start + place + 1);
            // The text around a value that is new each time stays the same, the number of the line does not.
            let place = super::fresh::stable(is).chars().take(QUOTED).collect();
            collector.add(Found::of_values(DifferenceKind::Line, place, was, is, text));
        }
        let same = was.len().min(is.len());
        for was in &was[same..] {
            let text = format!("a line is gone: {}", quote(was, QUOTED));
            collector.add(single(was, text, true));
        }
        for is in &is[same..] {
            let text = format!("there is a line now: {}", quote(is, QUOTED));
            collector.add(single(is, text, false));
        }
    }
}

fn single(line: &str, text: String, is_gone: bool) -> Found {
    let value = Some(line.chars().take(super::words::VALUE).collect());
    let place = super::fresh::stable(line).chars().take(QUOTED).collect();
    let (before, after) = if is_gone { (value, None) } else { (None, value) };
    Found { kind: DifferenceKind::Line, place, before, after, text, is_near: false, is_fresh: false }
}
