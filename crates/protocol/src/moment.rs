//! Moments on the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A moment, in milliseconds since 1970: RFC 3339 on the wire. Earlier moments become 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(u64);

impl Moment {
    /// A moment by its milliseconds since 1970.
    pub fn from_ms(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970.
    pub fn ms(self) -> u64 {
        self.0
    }
}

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let moment: Timestamp = text
            .parse()
            .map_err(|_| format!("`{}` is not a time; write it like `2026-11-22T10:20:30Z`", excerpt(text)))?;
        Ok(Self(u64::try_from(moment.as_millisecond()).unwrap_or_default()))
    }
}

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = i64::try_from(self.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        write!(f, "{:.3}", moment.unwrap_or_default())
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        moment.to_string()
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_rfc_3339() {
        for (text, written) in [
            ("2026-11-22T10:20:30Z", "2026-11-22T10:20:30.000Z"),
            ("2026-11-22T12:20:30.0425+02:00", "2026-11-22T10:20:30.042Z"),
            ("1969-12-31T23:59:59Z", "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(text.parse::<Moment>().map(|moment| moment.to_string()), Ok(written.to_owned()));
        }
    }

    #[test]
    fn what_names_no_moment_is_refused() {
        for text in ["", "yesterday", "2026-11-22", "2026-11-22T10:20:30", "1800000000"] {
            let why = text.parse::<Moment>().expect_err("no moment");
            assert!(why.contains("write it like `2026-11-22T10:20:30Z`"), "{why}");
        }
    }
}
