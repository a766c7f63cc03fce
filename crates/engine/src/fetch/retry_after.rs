//! Reads how long a server asks clients to wait (RFC 9110, section 10.2.3).

use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use std::time::Duration;

/// The wait that an overloaded or unavailable server asks for.
pub fn asked_for(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
        return None;
    }
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    text.parse().ok().map(Duration::from_secs).or_else(|| until(text))
}

fn until(date: &str) -> Option<Duration> {
    let date = DateTimeParser::new().parse_timestamp(date).ok()?;
    Duration::try_from(date.duration_since(Timestamp::now())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn wait(status: u16, value: &str) -> Option<u64> {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(value).expect("a value"))]);
        asked_for(StatusCode::from_u16(status).expect("a status"), &headers).map(|wait| wait.as_secs())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        assert_eq!(wait(429, "7"), Some(7));
        assert_eq!(wait(503, " 0 "), Some(0));
        assert_eq!(wait(429, "Fri, 31 Dec 1999 23:59:59 GMT"), None, "it is over");
        assert!(wait(429, "Wed, 31 Dec 2098 23:59:59 GMT").is_some_and(|wait| wait > 1_000_000));
        assert_eq!(wait(429, "soon"), None);
        assert_eq!(wait(301, "7"), None);
    }
}
