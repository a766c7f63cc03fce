//! Fills in a step's request.

mod multipart;

use super::fetch::{Digest, FetchError, FetchRequest, Network};
use super::scope::Scope;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::sync::Arc;
use stepcast_suite::matcher::render_value;
use stepcast_suite::number;
use stepcast_suite::template;
use stepcast_suite::{Auth, Body, Request};
use url::{Url, form_urlencoded};

/// Headers about how the bytes are transferred, which only the client may set.
const OF_THE_CONNECTION: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE];

/// Builds the request of a step with these variables over this network.
pub fn fill_in(request: &Request, scope: &Scope, network: &Network) -> Result<FetchRequest, FetchError> {
    let mut headers = headers(&request.headers, request.auth.as_ref(), scope)?;
    let body = request.body.as_ref().map(|body| fill_in_body(body, scope, &mut headers)).transpose()?;
    let url = address(&text(&request.url, scope)?)?;
    Ok(FetchRequest {
        digest: digest(request.auth.as_ref(), &url, scope)?,
        headers,
        body,
        follow: request.follow,
        network: network.clone(),
        ..FetchRequest::new(method(&request.method)?, url, request.timeout)
    })
}

/// Parses an address and checks that it can be fetched.
pub fn address(text: &str) -> Result<Url, FetchError> {
    let text = text.trim();
    let url =
        Url::parse(text).map_err(|error| FetchError::InvalidRequest(format!("`{text}` is not an address: {error}")))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => {
            Err(FetchError::InvalidRequest(format!("`{other}:` addresses cannot be fetched; use `http:` or `https:`")))
        }
    }
}

/// Header fields with their names and values filled in, including the one with the credentials.
pub fn headers(pairs: &[(String, String)], auth: Option<&Auth>, scope: &Scope) -> Result<HeaderMap, FetchError> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let invalid = |what: &str| FetchError::InvalidRequest(format!("header `{name}` {what}"));
        let filled_in = text(name, scope)?;
        let header = HeaderName::from_bytes(filled_in.trim().as_bytes())
            .map_err(|_| invalid("has a name that cannot be sent"))?;
        if OF_THE_CONNECTION.contains(&header) {
            return Err(invalid("controls how the bytes are transferred and is set by Stepcast"));
        }
        // Bytes, because headers carry names and cities as UTF-8, whatever the standard says.
        let value = HeaderValue::from_bytes(text(value, scope)?.trim().as_bytes())
            .map_err(|_| invalid("has a value that cannot be sent; it may contain a line break"))?;
        headers.append(header, value);
    }
    if let Some(value) = auth.map(|auth| authorization(auth, scope)).transpose()?.flatten() {
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// The digest credentials for the origin of an address.
pub fn digest(auth: Option<&Auth>, url: &Url, scope: &Scope) -> Result<Option<Arc<Digest>>, FetchError> {
    let Some(Auth::Digest { user, password }) = auth else { return Ok(None) };
    let (user, password) = (text(user, scope)?, text(password, scope)?);
    Ok(Some(Arc::new(Digest { user, password, origin: url.origin() })))
}

/// The `authorization` header that needs no challenge, if there is one.
fn authorization(auth: &Auth, scope: &Scope) -> Result<Option<HeaderValue>, FetchError> {
    let (name, value) = match auth {
        Auth::Basic { user, password } => ("basic", format!("Basic {}", user_and_password(user, password, scope)?)),
        Auth::Bearer(token) => ("bearer", format!("Bearer {}", text(token, scope)?.trim())),
        Auth::Digest { .. } => return Ok(None),
    };
    // The message leaves out the value.
    let invalid =
        |_| FetchError::InvalidRequest(format!("the value of `{name}` cannot be sent; it may contain a line break"));
    HeaderValue::from_bytes(value.as_bytes()).map(Some).map_err(invalid)
}

fn user_and_password(user: &str, password: &str, scope: &Scope) -> Result<String, FetchError> {
    let (user, password) = (text(user, scope)?, text(password, scope)?);
    if user.contains(':') {
        let message = "the name of `basic` contains a colon, which separates the name from the password".to_owned();
        return Err(FetchError::InvalidRequest(message));
    }
    Ok(STANDARD.encode(format!("{user}:{password}")))
}

/// The credentials to hide, as far as they are known: the password or token, and its encoded form.
pub fn credentials(request: &Request, scope: &Scope) -> Vec<String> {
    let known = match &request.auth {
        Some(Auth::Bearer(token)) => vec![text(token, scope)],
        Some(Auth::Digest { password, .. }) => vec![text(password, scope)],
        Some(Auth::Basic { user, password }) => vec![text(password, scope), user_and_password(user, password, scope)],
        None => Vec::new(),
    };
    known.into_iter().flatten().collect()
}

fn fill_in_body(body: &Body, scope: &Scope, headers: &mut HeaderMap) -> Result<Bytes, FetchError> {
    let (content_type, bytes) = match body {
        Body::Multipart(parts) => {
            let (content_type, bytes) = multipart::encode(parts, scope)?;
            // The boundary is generated here, so the suite's own header could not be right.
            headers.insert(CONTENT_TYPE, content_type);
            return Ok(bytes);
        }
        Body::Form(fields) => ("application/x-www-form-urlencoded", form(fields, scope)?),
        Body::Json(value) => {
            let value = render_value(value, scope).map_err(|error| FetchError::InvalidRequest(error.to_string()))?;
            ("application/json", number::to_text(&value))
        }
        Body::Text(template) => ("text/plain; charset=utf-8", text(template, scope)?),
    };
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(content_type));
    Ok(bytes.into())
}

fn form(fields: &[(String, String)], scope: &Scope) -> Result<String, FetchError> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        form.append_pair(name, &text(value, scope)?);
    }
    Ok(form.finish())
}

/// Fills in a template.
pub fn text(template: &str, scope: &Scope) -> Result<String, FetchError> {
    template::render(template, scope).map_err(|error| FetchError::InvalidRequest(error.to_string()))
}

fn method(name: &str) -> Result<Method, FetchError> {
    Method::from_bytes(name.as_bytes())
        .map_err(|_| FetchError::InvalidRequest(format!("`{name}` cannot be the name of a method")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn request(body: Option<Body>, headers: &[(&str, &str)]) -> Request {
        Request {
            method: "POST".into(),
            url: " ${base}/a b?q=${x}".into(),
            auth: None,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body,
            timeout: Duration::from_secs(1),
            follow: None,
        }
    }

    fn scope() -> Scope {
        let mut scope = Scope::default();
        scope.set("base", "http://h.example");
        scope.set("x", "a&b\n");
        scope
    }

    #[test]
    fn bodies_are_filled_in_and_say_what_they_are() {
        for (body, content_type, bytes) in [
            (Body::Form(vec![("k k".into(), "${x}".into())]), "application/x-www-form-urlencoded", "k+k=a%26b%0A"),
            (Body::Json(serde_json::json!({"k": ["${x}", 1]})), "application/json", r#"{"k":["a&b\n",1]}"#),
            (Body::Text("${x}".into()), "text/plain; charset=utf-8", "a&b\n"),
        ] {
            let filled = fill_in(&request(Some(body), &[]), &scope(), &Network::default()).expect("a request");
            assert_eq!(filled.headers[CONTENT_TYPE], content_type);
            assert_eq!(filled.body.expect("a body"), bytes);
            assert_eq!(filled.url.as_str(), "http://h.example/a%20b?q=a&b");
        }
    }

    #[test]
    fn a_content_type_of_its_own_is_kept() {
        let request = request(Some(Body::Text("<x/>".into())), &[("content-type", "application/xml")]);
        assert_eq!(
            fill_in(&request, &scope(), &Network::default()).expect("a request").headers[CONTENT_TYPE],
            "application/xml"
        );
    }

    #[test]
    fn what_cannot_be_sent_is_told() {
        for (headers, expected) in [
            ([("x-a", "a${x}b")], "header `x-a` has a value that cannot be sent; it may contain a line break"),
            (
                [("content-length", "5")],
                "header `content-length` controls how the bytes are transferred and is set by Stepcast",
            ),
            ([("x-a", "${nope}")], "`${nope}` has no value"),
            ([("x-${nope}", "a")], "`${nope}` has no value"),
            ([("x ${x}", "a")], "header `x ${x}` has a name that cannot be sent"),
        ] {
            assert_eq!(
                fill_in(&request(None, &headers), &scope(), &Network::default()).expect_err(expected).to_string(),
                expected
            );
        }
        assert_eq!(
            address("ftp://h/").expect_err("no web address").to_string(),
            "`ftp:` addresses cannot be fetched; use `http:` or `https:`"
        );
        assert_eq!(
            address("/path").expect_err("relative").to_string(),
            "`/path` is not an address: relative URL without a base"
        );
    }
}
