//! Forms with files, as browsers send them.
//! <https://html.spec.whatwg.org/#multipart-form-data>

use super::text;
use crate::fetch::FetchError;
use crate::scope::Scope;
use bytes::Bytes;
use http::HeaderValue;
use stepcast_suite::Part;

/// The default content type of a file, as in browsers.
const UNKNOWN_TYPE: &str = "application/octet-stream";

/// Encodes the body and its `content-type`.
pub fn encode(parts: &[Part], scope: &Scope) -> Result<(HeaderValue, Bytes), FetchError> {
    let parts: Vec<String> = parts.iter().map(|part| encode_part(part, scope)).collect::<Result<_, _>>()?;
    let boundary = boundary(&parts);
    let mut body = String::new();
    for part in &parts {
        body.extend(["--", &boundary, "\r\n", part, "\r\n"]);
    }
    body.extend(["--", &boundary, "--\r\n"]);
    let content_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"));
    Ok((content_type.map_err(|error| FetchError::InvalidRequest(error.to_string()))?, body.into()))
}

/// A boundary that occurs in none of the parts.
fn boundary(parts: &[String]) -> String {
    loop {
        let boundary = format!("stepcast-{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        if !parts.iter().any(|part| part.contains(&boundary)) {
            return boundary;
        }
    }
}

fn encode_part(part: &Part, scope: &Scope) -> Result<String, FetchError> {
    let mut head = format!("content-disposition: form-data; name=\"{}\"", escape(&part.name));
    if let Some(file) = &part.file {
        head = format!("{head}; filename=\"{}\"", escape(&text(file, scope)?));
        let content_type = part.content_type.as_deref().unwrap_or(UNKNOWN_TYPE);
        head = format!("{head}\r\ncontent-type: {}", checked_type(&text(content_type, scope)?)?);
    }
    Ok(format!("{head}\r\n\r\n{}", text(&part.content, scope)?))
}

/// Escapes quotes, which would end a name, and line breaks, which would end a header.
fn escape(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

fn checked_type(content_type: &str) -> Result<&str, FetchError> {
    if content_type.contains(['\r', '\n']) {
        return Err(FetchError::InvalidRequest("the `type` of a file has a line break in it".to_owned()));
    }
    Ok(content_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, content: &str, file: Option<&str>) -> Part {
        Part { name: name.into(), content: content.into(), file: file.map(str::to_owned), content_type: None }
    }

    #[test]
    fn names_cannot_end_their_quotes() {
        let encoded = encode_part(&part("a\"\r\nx: y", "v", Some("f\".txt")), &Scope::default()).expect("a part");
        let head = "content-disposition: form-data; name=\"a%22%0D%0Ax: y\"; filename=\"f%22.txt\"\r\n";
        assert_eq!(encoded, format!("{head}content-type: application/octet-stream\r\n\r\nv"));
    }

    #[test]
    fn a_type_is_one_line() {
        let part = Part { content_type: Some("text/plain\r\nx: y".into()), ..part("a", "v", Some("f")) };
        assert!(encode(&[part], &Scope::default()).is_err());
    }
}
