//! The target of a redirect and the request that follows it, by the rules of browsers.
//! <https://fetch.spec.whatwg.org/#http-redirect-fetch>

use super::{FetchError, FetchRequest};
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE};
use http::header::{COOKIE, HOST, LOCATION, PROXY_AUTHORIZATION};
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::{AsciiSet, percent_encode};
use url::Url;

/// The ASCII bytes to encode: none, so only bytes beyond ASCII are encoded.
const NON_ASCII: &AsciiSet = &AsciiSet::EMPTY;

/// The request a redirect asks for, or none if the answer is not a redirect.
pub fn next(
    request: &FetchRequest,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<FetchRequest>, FetchError> {
    let Some(location) = location(status, headers) else { return Ok(None) };
    let mut next = request.clone();
    next.url = target(&request.url, &location)?;
    if becomes_get(status, &request.method) {
        next.method = Method::GET;
        next.body = None;
        for name in [CONTENT_TYPE, CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LOCATION] {
            next.headers.remove(name);
        }
    }
    // Credentials for one origin are not sent to another, and a redirect back does not restore them.
    if next.url.origin() != request.url.origin() {
        leave_origin(&mut next);
    }
    Ok(Some(next))
}

/// Removes the credentials from a request.
pub fn leave_origin(request: &mut FetchRequest) {
    for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, HOST] {
        request.headers.remove(name);
    }
    request.network.identity = None;
    request.digest = None;
}

/// The target of a redirect. An empty `location` leads nowhere, as in browsers.
fn location(status: StatusCode, headers: &HeaderMap) -> Option<String> {
    let bytes = headers.get(LOCATION).filter(|_| is_redirect(status))?.as_bytes();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        // Bytes that are not UTF-8 are requested as they are: `/caf<E9>` is `/caf%E9`.
        Err(_) => percent_encode(bytes, NON_ASCII).to_string(),
    };
    Some(text).filter(|text| !text.trim().is_empty())
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn becomes_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        301 | 302 => *method == Method::POST,
        303 => *method != Method::GET && *method != Method::HEAD,
        _ => false,
    }
}

fn target(from: &Url, location: &str) -> Result<Url, FetchError> {
    let bad = |reason: String| FetchError::BadRedirect { to: location.to_owned(), reason };
    let mut url = from.join(location).map_err(|error| bad(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad(format!("`{}:` is not `http:` or `https:`", url.scheme())));
    }
    if url.fragment().is_none() {
        url.set_fragment(from.fragment());
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::network::{Network, Pem};
    use http::HeaderValue;
    use std::sync::Arc;
    use std::time::Duration;

    fn request(method: Method) -> FetchRequest {
        let headers = [(AUTHORIZATION, "Bearer t"), (COOKIE, "a=b"), (CONTENT_TYPE, "text/plain")];
        let url = Url::parse("https://a.example/dir/page#part").expect("an address");
        FetchRequest {
            headers: headers.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect(),
            body: Some("body".into()),
            network: Network { identity: Some(Arc::new(Pem::new("key".into()))), ..Network::default() },
            ..FetchRequest::new(method, url, Duration::from_secs(1))
        }
    }

    fn follow(method: Method, status: u16, location: &'static str) -> Result<Option<FetchRequest>, FetchError> {
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static(location))]);
        next(&request(method), StatusCode::from_u16(status).expect("a status"), &headers)
    }

    #[test]
    fn methods_change_as_in_browsers() {
        for (method, status, expected) in [
            (Method::POST, 301, Method::GET),
            (Method::POST, 302, Method::GET),
            (Method::PUT, 302, Method::PUT),
            (Method::PUT, 303, Method::GET),
            (Method::HEAD, 303, Method::HEAD),
            (Method::POST, 307, Method::POST),
            (Method::DELETE, 308, Method::DELETE),
        ] {
            let next = follow(method.clone(), status, "/x").expect("an address").expect("a redirect");
            assert_eq!(next.method, expected, "{method} {status}");
            assert_eq!(next.body.is_some(), next.method == method, "{method} {status}");
            assert_eq!(next.headers.contains_key(CONTENT_TYPE), next.method == method, "{method} {status}");
        }
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        for (location, kept) in [
            ("/other", true),
            ("https://a.example:443/", true),
            ("http://a.example/", false),
            ("https://b.example/", false),
            ("https://a.example:8443/", false),
        ] {
            let next = follow(Method::GET, 302, location).expect("an address").expect("a redirect");
            assert_eq!(next.headers.contains_key(AUTHORIZATION), kept, "{location}");
            assert_eq!(next.headers.contains_key(COOKIE), kept, "{location}");
            assert_eq!(next.network.identity.is_some(), kept, "{location}");
        }
    }

    #[test]
    fn locations_are_relative_and_keep_the_fragment() {
        let url = |location| follow(Method::GET, 302, location).map(|next| next.expect("a redirect").url.to_string());
        assert_eq!(url("../up").as_deref(), Ok("https://a.example/up#part"));
        assert_eq!(url("//b.example/#own").as_deref(), Ok("https://b.example/#own"));
        assert!(url("file:///etc/passwd").is_err());
        assert!(url("http://").is_err());
    }

    #[test]
    fn bytes_that_are_no_text_are_asked_as_they_are() {
        let location = |bytes: &[u8]| {
            let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_bytes(bytes).expect("a value"))]);
            let next = next(&request(Method::GET), StatusCode::FOUND, &headers).expect("an address");
            next.map(|next| next.url.to_string())
        };
        assert_eq!(location(b"/caf\xe9?a=%20\xff").as_deref(), Some("https://a.example/caf%E9?a=%20%FF#part"));
        assert_eq!(location("/café".as_bytes()).as_deref(), Some("https://a.example/caf%C3%A9#part"));
        for empty in [&b""[..], b" "] {
            assert_eq!(location(empty), None);
        }
    }

    #[test]
    fn not_everything_with_a_location_is_a_redirect() {
        assert!(follow(Method::GET, 201, "/created").expect("no redirect").is_none());
        assert!(follow(Method::GET, 304, "/same").expect("no redirect").is_none());
    }
}
