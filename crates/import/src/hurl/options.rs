//! The lines of `[Options]`.

use super::scanner::{Scanner, fail_at};
use super::{EntryOption, Read, Template};
use stepcast_suite::closest;

const OPTIONS: [&str; 48] = [
    "aws-sigv4",
    "cacert",
    "cert",
    "compressed",
    "connect-timeout",
    "connect-to",
    "delay",
    "digest",
    "fail-with-body",
    "header",
    "http1.0",
    "http1.1",
    "http2",
    "http2-prior-knowledge",
    "http3",
    "insecure",
    "ipv4",
    "ipv6",
    "key",
    "limit-rate",
    "location",
    "location-trusted",
    "max-redirs",
    "max-time",
    "negotiate",
    "netrc",
    "netrc-file",
    "netrc-optional",
    "no-header",
    "no-jsonpath-coercion",
    "ntlm",
    "output",
    "path-as-is",
    "pinnedpubkey",
    "proxy",
    "repeat",
    "resolve",
    "retry",
    "retry-interval",
    "skip",
    "tls-max",
    "tls-min",
    "unix-socket",
    "user",
    "variable",
    "verbose",
    "verbosity",
    "very-verbose",
];
/// Those whose value names a file, in which more can be escaped than in a text.
const FILES: [&str; 5] = ["cacert", "cert", "key", "netrc-file", "output"];

impl Scanner<'_> {
    pub fn option(&mut self) -> Read<Option<EntryOption>> {
        let (at, before) = (self.position(), self.place());
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || "-._".contains(c));
        self.spaces();
        if name.is_empty() || !self.eat(":") {
            self.go_back(before);
            return Ok(None);
        }
        let Some(known) = OPTIONS.into_iter().find(|known| *known == name) else {
            let hint = closest(name, &OPTIONS).map(|near| format!("did you mean `{near}`?"));
            return fail_at(at, format!("`{name}` is not an option"), hint);
        };
        self.spaces();
        let value = if FILES.contains(&known) {
            Template::text(self.take_while(|c| !matches!(c, '\n' | '\r' | '#')).trim())
        } else {
            self.unquoted()?
        };
        self.end_of_line()?;
        Ok(Some(EntryOption { at, name: known, value }))
    }
}
