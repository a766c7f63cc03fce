//! The bounds of every language that a suite or a site brings along: how long a text may be, how deep it may nest, how
//! much work it may ask for. All of them are defined here and applied before a text is parsed: when a suite is read,
//! and again when a template has been filled in.
//!
//! | language | bytes | depth | cost |
//! | --- | --- | --- | --- |
//! | JSONPath | [`JSON_PATH`] | [`JSON_PATH`] | linear |
//! | CSS selectors | [`CSS`] | [`CSS`] | linear |
//! | `XPath` | [`XPATH`] | [`XPATH`] | [`XPATH_TOKENS`] |
//! | patterns | [`PATTERN`] | [`PATTERN`] | [`PATTERN_BYTES`] and [`PATTERN_CLASSES`] each, [`SUITE_PATTERN_COST`] a suite |
//! | JSON Schema | the suite's | [`DOCUMENT_DEPTH`] | [`SCHEMA_VALUES`] and [`SCHEMA_COST`] each, [`SUITE_SCHEMA_COST`] a suite |
//! | templates | [`SUITE_BYTES`](crate::limits::SUITE_BYTES) | they do not nest | linear |
//! | suites in YAML or JSON | [`SUITE_BYTES`](crate::limits::SUITE_BYTES) | [`DOCUMENT_DEPTH`] | [`DOCUMENT_VALUES`], [`DOCUMENT_BYTES`] |
//! | commands in JSON | `MESSAGE_BYTES` of the protocol | [`JSON_DEPTH`] | linear |
//! | sitemaps | [`SITEMAP_BYTES`] | not recursive | [`SITEMAP_ADDRESSES`] |
//! | `robots.txt` | [`ROBOTS_BYTES`] | does not nest | [`ROBOTS_WILDCARDS`] |

mod scan;

/// A JSONPath (RFC 9535). Its parser calls itself for every bracket.
pub const JSON_PATH: Bounds = Bounds { language: "a JSONPath", bytes: 4 * 1024, depth: 32 };
/// A list of CSS selectors.
pub const CSS: Bounds = Bounds { language: "a CSS selector", bytes: 4 * 1024, depth: 32 };
/// An `XPath`. Parentheses, predicates and arguments nest.
pub const XPATH: Bounds = Bounds { language: "an XPath", bytes: 16 * 1024, depth: 32 };
/// A pattern. Its depth is counted by its library: groups, classes, repetitions and what they join.
pub const PATTERN: Bounds = Bounds { language: "a regular expression", bytes: 16 * 1024, depth: 100 };

/// Most tokens of an `XPath`, so that no stack is too small for what they nest.
pub const XPATH_TOKENS: usize = 500;

/// Most memory a compiled pattern may take, in bytes. `\w{1,100}` takes half of it.
pub const PATTERN_BYTES: usize = 10 * 1024 * 1024;
/// Most classes like `\p{L}` a pattern may have: if letters match in any case, each takes milliseconds.
pub const PATTERN_CLASSES: usize = 100;
/// What all patterns of a suite may cost together, equal ones counted once, in bytes of compiled pattern: those of about
/// a thousand ordinary ones, or of eleven like `\w{1,100}`.
pub const SUITE_PATTERN_COST: usize = 64 * 1024 * 1024;

/// Most arrays, objects and values of a JSON Schema: it is read as deep as they lead to one another.
pub const SCHEMA_VALUES: usize = 10_000;
/// Most values a schema with `unevaluatedItems` or `unevaluatedProperties` may have once its references are followed.
pub const SCHEMA_COST: u64 = 10_000_000;
/// How many values all schemas of a suite may have together, equal schemas counted once.
pub const SUITE_SCHEMA_COST: usize = 100_000;

/// How deep a suite may nest.
pub const DOCUMENT_DEPTH: usize = 64;
/// How many values a suite may have once its aliases are expanded.
pub const DOCUMENT_VALUES: usize = 200_000;
/// How many bytes of text a suite may have once its aliases are expanded.
pub const DOCUMENT_BYTES: usize = 16 * 1024 * 1024;
/// How many bytes all steps of a suite may inherit from its defaults.
pub const INHERITED_BYTES: usize = 32 * 1024 * 1024;

/// How deep JSON may nest, commands and bodies: what `serde_json` reads.
pub const JSON_DEPTH: usize = 127;

/// Largest sitemap (<https://www.sitemaps.org/protocol.html>), in bytes, uncompressed.
pub const SITEMAP_BYTES: usize = 50 * 1024 * 1024;
/// Most addresses that are taken from one sitemap (same page).
pub const SITEMAP_ADDRESSES: usize = 50_000;

/// How much of a `robots.txt` is read, in bytes: RFC 9309 asks for at least 500 KiB.
pub const ROBOTS_BYTES: usize = 512 * 1024;
/// Most rules of a `robots.txt` with a `*` in the middle, each of which is matched against an address.
pub const ROBOTS_WILDCARDS: usize = 1_000;

/// Most problems that are collected for a suite, and most warnings.
pub const PROBLEMS: usize = 20;

/// The bounds of a language, checked before a text is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The name of a text in it
    pub language: &'static str,
    /// Longest text, in bytes
    pub bytes: usize,
    /// How deep brackets may nest
    pub depth: usize,
}

/// A text that is beyond a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Beyond {
    /// It is too long
    #[error("it has {bytes} bytes; {language} may have at most {most}")]
    Bytes {
        /// The name of a text in the language
        language: &'static str,
        /// Its length
        bytes: usize,
        /// The bound
        most: usize,
    },
    /// It nests too deep
    #[error("its brackets are nested {depth} deep; {language} may nest them at most {most} deep")]
    Depth {
        /// The name of a text in the language
        language: &'static str,
        /// How deep it nests
        depth: usize,
        /// The bound
        most: usize,
    },
}

impl Bounds {
    /// Whether a text is not too long.
    pub fn check_length(&self, text: &str) -> Result<(), Beyond> {
        if text.len() <= self.bytes {
            return Ok(());
        }
        Err(Beyond::Bytes { language: self.language, bytes: text.len(), most: self.bytes })
    }

    /// Whether a text is neither too long nor nested too deep. It takes linear time and no stack.
    pub fn check(&self, text: &str) -> Result<(), Beyond> {
        self.check_length(text)?;
        let depth = scan::depth(text);
        if depth <= self.depth {
            return Ok(());
        }
        Err(Beyond::Depth { language: self.language, depth, most: self.depth })
    }
}

/// Why a text is not JSON; if the reason is its depth, with the bound.
pub fn why_not_json(error: &serde_json::Error) -> String {
    let message = error.to_string();
    if message.starts_with("recursion limit exceeded") {
        return format!("arrays and objects are nested more than {JSON_DEPTH} deep");
    }
    message
}

/// Whether a CSS selector can be given to its library.
pub fn check_css(text: &str) -> Result<(), Beyond> {
    CSS.check(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_count_outside_of_quotes_only() {
        let deep = |inside: &str, depth: usize| format!("{}{inside}{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(CSS.check(&deep("a", 32)), Ok(()));
        let beyond = |depth| Err(Beyond::Depth { language: "a CSS selector", depth, most: 32 });
        assert_eq!(CSS.check(&deep("a", 33)), beyond(33));
        assert_eq!(CSS.check(&format!("[a='{}']", "(".repeat(100))), Ok(()));
        assert_eq!(CSS.check(&format!("[a='\\'{}']", "(".repeat(100))), Ok(()));
        assert_eq!(CSS.check(&format!("/*'*/{}", "(".repeat(100))), beyond(100));
        assert_eq!(CSS.check(&format!("'\n{}", "(".repeat(100))), beyond(100));
        assert_eq!(CSS.check(&"(]".repeat(100)), beyond(100));
        assert_eq!(CSS.check(&"()".repeat(100)), Ok(()));
    }
}
