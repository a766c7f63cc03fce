//! The kind of value that a predicate of Hurl is applied to, which decides what the predicate means.

use stepcast_suite::json_path::JsonPath;

/// The kind of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A text, or a list of texts if the header occurs several times
    Header,
    /// A whole number
    Number,
    /// A number that Hurl does not treat as a whole one, whatever its value
    Float,
    /// A number that lost its decimals
    Truncated,
    /// Whole days from now to a date, and from a date to now
    DaysAfter,
    DaysBefore,
    /// Milliseconds in Hurl, a length of time in a suite
    Time,
    /// A single value, which is anything JSON can be
    Json,
    /// The result of a path with a wildcard, a filter or a slice: since Hurl 8 nothing, a single value or a list of
    /// several
    JsonList,
    /// A list, however many items it has
    List,
    /// A value that became a text, by `toString`
    Spelt,
    /// Nodes of a page, which Hurl only counts
    Nodes,
    /// The results of `XPath` expressions
    XPathText,
    XPathNumber,
    /// `true` or `false`
    Truth,
    /// `true` or `false`, and never missing; in Hurl present or missing
    Flag,
    Date,
    /// A name in a certificate; its parts are in the opposite order in a suite
    CertificateName,
    /// A SHA-256, which Hurl compares as bytes
    Digest,
    /// Bytes, whose digest a suite can compare
    Bytes,
    /// Bytes that were decoded, which are text in a suite
    Decoded,
}

impl Kind {
    pub fn is_number(self) -> bool {
        let is_whole = matches!(self, Self::Number | Self::Time) || self.is_whole_part();
        is_whole || matches!(self, Self::Float | Self::XPathNumber)
    }

    /// Whether it is the whole part of what a suite compares.
    pub fn is_whole_part(self) -> bool {
        matches!(self, Self::Truncated | Self::DaysAfter | Self::DaysBefore)
    }

    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::JsonList)
    }

    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Spelt | Self::XPathText | Self::CertificateName | Self::Decoded)
    }
}

/// Whether Hurl reads a body of this type as XML and a suite does not by itself: to Hurl everything but HTML is XML.
pub(super) fn is_xml_to_hurl(content_type: &str) -> bool {
    let content_type = content_type.to_ascii_lowercase();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let is_html = media_type.starts_with("text/html") || "text/html".starts_with(media_type);
    let is_xml = media_type.ends_with("/xml") || media_type.ends_with("+xml");
    media_type.contains('/') && !is_html && !is_xml
}

/// The functions of `XPath`, by the type of their result.
const TEXTS: [&str; 10] = [
    "string",
    "concat",
    "normalize-space",
    "substring",
    "substring-before",
    "substring-after",
    "translate",
    "name",
    "local-name",
    "namespace-uri",
];
const NUMBERS: [&str; 7] = ["count", "sum", "number", "floor", "ceiling", "round", "string-length"];
const TRUTHS: [&str; 7] = ["boolean", "not", "contains", "starts-with", "true", "false", "lang"];

/// Whether `XPath` has a function of this name.
pub(super) fn is_function(name: &str) -> bool {
    TEXTS.contains(&name) || NUMBERS.contains(&name) || TRUTHS.contains(&name)
}

/// The type of result of an `XPath` expression.
pub(super) fn of_xpath(path: &str) -> Kind {
    let outside = outside_of_brackets(path);
    let has = |words: &[&str]| words.iter().any(|word| outside.contains(word));
    if has(&["=", "<", ">", " and ", " or "]) {
        return Kind::Truth;
    }
    if has(&["+", " - ", " * ", " div ", " mod "]) {
        return Kind::XPathNumber;
    }
    let function = path.trim().split_once('(').map_or("", |(name, _)| name.trim());
    let is_call = outside.trim().len() == function.len();
    match function {
        _ if !is_call => Kind::Nodes,
        name if TEXTS.contains(&name) => Kind::XPathText,
        name if NUMBERS.contains(&name) => Kind::XPathNumber,
        name if TRUTHS.contains(&name) => Kind::Truth,
        _ => Kind::Nodes,
    }
}

/// An expression without the contents of brackets and quotes.
fn outside_of_brackets(path: &str) -> String {
    let (mut depth, mut quote, mut outside) = (0_usize, None, String::new());
    for c in path.chars() {
        match (quote, c) {
            (Some(end), _) if c == end => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    outside
}

/// Whether a JSONPath leads to one value at most.
pub(super) fn of_json_path(path: &str) -> Kind {
    match JsonPath::parse(path) {
        Ok(path) if !path.is_singular() => Kind::JsonList,
        _ => Kind::Json,
    }
}
