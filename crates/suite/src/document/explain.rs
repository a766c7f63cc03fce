//! The messages of the YAML parser, in terms that the author of a suite knows.

const QUOTES: &str =
    "put quotes around a value that begins with one of `*&!%@` or a backtick, or contains `: ` or ` #`";
const INDENTATION: &str = "check the indentation: keys of one mapping and items of one list start in the same column";
const NOT_CLOSED: &str = "a quote that was opened earlier is not closed";
const TABS: &str = "indent with spaces";

/// A fragment of a parser message, the message to show instead, if any, and the hint.
const KNOWN: [(&str, Option<&str>, Option<&str>); 15] = [
    (
        "mapping values are not allowed",
        Some("a second `:` is not allowed here"),
        Some("put quotes around a value that contains `: `, or check the previous line and the indentation"),
    ),
    ("invalid indentation in quoted scalar", Some(NOT_CLOSED), None),
    ("while scanning a quoted scalar, found unexpected end", Some(NOT_CLOSED), None),
    (
        "unknown escape character",
        Some("a `\\` in double quotes begins an escape, and this is not a valid one"),
        Some("write it `\\\\`, or use single quotes, which keep it as it is"),
    ),
    ("found a tab", Some("YAML does not allow a tab here"), Some(TABS)),
    ("tabs disallowed", Some("YAML does not allow a tab here"), Some(TABS)),
    ("unexpected character", None, Some(QUOTES)),
    ("while scanning an anchor or alias", Some("this looks like an alias without a name"), Some(QUOTES)),
    ("found unknown anchor", Some("no anchor of this name is defined before it"), Some(QUOTES)),
    (
        "did not find expected '-' indicator",
        Some("this belongs neither to the list before it nor to the block around it"),
        Some(INDENTATION),
    ),
    ("while parsing a block mapping, did not find expected key", Some("expected a key here"), Some(INDENTATION)),
    ("while parsing a flow", Some("a `{` or `[` that was opened earlier is not closed"), None),
    ("illegal placement of ':'", Some("a `{` or `[` that was opened earlier is not closed"), None),
    ("expected <document start>", Some("a second value starts here; a file has only one"), None),
    ("misplaced bracket", Some("this bracket closes nothing"), None),
];

/// The message and the hint.
pub(super) fn explain(info: &str) -> (String, Option<&'static str>) {
    match KNOWN.iter().find(|(part, ..)| info.contains(part)) {
        Some((_, message, hint)) => (message.unwrap_or(info).to_owned(), *hint),
        None => (info.to_owned(), None),
    }
}
