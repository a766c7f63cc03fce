//! Lengths of time as people write them: `800ms`, `10s`, `1m30s`, `2h`, `7d`.

#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice, clippy::arithmetic_side_effects))]

use std::time::Duration;

/// Reads a length of time. A bare number has no unit and is refused: was it seconds or milliseconds?
pub fn parse(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(not_a_duration(text));
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let (amount, after) = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .and_then(|length| rest.split_at_checked(length))
            .ok_or_else(|| not_a_duration(text))?;
        let amount: f64 = amount.parse().map_err(|_| not_a_duration(text))?;
        let unit_length = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at_checked(unit_length).unwrap_or((after, ""));
        let seconds = amount * seconds_in(unit.trim()).ok_or_else(|| not_a_duration(text))?;
        let part = Duration::try_from_secs_f64(seconds).map_err(|_| not_a_duration(text))?;
        total = total.checked_add(part).ok_or_else(|| not_a_duration(text))?;
        rest = next;
    }
    Ok(total)
}

/// Writes a length of time the way [`parse`] reads it, rounded to what a person needs.
pub fn format(duration: Duration) -> String {
    let millis = duration.as_millis();
    match millis {
        0..1_000 => format!("{millis}ms"),
        1_000..60_000 => format!("{:.1}s", duration.as_secs_f64()).replace(".0s", "s"),
        60_000..3_600_000 => format!("{}m{:02}s", millis / 60_000, millis / 1_000 % 60).replace("m00s", "m"),
        _ => format!("{}h{:02}m", millis / 3_600_000, millis / 60_000 % 60).replace("h00m", "h"),
    }
}

/// Milliseconds, for the wire; lengths past the integer's range are its largest value.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn seconds_in(unit: &str) -> Option<f64> {
    match unit {
        "ms" => Some(0.001),
        "s" => Some(1.0),
        "m" | "min" => Some(60.0),
        "h" => Some(3_600.0),
        "d" => Some(86_400.0),
        _ => None,
    }
}

fn not_a_duration(text: &str) -> String {
    format!("`{text}` is not a duration; write it like `800ms`, `10s`, `5m` or `2h`")
}

/// Serde as whole milliseconds.
pub mod as_millis {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    /// Writes milliseconds
    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(super::millis(*duration))
    }

    /// Reads milliseconds
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read() {
        for (text, millis) in
            [("800ms", 800), ("10s", 10_000), ("1m30s", 90_000), ("0.5s", 500), ("2h", 7_200_000), ("7d", 604_800_000)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_has_no_unit_is_refused() {
        for text in ["10", "", "s", "1.2.3s", "10 parsecs", "-1s", "1e3s", "999999999999999999999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn lengths_are_written_short() {
        let written = [5, 999, 1_000, 1_540, 61_000, 120_000, 7_200_000].map(|ms| format(Duration::from_millis(ms)));
        assert_eq!(written, ["5ms", "999ms", "1s", "1.5s", "1m01s", "2m", "2h"]);
    }
}
