//! Converts dates from one form to another.

use jiff::civil::{Date, DateTime};
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A date, as precise as the text.
enum When {
    Moment(Timestamp),
    Time(DateTime),
    Day(Date),
}

/// A date in ISO 8601, or in the form of `to`: in UTC if its time zone is known, otherwise as it is written.
pub fn date(text: &str, from: Option<&str>, to: Option<&str>) -> Result<String, String> {
    let text = text.trim();
    let when = match from {
        None => plain(text).ok_or_else(|| "is not a date in ISO 8601 or in the format of HTTP headers".to_owned())?,
        Some(from) => patterned(text, from).ok_or_else(|| format!("is not a date in the format `{from}`"))?,
    };
    match to {
        None => Ok(when.iso()),
        Some(to) => when
            .in_utc()
            .and_then(|moment| strtime::format(to, &moment).ok())
            .ok_or_else(|| format!("is a date that `{to}` cannot represent")),
    }
}

impl When {
    fn iso(&self) -> String {
        match self {
            Self::Moment(moment) => moment.to_string(),
            Self::Time(time) => time.to_string(),
            Self::Day(day) => day.to_string(),
        }
    }

    /// A date without a time is midnight; a time without a zone is UTC.
    fn in_utc(&self) -> Option<Zoned> {
        match self {
            Self::Moment(moment) => Some(moment.to_zoned(TimeZone::UTC)),
            Self::Time(time) => time.to_zoned(TimeZone::UTC).ok(),
            Self::Day(day) => day.to_zoned(TimeZone::UTC).ok(),
        }
    }
}

fn patterned(text: &str, pattern: &str) -> Option<When> {
    let time = strtime::parse(pattern, text).ok()?;
    if time.hour().is_none() && time.timestamp().is_none() {
        return time.to_date().ok().map(When::Day);
    }
    let moment = time.to_timestamp().map(When::Moment);
    moment.or_else(|_| time.to_datetime().map(When::Time)).ok()
}

fn plain(text: &str) -> Option<When> {
    let moment = text.parse::<Timestamp>().or_else(|_| rfc2822::parse(text).map(|time| time.timestamp()));
    if let Ok(moment) = moment {
        return Some(When::Moment(moment));
    }
    match text.parse::<DateTime>() {
        Ok(time) if text.contains(':') => Some(When::Time(time)),
        _ => text.parse::<Date>().ok().map(When::Day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_become_iso_8601() {
        for (text, pattern, expected) in [
            ("31.12.2026", Some("%d.%m.%Y"), "2026-12-31"),
            ("Dec 31, 2026 18:05", Some("%b %d, %Y %H:%M"), "2026-12-31T18:05:00"),
            ("2026-12-31 18:05 +0100", Some("%Y-%m-%d %H:%M %z"), "2026-12-31T17:05:00Z"),
            ("2026-12-31", None, "2026-12-31"),
            ("2026-12-31T18:05", None, "2026-12-31T18:05:00"),
            ("2026-12-31T18:05:00+01:00", None, "2026-12-31T17:05:00Z"),
            ("Thu, 31 Dec 2026 18:05:00 GMT", None, "2026-12-31T18:05:00Z"),
        ] {
            assert_eq!(date(text, pattern, None).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(date("soon", None, None), Err("is not a date in ISO 8601 or in the format of HTTP headers".into()));
        assert!(date("31.13.2026", Some("%d.%m.%Y"), None).is_err());
    }

    #[test]
    fn dates_are_written_as_they_are_asked_for() {
        for (text, from, to, expected) in [
            ("31.12.2026", Some("%d.%m.%Y"), "%m/%d/%y", "12/31/26"),
            ("2026-12-31", None, "%Y-%m-%dT%H:%M", "2026-12-31T00:00"),
            ("2026-12-31T23:30:00-01:00", None, "%d.%m. %H:%M %z", "01.01. 00:30 +0000"),
            ("Thu, 31 Dec 2026 18:05:00 GMT", None, "%s", "1798740300"),
        ] {
            assert_eq!(date(text, from, Some(to)).as_deref(), Ok(expected), "{text}");
        }
    }
}
