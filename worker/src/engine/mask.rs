//! Hides secrets in everything that leaves the engine.
//!
//! A page may echo a secret, and rarely as it was sent: in a link it is percent-encoded, in a script JSON-escaped, in
//! markup HTML-escaped, in a header Base64. All these forms are found, also inside longer Base64 such as that of
//! `user:password`. Secrets shorter than four characters are left alone: masking `1` or `de` would make every result
//! unreadable, and whoever reads it could fill in the rest.

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What stands where a secret stood.
const MASKED: &str = "***";
/// Shorter secrets are not looked for, in characters.
const SHORTEST: usize = 4;
/// What addresses encode in a query, in a path, and before the host, by the URL standard.
/// <https://url.spec.whatwg.org/#percent-encoded-bytes>
const IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'\'');
const IN_PATH: &AsciiSet = &IN_QUERY.remove(b'\'').add(b'?').add(b'^').add(b'`').add(b'{').add(b'}');
const BEFORE_HOST: &AsciiSet =
    &IN_PATH.add(b'/').add(b':').add(b';').add(b'=').add(b'@').add(b'[').add(b'\\').add(b']').add(b'|');
/// What `encodeURIComponent` keeps.
const IN_COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Finds the secrets of one run.
#[derive(Default)]
pub struct Mask {
    secrets: BTreeSet<String>,
    finder: Option<AhoCorasick>,
    longest: usize,
}

impl Mask {
    /// A mask over the values of these secrets.
    ///
    /// # Panics
    /// If they are gigabytes together; [`VARIABLE_BYTES`](stepcast_protocol::limits::VARIABLE_BYTES) bounds each.
    pub fn new(secrets: &BTreeMap<String, String>) -> Self {
        Self::over(secrets.values().cloned().collect())
    }

    /// A mask that also hides these; nothing, if this one does already.
    pub fn extended(&self, more: Vec<String>) -> Option<Self> {
        let more: BTreeSet<String> = more.into_iter().filter(|value| !self.secrets.contains(value)).collect();
        (!more.is_empty()).then(|| Self::over(self.secrets.union(&more).cloned().collect()))
    }

    fn over(secrets: BTreeSet<String>) -> Self {
        let long_enough = secrets.iter().filter(|secret| secret.trim().chars().count() >= SHORTEST);
        let forms: BTreeSet<String> = long_enough.flat_map(|secret| forms(secret.trim())).collect();
        let longest = forms.iter().map(String::len).max().unwrap_or_default();
        let finder = (!forms.is_empty())
            .then(|| AhoCorasick::new(forms).expect("secrets are bounded, far below what an automaton can hold"));
        Self { secrets, finder, longest }
    }

    /// The text with every secret replaced by `***`.
    pub fn hide(&self, text: &str) -> String {
        self.hide_start(text, text.len())
    }

    /// The same for the first `bytes` of a long text only. A secret that begins within them is hidden whole.
    pub fn hide_start(&self, text: &str, bytes: usize) -> String {
        let end = text.floor_char_boundary(bytes);
        let seen = &text[..text.floor_char_boundary(end.saturating_add(self.longest))];
        let mut out = String::with_capacity(end);
        let mut at = 0;
        for Range { start, end: after } in self.spans(seen).into_iter().filter(|span| span.start < end) {
            out.push_str(&text[at..start]);
            out.push_str(MASKED);
            at = after;
        }
        out.push_str(text.get(at..end).unwrap_or_default());
        out
    }

    /// Where secrets stand; overlapping ones are one span, so that no end of either is left.
    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let Some(finder) = &self.finder else { return Vec::new() };
        let mut found: Vec<Range<usize>> = finder.find_overlapping_iter(text).map(|found| found.range()).collect();
        found.sort_by_key(|span| span.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for span in found {
            match merged.last_mut() {
                Some(last) if span.start < last.end => last.end = last.end.max(span.end),
                _ => merged.push(span),
            }
        }
        merged
    }
}

/// Every way a secret may be written.
fn forms(secret: &str) -> Vec<String> {
    let folded = secret.split_whitespace().collect::<Vec<_>>().join(" ");
    // Hosts are put in lower case.
    let mut forms = vec![secret.to_owned(), secret.to_lowercase(), folded];
    for set in [IN_QUERY, IN_PATH, BEFORE_HOST, IN_COMPONENT, NON_ALPHANUMERIC] {
        let encoded = utf8_percent_encode(secret, set).to_string();
        forms.push(lowercase_escapes(&encoded));
        forms.push(encoded);
    }
    forms.push(url::form_urlencoded::byte_serialize(secret.as_bytes()).collect());
    forms.extend(json_forms(secret));
    forms.extend(html_forms(secret));
    forms.extend(base64_forms(secret));
    forms.retain(|form| form.chars().count() >= SHORTEST);
    forms
}

fn lowercase_escapes(encoded: &str) -> String {
    let mut rest = encoded;
    let mut out = String::with_capacity(encoded.len());
    while let Some(at) = rest.find('%') {
        let end = (at + 3).min(rest.len());
        out.push_str(&rest[..at]);
        out.push_str(&rest[at..end].to_ascii_lowercase());
        rest = &rest[end..];
    }
    out + rest
}

fn json_forms(secret: &str) -> Vec<String> {
    let quoted = serde_json::Value::from(secret).to_string();
    let plain = quoted.trim_start_matches('"').strip_suffix('"').unwrap_or(&quoted).to_owned();
    // What PHP does to slashes, and what templates do to keep JSON harmless inside a script element.
    let slashes = plain.replace('/', "\\/");
    let in_script = |escapes: [&str; 4]| {
        ['<', '>', '&', '\''].iter().zip(escapes).fold(plain.clone(), |text, (from, to)| text.replace(*from, to))
    };
    let lower = in_script(["\\u003c", "\\u003e", "\\u0026", "\\u0027"]);
    let upper = in_script(["\\u003C", "\\u003E", "\\u0026", "\\u0027"]);
    vec![lower, upper, slashes, plain]
}

fn html_forms(secret: &str) -> Vec<String> {
    let text = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let quoted = text.replace('"', "&quot;");
    let apostrophes = ["&#39;", "&#x27;", "&apos;"].map(|escape| quoted.replace('\'', escape));
    let numeric = text.replace('"', "&#34;").replace('\'', "&#39;");
    [text, quoted, numeric].into_iter().chain(apostrophes).collect()
}

/// The Base64 of the secret at each of the three places it can have in a longer text, less the characters at either
/// end that also depend on what stands beside it.
fn base64_forms(secret: &str) -> Vec<String> {
    let at_offset = |offset: usize| {
        let bytes = [&[0; 2][..offset], secret.as_bytes()].concat();
        let (first, last) = ((offset * 8).div_ceil(6), bytes.len() * 8 / 6);
        [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)]
            .map(|encoded| encoded.get(first..last).unwrap_or_default().to_owned())
    };
    (0..3).flat_map(at_offset).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    const SECRET: &str = "p&ss/w\"o'r d<ü>";

    fn mask(values: &[&str]) -> Mask {
        Mask::new(&values.iter().enumerate().map(|(n, value)| (n.to_string(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_secret_is_hidden_however_it_is_written() {
        let mask = mask(&[SECRET]);
        let component = utf8_percent_encode(SECRET, IN_COMPONENT).to_string();
        for text in [
            SECRET.to_owned(),
            component.to_lowercase(),
            component,
            url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect(),
            "p&amp;ss/w&quot;o&#39;r d&lt;ü&gt;".into(),
            "p&amp;ss/w\"o'r d&lt;ü&gt;".into(),
            r#"p&ss/w\"o'r d<ü>"#.into(),
            r#"p&ss\/w\"o'r d<ü>"#.into(),
            r#"p\u0026ss/w\"o\u0027r d\u003cü\u003e"#.into(),
            r#"p\u0026ss/w\"o\u0027r d\u003Cü\u003E"#.into(),
        ] {
            assert_eq!(mask.hide(&format!("a {text} b")), "a *** b", "{text}");
        }
    }

    #[test]
    fn a_secret_is_hidden_inside_longer_base64() {
        let mask = mask(&["correct horse"]);
        for user in ["", "a:", "ab:", "abc:"] {
            for text in
                [STANDARD.encode(format!("{user}correct horse!")), URL_SAFE.encode(format!("{user}correct horse"))]
            {
                let hidden = mask.hide(&text);
                assert!(hidden.contains("***") && hidden.len() < 14, "{hidden}");
            }
        }
    }

    #[test]
    fn overlapping_secrets_leave_nothing_behind() {
        assert_eq!(mask(&["abcdef", "defghi", "abcd"]).hide("<abcdefghi>"), "<***>");
        assert_eq!(mask(&["abcd"]).hide("abcdabcd"), "******");
    }

    #[test]
    fn short_secrets_are_left_alone() {
        assert_eq!(mask(&["abc", "", "    "]).hide("abc    abc"), "abc    abc");
    }

    #[test]
    fn a_secret_across_the_cut_is_hidden_whole() {
        let mask = mask(&["correct horse"]);
        assert_eq!(mask.hide_start("a correct horse b", 5), "a ***");
        assert_eq!(mask.hide_start("ü correct horse b", 1), "");
        assert_eq!(mask.hide_start("no secret", 5), "no se");
    }
}
