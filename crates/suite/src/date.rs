//! Dates as suites and pages write them.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The moment of an ISO 8601 date in seconds since 1970. A date without a time means midnight; one without a zone is in
/// UTC.
pub fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    // A bare number is a number, although ISO 8601 has dates without dashes.
    if !text.get(..10)?.contains('-') {
        return None;
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_second());
    }
    let of_day = |date: Date| date.to_zoned(TimeZone::UTC).ok();
    let of_time = |time: DateTime| time.to_zoned(TimeZone::UTC).ok();
    let moment: Option<Zoned> = match text.parse::<Date>() {
        Ok(date) if text.len() == 10 => of_day(date),
        _ => text.parse::<DateTime>().ok().and_then(of_time),
    };
    moment.map(|moment| moment.timestamp().as_second())
}

/// How many seconds from now a text like `now`, `now-7d` or `now+1h30m` is.
pub fn seconds_from_now(text: &str) -> Option<i64> {
    let rest = text.trim().strip_prefix("now")?.trim_start();
    if rest.is_empty() {
        return Some(0);
    }
    let (sign, length) = match rest.strip_prefix('-') {
        Some(length) => (-1_i64, length),
        None => (1, rest.strip_prefix('+')?),
    };
    let seconds = i64::try_from(crate::duration::parse(length).ok()?.as_secs()).ok()?;
    sign.checked_mul(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_now() {
        for (text, seconds) in [("now", 0), (" now - 7d ", -604_800), ("now+1h30m", 5_400), ("now-0s", 0)] {
            assert_eq!(seconds_from_now(text), Some(seconds), "{text}");
        }
        for text in ["", "nowhere", "now 7d", "now-7", "now--1d", "7d", "now-99999999999999999999d"] {
            assert_eq!(seconds_from_now(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_moments() {
        assert_eq!(seconds("1970-01-02"), Some(86_400));
        assert_eq!(seconds("1970-01-01T00:01:00"), Some(60));
        assert_eq!(seconds("1970-01-01T00:01:00Z"), Some(60));
        assert_eq!(seconds(" 1970-01-01T01:00:00+01:00 "), Some(0));
        for text in ["", "19700101", "12.5", "tomorrow", "1970-13-01", "-1234567890", "19700101T000000Z"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
