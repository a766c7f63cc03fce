//! Reports what changed in an answer since its test last passed.

use super::one_line;
use std::time::Duration;
use stepcast_platform::Clock;
use stepcast_protocol::difference::{Difference, SincePassed};
use stepcast_protocol::moment::Moment;
use stepcast_suite::duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const TWO_DAYS: u64 = 2 * DAY;

/// The lines about a step, the first with the most telling difference.
pub(super) fn lines(since: &SincePassed) -> Vec<String> {
    let from = format!("since job {}, {}", one_line(&since.job), ago(&since.at));
    let Some((first, rest)) = since.lines.split_first() else {
        let more = if since.more == 0 { "the answer is the same".to_owned() } else { differences(since.more) };
        return vec![format!("{from}: {more}")];
    };
    let mut lines = vec![format!("{from}: {}", one_line(first))];
    lines.extend(rest.iter().map(|line| format!("  {}", one_line(line))));
    if since.more > 0 {
        lines.push(format!("  and {} more; `stepcast evidence` shows them", differences(since.more)));
    }
    lines
}

/// A difference with what was there and what is there now, for those who want all of it.
pub(crate) fn whole(difference: &Difference) -> Vec<String> {
    let mut lines = vec![one_line(&difference.text)];
    for (label, value) in [("before", &difference.before), ("now", &difference.after)] {
        lines.extend(value.iter().map(|value| format!("  {label:<7} {}", one_line(value))));
    }
    lines
}

fn differences(count: u32) -> String {
    if count == 1 { "1 difference".to_owned() } else { format!("{count} differences") }
}

/// How long ago a moment was.
pub(crate) fn ago(at: &str) -> String {
    let Ok(moment) = at.parse::<Moment>() else { return one_line(at) };
    let seconds = Clock::system().now_ms().saturating_sub(moment.ms()) / 1_000;
    let rounded = match seconds {
        0 => return "just now".to_owned(),
        1..MINUTE => seconds,
        MINUTE..HOUR => seconds - seconds % MINUTE,
        HOUR..DAY => seconds - seconds % HOUR,
        DAY..TWO_DAYS => return "1 day ago".to_owned(),
        _ => return format!("{} days ago", seconds / DAY),
    };
    format!("{} ago", duration::format(Duration::from_secs(rounded)))
}
