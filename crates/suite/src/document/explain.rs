//! The messages of the YAML parser, in terms that the author of a suite knows.

const QUOTES: &str = "a value that begins with one of `*&!%@` or a backtick, or has `: ` or ` #` in it, needs quotes";
const INDENTATION: &str = "check the indentation: what belongs together starts in the same column";
const NOT_CLOSED: &str = "a quote that is opened before is not closed";
const TABS: &str = "YAML is indented with spaces";

/// A fragment of a parser message, the message to show instead, if any, and the hint.
const KNOWN: [(&str, Option<&str>, Option<&str>); 15] = [
    (
        "mapping values are not allowed",
        Some("a second `:` stands here, where there can be none"),
        Some("put a value that has `: ` in it in quotes, or check the line before and the indentation"),
    ),
    ("invalid indentation in quoted scalar", Some(NOT_CLOSED), None),
    ("while scanning a quoted scalar, found unexpected end", Some(NOT_CLOSED), None),
    (
        "unknown escape character",
        Some("a `\\` in double quotes begins an escape, and this is none"),
        Some("write it `\\\\`, or use single quotes, in which it is only itself"),
    ),
    ("found a tab", Some("a tab stands where YAML takes none"), Some(TABS)),
    ("tabs disallowed", Some("a tab stands where YAML takes none"), Some(TABS)),
    ("unexpected character", None, Some(QUOTES)),
    ("while scanning an anchor or alias", Some("this looks like an alias without a name"), Some(QUOTES)),
    ("found unknown anchor", Some("there is no anchor of this name before it"), Some(QUOTES)),
    (
        "did not find expected '-' indicator",
        Some("this belongs neither to the list before nor to what is around it"),
        Some(INDENTATION),
    ),
    ("while parsing a block mapping, did not find expected key", Some("a key is expected here"), Some(INDENTATION)),
    ("while parsing a flow", Some("a `{` or `[` that is opened before is not closed"), None),
    ("illegal placement of ':'", Some("a `{` or `[` that is opened before is not closed"), None),
    ("expected <document start>", Some("a second value starts here; a file holds one"), None),
    ("misplaced bracket", Some("this bracket closes nothing"), None),
];

/// The message and the hint.
pub(super) fn explain(info: &str) -> (String, Option<&'static str>) {
    match KNOWN.iter().find(|(part, ..)| info.contains(part)) {
        Some((_, message, hint)) => (message.unwrap_or(info).to_owned(), *hint),
        None => (info.to_owned(), None),
    }
}
