//! Distinguishes a site that blocked us from a page that is wrong.
//!
//! Too many requests (429) always means a block. Otherwise it takes a mark that only a bot wall leaves: a header of its
//! own, or a challenge in the body of a 403 or 503. A plain 403 is the page's own answer. The marks:
//! - `cf-mitigated` (Cloudflare), `x-amzn-waf-action` (AWS WAF; its challenges are 202 and 405), `x-datadome` with 403
//! - `server: cloudflare` or `AkamaiGHost` with the text of their challenge and refusal pages
//! - the challenge scripts of the usual vendors on a 403

use super::page::Page;

/// How much of a page is searched for marks, in bytes; challenge pages are short.
const SEARCHED: usize = 64 * 1024;
const CLOUDFLARE: [&str; 4] = ["challenge-platform", "cf-chl-", "Just a moment...", "Attention Required! | Cloudflare"];
const CHALLENGES: [&str; 8] = [
    "captcha-delivery.com",
    "px-captcha",
    "_Incapsula_Resource",
    "g-recaptcha",
    "recaptcha/api.js",
    "h-captcha",
    "hcaptcha.com",
    "challenges.cloudflare.com",
];

/// What to do about a host that gets too many requests.
pub const SLOWLY: &str =
    "send requests more slowly: lower `defaults.host.concurrency` or raise `defaults.host.interval`";

/// Why an answer is not that of the page.
#[derive(Debug, PartialEq, Eq)]
pub struct Wall {
    /// The mark that was found
    pub reason: String,
    /// How to fix it
    pub hint: &'static str,
}

/// Detects whether the site blocked us.
pub fn detect(page: &Page) -> Option<Wall> {
    let status = page.response().status;
    if status.as_u16() == 429 {
        return Some(too_many_requests(page));
    }
    let mark = header_mark(page).or_else(|| body_mark(page))?;
    Some(Wall {
        reason: format!("the site's bot protection answered {} ({mark})", status.as_u16()),
        hint: "let Stepcast's user agent or address through, or test a host without the protection",
    })
}

fn too_many_requests(page: &Page) -> Wall {
    let wait = page.header("retry-after").map(|wait| format!(", try again after {wait}")).unwrap_or_default();
    Wall { reason: format!("the site answered 429 Too Many Requests{wait}"), hint: SLOWLY }
}

fn header_mark(page: &Page) -> Option<String> {
    let mark = |name: &str| page.header(name).map(|value| format!("{name}: {value}"));
    let refused = page.response().status.as_u16() == 403;
    mark("cf-mitigated").or_else(|| mark("x-amzn-waf-action")).or_else(|| mark("x-datadome").filter(|_| refused))
}

fn body_mark(page: &Page) -> Option<String> {
    let status = page.response().status.as_u16();
    if !matches!(status, 403 | 503) {
        return None;
    }
    let server = page.header("server").unwrap_or_default().to_ascii_lowercase();
    let text = page.text();
    let text = &text[..text.floor_char_boundary(SEARCHED)];
    let found = |marks: &[&str]| marks.iter().find(|mark| text.contains(**mark)).map(|mark| format!("`{mark}`"));
    match server.as_str() {
        "cloudflare" if found(&CLOUDFLARE).is_some() => Some("a Cloudflare challenge".into()),
        "akamaighost" if status == 403 && text.contains("Reference&#32;&#35;") => Some("an Akamai refusal".into()),
        _ if status == 403 => found(&CHALLENGES),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::Response;
    use http::{HeaderMap, HeaderName, StatusCode, Version};
    use std::time::Duration;

    fn wall(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> Option<String> {
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().expect("text")));
        let response = Response {
            status: StatusCode::from_u16(status).expect("a status"),
            version: Version::HTTP_11,
            headers: headers.collect::<HeaderMap>(),
            url: "http://h/".parse().expect("an address"),
            redirects: Vec::new(),
            body: body.into(),
            elapsed: Duration::ZERO,
            certificate: None,
            requests: std::sync::Arc::default(),
            traceparent: None,
        };
        detect(&Page::new(response)).map(|wall| wall.reason)
    }

    #[test]
    fn walls_are_known_by_their_marks() {
        for (status, headers, body) in [
            (403, &[("cf-mitigated", "challenge")][..], ""),
            (202, &[("x-amzn-waf-action", "challenge")], ""),
            (405, &[("x-amzn-waf-action", "captcha")], ""),
            (503, &[("server", "cloudflare")], "<title>Just a moment...</title>"),
            (403, &[("server", "AkamaiGHost")], "Access Denied Reference&#32;&#35;18.1"),
            (403, &[], "<div class=g-recaptcha>"),
        ] {
            assert!(wall(status, headers, body).is_some(), "{status} {headers:?} {body}");
        }
        assert_eq!(
            wall(429, &[("retry-after", "30")], "").as_deref(),
            Some("the site answered 429 Too Many Requests, try again after 30")
        );
    }

    #[test]
    fn a_refusal_of_the_pages_own_is_no_wall() {
        assert_eq!(wall(403, &[("server", "cloudflare")], "You may not see this"), None);
        assert_eq!(wall(200, &[("server", "cloudflare")], "<div class=g-recaptcha> Just a moment..."), None);
        let late = Box::leak(format!("{}g-recaptcha", "x".repeat(SEARCHED)).into_boxed_str());
        assert_eq!(wall(403, &[], late), None);
        assert_eq!(wall(200, &[("x-datadome", "protected")], "welcome"), None);
        assert_eq!(wall(503, &[("server", "AkamaiGHost")], "Reference&#32;&#35;18.1"), None);
        assert_eq!(wall(503, &[], "down for maintenance, hcaptcha.com"), None);
    }
}
