//! Answers the digest challenges of servers (RFC 7616, and RFC 2617 with MD5).

use super::FetchRequest;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};
use http_auth::digest::DigestClient;
use http_auth::{PasswordParams, parse_challenges};
use std::fmt;
use url::{Origin, Position};

/// A name and a password for one origin.
#[derive(Clone, PartialEq, Eq)]
pub struct Digest {
    /// The user name
    pub user: String,
    /// The password
    pub password: String,
    /// The origin whose challenges are answered
    pub origin: Origin,
}

impl Digest {
    /// The `authorization` for this request, if one of the answer's challenges is supported.
    pub fn meet(&self, request: &FetchRequest, answer: &HeaderMap) -> Option<HeaderValue> {
        if request.url.origin() != self.origin {
            return None;
        }
        let sent = answer.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let mut challenges = sent.filter_map(|text| parse_challenges(text).ok()).flatten();
        let mut challenge = challenges.find_map(|challenge| DigestClient::try_from(&challenge).ok())?;
        let parameters = PasswordParams {
            username: &self.user,
            password: &self.password,
            uri: &request.url[Position::BeforePath..Position::AfterQuery],
            method: request.method.as_str(),
            // As in curl, a challenge that includes the body is used only if the server offers no other.
            body: None,
        };
        let with_body = PasswordParams { body: Some(request.body.as_deref().unwrap_or_default()), ..parameters };
        let said = challenge.respond(&parameters).or_else(|_| challenge.respond(&with_body)).ok()?;
        let mut value = HeaderValue::from_str(&said).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").field("origin", &self.origin).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;
    use std::time::Duration;
    use url::Url;

    fn request(url: &str) -> FetchRequest {
        FetchRequest::new(Method::GET, Url::parse(url).expect("an address"), Duration::from_secs(1))
    }

    #[test]
    fn another_origin_is_not_told_who_asks() {
        let here = request("https://a.example/");
        let digest = Digest { user: "ana".to_owned(), password: "s3cret".to_owned(), origin: here.url.origin() };
        let challenge = HeaderValue::from_static("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
        let answer = HeaderMap::from_iter([(WWW_AUTHENTICATE, challenge)]);
        assert!(digest.meet(&here, &answer).is_some());
        for elsewhere in ["https://b.example/", "http://a.example/", "https://a.example:8443/"] {
            assert_eq!(digest.meet(&request(elsewhere), &answer), None, "{elsewhere}");
        }
    }
}
